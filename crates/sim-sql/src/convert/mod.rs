//! Values and their conversion from type to type.
//!
//! How a value lies in SQLite: whole numbers and bits as INTEGER; decimals, money and floats as REAL, decimals rounded
//! to their scale; strings as TEXT; dates and times as TEXT of a fixed width, so that they compare as strings;
//! `uniqueidentifier` as TEXT in upper case; binary as BLOB.

mod number;
mod text;
mod time;

use rusqlite::types::Value;

use crate::{Message, error, types::Type};

pub(crate) use number::{decimal_text, in_range, round};
pub(crate) use text::to_text;
pub(crate) use time::{Moment, from_unix, parse_moment, stored, stored_form};

/// What happens to text that is too long for its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlong {
    /// Cut off in silence: variables, `CAST`.
    Cut,
    /// Left as it is: the caller reports it.
    Keep,
}

/// Converts a value. `style` is `CONVERT`'s third argument.
pub(crate) fn convert(value: Value, from: Type, to: Type, style: i64, overlong: Overlong) -> Result<Value, Message> {
    if value == Value::Null {
        return Ok(Value::Null);
    }
    match to {
        Type::Null => Ok(value),
        _ if to.is_number() => number::convert(value, from, to),
        Type::Text { .. } => text::convert(value, from, to, style, overlong),
        Type::Binary { .. } if from.is_text() && style != 0 => {
            Err(error::unsupported(&format!("CONVERT from text to binary with style {style}")))
        }
        Type::Binary { .. } => text::to_binary(value, from, to, overlong),
        Type::Guid => text::to_guid(value, from),
        _ => time::convert(value, from, to, style),
    }
}

/// Whether values of one type can stand for values of the other as they are.
pub(crate) fn is_free(from: Type, to: Type) -> bool {
    match (from, to) {
        _ if from == to || from == Type::Null => true,
        (Type::Text { length: a, fixed: false, .. }, Type::Text { length: b, fixed: false, .. }) => fits(a, b),
        (Type::Binary { length: a, .. }, Type::Binary { length: b, fixed: false }) => fits(a, b),
        (Type::Real, Type::Float) => true,
        _ if from.is_integer() && to.is_integer() => from.rank() <= to.rank(),
        _ => false,
    }
}

fn fits(a: Option<u16>, b: Option<u16>) -> bool {
    match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a <= b,
    }
}

fn refused(from: Type, to: Type) -> Message {
    error::operand_clash(from.name(), to.name())
}
