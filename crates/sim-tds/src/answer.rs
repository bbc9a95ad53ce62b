//! The events of a batch, as the tokens of its answer.

use bytes::{Bytes, BytesMut};
use sim_sql::{Column, Event, Message};

use crate::{
    column::put_columns,
    row::{Unfit, put_row},
    token::{self, Done, DoneKind, status},
};

/// The token of SELECT in a DONE token.
const SELECT: u16 = 0xc1;

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Completed,
    /// By the client's Attention.
    Attention,
    /// Its session was killed.
    Killed,
}

/// An answer that is being written. A DONE token is held back until it is known whether it is the last one.
pub(crate) struct Answer {
    server: String,
    call: bool,
    tokens: BytesMut,
    columns: Vec<Column>,
    held: Option<Done>,
    /// An error was sent that no DONE token has told of.
    failed: bool,
}

impl Answer {
    /// To a remote procedure call or to a batch; messages name this server.
    pub(crate) fn new(server: &str, call: bool) -> Self {
        Self {
            server: server.to_owned(),
            call,
            tokens: BytesMut::new(),
            columns: Vec::new(),
            held: None,
            failed: false,
        }
    }

    /// Bytes that wait to be taken.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The whole tokens that were written since the last call.
    pub(crate) fn take(&mut self) -> Bytes {
        self.tokens.split().freeze()
    }

    /// The session was reset before the batch, as the client had asked.
    pub(crate) fn reset_done(&mut self) {
        token::put_reset_done(&mut self.tokens);
    }

    /// Appends what an event says.
    ///
    /// # Errors
    /// A row that its columns cannot carry; nothing of it is in the answer.
    pub(crate) fn event(&mut self, event: Event) -> Result<(), Unfit> {
        self.release(status::MORE);
        match event {
            Event::Columns(columns) => {
                put_columns(&mut self.tokens, &columns);
                self.columns = columns;
            }
            Event::Row(values) => put_row(&mut self.tokens, &self.columns, &values)?,
            Event::Done { rows, error } => self.hold(rows, error),
            Event::Info(message) | Event::Error(message) => self.message(&message),
            Event::Environment(change) => token::put_environment(&mut self.tokens, &change),
        }
        Ok(())
    }

    /// Appends an error or a message.
    pub(crate) fn message(&mut self, message: &Message) {
        self.release(status::MORE);
        self.failed |= message.class > 10;
        token::put_message(&mut self.tokens, message, &self.server);
    }

    /// Appends the end.
    pub(crate) fn end(&mut self, end: End) {
        match end {
            End::Completed => self.completed(),
            End::Attention => self.last(status::ATTENTION),
            End::Killed => {
                self.message(&killed());
                self.last(status::ERROR | status::SERVER_ERROR);
            }
        }
    }

    fn completed(&mut self) {
        let failed = if self.failed { status::ERROR } else { 0 };
        if self.call {
            self.release(status::MORE);
            token::put_return_status(&mut self.tokens, i32::from(self.failed));
            Done::new(DoneKind::Procedure, failed).put(&mut self.tokens);
        } else if self.held.is_some() {
            self.release(0);
        } else {
            self.last(failed);
        }
    }

    fn last(&mut self, bits: u16) {
        self.release(status::MORE);
        Done::new(DoneKind::Batch, bits).put(&mut self.tokens);
    }

    fn hold(&mut self, rows: Option<u64>, error: bool) {
        let kind = if self.call { DoneKind::InProcedure } else { DoneKind::Batch };
        let counted = if rows.is_some() { status::COUNT } else { 0 };
        let failed = if error { status::ERROR } else { 0 };
        let command = if self.columns.is_empty() { 0 } else { SELECT };
        self.held = Some(Done { kind, status: counted | failed, command, rows: rows.unwrap_or_default() });
        self.columns.clear();
        if error && !self.call {
            self.failed = false;
        }
    }

    fn release(&mut self, more: u16) {
        if let Some(done) = self.held.take() {
            Done { status: done.status | more, ..done }.put(&mut self.tokens);
        }
    }
}

/// What SQL Server says to a client whose session was killed while it ran something.
fn killed() -> Message {
    Message::new(596, 21, "Cannot continue the execution because the session is in the kill state.")
}
