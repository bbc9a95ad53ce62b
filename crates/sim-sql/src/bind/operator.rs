//! Operators, with the conversions that SQL Server's order of precedence asks for.

use sqlparser::ast::BinaryOperator;

use super::{Bound, literal};
use crate::{
    Message, collation, error,
    types::{NVARCHAR_MAX, Type},
};

pub(super) fn binary(left: Bound, op: &BinaryOperator, right: Bound) -> Result<Bound, Message> {
    use BinaryOperator as Op;
    Ok(match op {
        Op::And => Bound::new(format!("({} AND {})", left.sql, right.sql), Type::Bit),
        Op::Or => Bound::new(format!("({} OR {})", left.sql, right.sql), Type::Bit),
        Op::Eq => comparison(left, "=", right),
        Op::NotEq => comparison(left, "<>", right),
        Op::Lt => comparison(left, "<", right),
        Op::LtEq => comparison(left, "<=", right),
        Op::Gt => comparison(left, ">", right),
        Op::GtEq => comparison(left, ">=", right),
        Op::Plus => return plus(left, right),
        Op::Minus => return arithmetic(left, "-", right),
        Op::Multiply => return arithmetic(left, "*", right),
        Op::Divide => return arithmetic(left, "/", right),
        Op::Modulo => return arithmetic(left, "%", right),
        Op::BitwiseAnd => bits(left, "&", right),
        Op::BitwiseOr => bits(left, "|", right),
        Op::BitwiseXor => {
            let (kind, a, b) = (left.kind.unify(right.kind), left.sql, right.sql);
            Bound::new(format!("(({a} | {b}) - ({a} & {b}))"), kind)
        }
        other => return Err(error::unsupported(&format!("operator {other}"))),
    })
}

/// The type in which two are compared.
pub(super) fn comparable(a: Type, b: Type) -> Type {
    a.unify(b)
}

/// An operand as it is compared in this type: numbers of all kinds compare as they are.
pub(super) fn prepared(operand: Bound, kind: Type) -> Bound {
    let as_is = (operand.kind.is_number() && kind.is_number()) || (operand.kind.is_text() && kind.is_text());
    if as_is { operand } else { operand.to(kind) }
}

pub(super) fn comparison(left: Bound, op: &str, right: Bound) -> Bound {
    let kind = comparable(left.kind, right.kind);
    let (left, right) = (prepared(left, kind), prepared(right, kind));
    let collate = if kind.is_text() { format!(" COLLATE {}", collation::NAME) } else { String::new() };
    Bound::new(format!("({} {op} {}{collate})", left.sql, right.sql), Type::Bit)
}

fn bits(left: Bound, op: &str, right: Bound) -> Bound {
    Bound::new(format!("({} {op} {})", left.sql, right.sql), left.kind.unify(right.kind))
}

fn plus(left: Bound, right: Bound) -> Result<Bound, Message> {
    let text = |bound: &Bound| bound.kind.is_text() || bound.kind == Type::Null;
    if text(&left) && text(&right) {
        let kind = concatenated(left.kind, right.kind);
        return Ok(Bound::new(format!("({} || {})", left.sql, right.sql), kind));
    }
    arithmetic(left, "+", right)
}

/// The type of a concatenation: lengths add up.
pub(super) fn concatenated(a: Type, b: Type) -> Type {
    let (Type::Text { wide: w1, length: l1, .. }, Type::Text { wide: w2, length: l2, .. }) = (a, b) else {
        return if a == Type::Null { b } else { a };
    };
    let wide = w1 || w2;
    let limit = if wide { 4000 } else { 8000 };
    match (l1, l2) {
        (Some(l1), Some(l2)) => Type::Text { wide, fixed: false, length: Some(l1.saturating_add(l2).min(limit)) },
        _ if wide => NVARCHAR_MAX,
        _ => Type::Text { wide, fixed: false, length: None },
    }
}

fn arithmetic(left: Bound, op: &str, right: Bound) -> Result<Bound, Message> {
    if left.kind.is_time() || right.kind.is_time() {
        return days(left, op, right);
    }
    let kind = match (left.kind.is_decimal(), right.kind.is_decimal()) {
        (true, false) => result(left.kind, op, exact(&right)),
        (false, true) => result(exact(&left), op, right.kind),
        _ => result(left.kind, op, right.kind),
    };
    if !kind.is_number() {
        return Err(error::operand_clash(left.kind.name(), right.kind.name()));
    }
    let operand = if kind.is_decimal() { Type::Float } else { kind };
    let numeric = |bound: Bound| {
        if bound.kind.is_number() {
            bound
        } else {
            bound.to(if operand == Type::Float { Type::Decimal(38, 10) } else { operand })
        }
    };
    let (left, right) = (numeric(left), numeric(right));
    let sql = match op {
        "/" if kind.is_integer() => format!("ts_divide({}, {})", left.sql, right.sql),
        "/" => format!("ts_divide(CAST({} AS REAL), CAST({} AS REAL))", left.sql, right.sql),
        "%" => format!("ts_modulo({}, {})", left.sql, right.sql),
        _ => format!("({} {op} {})", left.sql, right.sql),
    };
    Ok(finish(sql, kind))
}

