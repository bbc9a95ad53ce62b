//! Arithmetic with SQL Server's errors.

use rusqlite::{Connection, types::Value};

use super::{integer, real, strict, volatile};
use crate::{Message, convert, error, types::Type};

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    strict(connection, "ts_divide", 2, divide)?;
    strict(connection, "ts_modulo", 2, modulo)?;
    strict(connection, "ts_round", 2, |values| {
        let scale = u8::try_from(integer(&values[1])).unwrap_or(0);
        Ok(Value::Real(convert::round(real(&values[0]), scale)))
    })?;
    strict(connection, "ts_round_to", 3, round_to)?;
    strict(connection, "ts_range", 2, |values| {
        let kind = Type::from_code(integer(&values[1]));
        match values[0] {
            Value::Integer(number) => convert::in_range(number, kind).map(Value::Integer),
            _ => Err(error::overflow(kind.name())),
        }
    })?;
    strict(connection, "ts_floor", 1, |values| Ok(whole(&values[0], f64::floor)))?;
    strict(connection, "ts_ceiling", 1, |values| Ok(whole(&values[0], f64::ceil)))?;
    strict(connection, "ts_sqrt", 1, |values| defined(real(&values[0]).sqrt()))?;
    strict(connection, "ts_exp", 1, |values| defined(real(&values[0]).exp()))?;
    strict(connection, "ts_ln", 1, |values| defined(real(&values[0]).ln()))?;
    strict(connection, "ts_log10", 1, |values| defined(real(&values[0]).log10()))?;
    strict(connection, "ts_sin", 1, |values| defined(real(&values[0]).sin()))?;
    strict(connection, "ts_cos", 1, |values| defined(real(&values[0]).cos()))?;
    strict(connection, "ts_tan", 1, |values| defined(real(&values[0]).tan()))?;
    strict(connection, "ts_atan", 1, |values| defined(real(&values[0]).atan()))?;
    strict(connection, "ts_pi", 0, |_| Ok(Value::Real(std::f64::consts::PI)))?;
    strict(connection, "ts_square", 1, |values| Ok(Value::Real(real(&values[0]).powi(2))))?;
    strict(connection, "ts_sign", 1, sign)?;
    strict(connection, "ts_power", 2, power)?;
    volatile(connection, "ts_rand", 0, |_| Ok(Value::Real(fraction(uuid::Uuid::new_v4().as_u128()))))?;
    strict(connection, "ts_rand", 1, |values| Ok(Value::Real(seeded(integer(&values[0])))))
}

/// Error 3623 where a function is not defined.
fn defined(number: f64) -> Result<Value, Message> {
    if number.is_finite() {
        return Ok(Value::Real(number));
    }
    Err(Message::new(3623, 16, "An invalid floating point operation occurred."))
}

/// An integer is whole already.
fn whole(value: &Value, round: fn(f64) -> f64) -> Value {
    match value {
        Value::Integer(number) => Value::Integer(*number),
        other => Value::Real(round(real(other))),
    }
}

fn divide(values: &[Value]) -> Result<Value, Message> {
    match (&values[0], &values[1]) {
        (_, Value::Integer(0)) => Err(error::divide_by_zero()),
        (Value::Integer(a), Value::Integer(b)) => {
            a.checked_div(*b).map(Value::Integer).ok_or_else(|| error::overflow("bigint"))
        }
        (_, b) if real(b) == 0.0 => Err(error::divide_by_zero()),
        (a, b) => Ok(Value::Real(real(a) / real(b))),
    }
}

fn modulo(values: &[Value]) -> Result<Value, Message> {
    match (&values[0], &values[1]) {
        (_, Value::Integer(0)) => Err(error::divide_by_zero()),
        (Value::Integer(a), Value::Integer(b)) => Ok(Value::Integer(a.checked_rem(*b).unwrap_or(0))),
        (_, b) if real(b) == 0.0 => Err(error::divide_by_zero()),
        (a, b) => Ok(Value::Real(real(a) % real(b))),
    }
}

/// `ROUND(number, digits, cut)`; negative digits round before the point.
fn round_to(values: &[Value]) -> Result<Value, Message> {
    let digits = integer(&values[1]).clamp(-30, 30) as i32;
    let number = real(&values[0]);
    let rounded = match (integer(&values[2]) != 0, u8::try_from(digits)) {
        (true, _) => {
            let factor = 10_f64.powi(digits);
            (number * factor).trunc() / factor
        }
        (false, Ok(scale)) => convert::round(number, scale),
        (false, Err(_)) => {
            let unit = 10_f64.powi(-digits);
            convert::round(number / unit, 0) * unit
        }
    };
    Ok(match values[0] {
        Value::Integer(_) => Value::Integer(rounded as i64),
        _ => Value::Real(rounded),
    })
}

fn sign(values: &[Value]) -> Result<Value, Message> {
    Ok(match values[0] {
        Value::Integer(number) => Value::Integer(number.signum()),
        _ if real(&values[0]) == 0.0 => Value::Real(0.0),
        _ => Value::Real(real(&values[0]).signum()),
    })
}

fn power(values: &[Value]) -> Result<Value, Message> {
    let result = real(&values[0]).powf(real(&values[1]));
    match values[0] {
        Value::Integer(_) if result.abs() < 9.2e18 => Ok(Value::Integer(result as i64)),
        Value::Integer(_) => Err(error::overflow("int")),
        _ => Ok(Value::Real(result)),
    }
}

/// 53 bits as a number from 0 to 1.
fn fraction(bits: u128) -> f64 {
    (bits & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
}

/// The same number for the same seed (SplitMix64).
fn seeded(seed: i64) -> f64 {
    let mut state = (seed as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    fraction(u128::from(state ^ (state >> 31)))
}
