//! `PRINT`, `RAISERROR`, `THROW` and `WAITFOR`.

use std::time::Duration;

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{Engine, Failure, Fault, Outcome, Reach};
use crate::{
    Event, Message,
    bind::Frame,
    clock, convert, error,
    store::Waited,
    types::{NVARCHAR_MAX, Type},
};

impl Engine<'_> {
    pub(super) fn text_of(&mut self, expression: &Expr, frame: &Frame) -> Outcome<String> {
        Ok(match self.value_of(expression, Some(NVARCHAR_MAX), frame)?.0 {
            Value::Text(text) => text,
            _ => String::new(),
        })
    }

    fn number_of(&mut self, expression: &Expr, frame: &Frame) -> Outcome<i64> {
        Ok(match self.value_of(expression, Some(Type::BigInt), frame)?.0 {
            Value::Integer(number) => number,
            _ => 0,
        })
    }

    pub(super) fn print(&mut self, value: &Expr, frame: &Frame) -> Outcome<()> {
        let text = self.text_of(value, frame)?;
        let message = Message { procedure: frame.procedure.clone(), ..Message::new(0, 0, text) };
        self.emit(Event::Info(message));
        Ok(())
    }

    /// A severity of 10 or less is a message, from 11 on an error. A message by number is 50000 and up.
    pub(super) fn raise(&mut self, arguments: &[Expr], frame: &Frame) -> Outcome<()> {
        let (first, kind) = self.value_of(&arguments[0], None, frame)?;
        let severity = self.number_of(&arguments[1], frame)?.clamp(0, 25) as u8;
        let state = self.number_of(&arguments[2], frame)?.clamp(0, 255) as u8;
        let mut values = Vec::new();
        for argument in &arguments[3..] {
            let (value, kind) = self.value_of(argument, None, frame)?;
            values.push(if value == Value::Null { "(null)".to_owned() } else { convert::to_text(&value, kind, 0)? });
        }
        let (number, format) = match first {
            Value::Integer(number) if kind.is_integer() => (u32::try_from(number).unwrap_or(50000), String::new()),
            other => (50000, convert::to_text(&other, kind, 0)?),
        };
        if severity > 18 && !self.member.who.server_admin {
            return Err(Message::new(2754, 16, "Error severity levels greater than 18 can only be specified by members of the sysadmin role, using the WITH LOG option.").into());
        }
        let message = Message { state, ..Message::new(number, severity, substituted(&format, &values)) };
        if severity <= 10 {
            self.emit(Event::Info(Message { procedure: frame.procedure.clone(), ..message }));
            self.state.last_error = 0;
            return Ok(());
        }
        Err(Failure::Fault(Box::new(Fault {
            messages: vec![message],
            reach: Reach::Statement,
            depth: None,
            raised: true,
        })))
    }

    /// `THROW` ends the batch; alone inside `CATCH` it throws the caught error again, with its line.
    pub(super) fn throw(&mut self, arguments: Option<&[Expr; 3]>, frame: &Frame) -> Outcome<()> {
        let Some([number, text, state]) = arguments else {
            let caught = frame.caught.last().ok_or_else(|| {
                Message::new(10704, 15, "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.")
            })?;
            let messages = vec![caught.message.clone()];
            return Err(Failure::Fault(Box::new(Fault {
                messages,
                reach: Reach::Batch,
                depth: Some(self.depth),
                raised: false,
            })));
        };
        let number = u32::try_from(self.number_of(number, frame)?).unwrap_or(0);
        if number < 50000 {
            return Err(Message::new(35100, 16, format!("Error number {number} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647.")).into());
        }
        let text = self.text_of(text, frame)?;
        let state = self.number_of(state, frame)?.clamp(0, 255) as u8;
        Err(Fault::of(vec![Message { state, ..Message::new(number, 16, text) }], Reach::Batch))
    }

    pub(super) fn wait_for(&mut self, delay: &Expr, frame: &Frame) -> Outcome<()> {
        let text = self.text_of(delay, frame)?;
        let delay = parse_delay(&text).ok_or_else(|| {
            Message::new(148, 15, format!("Incorrect time syntax in time string '{text}' used with WAITFOR."))
        })?;
        let deadline = clock::deadline(delay);
        match self.state.store.wait(self.member, Some(deadline), |_| None::<()>) {
            Err(Waited::TimedOut) | Ok(()) => Ok(()),
            Err(stopped) => Err(Failure::Stopped(stopped)),
        }
    }

    pub(super) fn use_database(&mut self, database: &str) -> Outcome<()> {
        if database.eq_ignore_ascii_case(self.state.database()) { Ok(()) } else { Err(error::use_refused().into()) }
    }
}

/// `hh:mm[:ss[.fff]]`
fn parse_delay(text: &str) -> Option<Duration> {
    let mut parts = text.trim().split(':');
    let hours: u64 = parts.next()?.parse().ok()?;
    let minutes: u64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    Some(Duration::from_secs(hours * 3600 + minutes * 60) + Duration::from_secs_f64(seconds))
}

/// `%s`, `%d`, `%i`, `%u`, `%x`, `%%` with flags and widths, as `RAISERROR` documents them.
fn substituted(format: &str, values: &[String]) -> String {
    let mut result = String::new();
    let mut values = values.iter();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '%' {
            result.push(c);
            continue;
        }
        let mut width = String::new();
        while let Some(digit) = rest.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | '*' | '+' | '#' | ' ')) {
            width.push(digit);
        }
        while rest.next_if(|c| matches!(c, 'l' | 'h' | 'I' | '6' | '4')).is_some() {}
        match rest.next() {
            Some('%') => result.push('%'),
            Some('s' | 'd' | 'i' | 'u' | 'x' | 'X' | 'o') => {
                let value = values.next().map_or("(null)", String::as_str);
                result.push_str(&padded(value, &width));
            }
            Some(other) => result.push(other),
            None => result.push('%'),
        }
    }
    result
}

fn padded(value: &str, width: &str) -> String {
    let (width, precision) = width.split_once('.').unwrap_or((width, ""));
    let value: String = match precision.parse() {
        Ok(precision) => value.chars().take(precision).collect(),
        Err(_) => value.to_owned(),
    };
    match width.parse::<i64>() {
        Ok(width) if width < 0 => format!("{value:<width$}", width = width.unsigned_abs() as usize),
        Ok(width) => format!("{value:>width$}", width = width as usize),
        Err(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raiserror_substitutes_like_printf() {
        let values = ["abc".to_owned(), "7".to_owned()];
        assert_eq!(substituted("%s has %d of 100%%", &values), "abc has 7 of 100%");
        assert_eq!(substituted("[%5s] [%-5d]", &values), "[  abc] [7    ]");
        assert_eq!(substituted("%s %s %s", &values), "abc 7 (null)");
    }

    #[test]
    fn a_delay_is_hours_minutes_seconds() {
        assert_eq!(parse_delay("00:00:01.5"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_delay("01:00"), Some(Duration::from_secs(3600)));
        assert_eq!(parse_delay("5"), None);
        assert_eq!(parse_delay("00:61:00"), None);
    }
}
