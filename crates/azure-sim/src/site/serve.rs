//! How a site answers a request.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;
use sim_sql::CommitId;

use super::{
    App, ConnectionText,
    app::Failure as Broken,
    page,
    pool::{Failure, Part, Process},
};
use crate::{
    clock,
    cloud::Cloud,
    users::{Entry, Work, Writer},
    world::{ConnectionString, Database, Site, World},
};

/// A request to a site.
#[derive(Debug, Clone)]
pub(crate) struct SiteRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) user: i64,
    pub(crate) sequence: i64,
    pub(crate) token: String,
}

/// The answer of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The version of the application, if it was that which answered.
    pub(crate) version: Option<String>,
    pub(crate) html: bool,
    pub(crate) body: String,
    /// The number of the SQL error behind a 503.
    pub(crate) error: Option<u32>,
}

impl Cloud {
    /// Answers a request that reached this scale unit with this Host header.
    pub(crate) fn serve(self: &Arc<Self>, unit: &str, host: &str, request: &SiteRequest) -> Reply {
        let site = self.world().site_of_host(unit, host).cloned();
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

    fn answer(self: &Arc<Self>, site: &Site, app: &App, request: &SiteRequest) -> Reply {
        let done = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/") => return app.reply(200, format!("version {}", app.version)),
            ("GET", "/health") if app.fail == Some(Broken::Health) => return app.reply(500, "unhealthy".to_owned()),
            ("GET", "/health") => self.query(site, &app.health, request),
            ("GET", "/read") => self.query(site, &app.read, request),
            ("POST", "/write") => self.query(site, &app.write, request),
            _ => return app.reply(404, "no such page".to_owned()),
        };
        if let (Ok(commits), "POST") = (&done, request.method.as_str()) {
            self.acknowledge(&site.effective, commits, Writer::User);
            self.pass_on(app, request);
        }
        app.answered(done)
    }

    fn query(
        self: &Arc<Self>,
        site: &Site,
        statements: &[String],
        request: &SiteRequest,
    ) -> Result<Vec<CommitId>, Failure> {
        let work = Work { user: request.user, sequence: request.sequence, token: request.token.clone() };
        self.run_for(&Process::of(site, Part::Web), &site.effective, statements, &work)
    }

    /// Runs an application's SQL over the connection string that a process has started with.
    pub(super) fn run_for(
        self: &Arc<Self>,
        process: &Process,
        settings: &Settings,
        statements: &[String],
        work: &Work,
    ) -> Result<Vec<CommitId>, Failure> {
        let missing = || Failure { number: 0, text: "the site has no SQL connection string".to_owned() };
        let text = sql_setting(settings).ok_or_else(missing)?;
        let connection = ConnectionText::read(&text.value).map_err(|why| Failure { number: 0, text: why })?;
        let statements = statements.iter().map(|statement| format!("{}{statement}", declared(work))).collect();
        self.pools.run(self, process, &connection, statements)
    }

    /// From here on this write must never be lost.
    pub(super) fn acknowledge(&self, settings: &Settings, commits: &[CommitId], by: Writer) {
        let database = self.world().database_used(settings).map(|used| used.guid.clone()).unwrap_or_default();
        let entry = Entry { commits: commits.to_vec(), database, by, at: clock::now() };
        self.ledger().acknowledged(entry);
    }

    /// A write leaves work for the application's WebJobs, where it has any.
    fn pass_on(&self, app: &App, request: &SiteRequest) {
        if !app.webjobs.continuous.is_empty() {
            let work = Work { user: request.user, sequence: request.sequence, token: request.token.clone() };
            self.queue().put(work);
        }
    }

    /// `server/database` that a site uses, and the identity of that database.
    pub(crate) fn database_of(&self, site: &Site) -> Option<(String, String)> {
        let world = self.world();
        let database = world.database_used(&site.effective)?;
        Some((format!("{}/{}", database.server, database.name), database.guid.clone()))
    }
}

/// Connection strings by their names.
type Settings = BTreeMap<String, ConnectionString>;

impl World {
    /// The database of this world that a process with these settings works on.
    pub(crate) fn database_used(&self, settings: &Settings) -> Option<&Database> {
        let connection = ConnectionText::read(&sql_setting(settings)?.value).ok()?;
        let server = self.server_of_host(&connection.server)?;
        self.databases.get(&(server.name.clone(), connection.database.as_str().into()))
    }
}

/// The one connection string for SQL that the application uses: `Shop`, else the first.
pub(crate) fn sql_setting(settings: &BTreeMap<String, ConnectionString>) -> Option<&ConnectionString> {
    let sql = |setting: &&ConnectionString| matches!(setting.kind.as_str(), "SQLAzure" | "SQLServer");
    settings.get("Shop").filter(sql).or_else(|| settings.values().find(sql))
}

/// The variables that an application's SQL may use.
fn declared(work: &Work) -> String {
    let token: String =
        work.token.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(36).collect();
    format!("DECLARE @user int = {}, @sequence int = {}, @token nvarchar(36) = N'{token}'; ", work.user, work.sequence)
}

impl App {
    fn reply(&self, status: u16, body: String) -> Reply {
        Reply { status, version: Some(self.version.clone()), html: false, body, error: None }
    }

    fn answered(&self, done: Result<Vec<CommitId>, Failure>) -> Reply {
        match done {
            Ok(commits) => {
                let commits: Vec<String> = commits.iter().map(ToString::to_string).collect();
                self.reply(200, json!({"version": self.version, "commits": commits}).to_string())
            }
            Err(failure) => {
                let body = json!({"error": {"number": failure.number, "message": failure.text}}).to_string();
                Reply { error: Some(failure.number), ..self.reply(503, body) }
            }
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
