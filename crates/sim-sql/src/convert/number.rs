//! Conversion to numbers.

use rusqlite::types::Value;

use super::{refused, time};
use crate::{Message, error, types::Type};

pub(super) fn convert(value: Value, from: Type, to: Type) -> Result<Value, Message> {
    match value {
        Value::Integer(number) => from_integer(number, to),
        Value::Real(number) => from_real(number, to),
        Value::Text(_) if from.is_time() && to.is_time() => Err(refused(from, to)),
        Value::Text(text) if from.is_time() => time::day_number(&text, from).and_then(|days| from_real(days, to)),
        Value::Text(_) if from == Type::Guid => Err(refused(from, to)),
        Value::Text(text) => from_text(&text, from, to),
        Value::Blob(bytes) => from_integer(big_endian(&bytes), to),
        Value::Null => Ok(Value::Null),
    }
}

fn big_endian(bytes: &[u8]) -> i64 {
    bytes.iter().rev().take(8).rev().fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// The least and greatest value of an integer type.
fn range(kind: Type) -> Option<(i64, i64)> {
    Some(match kind {
        Type::TinyInt => (0, 255),
        Type::SmallInt => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Type::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Type::BigInt => (i64::MIN, i64::MAX),
        _ => return None,
    })
}

/// Error 8115 for a whole number that its type cannot hold.
pub(crate) fn in_range(number: i64, kind: Type) -> Result<i64, Message> {
    match range(kind) {
        Some((least, greatest)) if number < least || number > greatest => Err(error::overflow(kind.name())),
        _ => Ok(number),
    }
}

fn from_integer(number: i64, to: Type) -> Result<Value, Message> {
    match to {
        Type::Bit => Ok(Value::Integer(i64::from(number != 0))),
        _ if to.is_integer() => in_range(number, to).map(Value::Integer),
        _ if to.is_decimal() => decimal(number as f64, to),
        _ => Ok(Value::Real(number as f64)),
    }
}

fn from_real(number: f64, to: Type) -> Result<Value, Message> {
    match to {
        Type::Bit => Ok(Value::Integer(i64::from(number != 0.0))),
        _ if to.is_integer() => whole(number.trunc(), to),
        _ if to.is_decimal() => decimal(number, to),
        Type::Real => Ok(Value::Real(f64::from(number as f32))),
        _ => Ok(Value::Real(number)),
    }
}

fn whole(number: f64, to: Type) -> Result<Value, Message> {
    if number.abs() > 9.3e18 {
        return Err(error::overflow(to.name()));
    }
    in_range(number as i64, to).map(Value::Integer)
}

/// The number rounded to the type's scale; error 8115 if it has too many digits before the point.
fn decimal(number: f64, to: Type) -> Result<Value, Message> {
    let (precision, scale) = to.digits();
    let rounded = round(number, scale);
    if rounded.abs() >= 10_f64.powi(i32::from(precision) - i32::from(scale)) {
        return Err(error::overflow(if to.rank() == Type::Decimal(1, 0).rank() { "numeric" } else { to.name() }));
    }
    Ok(Value::Real(rounded))
}

/// Rounds half away from zero, by the shortest decimal text of the number: 2.675 is 2.68 to two digits.
pub(crate) fn round(number: f64, scale: u8) -> f64 {
    let scale = i32::from(scale);
    let factor = 10_f64.powi(scale);
    let scaled = number * factor;
    if !scaled.is_finite() || scaled.abs() >= 9e15 {
        return number;
    }
    let nearest = (scaled.abs() + 0.5 + scaled.abs() * f64::EPSILON).floor().copysign(scaled);
    if nearest == 0.0 { 0.0 } else { nearest / factor }
}

/// The text of a decimal with all digits of its scale.
pub(crate) fn decimal_text(number: f64, scale: u8) -> String {
    let text = format!("{number:.*}", usize::from(scale));
    if text.starts_with('-') && text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.')) {
        return text[1..].to_owned();
    }
    text
}

fn from_text(text: &str, from: Type, to: Type) -> Result<Value, Message> {
    let trimmed = text.trim();
    if to == Type::Bit {
        return bit(trimmed).ok_or_else(|| error::conversion_failed(from.name(), text, "bit"));
    }
    if to.is_integer() {
        return integer(trimmed, text, from, to);
    }
    let cleaned =
        if matches!(to, Type::Money | Type::SmallMoney) { trimmed.replace(['$', ','], "") } else { trimmed.to_owned() };
    let number: f64 = match cleaned.parse() {
        Ok(number) if !cleaned.is_empty() => number,
        _ if cleaned.is_empty() && !to.is_decimal() => 0.0,
        _ => return Err(error::conversion_error(from.name(), if to.is_decimal() { "numeric" } else { to.name() })),
    };
    from_real(number, to)
}

fn integer(trimmed: &str, text: &str, from: Type, to: Type) -> Result<Value, Message> {
    if trimmed.is_empty() {
        return Ok(Value::Integer(0));
    }
    match trimmed.parse::<i64>() {
        Ok(number) => in_range(number, to).map(Value::Integer),
        Err(_) if to == Type::BigInt => Err(error::conversion_error(from.name(), "bigint")),
        Err(_) => Err(error::conversion_failed(from.name(), text, to.name())),
    }
}

fn bit(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(Value::Integer(1)),
        "false" | "" => Some(Value::Integer(0)),
        number => number.parse::<i64>().ok().map(|number| Value::Integer(i64::from(number != 0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero() {
        for (number, scale, expected) in
            [(2.675, 2, 2.68), (-2.675, 2, -2.68), (1.005, 2, 1.01), (0.1 + 0.2, 2, 0.3), (-0.001, 2, 0.0)]
        {
            assert_eq!(round(number, scale).to_bits(), f64::to_bits(expected), "{number}");
        }
    }

    #[test]
    fn an_integer_that_does_not_fit_is_error_8115() {
        assert_eq!(in_range(256, Type::TinyInt).map_err(|message| message.number), Err(8115));
        assert_eq!(
            convert(Value::Text("x".into()), Type::Text { wide: false, fixed: false, length: Some(1) }, Type::Int)
                .map_err(|message| message.number),
            Err(245)
        );
    }
}
