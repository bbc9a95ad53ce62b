//! The SQL sessions that a site keeps open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use sim_sql::{CommitId, Ended, Event, Message, Session, SessionHandle};

use crate::{
    azure::Azure,
    clock,
    lock::lock,
    sql::{Request, ServerHost, authenticate},
    world::{ConnectionText, Name, Origin, Site, World},
};

/// The number of a client's own error where the server has ended its session.
pub(crate) const SESSION_ENDED: u32 = 233;

/// How many idle sessions a site keeps.
const IDLE: usize = 4;

/// Who runs SQL: a process of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) site: String,
    pub(crate) part: Part,
    /// Another number after every restart.
    pub(crate) number: u64,
}

/// The web application, or the service beside it that runs its WebJobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Web,
    WebJobs,
}

impl Process {
    pub(crate) fn of(site: &Site, part: Part) -> Self {
        let number = match part {
            Part::Web => site.process,
            Part::WebJobs => site.kudu.process,
        };
        Self { site: site.name.to_string(), part, number }
    }

    /// Every process that there is now. A Kudu whose WebJobs have all ended has none that runs SQL.
    pub(crate) fn of_all<'s>(sites: impl Iterator<Item = &'s Site>, now: f64) -> Vec<Self> {
        let of = |site: &Site| {
            let web = site.running.then(|| Self::of(site, Part::Web));
            let works = !site.live_jobs(now).is_empty();
            web.into_iter().chain(works.then(|| Self::of(site, Part::WebJobs))).collect::<Vec<_>>()
        };
        sites.flat_map(of).collect()
    }

    fn key(&self) -> (String, Part) {
        (self.site.clone(), self.part)
    }
}

/// The pools of all sites, one for each of their parts.
#[derive(Default)]
pub(crate) struct Pools(Mutex<HashMap<(String, Part), Pool>>);

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
        Self::new(SESSION_ENDED, "A transport-level error has occurred: the connection was closed by the server.")
    }
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Self { number: message.number, text: message.text }
    }
}

impl Pools {
    /// Runs statements, one batch each, on a session of this process.
    pub(crate) fn run(
        &self,
        azure: &Arc<Azure>,
        process: &Process,
        connection: &ConnectionText,
        statements: Vec<String>,
    ) -> Result<Vec<CommitId>, Failure> {
        let limit = Duration::from_millis(azure.scenario.site_timeout_ms);
        let worker = match self.take(process) {
            Some(worker) => worker,
            None => open(azure, &process.site, connection.clone(), limit)?,
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
            _ if runs(&azure.world(), process) => self.give_back(process, worker),
            _ => drop(worker),
        }
        result
    }

    /// Ends every session of every site.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// An idle session that is alive; those of an earlier process end here.
    fn take(&self, process: &Process) -> Option<Worker> {
        let mut pools = lock(&self.0);
        let pool = pools.entry(process.key()).or_default();
        if pool.process != process.number {
            *pool = Pool { process: process.number, idle: Vec::new() };
        }
        pool.idle.retain(|worker| !worker.handle.is_killed());
        pool.idle.pop()
    }

    fn give_back(&self, process: &Process, worker: Worker) {
        let mut pools = lock(&self.0);
        let pool = pools.entry(process.key()).or_default();
        if pool.process == process.number && pool.idle.len() < IDLE && !worker.handle.is_killed() {
            pool.idle.push(worker);
        }
    }

    /// Ends the sessions of processes that are not running any more.
    pub(crate) fn keep(&self, running: &[Process]) {
        let runs = |key: &(String, Part), pool: &Pool| {
            running.iter().any(|process| process.key() == *key && process.number == pool.process)
        };
        lock(&self.0).retain(|key, pool| runs(key, pool));
    }
}

/// Whether this process is still there; it may have been stopped while it answered.
fn runs(world: &World, process: &Process) -> bool {
    let site = world.sites.get(&Name::from(process.site.as_str()));
    site.is_some_and(|site| Process::of_all([site].into_iter(), clock::now()).contains(process))
}

/// Logs in on a new thread. A log-in can block: while somebody has the database to himself.
fn open(azure: &Arc<Azure>, site: &str, connection: ConnectionText, limit: Duration) -> Result<Worker, Failure> {
    let (jobs, queue) = mpsc::channel();
    let (opened, answer) = mpsc::channel();
    let (azure, site) = (Arc::clone(azure), site.to_owned());
    let body = move || {
        let session = log_in(&azure, &site, &connection);
        drop(azure);
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

fn log_in(azure: &Arc<Azure>, site: &str, connection: &ConnectionText) -> Result<Session, Message> {
    let request = Request {
        origin: Origin::of_sites(&azure.world()),
        server: &connection.server,
        database: &connection.database,
        user: &connection.user,
        password: &connection.password,
        token: None,
        application: &connection.application,
        host: site,
    };
    let entry = authenticate(azure, &request)?;
    Session::open(Arc::new(ServerHost::new(azure, entry.server)), entry.store, entry.who)
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
