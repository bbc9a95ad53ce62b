//! Rows on their way to the client.

use rusqlite::{Row, types};

use crate::{Column, Message, Value, bind::SourceColumn, convert, types::Type};

/// What a client is told of the columns of a result.
pub(super) fn columns(columns: &[SourceColumn]) -> Vec<Column> {
    columns.iter().map(|column| Column { name: column.visible_name().to_owned(), kind: column.kind.wire() }).collect()
}

/// A row of SQLite's.
pub(super) fn values(row: &Row<'_>, columns: usize) -> rusqlite::Result<Vec<types::Value>> {
    (0..columns).map(|index| row.get(index)).collect()
}

/// A row as it is sent.
pub(super) fn row(values: Vec<types::Value>, columns: &[SourceColumn]) -> Result<Vec<Value>, Message> {
    values.into_iter().zip(columns).map(|(value, column)| sent(value, column.kind)).collect()
}

fn sent(value: types::Value, kind: Type) -> Result<Value, Message> {
    Ok(match value {
        types::Value::Null => Value::Null,
        types::Value::Integer(number) if kind == Type::Bit => Value::Bit(number != 0),
        types::Value::Integer(number) if kind.is_integer() || kind == Type::Null => {
            Value::Int(convert::in_range(number, kind)?)
        }
        types::Value::Real(number) if kind.is_integer() => Value::Int(convert::in_range(number as i64, kind)?),
        types::Value::Integer(number) if kind.is_decimal() => {
            Value::Text(convert::decimal_text(number as f64, kind.digits().1))
        }
        types::Value::Real(number) if kind.is_decimal() => Value::Text(convert::decimal_text(number, kind.digits().1)),
        types::Value::Integer(number) if kind.is_float() => Value::Float(number as f64),
        types::Value::Real(number) if kind.is_float() => Value::Float(number),
        types::Value::Blob(bytes) => Value::Binary(bytes),
        types::Value::Text(text) => Value::Text(text),
        other => Value::Text(convert::to_text(&other, kind, 0)?),
    })
}
