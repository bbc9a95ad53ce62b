//! The types of T-SQL: their names, their order of precedence, their form on the wire and in a query's text.

use serde::{Deserialize, Serialize};

use crate::{ColumnType, Message, error};

/// A T-SQL type. Lengths are characters or bytes, `None` for `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Type {
    /// The type of a bare `NULL`.
    Null,
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Real,
    Float,
    Decimal(u8, u8),
    SmallMoney,
    Money,
    Text {
        wide: bool,
        fixed: bool,
        length: Option<u16>,
    },
    Binary {
        fixed: bool,
        length: Option<u16>,
    },
    Guid,
    Date,
    Time(u8),
    SmallDateTime,
    DateTime,
    DateTime2(u8),
}

/// `nvarchar(128)`, the type of names.
pub(crate) const SYSNAME: Type = nvarchar(128);

/// `nvarchar(max)`
pub(crate) const NVARCHAR_MAX: Type = Type::Text { wide: true, fixed: false, length: None };

/// `nvarchar(length)`
pub(crate) const fn nvarchar(length: u16) -> Type {
    Type::Text { wide: true, fixed: false, length: Some(length) }
}

/// `varchar(length)`
pub(crate) const fn varchar(length: u16) -> Type {
    Type::Text { wide: false, fixed: false, length: Some(length) }
}

/// `varbinary(length)`
pub(crate) const fn varbinary(length: u16) -> Type {
    Type::Binary { fixed: false, length: Some(length) }
}

