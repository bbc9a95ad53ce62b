//! The interpreter.

mod admin;
mod applock;
mod change;
mod define;
mod execute;
mod failure;
mod flow;
mod insert;
mod message;
mod output;
mod procedure;
mod query;
mod returned;
mod rows;
mod setting;
mod transaction;
mod variable;
mod violation;

use std::sync::{Arc, atomic::Ordering};

use rusqlite::{Connection, ErrorCode};

use crate::{
    Event, Message,
    bind::{Environment, Frame},
    catalogue::Catalogue,
    clock, error, functions,
    session::{Ended, State},
    store::{Member, Waited},
    syntax::{self, Kind, Setting, Statement},
};

use failure::{Failure, Fault, Outcome, Reach};
use flow::Flow;

/// The catalogue as the session read it last, with its version.
#[derive(Default)]
pub(crate) struct CatalogueCache(Option<(i64, Arc<Catalogue>)>);

/// Procedures in procedures, at most.
const DEEPEST: u32 = 32;

/// Runs the statements of one batch.
struct Engine<'a> {
    connection: &'a Connection,
    member: &'a Arc<Member>,
    state: &'a mut State,
    out: &'a mut dyn FnMut(Event),
    /// How deep in procedures this is.
    depth: u32,
    /// How many `TRY` blocks are around this.
    tries: u32,
}

/// Runs a batch and reports what it says.
pub(crate) fn batch(
    connection: &mut Connection,
    member: &Arc<Member>,
    state: &mut State,
    text: &str,
    out: &mut dyn FnMut(Event),
) -> Ended {
    if let Err(error) = watch_writes(connection, state) {
        out(Event::Error(functions::message_of(&error)));
        return Ended::Completed;
    }
    let mut engine = Engine { connection, member, state, out, depth: 0, tries: 0 };
    let ended = match syntax::parse(text) {
        Ok(statements) => engine.whole(&statements, text),
        Err(message) => {
            engine.refuse(message);
            Ended::Completed
        }
    };
    let count = engine.state.transaction.count;
    member.transactions.store(count, Ordering::SeqCst);
    ended
}

/// Lets the session know which rows its statements write.
fn watch_writes(connection: &mut Connection, state: &mut State) -> rusqlite::Result<()> {
    if state.watching {
        return Ok(());
    }
    let written = state.transaction.written.clone();
    connection.update_hook(Some(move |_action, database: &str, table: &str, row| {
        if database == "main" && !table.starts_with("sqlite_") {
            written.add(table, row);
        }
    }))?;
    state.watching = true;
    Ok(())
}

impl<'a> Engine<'a> {
    fn whole(&mut self, statements: &[Statement], text: &str) -> Ended {
        if self.only_parses(statements) {
            self.emit(Event::Done { rows: None, error: false });
            return Ended::Completed;
        }
        let mut frame = Frame { text: text.to_owned(), ..Frame::default() };
        let outcome = self.all(statements, &mut frame);
        self.forget_tables(&frame);
        match outcome {
            Err(Failure::Stopped(waited)) => self.stopped(waited),
            Err(Failure::Fault(fault)) => {
                self.report(&fault);
                self.end_of_batch()
            }
            Ok(_) | Err(Failure::Aborted(_)) => self.end_of_batch(),
        }
    }

    /// `SET PARSEONLY` takes effect when the batch is read: nothing else of it runs while it is on.
    fn only_parses(&mut self, statements: &[Statement]) -> bool {
        for statement in statements {
            if let Kind::Set(Setting::ParseOnly(on)) = statement.kind {
                self.state.settings.parse_only = on;
            }
        }
        self.state.settings.parse_only
    }

    fn stopped(&mut self, waited: Waited) -> Ended {
        if waited == Waited::Killed || self.state.settings.xact_abort {
            self.roll_back();
        }
        waited.into()
    }

    /// A transaction that cannot be committed does not outlive its batch.
    fn end_of_batch(&mut self) -> Ended {
        if self.state.transaction.doomed {
            self.roll_back();
            self.refuse(error::doomed_at_end());
        }
        Ended::Completed
    }

    fn emit(&mut self, event: Event) {
        (self.out)(event);
    }

    /// Tells the client of an error.
    fn refuse(&mut self, message: Message) {
        let message = if message.line == 0 { message.at(1) } else { message };
        self.state.last_error = message.number;
        self.emit(Event::Error(message));
        self.emit(Event::Done { rows: None, error: true });
    }

    fn report(&mut self, fault: &Fault) {
        for message in &fault.messages {
            self.state.last_error = message.number;
            let event = if message.class > 10 { Event::Error(message.clone()) } else { Event::Info(message.clone()) };
            self.emit(event);
        }
        self.emit(Event::Done { rows: None, error: true });
    }

    /// The end of a statement that counts rows.
    fn done(&mut self, rows: usize) {
        let rows = rows as u64;
        self.state.row_count = i64::try_from(rows).unwrap_or(i64::MAX);
        let rows = if self.state.settings.no_count { None } else { Some(rows) };
        self.emit(Event::Done { rows, error: false });
    }

    /// The end of a statement that counts none.
    fn finished(&mut self) {
        self.emit(Event::Done { rows: None, error: false });
    }

    /// The catalogue as this session sees it now.
    fn catalogue(&mut self) -> Outcome<Arc<Catalogue>> {
        let version = self.sqlite(crate::store::catalogue_version)?;
        if let Some((known, catalogue)) = &self.state.catalogue.0
            && *known == version
        {
            return Ok(Arc::clone(catalogue));
        }
        let store = Arc::clone(&self.state.store);
        let (version, catalogue) = self.sqlite(|connection| store.catalogue(connection))?;
        self.state.catalogue.0 = Some((version, Arc::clone(&catalogue)));
        Ok(catalogue)
    }

    /// The catalogue must be read again: something was rolled back.
    fn forget_catalogue(&mut self) {
        self.state.catalogue.0 = None;
    }

    fn environment<'b>(&'b self, frame: &'b Frame, catalogue: &'b Catalogue) -> Environment<'b> {
        Environment {
            connection: self.connection,
            member: self.member,
            state: self.state,
            frame,
            catalogue,
            now: clock::unix_now(),
        }
    }

    /// Runs something on the connection, with its errors as T-SQL's.
    fn sqlite<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Outcome<T> {
        run(self.connection).map_err(|error| self.failure(&error))
    }

    /// An error of SQLite as a failure; an interrupted statement was stopped.
    fn failure(&self, error: &rusqlite::Error) -> Failure {
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            return Failure::Stopped(self.member.stopped().unwrap_or(Waited::Cancelled));
        }
        functions::message_of(error).into()
    }

    /// Fails if the session was stopped meanwhile.
    fn check_stopped(&self) -> Outcome<()> {
        self.member.stopped().map_or(Ok(()), |waited| Err(Failure::Stopped(waited)))
    }
}
