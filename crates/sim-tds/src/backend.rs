//! What a connection needs of the session behind it. It is [`sim_sql::Session`] everywhere but in the tests of the
//! wire, which script one.

use std::{sync::Arc, time::Duration};

use sim_sql::{Ended, Event, Message, Session, SessionHandle};

use crate::{Greeting, Login, Redirect, Service, Verdict};

/// Where log-ins and batches of a connection go.
pub(crate) trait Gate: Send + Sync + 'static {
    fn login(&self, login: &Login) -> Result<Box<dyn Backend>, Message>;
    fn batch(&self, login: &Login, sql: &str) -> Verdict;
    fn redirect(&self, login: &Login) -> Option<Redirect> {
        let _ = login;
        None
    }
    fn greet(&self, login: &Login) -> Greeting {
        let _ = login;
        Greeting::Open
    }
    fn ran(&self, login: &Login) {
        let _ = login;
    }
    fn idle_limit(&self) -> Option<Duration> {
        None
    }
}

/// A session, used by one thread at a time.
pub(crate) trait Backend: Send {
    fn run(&mut self, batch: &str, out: &mut dyn FnMut(Event)) -> Ended;
    fn control(&self) -> Arc<dyn Control>;
    fn database(&self) -> String;
}

/// What may be done to a session while another thread runs it.
pub(crate) trait Control: Send + Sync {
    fn id(&self) -> i32;
    /// Stops the batch that runs, or the next one.
    fn cancel(&self);
    /// Takes back a cancel that the batch did not live to see.
    fn forget_cancel(&self);
    fn kill(&self);
    fn is_killed(&self) -> bool;
}

impl Gate for Arc<dyn Service> {
    fn login(&self, login: &Login) -> Result<Box<dyn Backend>, Message> {
        Ok(Box::new(Service::login(&**self, login)?))
    }

    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        Service::batch(&**self, login, sql)
    }

    fn redirect(&self, login: &Login) -> Option<Redirect> {
        Service::redirect(&**self, login)
    }

    fn greet(&self, login: &Login) -> Greeting {
        Service::greet(&**self, login)
    }

    fn ran(&self, login: &Login) {
        Service::ran(&**self, login);
    }

    fn idle_limit(&self) -> Option<Duration> {
        Service::idle_limit(&**self)
    }
}

impl Backend for Session {
    fn run(&mut self, batch: &str, out: &mut dyn FnMut(Event)) -> Ended {
        Session::run(self, batch, out)
    }

    fn control(&self) -> Arc<dyn Control> {
        Arc::new(self.handle())
    }

    fn database(&self) -> String {
        Session::database(self)
    }
}

impl Control for SessionHandle {
    fn id(&self) -> i32 {
        SessionHandle::id(self)
    }

    fn cancel(&self) {
        SessionHandle::cancel(self);
    }

    fn forget_cancel(&self) {
        SessionHandle::forget_cancel(self);
    }

    fn kill(&self) {
        SessionHandle::kill(self);
    }

    fn is_killed(&self) -> bool {
        SessionHandle::is_killed(self)
    }
}
