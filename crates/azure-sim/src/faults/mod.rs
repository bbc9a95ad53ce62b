//! Faults: one thing that goes wrong at one request of a step, told from outside, and whether it has happened.
//!
//! Whatever comes in over the wire is a step's: users and sites act inside of the simulator.

mod http;
mod request_log;
mod sql;
mod wire;

use std::sync::{Mutex, MutexGuard};

use sim_control::{Fault, Faulted, Hand, Place, Protocol, SCHEMA, What};
use sim_sql::Message;

pub(crate) use http::{Ending, Opening};
pub(crate) use wire::{Batch, Wire};

use crate::lock::lock;

/// How many log-ins a server refuses after it has failed over.
const REFUSED_AFTER_FAILOVER: u32 = 2;

/// The fault that is set, and the requests since then.
#[derive(Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    /// The number of the request that the fault has met.
    met: Option<usize>,
    /// It has happened.
    fired: bool,
    gone: Option<Gone>,
    failing_over: Option<(String, u32)>,
    /// A request waits until it is released.
    paused: bool,
    /// Why the hand could not do anything.
    idle_hand: Option<String>,
    request_log: request_log::RequestLog,
}

/// What refuses every request.
#[derive(Clone, PartialEq, Eq)]
enum Gone {
    Http(Protocol),
    /// A logical server.
    Sql(String),
    /// The sites of a scale unit, for users too.
    Sites(String),
}

/// A request that came in.
pub(crate) struct Met {
    pub(crate) number: usize,
    protocol: Protocol,
    /// What goes wrong at it.
    pub(crate) what: Option<What>,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Sets a fault, or none, and begins to count from 1.
    ///
    /// # Errors
    /// The protocol does not have such a thing.
    pub(crate) fn set(&self, fault: Option<Fault>) -> Result<(), String> {
        if let Some(Fault { at: Place::Request(spot), what }) = &fault
            && !what.can_happen_to(spot.protocol)
        {
            return Err(format!("`{what:?}` cannot happen to a request of the protocol `{:?}`", spot.protocol));
        }
        *self.state() = State { fault, ..State::default() };
        Ok(())
    }

    /// What became of the fault, and every request since it was set.
    pub(crate) fn outcome(&self) -> Faulted {
        let state = self.state();
        let fired = state.met.filter(|_| state.fired).and_then(|number| state.request_log.get(number)).cloned();
        let (fault, idle_hand) = (state.fault.clone(), state.idle_hand.clone());
        Faulted { schema: SCHEMA, fault, fired, idle_hand, requests: state.request_log.all().to_vec() }
    }

    /// The sites of a scale unit are down.
    pub(crate) fn are_down(&self, unit: &str) -> bool {
        matches!(&self.state().gone, Some(Gone::Sites(gone)) if gone == unit)
    }

    /// A request still waits for its release.
    pub(crate) fn is_paused(&self) -> bool {
        self.state().paused
    }

    /// A logical server refuses everything from now on, until the next fault is set.
    pub(crate) fn cut_off(&self, server: &str) {
        self.state().gone = Some(Gone::Sql(server.to_ascii_lowercase()));
    }

    /// The request that waits goes on.
    pub(crate) fn release(&self) {
        self.state().paused = false;
    }

    /// A hand has acted, or had nothing to act on.
    pub(crate) fn hand_acted(&self, done: Result<(), String>) {
        let mut state = self.state();
        state.idle_hand = done.err();
        state.fired = true;
    }

    pub(crate) fn has_fired(&self) -> bool {
        self.state().fired
    }

    /// Writes a request down, and says what goes wrong at it.
    fn meet(&self, protocol: Protocol, request: String, token: bool) -> Met {
        let mut state = self.state();
        let number = state.request_log.add(protocol, request, token);
        let what = state.happens(number);
        if let Some(what) = what {
            state.met = Some(number);
            state.fired = !what.acts();
            state.paused = what == What::Hand(Hand::Pause);
        }
        if what.is_some_and(What::is_for_good) && protocol.is_http() {
            state.gone = Some(Gone::Http(protocol));
        }
        Met { number, protocol, what }
    }

    /// The effect of a request is there: what was to happen after it happens now.
    pub(crate) fn acted(&self, number: usize) {
        let mut state = self.state();
        state.fired |= state.met == Some(number);
    }

    /// A request has changed something.
    pub(crate) fn changed(&self, number: usize) {
        if let Some(recorded) = self.state().request_log.get_mut(number) {
            recorded.changes = true;
        }
    }
}

impl State {
    /// What goes wrong at the request of this number, which was written down last.
    fn happens(&self, number: usize) -> Option<What> {
        let (fault, recorded) = (self.fault.as_ref()?, self.request_log.get(number)?);
        let here = match &fault.at {
            Place::Number(wanted) => *wanted == number,
            Place::Request(spot) => *spot == recorded.spot,
        };
        let once = here && self.met.is_none() && fault.what.can_happen_to(recorded.spot.protocol);
        once.then_some(fault.what)
    }
}

impl Met {
    /// Who acts before the request has its effect.
    pub(crate) fn hand(&self) -> Option<Hand> {
        match self.what {
            Some(What::Hand(hand)) => Some(hand),
            _ => None,
        }
    }
}

/// Errors that a SQL server answers with when it is busy or fails over, with the texts of their documentation.
pub(crate) fn unavailable(number: u32, database: &str, server: &str) -> Message {
    match number {
        4060 => {
            let text = format!("Cannot open database \"{database}\" requested by the login. The login failed.");
            Message::new(number, 11, text)
        }
        40501 => {
            let text = "The service is currently busy. Retry the request after 10 seconds. Incident ID: 0. Code: 0.";
            Message::new(number, 20, text)
        }
        40914 => {
            let text = format!(
                "Cannot open server '{server}' requested by the login. Client is not allowed to access the server."
            );
            Message::new(number, 14, text)
        }
        _ => {
            let text = format!(
                "Database '{database}' on server '{server}' is not currently available. Please retry the connection later."
            );
            Message::new(number, 17, text)
        }
    }
}
