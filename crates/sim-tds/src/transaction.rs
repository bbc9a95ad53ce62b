//! Transaction manager requests, turned into T-SQL (MS-TDS 2.2.6.9).

use crate::read::{Malformed, Reader, utf16};

/// A request of a client that begins and ends its transactions without T-SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Begin(Begin),
    /// The transaction ends, and perhaps the next one begins at once.
    Commit(String, Option<Begin>),
    Rollback(String, Option<Begin>),
    Save(String),
    /// Something for the distributed transaction coordinator, by the specification's name.
    Distributed(&'static str),
}

/// A transaction to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begin {
    isolation: Option<&'static str>,
    name: String,
}

impl Request {
    /// Reads a request. The length of a name counts its bytes, by the specification; tiberius counts characters. Only
    /// one of the two ends where the message ends.
    pub(crate) fn read(reader: Reader<'_>) -> Result<Self, Malformed> {
        Self::read_with(reader, 1).or_else(|error| Self::read_with(reader, 2).map_err(|_| error))
    }

    fn read_with(mut reader: Reader<'_>, unit: usize) -> Result<Self, Malformed> {
        let reader = &mut reader;
        let request = match reader.u16()? {
            0 => return Ok(Self::Distributed("TM_GET_DTC_ADDRESS")),
            1 => return Ok(Self::Distributed("TM_PROPAGATE_XACT")),
            5 => Self::Begin(Begin::read(reader, unit)?),
            6 => return Ok(Self::Distributed("TM_PROMOTE_XACT")),
            7 => Self::Commit(name(reader, unit)?, next(reader, unit)?),
            8 => Self::Rollback(name(reader, unit)?, next(reader, unit)?),
            9 => Self::Save(name(reader, unit)?),
            kind => return Err(Malformed(format!("no transaction manager request has the number {kind}"))),
        };
        match reader.rest().len() {
            0 => Ok(request),
            more => Err(Malformed(format!("{more} bytes follow a transaction manager request"))),
        }
    }

    /// The batch that does it, or the name of what cannot be done.
    pub(crate) fn sql(&self) -> Result<String, &'static str> {
        match self {
            Self::Begin(begin) => Ok(begin.sql()),
            Self::Commit(name, next) => Ok(ended("COMMIT", name, next.as_ref())),
            Self::Rollback(name, next) => Ok(ended("ROLLBACK", name, next.as_ref())),
            Self::Save(name) => Ok(named("SAVE TRANSACTION", name)),
            Self::Distributed(name) => Err(name),
        }
    }
}

impl Begin {
    fn read(reader: &mut Reader<'_>, unit: usize) -> Result<Self, Malformed> {
        Ok(Self { isolation: isolation(reader.u8()?)?, name: name(reader, unit)? })
    }

    fn sql(&self) -> String {
        let begin = named("BEGIN TRANSACTION", &self.name);
        match self.isolation {
            Some(level) => format!("SET TRANSACTION ISOLATION LEVEL {level}; {begin}"),
            None => begin,
        }
    }
}

/// A name whose length counts units of this many bytes.
fn name(reader: &mut Reader<'_>, unit: usize) -> Result<String, Malformed> {
    let length = usize::from(reader.u8()?) * unit;
    utf16(reader.bytes(length)?)
}

fn next(reader: &mut Reader<'_>, unit: usize) -> Result<Option<Begin>, Malformed> {
    let flags = reader.u8()?;
    (flags & 1 != 0).then(|| Begin::read(reader, unit)).transpose()
}

fn isolation(level: u8) -> Result<Option<&'static str>, Malformed> {
    match level {
        0 => Ok(None),
        1 => Ok(Some("READ UNCOMMITTED")),
        2 => Ok(Some("READ COMMITTED")),
        3 => Ok(Some("REPEATABLE READ")),
        4 => Ok(Some("SERIALIZABLE")),
        5 => Ok(Some("SNAPSHOT")),
        level => Err(Malformed(format!("no isolation level has the number {level}"))),
    }
}

fn ended(verb: &str, name: &str, next: Option<&Begin>) -> String {
    let end = named(&format!("{verb} TRANSACTION"), name);
    match next {
        Some(begin) => format!("{end}; {}", begin.sql()),
        None => end,
    }
}

fn named(statement: &str, name: &str) -> String {
    match name {
        "" => statement.to_owned(),
        name => format!("{statement} [{}]", name.replace(']', "]]")),
    }
}
