//! As whom a step acts: which of the ways to sign in the inputs ask for.

use std::sync::Arc;

use azure::{Application, AssertionSource, Proof, Reach, SignIn, TokenSource, scope_of};
use runner::{IdTokenRequest, RunnerIo};
use tsql::Credentials;
use url::Url;

use crate::{
    failure::{Failure, failed_at_azure},
    inputs::ConnectionInputs,
};

/// As whom a step acts.
pub struct Identity {
    /// At Azure Resource Manager.
    pub arm: TokenSource,
    /// At the databases.
    pub sql: SqlIdentity,
}

/// Who logs in to the databases.
pub enum SqlIdentity {
    /// A SQL log-in.
    LogIn(Credentials),
    /// Whoever the tokens are for. Each log-in takes one that is fresh.
    Tokens(TokenSource),
}

impl SqlIdentity {
    /// What to log in with now.
    ///
    /// # Errors
    /// No token could be issued.
    pub async fn credentials(&self) -> Result<Credentials, azure::Error> {
        match self {
            Self::LogIn(credentials) => Ok(credentials.clone()),
            Self::Tokens(source) => source.get().await.map(Credentials::Token),
        }
    }
}

impl SqlIdentity {
    /// Others than those that a server has refused because their token had ended; `None` where there are no others.
    ///
    /// # Errors
    /// No token could be issued.
    pub async fn after_refusal(&self, refused: &Credentials) -> Result<Option<Credentials>, azure::Error> {
        match (self, refused) {
            (Self::Tokens(source), Credentials::Token(token)) => {
                Ok(source.after_refusal(token).await?.map(Credentials::Token))
            }
            _ => Ok(None),
        }
    }
}

impl Identity {
    /// The identity that the inputs ask for. A token that is given comes before an application, and the application's
    /// secret before GitHub's assertion. Nothing is sent yet.
    ///
    /// # Errors
    /// The inputs name no way to sign in, half a one, or two that exclude each other.
    pub fn new(runner_io: &RunnerIo, inputs: &ConnectionInputs, reach: &Reach) -> Result<Self, Failure> {
        complete(inputs)?;
        let given = inputs.arm_token.is_some() && (inputs.sql_token.is_some() || inputs.sql_user.is_some());
        let sign_in = if given { None } else { sign_in(runner_io, inputs, reach)? };
        let issued = |service: &str| {
            let scope = scope_of(service);
            sign_in.as_ref().map(|sign_in| TokenSource::Issued { sign_in: Arc::clone(sign_in), scope })
        };
        let arm = inputs.arm_token.clone().map(TokenSource::Given);
        let arm = arm.or_else(|| issued(inputs.arm_endpoint.as_str())).ok_or_else(no_way_to_arm)?;
        let log_in = inputs.sql_user.clone().zip(inputs.sql_password.clone());
        let sql = match (inputs.sql_token.clone(), log_in) {
            (_, Some((user, password))) => SqlIdentity::LogIn(Credentials::Password { user, password }),
            (Some(token), None) => SqlIdentity::Tokens(TokenSource::Given(token)),
            (None, None) => SqlIdentity::Tokens(issued(&sql_service(inputs)).ok_or_else(no_way_to_sql)?),
        };
        Ok(Self { arm, sql })
    }
}

/// The address that tokens for Azure SQL are for: each cloud has one for all of its servers.
fn sql_service(inputs: &ConnectionInputs) -> String {
    format!("https://{}", inputs.sql_suffix.trim_start_matches('.'))
}

/// Refuses a way of which only a part is given: what was meant cannot be known.
fn complete(inputs: &ConnectionInputs) -> Result<(), Failure> {
    let (client, tenant) = (inputs.client_id.is_some(), inputs.tenant_id.is_some());
    let (user, password) = (inputs.sql_user.is_some(), inputs.sql_password.is_some());
    let without = |given: &str, missing: &str| {
        let hint = format!("pass `{missing}` too, or omit `{given}`");
        Err(Failure::refused(anyhow::anyhow!("`{given}` was given without `{missing}`"), hint))
    };
    match () {
        () if client && !tenant => without("client-id", "tenant-id"),
        () if tenant && !client => without("tenant-id", "client-id"),
        () if inputs.client_secret.is_some() && !client => without("client-secret", "client-id"),
        () if user && !password => without("sql-user", "sql-password"),
        () if password && !user => without("sql-password", "sql-user"),
        () if user && inputs.sql_token.is_some() => {
            let error = anyhow::anyhow!("both `sql-token` and `sql-user` with `sql-password` were given");
            Err(Failure::refused(error, "pass only one of the two"))
        }
        () => Ok(()),
    }
}

/// The application of `client-id`, `None` where none is named.
fn sign_in(runner_io: &RunnerIo, inputs: &ConnectionInputs, reach: &Reach) -> Result<Option<Arc<SignIn>>, Failure> {
    let Some((client, tenant)) = inputs.client_id.clone().zip(inputs.tenant_id.clone()) else { return Ok(None) };
    let proof = match (&inputs.client_secret, &runner_io.environment().id_token_request) {
        (Some(secret), _) => Proof::Secret(secret.clone()),
        (None, Some(request)) => Proof::Assertion(assertion_source(request, &inputs.audience)?),
        (None, None) => return Err(no_proof()),
    };
    let application = Application { authority: inputs.login_endpoint.clone(), tenant, client, proof };
    let runner_io = runner_io.clone();
    let hide = Box::new(move |secret: &str| runner_io.mask(secret));
    SignIn::new(application, reach.clone(), hide).map(Arc::new).map(Some).map_err(failed_at_azure)
}

fn assertion_source(request: &IdTokenRequest, audience: &str) -> Result<AssertionSource, Failure> {
    let url = Url::parse(&request.url).map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot use `ACTIONS_ID_TOKEN_REQUEST_URL`");
        Failure::refused(error, "do not change this variable: the runner sets it")
    })?;
    Ok(AssertionSource { url, token: request.token.as_str().into(), audience: audience.to_owned() })
}

const WAYS: &str =
    "pass `client-id` and `tenant-id` (in a job with `permissions: id-token: write`, or with `client-secret`), or";

fn no_way_to_arm() -> Failure {
    let error = anyhow::anyhow!("the inputs have no credentials for Azure Resource Manager");
    Failure::refused(error, format!("{WAYS} `arm-token`, for example from `az account get-access-token`"))
}

fn no_way_to_sql() -> Failure {
    let error = anyhow::anyhow!("the inputs have no credentials for the databases");
    Failure::refused(error, format!("{WAYS} `sql-token`, or `sql-user` and `sql-password`"))
}

fn no_proof() -> Failure {
    let error = anyhow::anyhow!(
        "`client-id` and `tenant-id` were given, but there is nothing to sign in with: no `client-secret`, and no \
         token service of GitHub (`ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`)"
    );
    Failure::refused(error, "give the job `permissions: id-token: write`, or pass `client-secret`")
}
