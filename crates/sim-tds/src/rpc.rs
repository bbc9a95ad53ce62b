//! Remote procedure calls (MS-TDS 2.2.6.6). The one that clients send for a statement with parameters,
//! `sp_executesql`, becomes the same call in T-SQL.

use crate::{
    parameter,
    read::{Malformed, Reader, utf16},
};

const BY_NUMBER: u16 = 0xffff;
const ANOTHER_CALL: [u8; 2] = [0xff, 0xfe];
/// The statement and the declarations of its parameters: the first two arguments, whatever a client calls them.
const UNNAMED: usize = 2;
const BY_REFERENCE: u8 = 0x01;
const DEFAULT_VALUE: u8 = 0x02;

/// Procedures that are called by a number, from 1.
const NUMBERED: [&str; 15] = [
    "sp_cursor",
    "sp_cursoropen",
    "sp_cursorprepare",
    "sp_cursorexecute",
    "sp_cursorprepexec",
    "sp_cursorunprepare",
    "sp_cursorfetch",
    "sp_cursoroption",
    "sp_cursorclose",
    "sp_executesql",
    "sp_prepare",
    "sp_execute",
    "sp_prepexec",
    "sp_prepexecrpc",
    "sp_unprepare",
];

/// Why a call is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Malformed(Malformed),
    Unsupported { what: String, instead: String },
}

impl From<Malformed> for Refusal {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// The batch that does what the call asks for.
pub(crate) fn statement(mut reader: Reader<'_>) -> Result<String, Refusal> {
    let procedure = procedure(&mut reader)?;
    if !is_executesql(&procedure) {
        return Err(unsupported(&procedure, "send a SQL batch, or call sp_executesql"));
    }
    reader.u16()?; // recompile and metadata options
    let mut arguments = Vec::new();
    while !reader.is_empty() {
        if ANOTHER_CALL.contains(&reader.rest()[0]) {
            return Err(unsupported("several procedure calls in one request", "send them one by one"));
        }
        arguments.push(argument(&mut reader, arguments.len() < UNNAMED)?);
    }
    Ok(format!("EXEC sp_executesql {}", arguments.join(", ")))
}

fn procedure(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    match reader.u16()? {
        BY_NUMBER => {
            let number = usize::from(reader.u16()?);
            let known = number.checked_sub(1).and_then(|index| NUMBERED.get(index));
            Ok(known.map_or_else(|| format!("procedure number {number}"), ToString::to_string))
        }
        units => utf16(reader.bytes(2 * usize::from(units))?),
    }
}

fn is_executesql(procedure: &str) -> bool {
    let name = procedure.to_ascii_lowercase().replace(['[', ']'], "");
    name.strip_prefix("sys.").unwrap_or(&name) == "sp_executesql"
}

fn argument(reader: &mut Reader<'_>, unnamed: bool) -> Result<String, Refusal> {
    let name = reader.b_varchar()?;
    let status = reader.u8()?;
    if status & BY_REFERENCE != 0 {
        return Err(unsupported(&format!("the output parameter {name} of sp_executesql"), "select its value instead"));
    }
    let literal = parameter::literal(reader)?;
    let value = if status & DEFAULT_VALUE != 0 { "DEFAULT" } else { &literal };
    if unnamed || name.is_empty() {
        return Ok(value.to_owned());
    }
    check_name(&name)?;
    Ok(format!("{name} = {value}"))
}

/// The name becomes part of a batch, so it must be a name.
fn check_name(name: &str) -> Result<(), Malformed> {
    let rest = name.strip_prefix('@');
    if rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || "_@#$".contains(c))) {
        return Ok(());
    }
    Err(Malformed(format!("`{name}` is not the name of a parameter")))
}

pub(crate) fn unsupported(what: &str, instead: &str) -> Refusal {
    Refusal::Unsupported { what: what.to_owned(), instead: instead.to_owned() }
}