/// The type of an operand beside a decimal: a whole number that is written out has as many digits as it shows.
fn exact(bound: &Bound) -> Type {
    match &bound.value {
        Some(rusqlite::types::Value::Integer(number)) if bound.kind == Type::Int && !bound.sql.starts_with('?') => {
            Type::Decimal(number.unsigned_abs().checked_ilog10().map_or(1, |digits| digits as u8 + 1), 0)
        }
        _ => bound.kind,
    }
}

/// Decimals are rounded to the scale of the result, integers checked against their range.
fn finish(sql: String, kind: Type) -> Bound {
    match kind {
        Type::Decimal(_, scale) => Bound::new(format!("ts_round({sql}, {scale})"), kind),
        Type::Money | Type::SmallMoney => Bound::new(format!("ts_round({sql}, 4)"), kind),
        Type::Int | Type::SmallInt | Type::TinyInt => Bound::new(format!("ts_range({sql}, {})", kind.code()), kind),
        _ => Bound::new(sql, kind),
    }
}

/// The type of a result, by SQL Server's rules for precision and scale.
fn result(a: Type, op: &str, b: Type) -> Type {
    let unified = match (a, b) {
        (Type::Null, Type::Null) => Type::Int,
        _ if a.is_text() && b.is_text() => Type::Int,
        _ => a.unify(b),
    };
    if unified == Type::Bit {
        return Type::Int;
    }
    if !matches!(unified, Type::Decimal(..)) {
        return unified;
    }
    let ((p1, s1), (p2, s2)) = (digits(a), digits(b));
    let (precision, scale) = match op {
        "*" => (p1 + p2 + 1, s1 + s2),
        "/" => {
            let scale = 6.max(s1 + p2 + 1);
            (p1.saturating_sub(s1) + s2 + scale, scale)
        }
        "%" => ((p1.saturating_sub(s1)).min(p2.saturating_sub(s2)) + s1.max(s2), s1.max(s2)),
        _ => (s1.max(s2) + (p1.saturating_sub(s1)).max(p2.saturating_sub(s2)) + 1, s1.max(s2)),
    };
    reduced(precision, scale)
}

fn digits(kind: Type) -> (u16, u16) {
    let (precision, scale) = kind.digits();
    (u16::from(precision), u16::from(scale))
}

/// A precision above 38 takes digits from the scale, down to 6.
fn reduced(precision: u16, scale: u16) -> Type {
    let (precision, scale) = if precision > 38 {
        let whole = precision - scale;
        (38, scale.min(38_u16.saturating_sub(whole).max(scale.min(6))))
    } else {
        (precision, scale)
    };
    Type::Decimal(precision as u8, scale as u8)
}

/// `datetime + n` adds days.
fn days(left: Bound, op: &str, right: Bound) -> Result<Bound, Message> {
    let (moment, number) = if left.kind.is_time() { (left, right) } else { (right, left) };
    if !matches!(moment.kind, Type::DateTime | Type::SmallDateTime) || !matches!(op, "+" | "-") || number.kind.is_time()
    {
        return Err(error::operand_clash(moment.kind.name(), number.kind.name()));
    }
    let sign = if op == "-" { "-" } else { "" };
    let seconds = format!("CAST(round({sign}({}) * 86400) AS INTEGER)", number.sql);
    let part = literal::sql(&rusqlite::types::Value::Text("second".to_owned()));
    Ok(Bound::new(format!("ts_dateadd({part}, {seconds}, {}, {})", moment.sql, moment.kind.code()), moment.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_scale_follow_the_documented_rules() {
        let (a, b) = (Type::Decimal(9, 2), Type::Decimal(5, 3));
        assert_eq!(result(a, "+", b), Type::Decimal(11, 3));
        assert_eq!(result(a, "*", b), Type::Decimal(15, 5));
        assert_eq!(result(a, "/", b), Type::Decimal(18, 8));
        assert_eq!(result(Type::Int, "*", a), Type::Decimal(20, 2));
        assert_eq!(result(Type::Decimal(38, 10), "*", Type::Decimal(38, 10)), Type::Decimal(38, 6));
        assert_eq!(result(Type::TinyInt, "+", Type::Int), Type::Int);
    }
}
