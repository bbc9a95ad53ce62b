//! How statements fail, and how far a failure reaches.

use crate::{Message, error::UNSUPPORTED, store::Waited};

/// Why a statement did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has an error that nobody has been told of yet.
    Fault(Box<Fault>),
    /// The client knows; this much of the batch is over.
    Aborted(Reach),
    /// The session was cancelled or killed.
    Stopped(Waited),
}

/// An error on its way to a `CATCH` block or to the client.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What is sent; the last one is what `CATCH` sees.
    pub(crate) messages: Vec<Message>,
    pub(crate) reach: Reach,
    /// How deep in procedures it was raised.
    pub(crate) depth: Option<u32>,
    /// Raised by `RAISERROR`, which `XACT_ABORT` does not concern.
    pub(crate) raised: bool,
}

/// What an error ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// The statement alone.
    Statement,
    /// The procedure or batch that the statement stands in; no `CATCH` in it sees the error.
    Scope,
    /// The batch.
    Batch,
    /// The batch, and the transaction is rolled back.
    Transaction,
}

pub(crate) type Outcome<T> = Result<T, Failure>;

/// How far an error of this number reaches in SQL Server.
fn reach(message: &Message) -> Reach {
    match message.number {
        207 | 208 | 209 | 4104 | 137 | 1087 | 195 | 174 | 4121 | 313 | 40515 => Reach::Scope,
        UNSUPPORTED | 102 | 105 | 111 | 113 | 134 | 156 | 243 | 262 | 229 | 2714 | 217 | 109 | 110 | 120 | 121
        | 213 => Reach::Batch,
        241 | 242 | 245 | 8114 | 8169 | 206 | 529 | 3998 => Reach::Transaction,
        _ => Reach::Statement,
    }
}

impl Fault {
    /// One of a given reach, from several messages.
    pub(crate) fn of(messages: Vec<Message>, reach: Reach) -> Failure {
        Failure::Fault(Box::new(Self { messages, reach, depth: None, raised: false }))
    }

    /// The error that counts.
    pub(crate) fn main(&self) -> Option<&Message> {
        self.messages.last()
    }

    /// Says where it happened, unless something further in has said it.
    pub(crate) fn locate(&mut self, line: u32, procedure: &str, depth: u32) {
        if self.depth.is_none() {
            self.depth = Some(depth);
            for message in &mut self.messages {
                message.line = line;
                procedure.clone_into(&mut message.procedure);
            }
        }
    }
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        let reach = reach(&message);
        Fault::of(vec![message], reach)
    }
}

impl From<Waited> for Failure {
    fn from(waited: Waited) -> Self {
        match waited {
            Waited::TimedOut => crate::error::lock_timeout().into(),
            stopped => Self::Stopped(stopped),
        }
    }
}
