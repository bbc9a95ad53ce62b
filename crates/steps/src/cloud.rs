//! Everything that a step speaks to: Azure Resource Manager, the databases, the sites.

use std::{fmt, time::Duration};

use azure::{Client, Options, Prober, Reach};
use retry::{Jitter, RetryPolicy};
use rollout::{ConnectTo, DatabaseId, Refusal, ServerId, Step, UpgradeId, ids::IdError};
use runner::{Annotation, Level, RunnerIo};
use tsql::{Connect, Credentials, Session, SqlError, error::Kind};
use uuid::Uuid;

use crate::{
    failure::Failure,
    inputs::{ConnectionInputs, Limits, SiteInputs},
    sign_in::{Identity, SqlIdentity},
};

/// Connections are made when they are needed, and all from here.
pub struct Cloud {
    /// Azure Resource Manager.
    pub arm: Client,
    /// Looks at sites as users do.
    pub prober: Prober,
    /// Times of waiting.
    pub pace: Pace,
    /// The runner.
    pub runner_io: RunnerIo,
    sql: SqlAccess,
}

/// At which pace the step waits.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks.
    pub poll: Duration,
    /// For one request or one short statement.
    pub request: Duration,
    /// For seeding.
    pub seeding: Duration,
    /// For the stage site to be made, and for V2's package to be fetched and deployed.
    pub deployment: Duration,
    /// For a site or an endpoint to become healthy, and for other changes of state.
    pub health: Duration,
    /// For another run to let the lock go.
    pub lock: Duration,
}

impl Pace {
    /// The pace that the inputs ask for, before the limits of a step are known.
    pub fn of(inputs: &ConnectionInputs) -> Self {
        let request = inputs.request_timeout.0;
        let (poll, lock) = (inputs.poll_interval.0, Duration::ZERO);
        Self { poll, request, seeding: request, deployment: request, health: request, lock }
    }

    /// The same pace with the limit of what is done for the stage site.
    #[must_use]
    pub fn with_site(self, site: &SiteInputs) -> Self {
        Self { deployment: site.deployment_timeout.0, ..self }
    }

    /// The same pace with the limits of a step. The way back waits for the lock of a runner that has vanished: nobody else would
    /// give production back.
    #[must_use]
    pub fn with_limits(self, step: Step, limits: &Limits) -> Self {
        let lock = if step == Step::Rollback { LOCK_WAIT } else { Duration::ZERO };
        let lock = limits.lock_wait.map_or(lock, |wait| wait.0);
        let seeding = limits.seeding_timeout.map_or(self.seeding, |limit| limit.0);
        let health = limits.health_timeout.map_or(self.health, |limit| limit.0);
        Self { seeding, health, lock, ..self }
    }
}

/// A gateway drops what is left of a session after less than that, and the server lets its lock go.
const LOCK_WAIT: Duration = Duration::from_secs(60);

struct SqlAccess {
    identity: SqlIdentity,
    suffix: String,
    connect_to: Vec<ConnectTo>,
    application: String,
    timeout: Duration,
    keep_alive: Duration,
    retry: RetryPolicy,
}

impl Cloud {
    /// Puts the connections together; nothing is sent yet.
    ///
    /// # Errors
    /// An input that is needed is missing or cannot be used.
    pub fn new(
        runner_io: &RunnerIo,
        step: &str,
        id: &UpgradeId,
        inputs: &ConnectionInputs,
        pace: Pace,
    ) -> Result<Self, Failure> {
        let user_agent = format!("rolling-upgrade/{} ({step})", env!("CARGO_PKG_VERSION"));
        let policy = RetryPolicy {
            first: inputs.retry_first.0,
            longest: azure::LONGEST_WAIT,
            budget: inputs.retry_budget.0,
            jitter: Jitter(inputs.retry_jitter),
        };
        let reach = Reach {
            connect_to: inputs.connect_to.clone(),
            user_agent: user_agent.clone(),
            connect_timeout: inputs.connect_timeout.0,
            request_timeout: inputs.request_timeout.0,
            retry: policy,
        };
        let subscription = needed(
            "subscription-id",
            inputs.subscription_id.as_ref(),
            "pass the id of the subscription (`az account show --query id` shows it)",
        )?
        .clone();
        let identity = Identity::new(runner_io, inputs, &reach)?;
        let options = Options {
            endpoint: inputs.arm_endpoint.clone(),
            subscription,
            token: identity.arm,
            reach,
            poll_interval: inputs.poll_interval.0,
            correlation_id: Uuid::new_v4(),
        };
        let arm = Client::new(options).map_err(failed_at_azure)?;
        let sql = SqlAccess {
            identity: identity.sql,
            suffix: inputs.sql_suffix.clone(),
            connect_to: inputs.connect_to.clone(),
            application: application(step, id),
            timeout: inputs.connect_timeout.0,
            keep_alive: inputs.keep_alive.0,
            retry: RetryPolicy { first: policy.first * SQL_WAITS_LONGER, longest: tsql::LONGEST_WAIT, ..policy },
        };
        let prober = Prober::new(inputs.connect_to.clone(), inputs.connect_timeout.0, &user_agent);
        Ok(Self { arm, prober, pace, runner_io: runner_io.clone(), sql })
    }

    /// Once the upgrade is known that the connections are for.
    pub fn name_upgrade(&mut self, step: &str, id: &UpgradeId) {
        self.sql.application = application(step, id);
    }

    /// Host name of a logical server.
    pub fn fqdn(&self, server: &ServerId) -> String {
        format!("{}.{}", server.name, self.sql.suffix.trim_start_matches('.'))
    }

