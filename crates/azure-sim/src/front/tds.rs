//! The TDS front: log-ins and batches of clients.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sim_sql::{Message, Session};
use sim_tds::{Greeting, Login, Service, Verdict};

use super::client_host::ClientHost;
use crate::{
    Cut,
    cloud::Cloud,
    faults::unavailable,
    hands, replication,
    sql::{Arrivals, Door, Request, ServerHost, admit, authenticate},
    world::Origin,
};

/// What of the scenario's faults has happened, and who has come, at all doors together.
#[derive(Default)]
pub(crate) struct Visits {
    cut: AtomicBool,
    log_ins: AtomicUsize,
    arrivals: Arrivals,
}

/// Logs clients in.
pub(crate) struct SqlService {
    cloud: Arc<Cloud>,
    door: Door,
    visits: Arc<Visits>,
}

impl SqlService {
    pub(crate) fn new(cloud: &Arc<Cloud>, door: Door, visits: &Arc<Visits>) -> Self {
        Self { cloud: Arc::clone(cloud), door, visits: Arc::clone(visits) }
    }

    /// The error that the scenario has for this log-in.
    fn refuse(&self, login: &Login) -> Result<(), Message> {
        let count = self.visits.log_ins.fetch_add(1, Ordering::SeqCst);
        let number = self.cloud.azure.scenario.refuse_log_ins.get(count);
        let server = login.server.split('.').next().unwrap_or_default();
        number.map_or(Ok(()), |number| Err(unavailable(*number, &login.database, server)))
    }

    /// What the scenario has in mind for a batch, once.
    fn verdict(&self, login: &Login, sql: &str) -> Verdict {
        let Some(cut) = &self.cloud.azure.scenario.cut_batch else { return Verdict::Run };
        let meant = sql.contains(&cut.containing) && login.application.starts_with(&cut.application);
        if !meant || self.visits.cut.swap(true, Ordering::SeqCst) {
            return Verdict::Run;
        }
        match cut.when {
            Cut::Before => Verdict::CutBefore,
            Cut::After => Verdict::RunThenCut,
        }
    }

    fn may_enter(&self, login: &Login) -> bool {
        let world = self.cloud.azure.world();
        let server = world.server_of_host(&self.door.server(&world, login));
        server.is_none_or(|server| admit(server, self.visits.arrivals.origin(&world, login.peer)).is_ok())
    }

    /// Where a log-in comes from, and the server that it means.
    fn origin_and_server(&self, login: &Login) -> (Origin, String) {
        let world = self.cloud.azure.world();
        (self.visits.arrivals.origin(&world, login.peer), self.door.server(&world, login))
    }
}

impl Service for SqlService {
    fn login(&self, login: &Login) -> Result<Session, Message> {
        let cloud = &self.cloud;
        let _answering = cloud.wire.answering();
        self.refuse(login)?;
        replication::replicate(&cloud.azure);
        cloud.inspect("application name", &login.application, "a SQL log-in");
        let (origin, server) = self.origin_and_server(login);
        let request = Request {
            origin,
            server: &server,
            database: &login.database,
            user: &login.user,
            password: &login.password,
            token: login.token.as_deref(),
            application: &login.application,
            host: &login.host,
        };
        let entry = authenticate(&cloud.azure, &request)?;
        let name = entry.server.to_string();
        let host = ClientHost::new(cloud, ServerHost::new(&cloud.azure, entry.server), login.application.clone());
        let batch = host.batch();
        let session = Session::open(Arc::new(host), entry.store, entry.who)?;
        cloud.wire.add(login.peer, &batch, &name, session.handle());
        Ok(session)
    }

    /// Blocks while a hand acts.
    fn greet(&self, login: &Login) -> Greeting {
        let met = self.cloud.faults.meet_log_in(login);
        if met.hand().is_some() {
            tokio::task::block_in_place(|| hands::act_at_request(&self.cloud, met.hand()));
        }
        self.cloud.faults.greet(&self.cloud.azure, login, &met)
    }

    /// Nobody whom the firewall keeps out is sent on: he hears so here.
    fn redirect(&self, login: &Login) -> Option<sim_tds::Redirect> {
        self.visits.arrivals.note(login.peer);
        let azure = &self.cloud.azure;
        self.may_enter(login).then(|| self.door.redirect(&azure.scenario, &azure.world(), login)).flatten()
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.cloud.azure.scenario.idle_timeout_ms.map(Duration::from_millis)
    }

    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        let cloud = &self.cloud;
        let met = cloud.faults.meet_batch(&cloud.azure, login, sql);
        hands::act_at_request(cloud, met.hand());
        let verdict = cloud.faults.judge_batch(&cloud.azure, &cloud.wire, login, &met);
        if let Some(batch) = cloud.wire.batch(login.peer) {
            batch.begin(sql, met.number);
        }
        cloud.capture.batch(login, sql);
        if verdict == Verdict::Run { self.verdict(login, sql) } else { verdict }
    }

    fn ran(&self, login: &Login) {
        if let Some(batch) = self.cloud.wire.batch(login.peer) {
            self.cloud.faults.acted(batch.number());
            self.cloud.azure.changes.notify();
        }
    }
}
