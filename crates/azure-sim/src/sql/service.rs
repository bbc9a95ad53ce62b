//! The TDS front's view of all logical servers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sim_sql::{Message, Session};
use sim_tds::{Greeting, Login, Service, Verdict};

use super::{
    Actor, Door, Request, ServerHost, authenticate,
    network::{self, Arrivals},
};
use crate::{Cut, cloud::Cloud, faults::unavailable};

/// What of the scenario's faults has happened, and who has come, at all doors together.
#[derive(Default)]
pub(crate) struct Faults {
    cut: AtomicBool,
    log_ins: AtomicUsize,
    arrivals: Arrivals,
}

/// Logs clients in.
pub(crate) struct SqlService {
    cloud: Arc<Cloud>,
    door: Door,
    faults: Arc<Faults>,
}

impl SqlService {
    pub(crate) fn new(cloud: &Arc<Cloud>, door: Door, faults: &Arc<Faults>) -> Self {
        Self { cloud: Arc::clone(cloud), door, faults: Arc::clone(faults) }
    }

    /// The error that the scenario has for this log-in.
    fn refuse(&self, login: &Login) -> Result<(), Message> {
        let count = self.faults.log_ins.fetch_add(1, Ordering::SeqCst);
        let number = self.cloud.scenario.refuse_log_ins.get(count);
        let server = login.server.split('.').next().unwrap_or_default();
        number.map_or(Ok(()), |number| Err(unavailable(*number, &login.database, server)))
    }

    /// What the scenario has in mind for a batch, once.
    fn verdict(&self, login: &Login, sql: &str) -> Verdict {
        let Some(cut) = &self.cloud.scenario.cut_batch else { return Verdict::Run };
        let meant = sql.contains(&cut.containing) && login.application.starts_with(&cut.application);
        if !meant || self.faults.cut.swap(true, Ordering::SeqCst) {
            return Verdict::Run;
        }
        match cut.when {
            Cut::Before => Verdict::CutBefore,
            Cut::After => Verdict::RunThenCut,
        }
    }

    fn may_enter(&self, login: &Login) -> bool {
        let (origin, name) =
            (self.faults.arrivals.origin(&self.cloud, login.peer), self.door.server(&self.cloud, login));
        let world = self.cloud.world();
        world.server_of_host(&name).is_none_or(|server| network::admit(server, origin).is_ok())
    }
}

impl Service for SqlService {
    fn login(&self, login: &Login) -> Result<Session, Message> {
        let _answering = self.cloud.wire.answering();
        self.refuse(login)?;
        self.cloud.replicate();
        let server = self.door.server(&self.cloud, login);
        self.cloud.inspect("application name", &login.application, "a SQL log-in");
        let request = Request {
            origin: self.faults.arrivals.origin(&self.cloud, login.peer),
            server: &server,
            database: &login.database,
            user: &login.user,
            password: &login.password,
            token: login.token.as_deref(),
            application: &login.application,
            host: &login.host,
        };
        let entry = authenticate(&self.cloud, &request)?;
        let name = entry.server.to_string();
        let host = ServerHost::with_application(&self.cloud, entry.server, Actor::Client, login.application.clone());
        let session = Session::open(Arc::clone(&host) as _, entry.store, entry.who)?;
        self.cloud.wire.add(login.peer, &host, &name, session.handle());
        Ok(session)
    }

    fn greet(&self, login: &Login) -> Greeting {
        self.cloud.greet(login)
    }

    /// Nobody whom the firewall keeps out is sent on: he hears so here.
    fn redirect(&self, login: &Login) -> Option<sim_tds::Redirect> {
        self.faults.arrivals.note(login.peer);
        self.may_enter(login).then(|| self.door.redirect(&self.cloud, login)).flatten()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.cloud.scenario.idle_timeout_ms.map(Duration::from_millis)
    }

    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        let (number, verdict) = self.cloud.meet_batch(login, sql);
        if let Some(host) = self.cloud.wire.host(login.peer) {
            host.set_statement(sql, number);
        }
        self.cloud.capture.batch(login, sql);
        if verdict == Verdict::Run { self.verdict(login, sql) } else { verdict }
    }

    fn ran(&self, login: &Login) {
        if let Some(host) = self.cloud.wire.host(login.peer) {
            self.cloud.ran(host.number());
        }
    }
}
