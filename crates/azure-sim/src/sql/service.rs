//! The TDS front's view of all logical servers.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sim_sql::{Message, Session};
use sim_tds::{Login, Service, Verdict};

use super::{Actor, Door, Request, ServerHost, authenticate};
use crate::{
    Cut,
    cloud::{Cloud, lock},
};

/// What of the scenario's faults has happened, at all doors together.
#[derive(Default)]
pub(crate) struct Faults {
    cut: AtomicBool,
    log_ins: AtomicUsize,
}

/// Logs clients in, and remembers what each of them sent last.
pub(crate) struct SqlService {
    cloud: Arc<Cloud>,
    hosts: Mutex<HashMap<SocketAddr, Weak<ServerHost>>>,
    door: Door,
    faults: Arc<Faults>,
}

impl SqlService {
    pub(crate) fn new(cloud: &Arc<Cloud>, door: Door, faults: &Arc<Faults>) -> Self {
        Self { cloud: Arc::clone(cloud), hosts: Mutex::default(), door, faults: Arc::clone(faults) }
    }

    /// The error that the scenario has for this log-in.
    fn refuse(&self, login: &Login) -> Result<(), Message> {
        let count = self.faults.log_ins.fetch_add(1, Ordering::SeqCst);
        let number = self.cloud.scenario.refuse_log_ins.get(count);
        number.map_or(Ok(()), |number| Err(unavailable(*number, login)))
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

    fn remember(&self, peer: SocketAddr, host: &Arc<ServerHost>) {
        let mut hosts = lock(&self.hosts);
        hosts.retain(|_, host| host.strong_count() > 0);
        hosts.insert(peer, Arc::downgrade(host));
    }
}

impl Service for SqlService {
    fn login(&self, login: &Login) -> Result<Session, Message> {
        self.refuse(login)?;
        self.cloud.replicate();
        let server = self.door.server(&self.cloud, login);
        self.cloud.inspect("application name", &login.application, "a SQL log-in");
        let request = Request {
            server: &server,
            database: &login.database,
            user: &login.user,
            password: &login.password,
            token: login.token.as_deref(),
            application: &login.application,
            host: &login.host,
        };
        let entry = authenticate(&self.cloud, &request)?;
        let host = ServerHost::with_application(&self.cloud, entry.server, Actor::Client, login.application.clone());
        self.remember(login.peer, &host);
        Session::open(host, entry.store, entry.who)
    }

    fn redirect(&self, login: &Login) -> Option<sim_tds::Redirect> {
        self.door.redirect(&self.cloud, login)
    }

    fn idle_limit(&self) -> Option<Duration> {
        self.cloud.scenario.idle_timeout_ms.map(Duration::from_millis)
    }

    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        if let Some(host) = lock(&self.hosts).get(&login.peer).and_then(Weak::upgrade) {
            host.set_statement(sql);
        }
        self.cloud.capture.batch(login, sql);
        self.verdict(login, sql)
    }
}

/// An error that passes, with the text of its documentation where it is one of the usual ones.
fn unavailable(number: u32, login: &Login) -> Message {
    let (database, server) = (&login.database, login.server.split('.').next().unwrap_or_default());
    match number {
        4060 => {
            let text = format!("Cannot open database \"{database}\" requested by the login. The login failed.");
            Message::new(number, 11, text)
        }
        40501 => {
            let text = "The service is currently busy. Retry the request after 10 seconds. Incident ID: 0. Code: 0.";
            Message::new(number, 20, text)
        }
        _ => {
            let text = format!(
                "Database '{database}' on server '{server}' is not currently available. Please retry the connection later."
            );
            Message::new(number, 17, text)
        }
    }
}
