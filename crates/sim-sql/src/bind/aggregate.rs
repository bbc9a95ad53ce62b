//! Aggregates and window functions.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, OrderByExpr, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::{Binder, Bound, Scope, function, parts};
use crate::{
    Message, error,
    types::{NVARCHAR_MAX, Type},
};

const AGGREGATES: [&str; 7] = ["count", "count_big", "sum", "avg", "min", "max", "string_agg"];

/// Whether an aggregate without a window stands anywhere in the expression.
pub(super) fn contains(expression: &Expr) -> bool {
    use sqlparser::ast::visit_expressions;
    use std::ops::ControlFlow;
    visit_expressions(expression, |expression| match expression {
        Expr::Function(function) if function.over.is_none() && is_aggregate(function) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn is_aggregate(function: &Function) -> bool {
    parts(&function.name).last().is_some_and(|name| AGGREGATES.contains(&name.to_ascii_lowercase().as_str()))
}

impl Binder<'_> {
    /// The call, if it is one of an aggregate or a window function.
    pub(super) fn aggregate(
        &mut self,
        name: &str,
        call: &Function,
        scope: &Scope<'_>,
    ) -> Result<Option<Bound>, Message> {
        let over = self.over(call, scope)?;
        let bound = match name {
            "count" => self.count(call, Type::Int, &over, scope)?,
            "count_big" => self.count(call, Type::BigInt, &over, scope)?,
            "sum" | "avg" | "min" | "max" => self.simple_aggregate(name, call, &over, scope)?,
            "string_agg" => self.string_agg(call, scope)?,
            "row_number" | "rank" | "dense_rank" => Bound::new(format!("{name}(){over}"), Type::BigInt),
            "percent_rank" | "cume_dist" => Bound::new(format!("{name}(){over}"), Type::Float),
            "ntile" => {
                let [buckets] = function::arguments(call)?[..] else { return Err(error::argument_count(name, 1)) };
                Bound::new(format!("ntile({}){over}", self.expression(buckets, scope)?.sql), Type::BigInt)
            }
            "lag" | "lead" | "first_value" | "last_value" => self.neighbour(name, call, &over, scope)?,
            _ => return Ok(None),
        };
        Ok(Some(bound))
    }

    fn count(&mut self, call: &Function, kind: Type, over: &str, scope: &Scope<'_>) -> Result<Bound, Message> {
        let FunctionArguments::List(list) = &call.args else { return Err(error::argument_count("count", 1)) };
        let item = match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] => "*".to_owned(),
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => {
                format!("{}{}", distinct(call), self.expression(expr, scope)?.collated())
            }
            _ => return Err(error::argument_count("count", 1)),
        };
        Ok(Bound::new(format!("count({item}){over}"), kind))
    }

    fn simple_aggregate(
        &mut self,
        name: &str,
        call: &Function,
        over: &str,
        scope: &Scope<'_>,
    ) -> Result<Bound, Message> {
        let [argument] = function::arguments(call)?[..] else { return Err(error::argument_count(name, 1)) };
        let operand = self.expression(argument, scope)?;
        let kind = result(name, operand.kind)?;
        let aggregated = format!("{name}({}{}){over}", distinct(call), operand.collated());
        Ok(Bound::new(finished(name, aggregated, operand.kind, kind), kind))
    }

    fn string_agg(&mut self, call: &Function, scope: &Scope<'_>) -> Result<Bound, Message> {
        let [item, separator] = function::arguments(call)?[..] else {
            return Err(error::argument_count("string_agg", 2));
        };
        let item = self.expression_as(item, scope, NVARCHAR_MAX)?;
        let separator = self.expression_as(separator, scope, NVARCHAR_MAX)?;
        let order = self.window_order(&call.within_group, scope)?;
        Ok(Bound::new(format!("group_concat({}, {}{order})", item.sql, separator.sql), NVARCHAR_MAX))
    }

    fn neighbour(&mut self, name: &str, call: &Function, over: &str, scope: &Scope<'_>) -> Result<Bound, Message> {
        let arguments = function::arguments(call)?;
        let mut bound =
            arguments.iter().map(|argument| self.expression(argument, scope)).collect::<Result<Vec<_>, _>>()?;
        let kind = bound.first().map_or(Type::Null, |first| first.kind);
        if let Some(default) = bound.get_mut(2) {
            *default = default.clone().to(kind);
        }
        let items: Vec<String> = bound.into_iter().map(|bound| bound.sql).collect();
        Ok(Bound::new(format!("{name}({}){over}", items.join(", ")), kind))
    }

    /// The `OVER (…)` of a call, or nothing.
    fn over(&mut self, call: &Function, scope: &Scope<'_>) -> Result<String, Message> {
        match &call.over {
            None => Ok(String::new()),
            Some(WindowType::WindowSpec(spec)) => Ok(format!(" OVER ({})", self.window(spec, scope)?)),
            Some(WindowType::NamedWindow(_)) => Err(error::unsupported("WINDOW")),
        }
    }

    fn window(&mut self, spec: &WindowSpec, scope: &Scope<'_>) -> Result<String, Message> {
        let mut sql = String::new();
        if !spec.partition_by.is_empty() {
            let items = spec
                .partition_by
                .iter()
                .map(|item| Ok(self.expression(item, scope)?.collated()))
                .collect::<Result<Vec<_>, Message>>()?;
            sql.push_str(&format!("PARTITION BY {}", items.join(", ")));
        }
        sql.push_str(&self.window_order(&spec.order_by, scope)?);
        if let Some(frame) = &spec.window_frame {
            sql.push_str(&self.frame(frame, scope)?);
        }
        Ok(sql)
    }

    fn window_order(&mut self, order: &[OrderByExpr], scope: &Scope<'_>) -> Result<String, Message> {
        if order.is_empty() {
            return Ok(String::new());
        }
        let mut items = Vec::new();
        for item in order {
            let bound = self.expression(&item.expr, scope)?;
            items.push(format!("{}{}", bound.collated(), super::order::direction(item)));
        }
        Ok(format!(" ORDER BY {}", items.join(", ")))
    }

    fn frame(&mut self, frame: &WindowFrame, scope: &Scope<'_>) -> Result<String, Message> {
        let units = if frame.units == WindowFrameUnits::Range { "RANGE" } else { "ROWS" };
        let start = self.bound_of_frame(&frame.start_bound, scope)?;
        Ok(match &frame.end_bound {
            Some(end) => format!(" {units} BETWEEN {start} AND {}", self.bound_of_frame(end, scope)?),
            None => format!(" {units} {start}"),
        })
    }

    fn bound_of_frame(&mut self, bound: &WindowFrameBound, scope: &Scope<'_>) -> Result<String, Message> {
        Ok(match bound {
            WindowFrameBound::CurrentRow => "CURRENT ROW".to_owned(),
            WindowFrameBound::Preceding(None) => "UNBOUNDED PRECEDING".to_owned(),
            WindowFrameBound::Following(None) => "UNBOUNDED FOLLOWING".to_owned(),
            WindowFrameBound::Preceding(Some(rows)) => format!("{} PRECEDING", self.expression(rows, scope)?.sql),
            WindowFrameBound::Following(Some(rows)) => format!("{} FOLLOWING", self.expression(rows, scope)?.sql),
        })
    }
}

