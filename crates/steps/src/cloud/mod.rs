//! Everything that a step speaks to: Azure Resource Manager, the databases, the sites.

mod pace;
mod sign_in;

pub use pace::Pace;

use std::{fmt, time::Duration};

use azure::{Client, Options, Prober, Reach};
use retry::{Jitter, RetryPolicy};
use rollout::{ConnectTo, DatabaseId, ServerId, UpgradeId};
use runner::{Annotation, Level, RunnerIo};
use tsql::{Connect, Credentials, Session, SqlError};
use uuid::Uuid;

use crate::{
    failure::{Failure, failed_at_azure, failed_at_sql},
    inputs::ConnectionInputs,
};
use sign_in::{Identity, SqlIdentity};

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
