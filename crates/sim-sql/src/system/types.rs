//! `sys.types`.

use super::{Columns, Rows, flag, number, text};
use crate::types::{SYSNAME, Type};
use rusqlite::types::Value;

const TYPES: Columns = &[
    ("name", SYSNAME),
    ("system_type_id", Type::TinyInt),
    ("user_type_id", Type::Int),
    ("schema_id", Type::Int),
    ("max_length", Type::SmallInt),
    ("precision", Type::TinyInt),
    ("scale", Type::TinyInt),
    ("is_nullable", Type::Bit),
    ("is_user_defined", Type::Bit),
];

/// Type ids are SQL Server's.
const IDS: [(&str, u8); 21] = [
    ("uniqueidentifier", 36),
    ("date", 40),
    ("time", 41),
    ("datetime2", 42),
    ("tinyint", 48),
    ("smallint", 52),
    ("int", 56),
    ("smalldatetime", 58),
    ("real", 59),
    ("money", 60),
    ("datetime", 61),
    ("float", 62),
    ("bit", 104),
    ("decimal", 106),
    ("smallmoney", 122),
    ("bigint", 127),
    ("varbinary", 165),
    ("varchar", 167),
    ("binary", 173),
    ("char", 175),
    ("nvarchar", 231),
];

pub(super) fn view(name: &str) -> Option<(Columns, Rows)> {
    if name != "types" {
        return None;
    }
    let named = |(name, id): (&str, i64)| {
        let kind = Type::parse(name, &[]).unwrap_or(Type::Null);
        let (precision, scale) = shape(kind);
        vec![
            text(name),
            number(id),
            number(id),
            number(4),
            number(max_length(kind)),
            number(precision),
            number(scale),
            flag(true),
            flag(false),
        ]
    };
    let all = IDS.iter().map(|(name, id)| (*name, i64::from(*id))).chain([("nchar", 239), ("sysname", 256)]);
    Some((TYPES, all.map(named).collect()))
}

/// The system type id of a type.
pub(super) fn id(kind: Type) -> i64 {
    let name = kind.name();
    IDS.iter().find(|(known, _)| *known == name).map_or(239, |(_, id)| i64::from(*id))
}

/// `TYPE_NAME(id)`
pub(crate) fn type_names() -> Vec<(Value, Value)> {
    IDS.iter().map(|(name, id)| (number(*id), text(name))).chain([(number(239), text("nchar"))]).collect()
}

/// `max_length` in bytes; -1 for `max`.
pub(crate) fn max_length(kind: Type) -> i32 {
    match kind {
        Type::Text { wide: true, length, .. } => length.map_or(-1, |length| i32::from(length) * 2),
        Type::Text { length, .. } | Type::Binary { length, .. } => length.map_or(-1, i32::from),
        Type::Bit | Type::TinyInt => 1,
        Type::SmallInt => 2,
        Type::Null | Type::Int | Type::Real | Type::SmallMoney | Type::SmallDateTime => 4,
        Type::BigInt | Type::Float | Type::Money | Type::DateTime => 8,
        Type::Decimal(precision, _) => match precision {
            0..=9 => 5,
            10..=19 => 9,
            20..=28 => 13,
            _ => 17,
        },
        Type::Guid => 16,
        Type::Date => 3,
        Type::Time(scale) => match scale {
            0..=2 => 3,
            3..=4 => 4,
            _ => 5,
        },
        Type::DateTime2(scale) => match scale {
            0..=2 => 6,
            3..=4 => 7,
            _ => 8,
        },
    }
}

/// `precision` and `scale`; zero where a type has none.
pub(super) fn shape(kind: Type) -> (i32, i32) {
    match kind {
        Type::Text { .. } | Type::Binary { .. } | Type::Guid => (0, 0),
        Type::Float => (53, 0),
        Type::Real => (24, 0),
        Type::Date => (10, 0),
        Type::DateTime => (23, 3),
        Type::SmallDateTime => (16, 0),
        Type::DateTime2(scale) => (19 + i32::from(scale > 0) + i32::from(scale), i32::from(scale)),
        Type::Time(scale) => (8 + i32::from(scale > 0) + i32::from(scale), i32::from(scale)),
        kind => {
            let (precision, scale) = kind.digits();
            (i32::from(precision), i32::from(scale))
        }
    }
}