fn distinct(call: &Function) -> &'static str {
    match &call.args {
        FunctionArguments::List(list) if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) => "DISTINCT ",
        _ => "",
    }
}

/// The type of `SUM`, `AVG`, `MIN` or `MAX` over this type.
fn result(name: &str, kind: Type) -> Result<Type, Message> {
    if matches!(name, "min" | "max") {
        return Ok(kind);
    }
    Ok(match kind {
        Type::Null | Type::TinyInt | Type::SmallInt | Type::Int => Type::Int,
        Type::BigInt => Type::BigInt,
        Type::Real | Type::Float => Type::Float,
        Type::Money | Type::SmallMoney => Type::Money,
        Type::Decimal(_, scale) if name == "sum" => Type::Decimal(38, scale),
        Type::Decimal(_, scale) => Type::Decimal(38, scale.max(6)),
        other => return Err(error::operand_clash(other.name(), name)),
    })
}

fn finished(name: &str, sql: String, from: Type, kind: Type) -> String {
    match (name, kind) {
        ("sum", Type::Int) => format!("ts_range({sql}, {})", kind.code()),
        ("avg", _) if from.is_integer() => format!("CAST({sql} AS INTEGER)"),
        ("sum" | "avg", _) if kind.is_decimal() => format!("ts_round({sql}, {})", kind.digits().1),
        _ => sql,
    }
}
