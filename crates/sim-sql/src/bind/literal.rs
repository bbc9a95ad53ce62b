//! Literals.

use rusqlite::types::Value;
use sqlparser::ast::{self, Expr, UnaryOperator};

use super::Bound;
use crate::{
    Message, error,
    types::{NVARCHAR_MAX, Type, nvarchar, varbinary, varchar},
};

/// A literal as a value with its type, without a look at anything else: rows of an `INSERT` are read this way.
pub(crate) fn constant(expression: &Expr) -> Option<(Value, Type)> {
    match expression {
        Expr::Value(value) => literal(&value.value),
        Expr::Nested(inner) => constant(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => negative(constant(expr)?),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => constant(expr),
        _ => None,
    }
}

fn negative((value, kind): (Value, Type)) -> Option<(Value, Type)> {
    match value {
        Value::Integer(number) => Some((Value::Integer(number.checked_neg()?), kind)),
        Value::Real(number) => Some((Value::Real(-number), kind)),
        _ => None,
    }
}

fn literal(value: &ast::Value) -> Option<(Value, Type)> {
    Some(match value {
        ast::Value::Null => (Value::Null, Type::Null),
        ast::Value::Number(text, _) => number(text)?,
        ast::Value::SingleQuotedString(text) => (Value::Text(text.clone()), text_type(text, false)),
        ast::Value::NationalStringLiteral(text) | ast::Value::UnicodeStringLiteral(text) => {
            (Value::Text(text.clone()), text_type(text, true))
        }
        ast::Value::DoubleQuotedString(text) => (Value::Text(text.clone()), text_type(text, false)),
        ast::Value::HexStringLiteral(text) => {
            let bytes = hex(text)?;
            let kind = varbinary(u16::try_from(bytes.len().max(1)).unwrap_or(u16::MAX));
            (Value::Blob(bytes), kind)
        }
        ast::Value::Boolean(value) => (Value::Integer(i64::from(*value)), Type::Bit),
        _ => return None,
    })
}

fn text_type(text: &str, wide: bool) -> Type {
    let units = text.encode_utf16().count().max(1);
    match u16::try_from(units) {
        Ok(length) if wide && length <= 4000 => nvarchar(length),
        Ok(length) if !wide && length <= 8000 => varchar(length),
        _ if wide => NVARCHAR_MAX,
        _ => Type::Text { wide: false, fixed: false, length: None },
    }
}

/// `1` is an `int`, `1.50` a `decimal(3, 2)`, `1e3` a `float`.
fn number(text: &str) -> Option<(Value, Type)> {
    if let Some(money) = text.strip_prefix('$') {
        return Some((Value::Real(money.parse().ok()?), Type::Money));
    }
    if text.contains(['e', 'E']) {
        return Some((Value::Real(text.parse().ok()?), Type::Float));
    }
    if let Ok(number) = text.parse::<i64>() {
        let kind = if i32::try_from(number).is_ok() { Type::Int } else { Type::BigInt };
        return Some((Value::Integer(number), kind));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = u8::try_from(fraction.len()).ok()?.min(38);
    let precision = u8::try_from(whole.trim_start_matches('0').len()).ok()?.saturating_add(scale).clamp(1, 38);
    let parsed: f64 = format!("0{text}").parse().ok()?;
    Some((Value::Real(parsed), Type::Decimal(precision, scale)))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    (0..padded.len()).step_by(2).map(|at| u8::from_str_radix(padded.get(at..at + 2)?, 16).ok()).collect()
}

/// The literal as an expression.
pub(super) fn bound(value: &ast::Value) -> Result<Bound, Message> {
    let (value, kind) = literal(value).ok_or_else(|| error::unsupported(&value.to_string()))?;
    Ok(Bound { sql: sql(&value), kind, value: Some(value) })
}

/// A value in SQLite's own literals.
pub(crate) fn sql(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) if text.contains('\0') => format!("CAST({} AS TEXT)", blob(text.as_bytes())),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => blob(bytes),
    }
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_type_that_their_text_says() {
        for (text, kind) in [
            ("1", Type::Int),
            ("3000000000", Type::BigInt),
            ("0.99", Type::Decimal(2, 2)),
            ("12.50", Type::Decimal(4, 2)),
            ("1e3", Type::Float),
        ] {
            assert_eq!(number(text).map(|(_, kind)| kind), Some(kind), "{text}");
        }
    }

    #[test]
    fn text_literals_are_quoted() {
        assert_eq!(sql(&Value::Text("O'Hara".to_owned())), "'O''Hara'");
        assert_eq!(sql(&Value::Text("a\0b".to_owned())), "CAST(x'610062' AS TEXT)");
    }
}