impl Type {
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::Bit | Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }

    /// Integers, decimals, money and floating point.
    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || self.is_decimal() || self.is_float()
    }

    pub(crate) fn is_decimal(self) -> bool {
        matches!(self, Self::Decimal(..) | Self::SmallMoney | Self::Money)
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Self::Real | Self::Float)
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text { .. })
    }

    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Time(_) | Self::SmallDateTime | Self::DateTime | Self::DateTime2(_))
    }

    /// Precision and scale as a decimal; integers have their full width.
    pub(crate) fn digits(self) -> (u8, u8) {
        match self {
            Self::Decimal(precision, scale) => (precision, scale),
            Self::Money => (19, 4),
            Self::SmallMoney => (10, 4),
            Self::Bit => (1, 0),
            Self::TinyInt => (3, 0),
            Self::SmallInt => (5, 0),
            Self::BigInt => (19, 0),
            _ => (10, 0),
        }
    }

    /// Digits of a second that the type keeps.
    pub(crate) fn fraction(self) -> u8 {
        match self {
            Self::DateTime => 3,
            Self::DateTime2(scale) | Self::Time(scale) => scale,
            _ => 0,
        }
    }

    /// Place in SQL Server's order of precedence: the operand of the lower rank is converted.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Binary { .. } => 1,
            Self::Text { wide, .. } => 2 + u8::from(wide),
            Self::Guid => 4,
            Self::Bit => 5,
            Self::TinyInt => 6,
            Self::SmallInt => 7,
            Self::Int => 8,
            Self::BigInt => 9,
            Self::SmallMoney => 10,
            Self::Money => 11,
            Self::Decimal(..) => 12,
            Self::Real => 13,
            Self::Float => 14,
            Self::Time(_) => 15,
            Self::Date => 16,
            Self::SmallDateTime => 17,
            Self::DateTime => 18,
            Self::DateTime2(_) => 19,
        }
    }

    /// The type that both convert to, as for `CASE`, `COALESCE` and `UNION`.
    pub(crate) fn unify(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Text { .. }, Self::Text { .. }) => self.unify_text(other),
            (Self::Binary { length: a, .. }, Self::Binary { length: b, .. }) => {
                Self::Binary { fixed: false, length: longer(a, b) }
            }
            (Self::DateTime2(a), Self::DateTime2(b)) => Self::DateTime2(a.max(b)),
            (Self::Time(a), Self::Time(b)) => Self::Time(a.max(b)),
            (a, b) if (a.is_decimal() && b.is_number()) || (b.is_decimal() && a.is_number()) => a.unify_decimal(b),
            (a, b) => {
                if a.rank() >= b.rank() {
                    a
                } else {
                    b
                }
            }
        }
    }

    fn unify_text(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Text { wide: a, fixed: fixed_a, length: la },
                Self::Text { wide: b, fixed: fixed_b, length: lb },
            ) => Self::Text { wide: a || b, fixed: fixed_a && fixed_b && la == lb, length: longer(la, lb) },
            _ => NVARCHAR_MAX,
        }
    }

    fn unify_decimal(self, other: Self) -> Self {
        if self.is_float() || other.is_float() {
            return Self::Float;
        }
        if self == other {
            return self;
        }
        let ((p1, s1), (p2, s2)) = (self.digits(), other.digits());
        let scale = s1.max(s2);
        Self::Decimal(((p1 - s1).max(p2 - s2) + scale).min(38), scale)
    }

    /// The column type that a result set of this type announces.
    pub(crate) fn wire(self) -> ColumnType {
        match self {
            Self::Bit => ColumnType::Bit,
            Self::TinyInt => ColumnType::TinyInt,
            Self::SmallInt => ColumnType::SmallInt,
            Self::Null | Self::Int => ColumnType::Int,
            Self::BigInt => ColumnType::BigInt,
            Self::Real | Self::Float => ColumnType::Float,
            Self::Decimal(..) | Self::Money | Self::SmallMoney => {
                let (precision, scale) = self.digits();
                ColumnType::Decimal(precision, scale)
            }
            Self::Text { length, .. } => ColumnType::NVarChar(length.filter(|length| *length <= 4000)),
            Self::Binary { length, .. } => ColumnType::VarBinary(length),
            Self::Guid => ColumnType::Guid,
            Self::Date => ColumnType::Date,
            Self::Time(_) => ColumnType::Time,
            Self::SmallDateTime | Self::DateTime => ColumnType::DateTime,
            Self::DateTime2(scale) => ColumnType::DateTime2(scale),
        }
    }

    /// A number that says the same, so that a type can be an argument of an SQLite function.
    pub(crate) fn code(self) -> i64 {
        let (a, b) = match self {
            Self::Decimal(precision, scale) => (i64::from(precision), i64::from(scale)),
            Self::Text { wide, fixed, length } => (i64::from(wide) * 2 + i64::from(fixed), length.map_or(0, i64::from)),
            Self::Binary { fixed, length } => (i64::from(fixed), length.map_or(0, i64::from)),
            Self::Time(scale) | Self::DateTime2(scale) => (i64::from(scale), 0),
            _ => (0, 0),
        };
        self.kind_number() | a << 8 | b << 16
    }

    fn kind_number(self) -> i64 {
        match self {
            Self::Binary { .. } => 1,
            Self::Text { .. } => 2,
            other => i64::from(other.rank()),
        }
    }

    /// The reverse of [`Type::code`].
    pub(crate) fn from_code(code: i64) -> Self {
        let a = ((code >> 8) & 0xff) as u8;
        let b = ((code >> 16) & 0xffff) as u16;
        let length = (b > 0).then_some(b);
        match code & 0xff {
            1 => Self::Binary { fixed: a == 1, length },
            2 => Self::Text { wide: a & 2 != 0, fixed: a & 1 != 0, length },
            12 => Self::Decimal(a, b as u8),
            15 => Self::Time(a),
            19 => Self::DateTime2(a),
            kind => SIMPLE.iter().copied().find(|simple| i64::from(simple.rank()) == kind).unwrap_or(Self::Null),
        }
    }

    /// Reads a type's name with what stands in parentheses after it.
    pub(crate) fn parse(name: &str, arguments: &[String]) -> Result<Self, Message> {
        let lower = name.to_ascii_lowercase();
        let number = |index: usize| arguments.get(index).and_then(|text| text.trim().parse::<u16>().ok());
        let small = |index: usize, default: u16| number(index).unwrap_or(default).min(255) as u8;
        let length = || text_length(arguments);
        Ok(match lower.as_str() {
            "bit" => Self::Bit,
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "int" | "integer" => Self::Int,
            "bigint" => Self::BigInt,
            "real" => Self::Real,
            "float" => {
                if small(0, 53) <= 24 {
                    Self::Real
                } else {
                    Self::Float
                }
            }
            "double precision" => Self::Float,
            "decimal" | "numeric" | "dec" => decimal(small(0, 18), small(1, 0))?,
            "money" => Self::Money,
            "smallmoney" => Self::SmallMoney,
            "nvarchar" | "national character varying" => Self::Text { wide: true, fixed: false, length: length() },
            "varchar" | "character varying" | "char varying" => {
                Self::Text { wide: false, fixed: false, length: length() }
            }
            "nchar" => Self::Text { wide: true, fixed: true, length: length() },
            "char" | "character" => Self::Text { wide: false, fixed: true, length: length() },
            "sysname" => SYSNAME,
            "ntext" => NVARCHAR_MAX,
            "text" => Self::Text { wide: false, fixed: false, length: None },
            "varbinary" => Self::Binary { fixed: false, length: length() },
            "binary" => Self::Binary { fixed: true, length: length() },
            "image" => Self::Binary { fixed: false, length: None },
            "rowversion" | "timestamp" => return Err(error::unsupported(&format!("type {name}"))),
            "uniqueidentifier" => Self::Guid,
            "date" => Self::Date,
            "time" => Self::Time(fraction(small(0, 7))?),
            "datetime" => Self::DateTime,
            "smalldatetime" => Self::SmallDateTime,
            "datetime2" => Self::DateTime2(fraction(small(0, 7))?),
            "cursor" | "datetimeoffset" | "xml" | "sql_variant" | "hierarchyid" | "geography" | "geometry" | "json"
            | "vector" => {
                return Err(error::unsupported(&format!("type {name}")));
            }
            _ => return Err(error::unknown_type(name)),
        })
    }

    /// The name without its arguments, as `sys.types` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null | Self::Int => "int",
            Self::Bit => "bit",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::BigInt => "bigint",
            Self::Real => "real",
            Self::Float => "float",
            Self::Decimal(..) => "decimal",
            Self::SmallMoney => "smallmoney",
            Self::Money => "money",
            Self::Text { wide: true, fixed: false, .. } => "nvarchar",
            Self::Text { wide: true, fixed: true, .. } => "nchar",
            Self::Text { wide: false, fixed: false, .. } => "varchar",
            Self::Text { wide: false, fixed: true, .. } => "char",
            Self::Binary { fixed: false, .. } => "varbinary",
            Self::Binary { fixed: true, .. } => "binary",
            Self::Guid => "uniqueidentifier",
            Self::Date => "date",
            Self::Time(_) => "time",
            Self::SmallDateTime => "smalldatetime",
            Self::DateTime => "datetime",
            Self::DateTime2(_) => "datetime2",
        }
    }
}

