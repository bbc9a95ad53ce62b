//! The TDS front's view of all logical servers.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use sim_sql::{Message, Session};
use sim_tds::{Login, Service, Verdict};

use super::{Actor, Request, ServerHost, authenticate};
use crate::{
    Cut,
    cloud::{Cloud, lock},
};

/// Logs clients in, and remembers what each of them sent last.
pub(crate) struct SqlService {
    cloud: Arc<Cloud>,
    hosts: Mutex<HashMap<SocketAddr, Weak<ServerHost>>>,
    /// The scenario's cut has happened.
    cut: AtomicBool,
}

impl SqlService {
    pub(crate) fn new(cloud: Arc<Cloud>) -> Self {
        Self { cloud, hosts: Mutex::default(), cut: AtomicBool::new(false) }
    }

    /// What the scenario has in mind for a batch, once.
    fn verdict(&self, sql: &str) -> Verdict {
        let Some(cut) = &self.cloud.scenario.cut_batch else { return Verdict::Run };
        if !sql.contains(&cut.containing) || self.cut.swap(true, Ordering::SeqCst) {
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
        self.cloud.replicate();
        self.cloud.inspect("application name", &login.application, "a SQL log-in");
        let request = Request {
            server: &login.server,
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

    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        if let Some(host) = lock(&self.hosts).get(&login.peer).and_then(Weak::upgrade) {
            host.set_statement(sql);
        }
        self.cloud.capture.batch(login, sql);
        self.verdict(sql)
    }
}
