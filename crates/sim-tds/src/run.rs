//! Running one batch on a blocking thread, its answer streaming to the connection's writer.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use sim_sql::{Ended, Event, Message};
use tokio::sync::mpsc;

use crate::{
    Login, Verdict,
    answer::{Answer, End},
    backend::{Backend, Gate},
    packet::Reset,
    row::Unfit,
    wire::Out,
};

/// Tokens are handed to the writer in pieces of about this many bytes. With the depth of the writer's queue this bounds
/// what a client that reads slowly makes the server keep.
const PIECE: usize = 16 * 1024;
const ROLLBACK: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";

/// A batch to run.
pub(crate) struct Batch {
    pub(crate) sql: String,
    pub(crate) call: bool,
    pub(crate) reset: Reset,
}

/// What becomes of the connection after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The answer is written, the next request may come.
    Answered,
    /// The answer says why the connection is closed now.
    Killed,
    /// The connection is closed without another byte.
    Cut,
}

/// Where a batch is, agreed upon by the thread that runs it and the connection that may be told to stop it.
#[derive(Default)]
pub(crate) struct Course(AtomicU8);

const RUNNING: u8 = 0;
const ATTENDED: u8 = 1;
const OVER: u8 = 2;

impl Course {
    /// Asks for the end. False if the answer's end is written already and says nothing of it.
    pub(crate) fn attend(&self) -> bool {
        let before = self.0.compare_exchange(RUNNING, ATTENDED, Ordering::SeqCst, Ordering::SeqCst);
        before != Err(OVER)
    }

    pub(crate) fn is_attended(&self) -> bool {
        self.0.load(Ordering::SeqCst) == ATTENDED
    }

    /// Marks the end. True if somebody had asked for it.
    pub(crate) fn finish(&self) -> bool {
        self.0.swap(OVER, Ordering::SeqCst) == ATTENDED
    }
}

/// What it takes to run the batches of a connection.
pub(crate) struct Desk {
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) login: Login,
    /// The name that the server's messages carry.
    pub(crate) server: String,
    pub(crate) out: mpsc::Sender<Out>,
}

impl Desk {
    /// Runs a batch to its end. Blocks.
    pub(crate) fn run(&self, session: &mut dyn Backend, batch: &Batch, course: &Course) -> Fate {
        let verdict = self.gate.batch(&self.login, &batch.sql);
        if verdict == Verdict::CutBefore {
            return Fate::Cut;
        }
        let mut sink = Sink {
            answer: Answer::new(&self.server, batch.call),
            out: &self.out,
            course,
            muted: verdict == Verdict::RunThenCut,
            broken: false,
        };
        let ended = reset_and_run(session, batch, &mut sink);
        sink.finish(ended);
        match (verdict, ended) {
            (Verdict::RunThenCut, _) => Fate::Cut,
            (_, Ended::Killed) => Fate::Killed,
            _ => Fate::Answered,
        }
    }
}

fn reset_and_run(session: &mut dyn Backend, batch: &Batch, sink: &mut Sink<'_>) -> Ended {
    if batch.reset != Reset::No {
        sink.answer.reset_done();
    }
    if batch.reset == Reset::Session && session.run(ROLLBACK, &mut |_| ()) == Ended::Killed {
        return Ended::Killed;
    }
    if sink.course.is_attended() {
        return Ended::Cancelled;
    }
    session.run(&batch.sql, &mut |event| sink.event(event))
}

/// Takes the events of a batch.
struct Sink<'a> {
    answer: Answer,
    out: &'a mpsc::Sender<Out>,
    course: &'a Course,
    /// Nobody will read the answer.
    muted: bool,
    /// The answer cannot go on, so the rest of the batch runs unheard.
    broken: bool,
}

impl Sink<'_> {
    fn event(&mut self, event: Event) {
        // Once the client asked for the end it still needs to know the state of its transaction.
        let discarded = self.course.is_attended() && !matches!(event, Event::Environment(_));
        if self.muted || self.broken || discarded {
            return;
        }
        if let Err(error) = self.answer.event(event) {
            self.give_up(&error);
        }
        if self.answer.len() >= PIECE {
            self.flush();
        }
    }

    /// A row that cannot be sent is never left out in silence.
    fn give_up(&mut self, error: &Unfit) {
        tracing::error!(%error, "the result of a batch cannot be sent");
        let text = format!("Internal error: the simulated server made a row that it cannot send: {error}.");
        self.answer.message(&Message::new(8630, 16, text));
        self.broken = true;
    }

    fn flush(&mut self) {
        self.send(|answer| Out::Tokens(answer.take()));
    }

    fn send(&mut self, out: impl FnOnce(&mut Answer) -> Out) {
        if self.muted {
            return;
        }
        if self.out.blocking_send(out(&mut self.answer)).is_err() {
            // The writer is gone, and the client with it; the connection sees that too and ends the session.
            self.muted = true;
        }
    }

    fn finish(&mut self, ended: Ended) {
        let end = match (ended, self.course.finish()) {
            (Ended::Killed, _) => End::Killed,
            (_, true) => End::Attention,
            (Ended::Completed | Ended::Cancelled, false) => End::Completed,
        };
        self.answer.end(end);
        self.flush();
        self.send(|_| Out::End);
    }
}
