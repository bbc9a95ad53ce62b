//! The SQL sessions that a site keeps open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use sim_sql::{CommitId, Ended, Event, Message, Session, SessionHandle};

use super::ConnectionText;
use crate::{
    cloud::{Cloud, lock},
    sql::{Actor, Request, ServerHost, authenticate},
    world::Name,
};

/// How many idle sessions a site keeps.
const IDLE: usize = 4;

/// The pools of all sites, by the site's name and process.
#[derive(Default)]
pub(crate) struct Pools(Mutex<HashMap<String, Pool>>);

#[derive(Default)]
struct Pool {
    process: u64,
    idle: Vec<Worker>,
}

/// A session on a thread of its own.
struct Worker {
    jobs: mpsc::Sender<Job>,
    handle: SessionHandle,
}

struct Job {
    statements: Vec<String>,
    answer: mpsc::Sender<Result<Vec<CommitId>, Failure>>,
}

/// Why a site's SQL did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) number: u32,
    pub(crate) text: String,
}

impl Failure {
    fn new(number: u32, text: &str) -> Self {
        Self { number, text: text.to_owned() }
    }

    fn timeout() -> Self {
        Self::new(u32::MAX - 1, "Execution Timeout Expired.")
    }

    fn broken() -> Self {
        Self::new(233, "A transport-level error has occurred: the connection was closed by the server.")
    }
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Self { number: message.number, text: message.text }
    }
}

impl Pools {
    /// Runs statements, one batch each, on a session of this process of the site.
    pub(crate) fn run(
        &self,
        cloud: &Arc<Cloud>,
        site: (&str, u64),
        connection: &ConnectionText,
        statements: Vec<String>,
    ) -> Result<Vec<CommitId>, Failure> {
        let limit = Duration::from_millis(cloud.scenario.site_timeout_ms);
        let worker = match self.take(site) {
            Some(worker) => worker,
            None => open(cloud, site.0, connection.clone(), limit)?,
        };
        let (answer, answered) = mpsc::channel();
        let sent = worker.jobs.send(Job { statements, answer });
        let result = match sent.map(|()| answered.recv_timeout(limit)) {
            Ok(Ok(result)) => result,
            Ok(Err(mpsc::RecvTimeoutError::Timeout)) => Err(Failure::timeout()),
            _ => Err(Failure::broken()),
        };
        match &result {
            Err(failure) if *failure == Failure::timeout() => worker.handle.kill(),
            _ if runs(cloud, site) => self.give_back(site, worker),
            _ => drop(worker),
        }
        result
    }

    /// Ends every session of every site.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// An idle session that is alive; those of an earlier process end here.
    fn take(&self, (site, process): (&str, u64)) -> Option<Worker> {
        let mut pools = lock(&self.0);
        let pool = pools.entry(site.to_owned()).or_default();
        if pool.process != process {
            *pool = Pool { process, idle: Vec::new() };
        }
        pool.idle.retain(|worker| !worker.handle.is_killed());
        pool.idle.pop()
    }

    fn give_back(&self, (site, process): (&str, u64), worker: Worker) {
        let mut pools = lock(&self.0);
        let pool = pools.entry(site.to_owned()).or_default();
        if pool.process == process && pool.idle.len() < IDLE && !worker.handle.is_killed() {
            pool.idle.push(worker);
        }
    }

    /// Ends the sessions of sites that are not running any more.
    pub(crate) fn keep(&self, running: &[(String, u64)]) {
        lock(&self.0)
            .retain(|site, pool| running.iter().any(|(name, process)| name == site && *process == pool.process));
    }
}

/// Whether this process of the site is still there; it may have been stopped while it answered.
fn runs(cloud: &Cloud, (site, process): (&str, u64)) -> bool {
    cloud.world().sites.get(&Name::from(site)).is_some_and(|site| site.running && site.process == process)
}

/// Logs in on a new thread. A log-in can block: while somebody has the database to himself.
fn open(cloud: &Arc<Cloud>, site: &str, connection: ConnectionText, limit: Duration) -> Result<Worker, Failure> {
    let (jobs, queue) = mpsc::channel();
    let (opened, answer) = mpsc::channel();
    let (cloud, site) = (Arc::clone(cloud), site.to_owned());
    let body = move || {
        let session = log_in(&cloud, &site, &connection);
        drop(cloud);
        match session {
            Ok(session) => opened.send(Ok(session.handle())).map_or((), |()| work(session, &queue)),
            Err(message) => drop(opened.send(Err(message))),
        }
    };
    let started = thread::Builder::new().name("azure-sim site".to_owned()).spawn(body);
    started.map_err(|error| Failure::new(0, &error.to_string()))?;
    match answer.recv_timeout(limit) {
        Ok(Ok(handle)) => Ok(Worker { jobs, handle }),
        Ok(Err(message)) => Err(message.into()),
        Err(_) => Err(Failure::timeout()),
    }
}

fn log_in(cloud: &Arc<Cloud>, site: &str, connection: &ConnectionText) -> Result<Session, Message> {
    let request = Request {
        server: &connection.server,
        database: &connection.database,
        user: &connection.user,
        password: &connection.password,
        token: None,
        application: &connection.application,
        host: site,
    };
    let entry = authenticate(cloud, &request)?;
    let host = ServerHost::with_application(cloud, entry.server, Actor::Site, connection.application.clone());
    Session::open(host, entry.store, entry.who)
}

fn work(mut session: Session, queue: &mpsc::Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        let result = run_all(&mut session, &job.statements);
        if job.answer.send(result).is_err() || session.handle().is_killed() {
            return;
        }
    }
}

/// Runs statements until one fails. The commits are those that were made, in order.
fn run_all(session: &mut Session, statements: &[String]) -> Result<Vec<CommitId>, Failure> {
    let mut commits = Vec::new();
    for statement in statements {
        let before = session.last_commit();
        let mut failed = None;
        let ended = session.run(statement, &mut |event| {
            if let Event::Error(error) = event {
                failed.get_or_insert(error);
            }
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        if ended != Ended::Completed {
            return Err(Failure::broken());
        }
        commits.extend(session.last_commit().filter(|commit| Some(*commit) != before));
    }
    Ok(commits)
}
