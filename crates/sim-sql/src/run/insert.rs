//! `INSERT`.

use std::{collections::BTreeMap, sync::Arc};

use rusqlite::types::Value;
use sqlparser::ast::{Expr, Insert, SetExpr, Values};

use super::{Engine, Outcome, query::Prepared};
use crate::{
    Event, Message,
    bind::{Binder, Frame, Scope, constant, parts},
    catalogue::{Column, Table, same},
    error,
    syntax::{self, Statement},
    types::Type,
};

/// Rows as a source gave them, with the types of their values.
pub(super) struct Incoming {
    pub(super) rows: Vec<Vec<(Value, Type)>>,
    /// Places, by row and column, where `DEFAULT` stands.
    defaults: Vec<(usize, usize)>,
    width: usize,
}

impl Engine<'_> {
    pub(super) fn insert(&mut self, insert: &Insert, frame: &mut Frame) -> Outcome<()> {
        let target =
            syntax::insert_target(&insert.table).ok_or_else(|| error::unsupported("INSERT into a function"))?;
        let table = self.target(&parts(target), frame)?;
        self.may_write_to(&table, "INSERT")?;
        let names: Vec<String> = insert.columns.iter().map(|name| parts(name).pop().unwrap_or_default()).collect();
        let columns = self.named_columns(&table, &names)?;
        let incoming = match &insert.source {
            None => Incoming { rows: vec![Vec::new()], defaults: Vec::new(), width: 0 },
            Some(source) => self.incoming(source, frame)?,
        };
        let columns = if insert.source.is_none() { Vec::new() } else { columns };
        check_width(&incoming, columns.len(), names.is_empty(), insert)?;
        let ids = self.insert_rows(&table, &columns, incoming, frame)?;
        let rows = ids.len();
        if let Some(output) = insert.output.as_ref() {
            self.output_inserted(output, &table, &ids, frame)?;
        }
        self.done(rows);
        Ok(())
    }

    pub(super) fn target(&mut self, name: &[String], frame: &Frame) -> Outcome<Arc<Table>> {
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        Ok(Binder::new(&environment).target(name)?.table)
    }

    pub(super) fn may_write_to(&self, table: &Table, verb: &str) -> Result<(), Message> {
        if table.is_temporary() { Ok(()) } else { self.may_write(verb, &table.header) }
    }

    /// The places of the columns named, or of all that take values.
    fn named_columns(&self, table: &Table, names: &[String]) -> Result<Vec<usize>, Message> {
        if names.is_empty() {
            let explicit = self.takes_identity(table);
            let takes = |column: &Column| column.computed.is_none() && (column.identity.is_none() || explicit);
            return Ok((0..table.columns.len()).filter(|place| takes(&table.columns[*place])).collect());
        }
        names
            .iter()
            .map(|name| {
                let place = table.columns.iter().position(|column| same(&column.name, name));
                place.ok_or_else(|| error::invalid_column(name))
            })
            .collect()
    }

    /// Whether `SET IDENTITY_INSERT` is on for the table.
    fn takes_identity(&self, table: &Table) -> bool {
        self.state.settings.identity_insert.as_deref() == Some(table.header.full_name().to_lowercase().as_str())
    }

    fn incoming(&mut self, source: &sqlparser::ast::Query, frame: &mut Frame) -> Outcome<Incoming> {
        if let SetExpr::Values(values) = &*source.body
            && source.with.is_none()
        {
            return self.value_rows(values, frame);
        }
        let prepared = self.prepare(source, frame)?;
        let rows = self.all_rows(&prepared)?;
        Ok(Incoming::of(rows, &prepared))
    }

    /// Literals are read as they are; anything else is evaluated.
    fn value_rows(&mut self, values: &Values, frame: &mut Frame) -> Outcome<Incoming> {
        let width = values.rows.first().map_or(0, |row| row.content.len());
        let mut incoming = Incoming { rows: Vec::with_capacity(values.rows.len()), defaults: Vec::new(), width };
        for (number, row) in values.rows.iter().enumerate() {
            if row.content.len() != width {
                return Err(Message::new(
                    10709,
                    15,
                    "The number of columns for each row in a table value constructor must be the same.",
                )
                .into());
            }
            let mut items = Vec::with_capacity(width);
            for (place, item) in row.content.iter().enumerate() {
                if is_default(item) {
                    incoming.defaults.push((number, place));
                    items.push((Value::Null, Type::Null));
                } else {
                    items.push(match constant(item) {
                        Some(found) => found,
                        None => self.value_of(item, None, frame)?,
                    });
                }
            }
            incoming.rows.push(items);
        }
        Ok(incoming)
    }

    /// Converts the rows, fills in what they leave out, and puts them in. Returns the row ids.
    pub(super) fn insert_rows(
        &mut self,
        table: &Arc<Table>,
        columns: &[usize],
        incoming: Incoming,
        frame: &mut Frame,
    ) -> Outcome<Vec<i64>> {
        let body = |engine: &mut Self| engine.insert_converted(table, columns, incoming, frame);
        let (ids, identity) = if table.is_temporary() { self.writing_temporary(body)? } else { self.writing(body)? };
        self.count_change(table, None);
        if identity.is_some() {
            frame.identity = identity;
            self.state.identity = identity;
        }
        Ok(ids)
    }

    /// Puts rows in as a part of a statement that is under way.
    pub(super) fn insert_within(
        &mut self,
        table: &Arc<Table>,
        columns: &[usize],
        incoming: Incoming,
        frame: &Frame,
    ) -> Outcome<()> {
        if !table.is_temporary() && !self.state.transaction.begun {
            return Err(
                error::unsupported("OUTPUT INTO a table of the database from a change of a temporary table").into()
            );
        }
        self.insert_converted(table, columns, incoming, frame).map(|_| ())
    }

    fn insert_converted(
        &mut self,
        table: &Arc<Table>,
        columns: &[usize],
        incoming: Incoming,
        frame: &Frame,
    ) -> Outcome<(Vec<i64>, Option<i64>)> {
        let mut identity = self.next_identity(table, columns)?;
        let defaults = self.defaults(table, columns, &incoming, frame)?;
        let wanted: BTreeMap<usize, usize> = columns.iter().enumerate().map(|(item, column)| (*column, item)).collect();
        let mut rows = Vec::with_capacity(incoming.rows.len());
        for (number, items) in incoming.rows.iter().enumerate() {
            let given = |place: &usize| {
                let item = wanted.get(place).filter(|item| !incoming.defaults.contains(&(number, **item)));
                item.map(|item| items[*item].clone())
            };
            rows.push(self.converted_row(table, given, &mut identity, &defaults, frame)?);
        }
        let ids = self.put(table, &rows)?;
        let last = identity.as_ref().and_then(|identity| identity.last);
        if let Some(identity) = identity {
            self.keep_identity(table, &identity)?;
        }
        Ok((ids, last))
    }

    /// A row of all columns: what is given, else the next identity, else the default.
    fn converted_row(
        &mut self,
        table: &Table,
        given: impl Fn(&usize) -> Option<(Value, Type)>,
        identity: &mut Option<Identity>,
        defaults: &BTreeMap<usize, DefaultValue>,
        frame: &Frame,
    ) -> Outcome<Vec<Value>> {
        let mut row = Vec::with_capacity(table.columns.len());
        for (place, column) in table.columns.iter().enumerate().filter(|(_, column)| column.computed.is_none()) {
            let own_identity = identity.as_mut().filter(|_| column.identity.is_some());
            let (value, kind) = match (given(&place), &own_identity, defaults.get(&place)) {
                (Some(given), ..) => given,
                (None, Some(identity), _) => (Value::Integer(identity.next()), column.kind),
                (None, None, Some(default)) => default.value(self, frame)?,
                (None, None, None) => (Value::Null, Type::Null),
            };
            let value = self.stored(value, kind, column, table, "INSERT")?;
            if let (Some(identity), Value::Integer(number)) = (own_identity, &value) {
                identity.saw(*number);
            }
            row.push(value);
        }
        Ok(row)
    }

    /// What the columns that are left out get.
    fn defaults(
        &mut self,
        table: &Arc<Table>,
        columns: &[usize],
        incoming: &Incoming,
        frame: &Frame,
    ) -> Outcome<BTreeMap<usize, DefaultValue>> {
        let mut found = BTreeMap::new();
        for (place, column) in table.columns.iter().enumerate() {
            let left_out = !columns.contains(&place)
                || incoming.defaults.iter().any(|(_, item)| columns.get(*item) == Some(&place));
            if let (true, Some(default)) = (left_out, &column.default) {
                found.insert(place, self.default_value(&default.text, frame)?);
            }
        }
        Ok(found)
    }

    /// A default that is the same for all rows is evaluated once.
    fn default_value(&mut self, text: &str, frame: &Frame) -> Outcome<DefaultValue> {
        let expression = syntax::parse_expression(text)?;
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let bound = Binder::new(&environment).expression(&expression, &Scope::empty())?;
        if bound.sql.contains("ts_newid") || bound.sql.contains("ts_rand") {
            return Ok(DefaultValue::PerRow(Box::new(expression)));
        }
        let (value, kind) = self.value_of(&expression, None, frame)?;
        Ok(DefaultValue::Fixed(value, kind))
    }

    /// `INSERT … EXEC …`: the rows of all results that the call gives.
    pub(super) fn insert_execute(
        &mut self,
        table: &[String],
        names: &[String],
        source: &Statement,
        frame: &mut Frame,
    ) -> Outcome<()> {
        let table = self.target(table, frame)?;
        self.may_write_to(&table, "INSERT")?;
        let columns = self.named_columns(&table, names)?;
        let incoming = self.results_of(source, frame)?;
        if incoming.width != columns.len() && !incoming.rows.is_empty() {
            return Err(error::supplied_values().into());
        }
        let rows = self.insert_rows(&table, &columns, incoming, frame)?.len();
        self.done(rows);
        Ok(())
    }

    fn results_of(&mut self, source: &Statement, frame: &mut Frame) -> Outcome<Incoming> {
        let mut incoming = Incoming { rows: Vec::new(), defaults: Vec::new(), width: 0 };
        let mut others = Vec::new();
        let mut collect = |event: Event| match event {
            Event::Columns(columns) => incoming.width = columns.len(),
            Event::Row(values) => incoming.rows.push(values.into_iter().map(received).collect()),
            Event::Done { error: false, .. } => {}
            other => others.push(other),
        };
        let outcome = {
            let mut inner = Engine {
                connection: self.connection,
                member: self.member,
                state: self.state,
                out: &mut collect,
                depth: self.depth,
                tries: self.tries + 1,
            };
            inner.all(std::slice::from_ref(source), frame)
        };
        others.into_iter().for_each(|event| self.emit(event));
        outcome.map(|_| incoming)
    }
}

