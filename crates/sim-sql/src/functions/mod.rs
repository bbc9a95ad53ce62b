//! T-SQL's functions as SQLite functions, and how an error gets out of one.

mod convert;
mod number;
mod text;
mod time;

use rusqlite::{Connection, Error, functions::FunctionFlags, types::Value};

use crate::{Message, error};

/// What the text of an error begins with that is one of T-SQL's.
const MARK: char = '\u{1}';

/// A function over values.
type Body = fn(&[Value]) -> Result<Value, Message>;

pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    text::register(connection)?;
    number::register(connection)?;
    time::register(connection)?;
    convert::register(connection)
}

/// A function that gives `NULL` where an argument is `NULL`.
fn strict(connection: &Connection, name: &str, arguments: i32, body: Body) -> rusqlite::Result<()> {
    add(
        connection,
        name,
        arguments,
        true,
        move |values| {
            if values.contains(&Value::Null) { Ok(Value::Null) } else { body(values) }
        },
    )
}

/// A function that looks at `NULL` itself.
fn lenient(connection: &Connection, name: &str, arguments: i32, body: Body) -> rusqlite::Result<()> {
    add(connection, name, arguments, true, body)
}

/// A function that gives another value each time.
fn volatile(connection: &Connection, name: &str, arguments: i32, body: Body) -> rusqlite::Result<()> {
    add(connection, name, arguments, false, body)
}

fn add(
    connection: &Connection,
    name: &str,
    arguments: i32,
    deterministic: bool,
    body: impl Fn(&[Value]) -> Result<Value, Message> + Send + 'static,
) -> rusqlite::Result<()> {
    let mut flags = FunctionFlags::SQLITE_UTF8;
    if deterministic {
        flags |= FunctionFlags::SQLITE_DETERMINISTIC;
    }
    connection.create_scalar_function(name, arguments, flags, move |context| {
        let values = (0..context.len()).map(|index| context.get(index)).collect::<rusqlite::Result<Vec<Value>>>()?;
        body(&values).map_err(|message| Error::UserFunctionError(encode(&message).into()))
    })
}

fn encode(message: &Message) -> String {
    format!("{MARK}{}{MARK}{}{MARK}{}{MARK}{}", message.number, message.class, message.state, message.text)
}

fn decode(text: &str) -> Option<Message> {
    let mut parts = text.strip_prefix(MARK)?.splitn(4, MARK);
    let number = parts.next()?.parse().ok()?;
    let class = parts.next()?.parse().ok()?;
    let state = parts.next()?.parse().ok()?;
    Some(Message { state, ..Message::new(number, class, parts.next()?) })
}

/// The message of an error from SQLite: T-SQL's own where a function of ours raised it.
pub(crate) fn message_of(error: &Error) -> Message {
    let text = match error {
        Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    };
    decode(&text).unwrap_or_else(|| error::internal(&text))
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => *number,
        Value::Real(number) => *number as i64,
        _ => 0,
    }
}

fn real(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => *number as f64,
        Value::Real(number) => *number,
        _ => 0.0,
    }
}

fn string(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_error_of_a_function_comes_out_as_it_went_in() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let error = connection.query_row("SELECT ts_divide(1, 0)", [], |row| row.get::<_, Value>(0)).unwrap_err();
        assert_eq!(message_of(&error), crate::error::divide_by_zero());
    }
}