/// The types without arguments.
const SIMPLE: [Type; 14] = [
    Type::Bit,
    Type::TinyInt,
    Type::SmallInt,
    Type::Int,
    Type::BigInt,
    Type::Real,
    Type::Float,
    Type::SmallMoney,
    Type::Money,
    Type::Guid,
    Type::Date,
    Type::SmallDateTime,
    Type::DateTime,
    Type::Null,
];

/// A precision from 1 to 38 and a scale up to it.
fn decimal(precision: u8, scale: u8) -> Result<Type, Message> {
    if precision == 0 || precision > 38 {
        return Err(error::invalid_precision(precision));
    }
    if scale > precision { Err(error::invalid_scale(scale)) } else { Ok(Type::Decimal(precision, scale)) }
}

/// Up to seven digits of a second.
fn fraction(scale: u8) -> Result<u8, Message> {
    if scale > 7 { Err(error::invalid_scale(scale)) } else { Ok(scale) }
}

fn text_length(arguments: &[String]) -> Option<u16> {
    match arguments.first().map(|text| text.trim()) {
        None => Some(1),
        Some(text) if text.eq_ignore_ascii_case("max") => None,
        Some(text) => text.parse().ok().or(Some(1)),
    }
}

fn longer(a: Option<u16>, b: Option<u16>) -> Option<u16> {
    Some(a?.max(b?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn code_keeps_every_type() {
        let more = [
            nvarchar(40),
            varchar(8000),
            NVARCHAR_MAX,
            varbinary(16),
            Type::Decimal(38, 10),
            Type::Time(3),
            Type::DateTime2(7),
        ];
        for kind in SIMPLE.into_iter().chain(more) {
            assert_eq!(Type::from_code(kind.code()), kind);
        }
    }

    #[test]
    fn precedence_converts_the_weaker_operand() {
        assert_eq!(Type::Int.unify(nvarchar(5)), Type::Int);
        assert_eq!(Type::Int.unify(Type::Decimal(4, 2)), Type::Decimal(12, 2));
        assert_eq!(nvarchar(5).unify(varchar(9)), nvarchar(9));
        assert_eq!(Type::Null.unify(Type::Date), Type::Date);
    }
}
