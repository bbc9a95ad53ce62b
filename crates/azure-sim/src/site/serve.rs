//! How a site answers a request.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::json;
use sim_sql::CommitId;

use super::{
    page,
    pool::{Failure, Part, Pools, Process},
};
use crate::{
    azure::Azure,
    capture::Capture,
    clock,
    faults::Faults,
    http::{Reply, SiteRequest},
    ledger::{Entry, Ledger, Writer},
    lock::lock,
    queue::{Queue, Work},
    world::{App, ConnectionString, ConnectionText, Failure as Broken, Site, sql_setting},
};

/// Connection strings by their names.
type Settings = BTreeMap<String, ConnectionString>;

/// All sites, with what they work on.
#[derive(Clone, Copy)]
pub(crate) struct Sites<'a> {
    pub(crate) azure: &'a Arc<Azure>,
    pub(crate) pools: &'a Pools,
    pub(crate) ledger: &'a Mutex<Ledger>,
    pub(crate) queue: &'a Mutex<Queue>,
    pub(crate) faults: &'a Faults,
    pub(crate) capture: &'a Capture,
}

impl Sites<'_> {
    /// Answers a request that reached this scale unit with this Host header.
    pub(crate) fn serve(&self, unit: &str, host: &str, request: &SiteRequest) -> Reply {
        let site = self.azure.world().site_of_host(unit, host).cloned();
        let reply = match site {
            None => page(404, page::NOT_FOUND),
            Some(site) if !site.running => page(403, page::STOPPED),
            Some(site) if clock::now() < site.ready_at || self.faults.are_down(unit) => page(503, page::STARTING),
            Some(site) => match &site.app {
                Some(app) => self.answer(&site, app, request),
                None => nothing_deployed(&request.path),
            },
        };
        self.capture.site(unit, host, request, &reply);
        reply
    }

    fn answer(&self, site: &Site, app: &App, request: &SiteRequest) -> Reply {
        let done = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/") => return reply(app, 200, format!("version {}", app.version)),
            ("GET", "/health") if app.fail == Some(Broken::Health) => return reply(app, 500, "unhealthy".to_owned()),
            ("GET", "/health") => self.query(site, &app.health, request),
            ("GET", "/read") => self.query(site, &app.read, request),
            ("POST", "/write") => self.query(site, &app.write, request),
            _ => return reply(app, 404, "no such page".to_owned()),
        };
        if let (Ok(commits), "POST") = (&done, request.method.as_str()) {
            self.acknowledge(&site.effective, commits, Writer::User);
            self.pass_on(app, request);
        }
        reply_with(app, done)
    }

    fn query(&self, site: &Site, statements: &[String], request: &SiteRequest) -> Result<Vec<CommitId>, Failure> {
        self.run(&Process::of(site, Part::Web), &site.effective, statements, &work(request))
    }

    /// Runs an application's SQL over the connection string that a process has started with.
    pub(super) fn run(
        &self,
        process: &Process,
        settings: &Settings,
        statements: &[String],
        work: &Work,
    ) -> Result<Vec<CommitId>, Failure> {
        let missing = || Failure { number: 0, text: "the site has no SQL connection string".to_owned() };
        let text = sql_setting(settings).ok_or_else(missing)?;
        let connection = ConnectionText::read(&text.value).map_err(|why| Failure { number: 0, text: why })?;
        let statements = statements.iter().map(|statement| format!("{}{statement}", declared(work))).collect();
        self.pools.run(self.azure, process, &connection, statements)
    }

    /// From here on this write must never be lost.
    pub(super) fn acknowledge(&self, settings: &Settings, commits: &[CommitId], by: Writer) {
        let used = self.azure.world().database_used(settings).map(|used| used.guid.clone());
        let entry = Entry { commits: commits.to_vec(), database: used.unwrap_or_default(), by, at: clock::now() };
        lock(self.ledger).acknowledged(entry);
    }

    /// A write leaves work for the application's WebJobs, where it has any.
    fn pass_on(&self, app: &App, request: &SiteRequest) {
        if !app.webjobs.continuous.is_empty() {
            lock(self.queue).put(work(request));
        }
    }
}

fn work(request: &SiteRequest) -> Work {
    Work { user: request.user, sequence: request.sequence, token: request.token.clone() }
}

/// The variables that an application's SQL may use.
fn declared(work: &Work) -> String {
    let token: String =
        work.token.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(36).collect();
    format!("DECLARE @user int = {}, @sequence int = {}, @token nvarchar(36) = N'{token}'; ", work.user, work.sequence)
}

fn reply(app: &App, status: u16, body: String) -> Reply {
    Reply { status, version: Some(app.version.clone()), html: false, body, error: None }
}

fn reply_with(app: &App, done: Result<Vec<CommitId>, Failure>) -> Reply {
    match done {
        Ok(commits) => {
            let commits: Vec<String> = commits.iter().map(ToString::to_string).collect();
            reply(app, 200, json!({"version": app.version, "commits": commits}).to_string())
        }
        Err(failure) => {
            let body = json!({"error": {"number": failure.number, "message": failure.text}}).to_string();
            Reply { error: Some(failure.number), ..reply(app, 503, body) }
        }
    }
}

/// Before the first deployment.
fn nothing_deployed(path: &str) -> Reply {
    match path {
        "/" => page(200, page::WAITING),
        "/health" => page(503, page::STARTING),
        _ => page(404, page::NO_RESOURCE),
    }
}

fn page(status: u16, body: &str) -> Reply {
    Reply { status, version: None, html: status != 503, body: body.to_owned(), error: None }
}