/// A value that was on its way to the client.
fn received(value: crate::Value) -> (Value, Type) {
    match value {
        crate::Value::Null => (Value::Null, Type::Null),
        crate::Value::Bit(value) => (Value::Integer(i64::from(value)), Type::Bit),
        crate::Value::Int(number) => (Value::Integer(number), Type::BigInt),
        crate::Value::Float(number) => (Value::Real(number), Type::Float),
        crate::Value::Text(text) => (Value::Text(text), crate::types::NVARCHAR_MAX),
        crate::Value::Binary(bytes) => (Value::Blob(bytes), Type::Binary { fixed: false, length: None }),
    }
}

impl Incoming {
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn of(rows: Vec<Vec<Value>>, query: &Prepared) -> Self {
        let typed =
            |row: Vec<Value>| row.into_iter().zip(&query.columns).map(|(value, column)| (value, column.kind)).collect();
        Self { rows: rows.into_iter().map(typed).collect(), defaults: Vec::new(), width: query.columns.len() }
    }
}

fn is_default(item: &Expr) -> bool {
    matches!(item, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default"))
}

fn check_width(incoming: &Incoming, columns: usize, all: bool, insert: &Insert) -> Result<(), Message> {
    if incoming.width == columns {
        return Ok(());
    }
    let is_values = insert.source.as_ref().is_some_and(|source| matches!(&*source.body, SetExpr::Values(_)));
    Err(match (all, is_values) {
        (true, _) => error::supplied_values(),
        (false, true) => error::column_count(columns > incoming.width),
        (false, false) => error::select_list_count(columns > incoming.width),
    })
}

/// The value of a default.
enum DefaultValue {
    Fixed(Value, Type),
    PerRow(Box<Expr>),
}

impl DefaultValue {
    fn value(&self, engine: &mut Engine<'_>, frame: &Frame) -> Outcome<(Value, Type)> {
        match self {
            Self::Fixed(value, kind) => Ok((value.clone(), *kind)),
            Self::PerRow(expression) => engine.value_of(expression, None, frame),
        }
    }
}

/// An identity column's counter during a statement.
struct Identity {
    counter: i64,
    increment: i64,
    /// Whether a value was given out yet, now or ever.
    started: bool,
    last: Option<i64>,
}

impl Identity {
    fn next(&self) -> i64 {
        if self.started { self.counter + self.increment } else { self.counter }
    }

    /// A value was used: one given out here, or an explicit one that is further on.
    fn saw(&mut self, number: i64) {
        let further = if self.increment < 0 { number < self.counter } else { number > self.counter };
        if further || !self.started {
            self.counter = number;
        }
        self.started = true;
        self.last = Some(number);
    }
}

impl Engine<'_> {
    fn next_identity(&mut self, table: &Table, columns: &[usize]) -> Outcome<Option<Identity>> {
        let Some(column) = table.identity_column() else { return Ok(None) };
        let named = columns.iter().any(|place| table.columns[*place].identity.is_some());
        if named && !self.takes_identity(table) && !table.is_temporary() {
            return Err(error::identity_refused(&table.header.name).into());
        }
        let (seed, increment) = column.identity.unwrap_or((1, 1));
        if table.is_temporary() {
            return self.temporary_identity(table, column, seed, increment).map(Some);
        }
        let sql = "SELECT last FROM main.__identity WHERE object = ?1";
        let last: Option<i64> = self.sqlite(|connection| {
            use rusqlite::OptionalExtension;
            connection.prepare_cached(sql)?.query_row([table.header.id], |row| row.get(0)).optional()
        })?;
        Ok(Some(Identity { counter: last.unwrap_or(seed), increment, started: last.is_some(), last: None }))
    }

    fn temporary_identity(&mut self, table: &Table, column: &Column, seed: i64, increment: i64) -> Outcome<Identity> {
        let name = crate::catalogue::quoted(&column.name);
        let sql = format!("SELECT max({name}) FROM {}", table.sqlite_name());
        let last: Option<i64> = self.sqlite(|connection| connection.query_row(&sql, [], |row| row.get(0)))?;
        Ok(Identity { counter: last.unwrap_or(seed), increment, started: last.is_some(), last: None })
    }

    fn keep_identity(&mut self, table: &Table, identity: &Identity) -> Outcome<()> {
        if table.is_temporary() || identity.last.is_none() {
            return Ok(());
        }
        let sql = "INSERT INTO main.__identity(object, last) VALUES(?1, ?2) ON CONFLICT(object) DO UPDATE SET last = excluded.last";
        self.sqlite(|connection| {
            connection.prepare_cached(sql)?.execute([i64::from(table.header.id), identity.counter])
        })?;
        Ok(())
    }
}
