//! Everything that a step speaks to: Azure Resource Manager, the databases, the sites.

use std::time::Duration;

use azure::{Client, Options, Prober, RetryPolicy, TokenSource};
use rollout::{ConnectTo, DatabaseId, Refusal, ServerId, UpgradeId, ids::IdError};
use runner::{Annotation, Guest, Level};
use tsql::{Connect, Credentials, Patience, Session, SqlError, error::Kind};
use uuid::Uuid;

use crate::{
    failure::Failure,
    inputs::{ConnectionInputs, LimitInputs},
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
    pub guest: Guest,
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
    /// For a site or an endpoint to become healthy, and for other changes of state.
    pub health: Duration,
}

impl Pace {
    /// The pace that the inputs ask for, before the limits of a step are known.
    pub fn of(inputs: &ConnectionInputs) -> Self {
        let request = inputs.request_timeout.0;
        Self { poll: inputs.poll_interval.0, request, seeding: request, health: request }
    }

    /// The same pace with the limits of a step.
    #[must_use]
    pub fn with_limits(self, limits: &LimitInputs) -> Self {
        Self { seeding: limits.seeding_timeout.0, health: limits.health_timeout.0, ..self }
    }
}

struct SqlAccess {
    credentials: Credentials,
    suffix: String,
    connect_to: Vec<ConnectTo>,
    application: String,
    timeout: Duration,
    patience: Patience,
}

impl Cloud {
    /// Puts the connections together; nothing is sent yet.
    ///
    /// # Errors
    /// An input that is needed is missing or cannot be used.
    pub fn new(
        guest: &Guest,
        step: &str,
        id: &UpgradeId,
        inputs: &ConnectionInputs,
        pace: Pace,
    ) -> Result<Self, Failure> {
        let user_agent = format!("rolling-upgrade/{} ({step})", env!("CARGO_PKG_VERSION"));
        let options = Options {
            endpoint: inputs.arm_endpoint.clone(),
            subscription: needed("subscription-id", inputs.subscription_id.as_ref(), "name the subscription")?.clone(),
            token: TokenSource::Given(needed("arm-token", inputs.arm_token.as_ref(), TOKEN_HINT)?.clone()),
            connect_to: inputs.connect_to.clone(),
            request_timeout: inputs.request_timeout.0,
            connect_timeout: inputs.connect_timeout.0,
            retry: RetryPolicy { first: inputs.retry_first.0, budget: inputs.retry_budget.0 },
            poll_interval: inputs.poll_interval.0,
            user_agent: user_agent.clone(),
            correlation_id: Uuid::new_v4(),
        };
        let arm = Client::new(options).map_err(failed_at_azure)?;
        let sql = SqlAccess {
            credentials: credentials(inputs)?,
            suffix: inputs.sql_suffix.clone(),
            connect_to: inputs.connect_to.clone(),
            application: format!("rolling-upgrade/{step}/{id}"),
            timeout: inputs.connect_timeout.0,
            patience: Patience { first_wait: inputs.retry_first.0, budget: inputs.retry_budget.0 },
        };
        let prober = Prober::new(inputs.connect_to.clone(), inputs.connect_timeout.0, &user_agent);
        Ok(Self { arm, prober, pace, guest: guest.clone(), sql })
    }

    /// Host name of a logical server.
    pub fn fqdn(&self, server: &ServerId) -> String {
        format!("{}.{}", server.name, self.sql.suffix.trim_start_matches('.'))
    }

    /// A session on a database, as the identity of this run.
    ///
    /// # Errors
    /// The log-in failed.
    pub async fn connect(&self, database: &DatabaseId) -> Result<Session, SqlError> {
        self.connect_as(&self.fqdn(&database.server_id()), &database.name, &self.sql.credentials).await
    }

    /// A session on `master` of a logical server.
    ///
    /// # Errors
    /// The log-in failed.
    pub async fn connect_to_master(&self, server: &ServerId) -> Result<Session, SqlError> {
        self.connect_as(&self.fqdn(server), "master", &self.sql.credentials).await
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
        };
        Session::connect_patiently(&connect, self.sql.patience).await
    }

    /// Tells people something that is no failure.
    pub fn notice(&self, message: impl Into<String>) {
        let annotation =
            Annotation { level: Level::Notice, title: "rolling upgrade".to_owned(), message: message.into() };
        self.guest.annotate(&annotation);
    }
}

const TOKEN_HINT: &str = "pass a token, for example from `az account get-access-token`";

fn credentials(inputs: &ConnectionInputs) -> Result<Credentials, Failure> {
    let user = inputs.sql_user.clone().zip(inputs.sql_password.clone());
    match (inputs.sql_token.clone(), user) {
        (Some(token), None) => Ok(Credentials::Token(token)),
        (None, Some((user, password))) => Ok(Credentials::Password { user, password }),
        (Some(_), Some(_)) => {
            let error = anyhow::anyhow!("both `sql-token` and `sql-user` with `sql-password` were given");
            Err(Failure::refused(error, "give one of the two"))
        }
        (None, None) => {
            let error = anyhow::anyhow!("neither `sql-token` nor `sql-user` with `sql-password` was given");
            Err(Failure::refused(error, TOKEN_HINT))
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
pub fn upgrade_id(guest: &Guest, inputs: &ConnectionInputs) -> Result<UpgradeId, Failure> {
    let text = inputs.upgrade_id.as_ref().or(guest.environment().run_id.as_ref());
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
        _ if lasting => Failure::refused(error, "look at what Azure says, then run this step again"),
        _ => Failure::interrupted(error),
    }
}

/// What an error of a database means before anything was changed.
pub fn failed_at_sql(error: SqlError) -> Failure {
    let hint = error.hint().unwrap_or_else(|| "look at what the server says, then run this step again".to_owned());
    let lasting = matches!(error.kind, Kind::Tls | Kind::Login | Kind::Server | Kind::Unexpected);
    if !lasting || error.connecting_again_may_help() {
        Failure::interrupted(error)
    } else {
        Failure::refused(error, hint)
    }
}
