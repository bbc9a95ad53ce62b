//! Calls of functions.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Binder, Bound, Scope, operator, parts};
use crate::{
    Message, error, outside,
    types::{NVARCHAR_MAX, Type, nvarchar, varbinary},
};

/// What an argument is converted to.
#[derive(Clone, Copy)]
enum Want {
    /// A string; other types become one.
    Text,
    Int,
    Float,
    Any,
}

/// The type of a result.
#[derive(Clone, Copy)]
enum Gives {
    Is(Type),
    /// That of the first argument.
    First,
}

/// A function that is one SQLite function with converted arguments.
struct Plain {
    name: &'static str,
    sqlite: &'static str,
    wants: &'static [Want],
    /// How many arguments there must be at least.
    least: usize,
    gives: Gives,
}

const fn plain(name: &'static str, sqlite: &'static str, wants: &'static [Want], least: usize, gives: Gives) -> Plain {
    Plain { name, sqlite, wants, least, gives }
}

use Gives::{First, Is};
use Want::{Any, Float, Int, Text};

const PLAIN: [Plain; 43] = [
    plain("len", "ts_len", &[Text], 1, Is(Type::Int)),
    plain("upper", "ts_upper", &[Text], 1, First),
    plain("lower", "ts_lower", &[Text], 1, First),
    plain("ltrim", "ltrim", &[Text, Text], 1, First),
    plain("rtrim", "rtrim", &[Text, Text], 1, First),
    plain("reverse", "ts_reverse", &[Text], 1, First),
    plain("replicate", "ts_replicate", &[Text, Int], 2, Is(nvarchar(4000))),
    plain("space", "ts_space", &[Int], 1, Is(nvarchar(4000))),
    plain("left", "ts_left", &[Text, Int], 2, First),
    plain("right", "ts_right", &[Text, Int], 2, First),
    plain("substring", "ts_substring", &[Any, Int, Int], 3, First),
    plain("charindex", "ts_charindex", &[Text, Text, Int], 2, Is(Type::Int)),
    plain("patindex", "ts_patindex", &[Text, Text], 2, Is(Type::Int)),
    plain("replace", "ts_replace", &[Text, Text, Text], 3, Is(NVARCHAR_MAX)),
    plain("stuff", "ts_stuff", &[Text, Int, Int, Text], 4, Is(NVARCHAR_MAX)),
    plain("translate", "ts_translate", &[Text, Text, Text], 3, First),
    plain("ascii", "ts_ascii", &[Text], 1, Is(Type::Int)),
    plain("unicode", "unicode", &[Text], 1, Is(Type::Int)),
    plain("char", "char", &[Int], 1, Is(nvarchar(1))),
    plain("nchar", "char", &[Int], 1, Is(nvarchar(1))),
    plain("quotename", "ts_quotename", &[Text, Text], 1, Is(nvarchar(258))),
    plain("sqrt", "ts_sqrt", &[Float], 1, Is(Type::Float)),
    plain("exp", "ts_exp", &[Float], 1, Is(Type::Float)),
    plain("log", "ts_ln", &[Float], 1, Is(Type::Float)),
    plain("log10", "ts_log10", &[Float], 1, Is(Type::Float)),
    plain("pi", "ts_pi", &[], 0, Is(Type::Float)),
    plain("square", "ts_square", &[Float], 1, Is(Type::Float)),
    plain("sin", "ts_sin", &[Float], 1, Is(Type::Float)),
    plain("cos", "ts_cos", &[Float], 1, Is(Type::Float)),
    plain("tan", "ts_tan", &[Float], 1, Is(Type::Float)),
    plain("atan", "ts_atan", &[Float], 1, Is(Type::Float)),
    plain("sign", "ts_sign", &[Any], 1, First),
    plain("power", "ts_power", &[Any, Float], 2, First),
    plain("newid", "ts_newid", &[], 0, Is(Type::Guid)),
    plain("newsequentialid", "ts_newid", &[], 0, Is(Type::Guid)),
    plain("isnumeric", "ts_isnumeric", &[Text], 1, Is(Type::Int)),
    plain("isdate", "ts_isdate", &[Text], 1, Is(Type::Int)),
    plain("isjson", "json_valid", &[Text], 1, Is(Type::Int)),
    plain("parsename", "ts_parsename", &[Text, Int], 2, Is(nvarchar(128))),
    plain("string_escape", "ts_string_escape", &[Text, Text], 2, Is(NVARCHAR_MAX)),
    plain("soundex", "soundex", &[Text], 1, Is(nvarchar(4))),
    plain("hashbytes", "ts_hashbytes", &[Text, Any], 2, Is(varbinary(8000))),
    plain("checksum", "ts_checksum", &[Any], 1, Is(Type::Int)),
];

