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
    connection::GARBAGE,
    packet::{self, Reset, kind},
    row::Unfit,
    wire::Out,
};

/// Tokens are handed to the writer in pieces of about this many bytes. With the depth of the writer's queue this bounds
/// what a client that reads slowly makes the server keep.
const PIECE: usize = 16 * 1024;
/// Errors of this class and above end the connection (MS-TDS 2.2.7.10).
const FATAL: u8 = 20;
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
    /// What is written is the last: the connection is closed after it.
    Last,
    /// The connection is closed without another byte.
    Cut,
    /// The client waits for an answer that does not come.
    Held,
}

/// Where a batch is, agreed upon by the thread that runs it and the connection that may be told to stop it.
#[derive(Default)]
pub(crate) struct BatchRun(AtomicU8);

const RUNNING: u8 = 0;
const ATTENDED: u8 = 1;
const OVER: u8 = 2;

impl BatchRun {
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
pub(crate) struct ConnectionContext {
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) login: Login,
    /// The name that the server's messages carry.
    pub(crate) server: String,
    pub(crate) out: mpsc::Sender<Out>,
}

impl ConnectionContext {
    /// Runs a batch to its end. Blocks.
    pub(crate) fn run(&self, session: &mut dyn Backend, batch: &Batch, course: &BatchRun) -> Fate {
        let told = match self.gate.batch(&self.login, &batch.sql) {
            Verdict::CutBefore => return Fate::Cut,
            Verdict::Hold => return Fate::Held,
            Verdict::Refuse(error) => return self.refuse(&error, batch, course),
            Verdict::Run => Told::All,
            Verdict::RunThenHalve => Told::Half,
            Verdict::RunThenGarble => Told::Garbage,
            Verdict::RunThenCut => Told::Nothing(Fate::Cut),
            Verdict::RunThenHold => Told::Nothing(Fate::Held),
        };
        let mut sink = self.sink(batch, course, told);
        let ended = reset_and_run(session, batch, &mut sink);
        self.gate.ran(&self.login);
        sink.finish(ended);
        match (told, ended) {
            (Told::Nothing(fate), _) => fate,
            (Told::All, Ended::Completed | Ended::Cancelled) => Fate::Answered,
            _ => Fate::Last,
        }
    }

    fn sink<'a>(&'a self, batch: &Batch, course: &'a BatchRun, told: Told) -> Sink<'a> {
        let answer = Answer::new(&self.server, batch.call);
        Sink { answer, out: &self.out, course, told, broken: false }
    }

    /// Answers a batch with an error in its place.
    fn refuse(&self, error: &Message, batch: &Batch, course: &BatchRun) -> Fate {
        let mut sink = self.sink(batch, course, Told::All);
        sink.answer.message(error);
        sink.finish(Ended::Completed);
        if error.class < FATAL { Fate::Answered } else { Fate::Last }
    }
}

/// What a client is told of a batch that was run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    All,
    /// The first half of the bytes.
    Half,
    Garbage,
    /// Nothing, and what becomes of the connection.
    Nothing(Fate),
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
    course: &'a BatchRun,
    told: Told,
    /// The answer cannot go on, so the rest of the batch runs unheard.
    broken: bool,
}

impl Sink<'_> {
    fn event(&mut self, event: Event) {
        // Once the client asked for the end it still needs to know the state of its transaction.
        let discarded = self.course.is_attended() && !matches!(event, Event::Environment(_));
        let unread = matches!(self.told, Told::Nothing(_) | Told::Garbage);
        if unread || self.broken || discarded {
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
        if self.told == Told::All {
            let tokens = Out::Tokens(self.answer.take());
            self.send(tokens);
        }
    }

    fn send(&mut self, out: Out) {
        if self.out.blocking_send(out).is_err() {
            // The writer is gone, and the client with it; the connection sees that too and ends the session.
            self.told = Told::Nothing(Fate::Cut);
        }
    }

    fn finish(&mut self, ended: Ended) {
        let end = match (ended, self.course.finish()) {
            (Ended::Killed, _) => End::Killed,
            (_, true) => End::Attention,
            (Ended::Completed | Ended::Cancelled, false) => End::Completed,
        };
        self.answer.end(end);
        match self.told {
            Told::All => {
                self.flush();
                self.send(Out::End);
            }
            Told::Half => {
                let whole = packet::pack(kind::ANSWER, &self.answer.take()).freeze();
                self.send(Out::Raw(whole.slice(..whole.len() / 2)));
            }
            Told::Garbage => {
                self.send(Out::Tokens(GARBAGE.into()));
                self.send(Out::End);
            }
            Told::Nothing(_) => {}
        }
    }
}
