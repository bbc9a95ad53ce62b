//! Conversion to strings, binary and `uniqueidentifier`.

use rusqlite::types::Value;

use super::{Overlong, decimal_text, refused, time};
use crate::{Message, error, types::Type};

pub(super) fn convert(value: Value, from: Type, to: Type, style: i64, overlong: Overlong) -> Result<Value, Message> {
    let text = match value {
        Value::Text(text) if from.is_text() => text,
        other => to_text(&other, from, style)?,
    };
    Ok(Value::Text(fit(text, to, overlong)))
}

/// Cuts and pads as the type wants it.
fn fit(mut text: String, to: Type, overlong: Overlong) -> String {
    let Type::Text { fixed, length: Some(length), .. } = to else { return text };
    let length = usize::from(length);
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    if units > length && overlong == Overlong::Cut {
        return cut(&text, length);
    }
    if fixed && units < length {
        text.push_str(&" ".repeat(length - units));
    }
    text
}

/// The first `length` UTF-16 units.
fn cut(text: &str, length: usize) -> String {
    let mut left = length;
    text.chars()
        .take_while(|c| {
            let units = c.len_utf16();
            let taken = units <= left;
            left = left.saturating_sub(units);
            taken
        })
        .collect()
}

/// The text of a value of any type, as `CONVERT` with this style gives it.
pub(crate) fn to_text(value: &Value, from: Type, style: i64) -> Result<String, Message> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => real_text(*number, from, style),
        Value::Text(text) if from.is_time() => time::style(text, from, style)?,
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) if style == 1 => format!("0x{}", hex(bytes)),
        Value::Blob(bytes) if style == 2 => hex(bytes),
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    })
}

fn real_text(number: f64, from: Type, style: i64) -> String {
    match from {
        Type::Money | Type::SmallMoney => decimal_text(number, if style == 2 { 4 } else { 2 }),
        _ if from.is_decimal() => decimal_text(number, from.digits().1),
        _ => float_text(number),
    }
}

/// Six significant digits, as the default style of `float` has it.
fn float_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let exponent = number.abs().log10().floor() as i32;
    if !(-5..15).contains(&exponent) {
        let text = format!("{number:.5e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let power: i32 = power.parse().unwrap_or(0);
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:03}", trim_zeros(mantissa), power.abs());
    }
    let digits = usize::try_from((5 - exponent).max(0)).unwrap_or(0);
    trim_zeros(&format!("{number:.digits$}")).to_owned()
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub(super) fn to_binary(value: Value, from: Type, to: Type, overlong: Overlong) -> Result<Value, Message> {
    let mut bytes = match value {
        Value::Blob(bytes) => bytes,
        Value::Integer(number) => integer_bytes(number, from),
        Value::Text(text) if matches!(from, Type::Text { wide: true, .. }) => {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        Value::Text(text) if from == Type::Guid => guid_bytes(&text),
        Value::Text(text) if from.is_text() => text.into_bytes(),
        _ => return Err(refused(from, to)),
    };
    if let Type::Binary { fixed, length: Some(length) } = to {
        let length = usize::from(length);
        if overlong == Overlong::Cut {
            bytes.truncate(length);
        }
        if fixed && bytes.len() < length {
            bytes.resize(length, 0);
        }
    }
    Ok(Value::Blob(bytes))
}

fn integer_bytes(number: i64, from: Type) -> Vec<u8> {
    let width = match from {
        Type::Bit | Type::TinyInt => 1,
        Type::SmallInt => 2,
        Type::BigInt => 8,
        _ => 4,
    };
    number.to_be_bytes()[8 - width..].to_vec()
}

/// The first three groups are little-endian.
fn guid_bytes(text: &str) -> Vec<u8> {
    uuid::Uuid::parse_str(text).map(|id| id.to_bytes_le().to_vec()).unwrap_or_default()
}

/// A `uniqueidentifier` in its stored form.
fn guid(text: &str) -> Option<String> {
    let trimmed = text.trim().trim_start_matches('{').trim_end_matches('}');
    let candidate = trimmed.get(..36)?;
    uuid::Uuid::try_parse(candidate).ok().map(|id| id.hyphenated().to_string().to_uppercase())
}

pub(super) fn to_guid(value: Value, from: Type) -> Result<Value, Message> {
    match value {
        Value::Text(text) if from.is_text() || from == Type::Guid => {
            guid(&text).map(Value::Text).ok_or_else(error::conversion_failed_guid)
        }
        Value::Blob(bytes) => {
            let mut padded = bytes;
            padded.resize(16, 0);
            uuid::Uuid::from_slice_le(&padded)
                .map(|id| Value::Text(id.hyphenated().to_string().to_uppercase()))
                .map_err(|_| error::conversion_failed_guid())
        }
        _ => Err(refused(from, Type::Guid)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::varchar;

    #[test]
    fn text_is_cut_by_utf16_units_and_char_is_padded() {
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
        let char3 = Type::Text { wide: false, fixed: true, length: Some(3) };
        assert_eq!(fit("x".into(), char3, Overlong::Cut), "x  ");
        assert_eq!(fit("xyz".into(), varchar(2), Overlong::Keep), "xyz");
    }

    #[test]
    fn floats_have_six_digits() {
        for (number, text) in
            [(0.1, "0.1"), (1.0, "1"), (1234567.0, "1234567"), (1e20, "1e+020"), (0.0, "0"), (1.0 / 3.0, "0.333333")]
        {
            assert_eq!(float_text(number), text);
        }
    }
}