/// Functions that take more arguments than the engine knows.
const MORE_ARGUMENTS: [&str; 2] = ["checksum", "log"];

impl Binder<'_> {
    pub(super) fn function(&mut self, function: &Function, scope: &Scope<'_>) -> Result<Bound, Message> {
        let names = parts(&function.name);
        let name = names.last().cloned().unwrap_or_default().to_ascii_lowercase();
        if names.len() > 1 {
            return self.user_function(&names, &arguments(function)?, scope);
        }
        outside::refuse_function(&name)?;
        if let Some(bound) = self.aggregate(&name, function, scope)? {
            return Ok(bound);
        }
        self.call(&name, &arguments(function)?, scope)
    }

    /// A function by its lower-case name.
    pub(super) fn call(&mut self, name: &str, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        if let Some(plain) = PLAIN.iter().find(|plain| plain.name == name) {
            return self.plain(plain, arguments, scope);
        }
        if let Some(bound) = self.choosing(name, arguments, scope)? {
            return Ok(bound);
        }
        if let Some(bound) = self.numeric(name, arguments, scope)? {
            return Ok(bound);
        }
        if let Some(bound) = self.time_call(name, arguments, scope)? {
            return Ok(bound);
        }
        match self.system_call(name, arguments, scope)? {
            Some(bound) => Ok(bound),
            None => Err(error::unknown_function(name)),
        }
    }

    fn plain(&mut self, plain: &Plain, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        if MORE_ARGUMENTS.contains(&plain.name) && arguments.len() > plain.wants.len() {
            return Err(error::unsupported(&format!("{} with more arguments", plain.name.to_uppercase())));
        }
        if arguments.len() < plain.least || arguments.len() > plain.wants.len() {
            return Err(error::argument_count(plain.name, plain.least));
        }
        let mut items = Vec::with_capacity(arguments.len());
        let mut first = Type::Null;
        for (argument, want) in arguments.iter().zip(plain.wants) {
            let bound = wanted(self.expression(argument, scope)?, *want);
            if items.is_empty() {
                first = bound.kind;
            }
            items.push(bound.sql);
        }
        let kind = match plain.gives {
            Is(kind) => kind,
            First => first,
        };
        Ok(Bound::new(format!("{}({})", plain.sqlite, items.join(", ")), kind))
    }

    fn choosing(&mut self, name: &str, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Option<Bound>, Message> {
        let count = |expected: usize| {
            if arguments.len() == expected { Ok(()) } else { Err(error::argument_count(name, expected)) }
        };
        Ok(Some(match name {
            "isnull" => {
                count(2)?;
                self.is_null(arguments, scope)?
            }
            "nullif" => {
                count(2)?;
                self.null_if(arguments, scope)?
            }
            "iif" => {
                count(3)?;
                self.iif(arguments, scope)?
            }
            "coalesce" if !arguments.is_empty() => self.coalesce(arguments, scope)?,
            "choose" if arguments.len() > 1 => self.choose(arguments, scope)?,
            "concat" => self.concat(arguments, scope)?,
            "concat_ws" if arguments.len() > 1 => self.concat_ws(arguments, scope)?,
            "datalength" => {
                count(1)?;
                self.data_length(arguments[0], scope)?
            }
            "greatest" | "least" if !arguments.is_empty() => self.extreme(name, arguments, scope)?,
            _ => return Ok(None),
        }))
    }

    fn numeric(&mut self, name: &str, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Option<Bound>, Message> {
        let [first, rest @ ..] = arguments else {
            return if name == "rand" { Ok(Some(Bound::new("ts_rand()", Type::Float))) } else { Ok(None) };
        };
        if !matches!(name, "abs" | "ceiling" | "floor" | "round" | "rand") {
            return Ok(None);
        }
        let operand = self.expression(first, scope)?;
        let operand = if operand.kind.is_number() { operand } else { operand.to(Type::Float) };
        let (kind, sql) = (operand.kind, operand.sql);
        Ok(Some(match name {
            "abs" => Bound::new(format!("abs({sql})"), kind),
            "rand" => Bound::new(format!("ts_rand({sql})"), Type::Float),
            "round" => {
                let digits = rest.first().map(|digits| self.expression_as(digits, scope, Type::Int)).transpose()?;
                let digits = digits.map_or_else(|| "0".to_owned(), |digits| digits.sql);
                let cut = rest.get(1).map(|cut| self.expression_as(cut, scope, Type::Int)).transpose()?;
                let cut = cut.map_or_else(|| "0".to_owned(), |cut| cut.sql);
                Bound::new(format!("ts_round_to({sql}, {digits}, {cut})"), kind)
            }
            _ => {
                let whole = if let Type::Decimal(precision, _) = kind { Type::Decimal(precision, 0) } else { kind };
                Bound::new(format!("{}({sql})", if name == "floor" { "ts_floor" } else { "ts_ceiling" }), whole)
            }
        }))
    }

    /// `CONCAT` takes `NULL` for an empty string.
    fn concat(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let mut kind = Type::Null;
        let mut items = Vec::new();
        for argument in arguments {
            let text = wanted(self.expression(argument, scope)?, Text);
            kind = operator::concatenated(kind, text.kind);
            items.push(format!("ifnull({}, '')", text.sql));
        }
        Ok(Bound::new(format!("({})", items.join(" || ")), if kind == Type::Null { nvarchar(1) } else { kind }))
    }

    /// `CONCAT_WS` leaves `NULL` out.
    fn concat_ws(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let items = arguments
            .iter()
            .map(|argument| Ok(wanted(self.expression(argument, scope)?, Text).sql))
            .collect::<Result<Vec<_>, Message>>()?;
        Ok(Bound::new(format!("concat_ws({})", items.join(", ")), nvarchar(4000)))
    }

    fn data_length(&mut self, argument: &Expr, scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = self.expression(argument, scope)?;
        Ok(Bound::new(format!("ts_datalength({}, {})", bound.sql, bound.kind.code()), Type::Int))
    }

    fn extreme(&mut self, name: &str, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let bound = arguments.iter().map(|argument| self.expression(argument, scope)).collect::<Result<Vec<_>, _>>()?;
        let kind = bound.iter().fold(Type::Null, |kind, bound| kind.unify(bound.kind));
        let items: Vec<String> = bound.into_iter().map(|bound| bound.to(kind).collated()).collect();
        Ok(Bound::new(format!("{}({})", if name == "least" { "min" } else { "max" }, items.join(", ")), kind))
    }
}

fn wanted(bound: Bound, want: Want) -> Bound {
    match want {
        Any => bound,
        Text if bound.kind.is_text() || bound.kind == Type::Null => bound,
        Text => bound.to(nvarchar(4000)),
        Int => bound.to(Type::Int),
        Float => bound.to(Type::Float),
    }
}

/// The arguments of a call, which T-SQL's functions take by place.
pub(super) fn arguments(function: &Function) -> Result<Vec<&Expr>, Message> {
    let list = match &function.args {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => return Err(error::unsupported(&shortened(&function.to_string()))),
    };
    list.args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            _ => Err(error::unsupported(&shortened(&function.to_string()))),
        })
        .collect()
}

/// Enough of a text to recognise it in a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
