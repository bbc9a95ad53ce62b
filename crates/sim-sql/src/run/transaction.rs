//! Transactions: T-SQL's on top of SQLite's, the writer lock, and the log of what was written.

use std::sync::atomic::Ordering;

use super::{Engine, Outcome};
use crate::{
    Access, Change, Environment, Event, Message, Role,
    catalogue::{quoted, same},
    clock, error, functions,
    session::{self, Savepoint},
    store::Step,
};

/// The SQLite savepoint around a statement.
const STATEMENT: &str = "statement";

impl Engine<'_> {
    pub(super) fn begin(&mut self, name: Option<&str>) -> Outcome<()> {
        let transaction = &mut self.state.transaction;
        transaction.count += 1;
        let first = transaction.count == 1;
        self.member.transactions.store(self.state.transaction.count, Ordering::SeqCst);
        if first {
            self.state.transaction.name = name.map(str::to_owned);
            self.state.last_descriptor += 1;
            self.state.transaction.descriptor = self.state.last_descriptor;
            self.state.transaction.id = session::next_transaction_id();
            self.emit(Event::Environment(Environment::Begin(self.state.last_descriptor)));
        }
        self.finished();
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Outcome<()> {
        if self.state.transaction.count == 0 {
            return Err(error::commit_without_begin().into());
        }
        if self.state.transaction.doomed {
            return Err(error::doomed().into());
        }
        if self.state.transaction.count > 1 {
            self.state.transaction.count -= 1;
        } else {
            let descriptor = self.state.transaction.descriptor;
            self.commit_all()?;
            self.emit(Event::Environment(Environment::Commit(descriptor)));
        }
        self.finished();
        Ok(())
    }

    pub(super) fn roll_back_to(&mut self, name: Option<&str>) -> Outcome<()> {
        if self.state.transaction.count == 0 {
            return Err(error::rollback_without_begin().into());
        }
        if let Some(name) = name
            && let Some(at) =
                self.state.transaction.savepoints.iter().rposition(|savepoint| same(&savepoint.name, name))
        {
            if self.state.transaction.doomed {
                return Err(error::doomed().into());
            }
            self.return_to(at)?;
        } else if let Some(name) = name.filter(|name| !self.is_transaction(name)) {
            return Err(error::unknown_savepoint(name).into());
        } else {
            self.roll_back();
        }
        self.finished();
        Ok(())
    }

    /// Whether the outermost transaction has this name.
    fn is_transaction(&self, name: &str) -> bool {
        self.state.transaction.name.as_deref().is_some_and(|own| same(own, name))
    }

    fn return_to(&mut self, at: usize) -> Outcome<()> {
        let sql = format!("ROLLBACK TO {}", quoted(&savepoint_name(at)));
        self.sqlite(|connection| connection.execute_batch(&sql))?;
        let savepoint = &self.state.transaction.savepoints[at];
        let (steps, tables) = (savepoint.steps, savepoint.tables);
        self.state.transaction.savepoints.truncate(at + 1);
        self.state.transaction.steps.truncate(steps);
        self.state.transaction.tables.truncate(tables);
        self.forget_catalogue();
        self.forget_lost_tables();
        Ok(())
    }

    pub(super) fn save(&mut self, name: &str) -> Outcome<()> {
        if self.state.transaction.count == 0 {
            return Err(error::save_without_begin().into());
        }
        self.begin_sqlite()?;
        let place = self.state.transaction.savepoints.len();
        let sql = format!("SAVEPOINT {}", quoted(&savepoint_name(place)));
        self.sqlite(|connection| connection.execute_batch(&sql))?;
        let transaction = &mut self.state.transaction;
        let (steps, tables) = (transaction.steps.len(), transaction.tables.len());
        transaction.savepoints.push(Savepoint { name: name.to_owned(), steps, tables });
        self.finished();
        Ok(())
    }

    /// Undoes the whole transaction; nothing happens if there is none.
    pub(super) fn roll_back(&mut self) {
        let count = self.state.transaction.count;
        let descriptor = self.state.transaction.descriptor;
        self.undo();
        if count > 0 {
            self.emit(Event::Environment(Environment::Rollback(descriptor)));
        }
    }

    fn undo(&mut self) {
        if self.state.transaction.begun {
            let _ = self.connection.execute_batch("ROLLBACK");
            self.state.store.release_writer(self.member.id);
            self.forget_catalogue();
            self.forget_lost_tables();
        }
        self.after_transaction();
    }

    fn after_transaction(&mut self) {
        self.state.transaction.clear();
        self.member.transactions.store(0, Ordering::SeqCst);
        self.state.store.lock().locks.release_transaction(self.member.id);
        self.state.store.notify();
    }

    /// Temporary tables that a rollback took away.
    fn forget_lost_tables(&mut self) {
        let connection = self.connection;
        self.state.temporary.retain(|_, table| {
            let sql = "SELECT 1 FROM temp.sqlite_schema WHERE type = 'table' AND name = ?1";
            connection
                .prepare_cached(sql)
                .is_ok_and(|mut statement| statement.exists([&table.header.name]).unwrap_or(false))
        });
    }

    /// Commits what was written, appends it to the log and tells the host.
    fn commit_all(&mut self) -> Outcome<()> {
        if !self.state.transaction.begun {
            self.after_transaction();
            return Ok(());
        }
        let steps = std::mem::take(&mut self.state.transaction.steps);
        let tables = std::mem::take(&mut self.state.transaction.tables);
        if steps.is_empty() {
            self.sqlite(|connection| connection.execute_batch("COMMIT"))?;
            self.state.store.release_writer(self.member.id);
            self.after_transaction();
            return Ok(());
        }
        match self.state.store.commit(self.connection, steps, tables) {
            Ok(commit) => {
                self.state.store.release_writer(self.member.id);
                self.state.last_commit = Some(commit.id);
                self.after_transaction();
                self.state.host.changed(&Change::Committed {
                    database: self.state.database().to_owned(),
                    position: commit.position,
                    application: self.member.who.application.clone(),
                    tables: commit.tables.clone(),
                });
                Ok(())
            }
            Err(error) => {
                self.undo();
                Err(functions::message_of(&error).into())
            }
        }
    }

    /// Refuses writes to a database that is `READ_ONLY` or a geo-secondary.
    fn check_writable(&self) -> Result<(), Message> {
        let database = self.state.database();
        let secondary = || {
            let all = self.state.host.databases();
            all.iter().any(|row| same(&row.name, database) && row.role == Role::Secondary)
        };
        if self.state.store.access() == Access::ReadOnly || secondary() {
            return Err(error::read_only(database));
        }
        Ok(())
    }

    /// Takes the database's writer lock and begins the SQLite transaction, if that has not been done.
    fn begin_sqlite(&mut self) -> Outcome<()> {
        if self.state.transaction.begun {
            return Ok(());
        }
        let id = self.member.id;
        let deadline = self.state.settings.lock_timeout.map(clock::deadline);
        self.state.store.wait(self.member, deadline, |state| state.take_writer(id))?;
        if let Err(failure) = self.sqlite(|connection| connection.execute_batch("BEGIN IMMEDIATE")) {
            self.state.store.release_writer(id);
            return Err(failure);
        }
        self.state.transaction.begun = true;
        Ok(())
    }

    /// Runs a statement that writes to the database: all of it or nothing.
    pub(super) fn writing<T>(&mut self, body: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.state.transaction.doomed {
            return Err(error::doomed().into());
        }
        self.check_writable()?;
        if self.state.settings.implicit_transactions && self.state.transaction.count == 0 {
            self.begin(None)?;
        }
        self.begin_sqlite()?;
        let outcome = self.atomically(body);
        if self.state.transaction.count > 0 {
            return outcome;
        }
        match outcome {
            Ok(value) => self.commit_all().map(|()| value),
            Err(failure) => {
                self.undo();
                Err(failure)
            }
        }
    }

    /// Runs a statement that writes to temporary tables only. In an open transaction of a writable database these roll
    /// back with it.
    pub(super) fn writing_temporary<T>(&mut self, body: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.state.transaction.count > 0 && self.check_writable().is_ok() {
            self.begin_sqlite()?;
        }
        self.atomically(body)
    }

    fn atomically<T>(&mut self, body: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let (steps, tables) = (self.state.transaction.steps.len(), self.state.transaction.tables.len());
        self.sqlite(|connection| connection.prepare_cached("SAVEPOINT statement")?.execute([]))?;
        let outcome = body(self).and_then(|value| self.log_rows().map(|()| value));
        match outcome {
            Ok(value) => {
                self.sqlite(|connection| connection.prepare_cached("RELEASE statement")?.execute([]))?;
                Ok(value)
            }
            Err(failure) => {
                let _ = self.connection.execute_batch(&format!("ROLLBACK TO {STATEMENT}; RELEASE {STATEMENT}"));
                let _ = self.state.transaction.written.take();
                self.state.transaction.steps.truncate(steps);
                self.state.transaction.tables.truncate(tables);
                self.forget_catalogue();
                self.forget_lost_tables();
                Err(failure)
            }
        }
    }

    /// Enters the rows written since the last time into the transaction's log.
    pub(super) fn log_rows(&mut self) -> Outcome<()> {
        for (table, mut rows) in self.state.transaction.written.take() {
            rows.sort_unstable();
            rows.dedup();
            let step = self.sqlite(|connection| Step::capture(connection, &table, &rows))?;
            self.state.transaction.steps.push(step);
            if !table.starts_with("__") {
                self.state.transaction.touch(&table);
            }
        }
        Ok(())
    }

    /// Changes a definition in the database, and enters that into the log.
    pub(super) fn define_sqlite(&mut self, sql: String) -> Outcome<()> {
        self.log_rows()?;
        self.sqlite(|connection| connection.execute_batch(&sql))?;
        self.state.transaction.steps.push(Step::Define(sql));
        Ok(())
    }
}

fn savepoint_name(place: usize) -> String {
    format!("save{place}")
}
