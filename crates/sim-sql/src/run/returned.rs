//! `OUTPUT`: expressions over the rows that a statement wrote.

use rusqlite::types::Value;
use sqlparser::ast::{Expr, OutputClause, SelectItem, SelectItemQualifiedWildcardKind};

use super::{Engine, Outcome, insert::Incoming, output, query::Prepared, rows::real_columns};
use crate::{
    Event, Message,
    bind::{Binder, Frame, Scope, Source, SourceColumn, literal_sql, parts},
    catalogue::{Table, quoted, same},
    error,
};

/// Images of rows under the name by which `OUTPUT` knows them.
type Images = (&'static str, Vec<Vec<Value>>);

impl Engine<'_> {
    /// Rows by their ids: the values of the columns that are not computed.
    pub(super) fn rows_of(&mut self, table: &Table, ids: &[i64]) -> Outcome<Vec<Vec<Value>>> {
        let names: Vec<String> = real_columns(table).map(|column| quoted(&column.name)).collect();
        let sql = format!("SELECT {} FROM {} WHERE _rowid_ = ?1", names.join(", "), table.sqlite_name());
        self.sqlite(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            ids.iter().map(|id| statement.query_row([id], |row| output::values(row, names.len()))).collect()
        })
    }

    pub(super) fn output_inserted(
        &mut self,
        clause: &OutputClause,
        table: &Table,
        ids: &[i64],
        frame: &mut Frame,
    ) -> Outcome<()> {
        let rows = self.rows_of(table, ids)?;
        self.returned(clause, table, &[("inserted", rows)], frame)
    }

    pub(super) fn output_deleted(
        &mut self,
        clause: &OutputClause,
        table: &Table,
        rows: Vec<Vec<Value>>,
        frame: &mut Frame,
    ) -> Outcome<()> {
        self.returned(clause, table, &[("deleted", rows)], frame)
    }

    pub(super) fn output_changed(
        &mut self,
        clause: &OutputClause,
        table: &Table,
        ids: &[i64],
        before: Vec<Vec<Value>>,
        frame: &mut Frame,
    ) -> Outcome<()> {
        let after = self.rows_of(table, ids)?;
        self.returned(clause, table, &[("inserted", after), ("deleted", before)], frame)
    }

    fn returned(&mut self, clause: &OutputClause, table: &Table, images: &[Images], frame: &mut Frame) -> Outcome<()> {
        let OutputClause::Output { select_items, into_table, .. } = clause else {
            return Err(error::syntax("RETURNING").into());
        };
        check_items(select_items, images)?;
        let query = self.over_images(select_items, table, images, frame)?;
        match into_table {
            Some(into) => {
                let [target] = into.targets.as_slice() else { return Err(error::syntax("INTO").into()) };
                let rows = self.all_rows(&query)?;
                self.keep_returned(target, Incoming::of(rows, &query), frame)
            }
            None => self.send_returned(&query),
        }
    }

    fn send_returned(&mut self, query: &Prepared) -> Outcome<()> {
        self.emit(Event::Columns(output::columns(&query.columns)));
        self.each_row(query, |engine, values| {
            let row = output::row(values, &query.columns)?;
            engine.emit(Event::Row(row));
            Ok(())
        })?;
        Ok(())
    }

    fn keep_returned(&mut self, target: &Expr, incoming: Incoming, frame: &mut Frame) -> Outcome<()> {
        let name = match target {
            Expr::Identifier(name) => vec![name.value.clone()],
            Expr::CompoundIdentifier(names) => names.iter().map(|name| name.value.clone()).collect(),
            _ => return Err(error::syntax("INTO").into()),
        };
        let table = self.target(&name, frame)?;
        let columns: Vec<usize> =
            (0..table.columns.len()).filter(|place| table.columns[*place].identity.is_none()).collect();
        if columns.len() != incoming.width() {
            return Err(error::supplied_values().into());
        }
        self.insert_within(&table, &columns, incoming, frame)
    }

    /// The items as a query over the images, which are joined by their order.
    fn over_images(
        &mut self,
        items: &[SelectItem],
        table: &Table,
        images: &[Images],
        frame: &Frame,
    ) -> Outcome<Prepared> {
        let columns: Vec<SourceColumn> =
            real_columns(table).map(|column| SourceColumn { name: column.name.clone(), kind: column.kind }).collect();
        let sources =
            images.iter().map(|(name, _)| Source { alias: (*name).to_owned(), columns: columns.clone() }).collect();
        let scope = Scope { sources, outer: None };
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let mut binder = Binder::new(&environment);
        let bound = binder.output_items(items, &scope)?;
        let list: Vec<String> =
            bound.iter().map(|(name, bound)| format!("{} AS {}", bound.sql, quoted(name))).collect();
        let columns_out =
            bound.iter().map(|(name, bound)| SourceColumn { name: name.clone(), kind: bound.kind }).collect();
        let tables: Vec<String> = images.iter().map(|(_, rows)| derived(rows, &columns)).collect();
        let from = match (tables.as_slice(), images) {
            ([one], [(name, _)]) => format!("{one} AS {}", quoted(name)),
            ([one, two], [(a, _), (b, _)]) => {
                format!("{one} AS {a} JOIN {two} AS {b} ON {a}.\"\u{e001}\" = {b}.\"\u{e001}\"")
            }
            _ => return Err(error::internal("OUTPUT over no rows").into()),
        };
        Ok(Prepared {
            sql: format!("SELECT {} FROM {from}", list.join(", ")),
            columns: columns_out,
            parameters: binder.parameters,
        })
    }
}

/// Rows with their number as a derived table.
fn derived(rows: &[Vec<Value>], columns: &[SourceColumn]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let names = format!("\"\u{e001}\", {}", names.join(", "));
    if rows.is_empty() {
        let nulls = vec!["NULL"; columns.len() + 1].join(", ");
        return format!("(WITH image({names}) AS (SELECT {nulls} WHERE 0) SELECT * FROM image)");
    }
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            let values: Vec<String> = row.iter().map(literal_sql).collect();
            format!("({number}, {})", values.join(", "))
        })
        .collect();
    format!("(WITH image({names}) AS (VALUES {}) SELECT * FROM image)", lines.join(", "))
}

/// `inserted.*` where nothing is inserted, and the like, is an unbound name; a `*` alone is none of `OUTPUT`'s.
fn check_items(items: &[SelectItem], images: &[Images]) -> Result<(), Message> {
    for item in items {
        match item {
            SelectItem::Wildcard(_) => return Err(error::syntax("*")),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = parts(name).join(".");
                if !images.iter().any(|(known, _)| same(known, &name)) {
                    return Err(error::unbound(&format!("{name}.*")));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
