//! The columns that can be named at a place in a query.

use super::{Bound, column_sql};
use crate::{
    Message,
    catalogue::{quoted, same},
    error,
    types::Type,
};

/// A table, view or derived table of a `FROM`.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) alias: String,
    pub(crate) columns: Vec<SourceColumn>,
}

#[derive(Debug, Clone)]
pub(crate) struct SourceColumn {
    pub(crate) name: String,
    pub(crate) kind: Type,
}

/// The sources of a query, and of those around it.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    pub(crate) sources: Vec<Source>,
    pub(crate) outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    pub(crate) const fn empty() -> Self {
        Self { sources: Vec::new(), outer: None }
    }

    pub(crate) fn inside(outer: &'a Scope<'a>) -> Self {
        Self { sources: Vec::new(), outer: Some(outer) }
    }

    /// A column by its name alone.
    pub(super) fn column(&self, name: &str) -> Result<Bound, Message> {
        let mut found = self.sources.iter().filter_map(|source| source.column(name).map(|column| (source, column)));
        match (found.next(), found.next()) {
            (Some((source, column)), None) => Ok(source.bound(column)),
            (Some(_), Some(_)) => Err(error::ambiguous_column(name)),
            (None, _) => match self.outer {
                Some(outer) => outer.column(name),
                None => Err(error::invalid_column(name)),
            },
        }
    }

    /// A column with what stands before it: `alias.c`, `table.c` or `schema.table.c`.
    pub(super) fn qualified(&self, qualifier: &[String], name: &str) -> Result<Bound, Message> {
        match self.source(qualifier) {
            Some(source) => {
                source.column(name).map(|column| source.bound(column)).ok_or_else(|| error::invalid_column(name))
            }
            None => match self.outer {
                Some(outer) => outer.qualified(qualifier, name),
                None => Err(error::unbound(&format!("{}.{name}", qualifier.join(".")))),
            },
        }
    }

    pub(super) fn source(&self, qualifier: &[String]) -> Option<&Source> {
        let alias = qualifier.last()?;
        self.sources.iter().find(|source| same(&source.alias, alias))
    }
}

impl Source {
    fn column(&self, name: &str) -> Option<&SourceColumn> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// The columns of a table in its own definition have no alias before them.
    pub(super) fn bound(&self, column: &SourceColumn) -> Bound {
        let sql = if self.alias.is_empty() { quoted(&column.name) } else { column_sql(&self.alias, &column.name) };
        Bound::new(sql, column.kind)
    }
}