    /// Gets what the step signs in with, for both services at a time: before anything is begun, and so that neither has to
    /// be waited for later.
    ///
    /// # Errors
    /// No token could be issued.
    pub async fn sign_in(&self) -> Result<(), Failure> {
        let both = tokio::try_join!(self.arm.sign_in(), self.sql.identity.credentials());
        both.map(drop).map_err(failed_at_azure)
    }

    /// Other addresses for hosts, as the inputs have them.
    pub fn connect_to(&self) -> &[ConnectTo] {
        &self.sql.connect_to
    }

    /// `program_name` of the sessions of this run.
    pub fn application(&self) -> &str {
        &self.sql.application
    }

    /// A session on a database, as the identity of this run.
    ///
    /// # Errors
    /// The sign-in or the log-in failed.
    pub async fn connect(&self, database: &DatabaseId) -> Result<Session, NotConnected> {
        self.connect_by_identity(&database.server_id(), &database.name).await
    }

    /// A session on `master` of a logical server.
    ///
    /// # Errors
    /// The sign-in or the log-in failed.
    pub async fn connect_to_master(&self, server: &ServerId) -> Result<Session, NotConnected> {
        self.connect_by_identity(server, "master").await
    }

    /// A token that is refused is replaced once: its end came sooner than the sign-in had said, or the clocks disagree.
    async fn connect_by_identity(&self, server: &ServerId, database: &str) -> Result<Session, NotConnected> {
        let (fqdn, identity) = (self.fqdn(server), &self.sql.identity);
        let who = identity.credentials().await.map_err(NotConnected::SignIn)?;
        let refused = match self.connect_as(&fqdn, database, &who).await {
            Err(error) if error.token_has_ended() => error,
            outcome => return outcome.map_err(NotConnected::Sql),
        };
        match identity.after_refusal(&who).await.map_err(NotConnected::SignIn)? {
            Some(fresh) => self.connect_as(&fqdn, database, &fresh).await.map_err(NotConnected::Sql),
            None => Err(NotConnected::Sql(refused)),
        }
    }

    /// A session on a database as somebody else, such as the user of a site's connection string.
    ///
    /// # Errors
    /// The log-in failed.
    pub async fn connect_as(&self, fqdn: &str, database: &str, who: &Credentials) -> Result<Session, SqlError> {
        let connect = Connect {
            server_fqdn: fqdn.to_owned(),
            port: 1433,
            database: database.to_owned(),
            credentials: who.clone(),
            connect_to: self.sql.connect_to.clone(),
            application: self.sql.application.clone(),
            connect_timeout: self.sql.timeout,
            keep_alive: self.sql.keep_alive,
        };
        Session::connect_patiently(&connect, self.sql.retry).await
    }

    /// Tells people something that is no failure.
    pub fn notice(&self, message: impl Into<String>) {
        let annotation =
            Annotation { level: Level::Notice, title: "rolling upgrade".to_owned(), message: message.into() };
        self.runner_io.annotate(&annotation);
    }
}

/// How each step names itself to SQL servers begins with this.
pub const PROGRAM: &str = "rolling-upgrade/";

fn application(step: &str, id: &UpgradeId) -> String {
    format!("{PROGRAM}{step}/{id}")
}

/// Microsoft asks for at least 5 s before a log-in to a database is tried again, where 1 s is right for Azure Resource
/// Manager ("Troubleshoot common connection issues").
const SQL_WAITS_LONGER: u32 = 5;

/// Why there is no session.
#[derive(Debug)]
pub enum NotConnected {
    /// There is no token to log in with.
    SignIn(azure::Error),
    /// The server refused, or was not reached.
    Sql(SqlError),
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(error) => write!(f, "{error}: {}", error.cause),
            Self::Sql(error) => error.fmt(f),
        }
    }
}

/// As before anything was changed.
impl From<NotConnected> for Failure {
    fn from(error: NotConnected) -> Self {
        match error {
            NotConnected::SignIn(error) => failed_at_azure(error),
            NotConnected::Sql(error) => failed_at_sql(error),
        }
    }
}

fn needed<'v, T>(name: &str, value: Option<&'v T>, hint: &str) -> Result<&'v T, Failure> {
    value.ok_or_else(|| Failure::refused(anyhow::anyhow!("the input `{name}` is missing"), hint))
}

/// The id of this upgrade: the input, else the id of the workflow run.
///
/// # Errors
/// Neither is there, or it is no upgrade id.
pub fn upgrade_id(runner_io: &RunnerIo, inputs: &ConnectionInputs) -> Result<UpgradeId, Failure> {
    let text = inputs.upgrade_id.as_ref().or(runner_io.environment().run_id.as_ref());
    let parsed = text.map_or("", String::as_str).parse();
    parsed.map_err(|error: IdError| {
        Refusal::new("read the input `upgrade-id`", error.to_string(), "pass the output `upgrade-id` of plan").into()
    })
}

/// What an error of Azure means before anything was changed.
pub fn failed_at_azure(error: azure::Error) -> Failure {
    let lasting = matches!(error.status(), Some(400..=499)) && !matches!(error.status(), Some(408 | 409 | 429));
    match error.hint() {
        Some(hint) if lasting || error.status().is_none() => Failure::refused(error, hint),
        _ if lasting => Failure::refused(error, "resolve what Azure's answer reports, then run this step again"),
        _ => Failure::interrupted(error),
    }
}

/// What an error of a database means before anything was changed.
pub fn failed_at_sql(error: SqlError) -> Failure {
    let hint =
        error.hint().unwrap_or_else(|| "resolve what the server's answer reports, then run this step again".to_owned());
    let lasting = matches!(error.kind, Kind::Tls | Kind::Login | Kind::Server | Kind::Unexpected);
    if !lasting || error.connecting_again_may_help() {
        Failure::interrupted(error)
    } else {
        Failure::refused(error, hint)
    }
}
