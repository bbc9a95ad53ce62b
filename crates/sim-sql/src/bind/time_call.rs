//! Functions of dates and times. The clock is read once per statement.

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{Binder, Bound, Scope, function, literal};
use crate::{
    Message, convert, error,
    types::{Type, nvarchar},
};

impl Binder<'_> {
    pub(super) fn time_call(
        &mut self,
        name: &str,
        arguments: &[&Expr],
        scope: &Scope<'_>,
    ) -> Result<Option<Bound>, Message> {
        Ok(Some(match (name, arguments) {
            ("getdate" | "getutcdate", []) => self.clock(Type::DateTime)?,
            ("sysdatetime" | "sysutcdatetime", []) => self.clock(Type::DateTime2(7))?,
            ("current_timestamp", []) => self.clock(Type::DateTime)?,
            ("dateadd", [part, number, moment]) => {
                let number = self.expression_as(number, scope, Type::BigInt)?;
                let moment = self.moment(moment, scope)?;
                let sql =
                    format!("ts_dateadd({}, {}, {}, {})", part_of(part)?, number.sql, moment.sql, moment.kind.code());
                Bound::new(sql, moment.kind)
            }
            ("datediff" | "datediff_big", [part, from, to]) => {
                let (from, to) = (self.precise(from, scope)?, self.precise(to, scope)?);
                let kind = if name == "datediff" { Type::Int } else { Type::BigInt };
                Bound::new(format!("ts_datediff({}, {from}, {to}, {})", part_of(part)?, kind.code()), kind)
            }
            ("datepart", [part, moment]) => self.part(part_of(part)?, moment, scope)?,
            ("year" | "month" | "day", [moment]) => self.part(format!("'{name}'"), moment, scope)?,
            ("datename", [part, moment]) => {
                let sql = format!("ts_datename({}, {})", part_of(part)?, self.precise(moment, scope)?);
                Bound::new(sql, nvarchar(30))
            }
            ("eomonth", [moment, rest @ ..]) => {
                let months = rest.first().map(|months| self.expression_as(months, scope, Type::Int)).transpose()?;
                let months = months.map_or_else(|| "0".to_owned(), |months| months.sql);
                Bound::new(format!("ts_eomonth({}, {months})", self.precise(moment, scope)?), Type::Date)
            }
            ("datefromparts", [year, month, day]) => {
                let items = [year, month, day]
                    .into_iter()
                    .map(|item| Ok(self.expression_as(item, scope, Type::Int)?.sql))
                    .collect::<Result<Vec<_>, Message>>()?;
                Bound::new(format!("ts_datefromparts({})", items.join(", ")), Type::Date)
            }
            ("format", [value, pattern]) => self.format(value, pattern, scope)?,
            ("format", [_, _, _]) => return Err(error::unsupported("FORMAT with a culture")),
            _ => return Ok(None),
        }))
    }

    /// The statement's time.
    fn clock(&mut self, kind: Type) -> Result<Bound, Message> {
        if self.definition {
            return Err(error::unsupported("a clock in a CHECK constraint or computed column"));
        }
        let text = convert::from_unix(self.env.now, kind)?;
        Ok(self.parameter(Value::Text(text), kind))
    }

    /// `GETDATE` and the like without parentheses.
    pub(super) fn niladic(&mut self, name: &str) -> Result<Option<Bound>, Message> {
        match name.to_ascii_lowercase().as_str() {
            "current_timestamp" => self.clock(Type::DateTime).map(Some),
            name @ ("current_user" | "session_user" | "system_user" | "user") => self.user(name).map(Some),
            _ => Ok(None),
        }
    }

    /// An argument as a date or time; a string is a `datetime`.
    fn moment(&mut self, argument: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.expression(argument, scope)?;
        Ok(if bound.kind.is_time() { bound } else { bound.to(Type::DateTime) })
    }

    /// An argument with all digits.
    fn precise(&mut self, argument: &Expr, scope: &Scope<'_>) -> Result<String, Message> {
        let bound = self.expression(argument, scope)?;
        let bound = if bound.kind.is_number() { bound.to(Type::DateTime) } else { bound };
        Ok(bound.to(Type::DateTime2(7)).sql)
    }

    fn part(&mut self, part: String, moment: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        Ok(Bound::new(format!("ts_datepart({part}, {})", self.precise(moment, scope)?), Type::Int))
    }

    fn format(&mut self, value: &Expr, pattern: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        let value = self.expression(value, scope)?;
        let pattern = self.expression_as(pattern, scope, nvarchar(4000))?;
        let (value, name) = if value.kind.is_number() {
            (value, "ts_format_number")
        } else {
            (value.to(Type::DateTime2(7)), "ts_format_time")
        };
        Ok(Bound::new(format!("{name}({}, {})", value.sql, pattern.sql), nvarchar(4000)))
    }
}

/// A part of a date by its name or abbreviation, as a literal.
fn part_of(expression: &Expr) -> Result<String, Message> {
    let Expr::Identifier(name) = expression else {
        return Err(error::unsupported(&function::shortened(&expression.to_string())));
    };
    let part = match name.value.to_ascii_lowercase().as_str() {
        "year" | "yy" | "yyyy" => "year",
        "quarter" | "qq" | "q" => "quarter",
        "month" | "mm" | "m" => "month",
        "dayofyear" | "dy" | "y" => "dayofyear",
        "day" | "dd" | "d" => "day",
        "week" | "wk" | "ww" => "week",
        "iso_week" | "isowk" | "isoww" => "iso_week",
        "weekday" | "dw" | "w" => "weekday",
        "hour" | "hh" => "hour",
        "minute" | "mi" | "n" => "minute",
        "second" | "ss" | "s" => "second",
        "millisecond" | "ms" => "millisecond",
        "microsecond" | "mcs" => "microsecond",
        "nanosecond" | "ns" => "nanosecond",
        _ => return Err(Message::new(155, 15, format!("'{}' is not a recognized dateadd option.", name.value))),
    };
    Ok(literal::sql(&Value::Text(part.to_owned())))
}
