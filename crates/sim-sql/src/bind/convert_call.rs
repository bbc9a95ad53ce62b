//! `CAST`, `CONVERT`, and the calls that `sqlparser` has nodes of its own for.

use sqlparser::ast::{CastKind, DataType, Expr, TrimWhereField};

use super::{Binder, Bound, Scope, function};
use crate::{
    Message, error,
    types::{NVARCHAR_MAX, Type},
};

impl Binder<'_> {
    pub(super) fn call_like(&mut self, expression: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        match expression {
            Expr::Cast { kind, expr, data_type, .. } => {
                self.conversion(expr, data_type, None, *kind != CastKind::Cast, scope)
            }
            Expr::Convert { is_try, expr, data_type: Some(data_type), styles, .. } => {
                self.conversion(expr, data_type, styles.first(), *is_try, scope)
            }
            Expr::Ceil { expr, .. } => self.call("ceiling", &[expr], scope),
            Expr::Floor { expr, .. } => self.call("floor", &[expr], scope),
            Expr::Substring { expr, substring_from: Some(from), substring_for: Some(length), .. } => {
                self.call("substring", &[expr, from, length], scope)
            }
            Expr::Trim { trim_where, trim_what, expr, .. } => self.trim(*trim_where, trim_what.as_deref(), expr, scope),
            other => Err(error::unsupported(&function::shortened(&other.to_string()))),
        }
    }

    fn conversion(
        &mut self,
        operand: &Expr,
        data_type: &DataType,
        style: Option<&Expr>,
        attempt: bool,
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let kind = explicit(data_type)?;
        let bound = self.expression(operand, scope)?;
        let style = match style {
            Some(style) => self.expression_as(style, scope, Type::Int)?.sql,
            None => "0".to_owned(),
        };
        if bound.kind == Type::Null {
            return Ok(Bound { kind, ..bound });
        }
        refuse(bound.kind, kind)?;
        let name = if attempt { "ts_try_cast" } else { "ts_cast" };
        let sql = format!("{name}({}, {}, {}, {style})", bound.sql, bound.kind.code(), kind.code());
        Ok(Bound::new(sql, kind))
    }

    fn trim(
        &mut self,
        place: Option<TrimWhereField>,
        what: Option<&Expr>,
        operand: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let operand = self.expression(operand, scope)?;
        let kind = if operand.kind.is_text() { operand.kind } else { NVARCHAR_MAX };
        let name = match place {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "trim",
        };
        let what = match what {
            Some(what) => self.expression_as(what, scope, NVARCHAR_MAX)?.sql,
            None => "' '".to_owned(),
        };
        Ok(Bound::new(format!("{name}({}, {what})", operand.to(kind).sql), kind))
    }
}

/// The type of a `CAST`, where a length that is left out is 30.
fn explicit(data_type: &DataType) -> Result<Type, Message> {
    let text = data_type.to_string();
    let has_length = text.contains('(');
    let (name, arguments) = text.split_once('(').unwrap_or((&text, ""));
    let arguments: Vec<String> = arguments
        .trim_end_matches(')')
        .split(',')
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let name = name.trim().trim_matches(['[', ']', '"']);
    let kind = Type::parse(name, &arguments)?;
    Ok(match kind {
        Type::Text { wide, fixed, length: Some(1) } if !has_length => Type::Text { wide, fixed, length: Some(30) },
        Type::Binary { fixed, length: Some(1) } if !has_length => Type::Binary { fixed, length: Some(30) },
        kind => kind,
    })
}

/// Conversions that SQL Server refuses whatever the value is.
fn refuse(from: Type, to: Type) -> Result<(), Message> {
    let number_to_day = from.is_number() && matches!(to, Type::Date | Type::DateTime2(_) | Type::Time(_));
    let day_to_number = to.is_number() && matches!(from, Type::Date | Type::DateTime2(_) | Type::Time(_));
    let guid_to_number = (from == Type::Guid && to.is_number()) || (to == Type::Guid && from.is_number());
    if number_to_day || day_to_number || guid_to_number {
        return Err(error::conversion_refused(from.name(), to.name()));
    }
    Ok(())
}
