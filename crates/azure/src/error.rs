//! What went wrong between us and Azure. An [`Error`] says what was tried, its [`Cause`] says why, and
//! [`Error::hint`] what to do.

use std::{io, time::Duration};

use crate::{arm_error::ArmError, json::ReadError, response::Response, sign_in::SignInRefusal, trace::Trace};

/// Something could not be done. The reason is the source, so that a chain of errors says it once.
#[derive(Debug, thiserror::Error)]
#[error("could not {tried}{}", times(*.attempts))]
pub struct Error {
    /// What was tried, e.g. ``read the profile `rg/p` ``.
    pub tried: String,
    /// How many times the last request was sent.
    pub attempts: u32,
    /// Why it failed the last time.
    #[source]
    pub cause: Box<Cause>,
}

fn times(attempts: u32) -> String {
    if attempts > 1 { format!(" in {attempts} attempts") } else { String::new() }
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// Azure answered, and said no.
    #[error(transparent)]
    Answer(Answer),
    /// Azure answered in a way that this version cannot read.
    #[error("the answer cannot be used{trace}")]
    Unreadable {
        /// Why not.
        #[source]
        source: ReadError,
        /// Ids of the answer.
        trace: Trace,
    },
    /// No whole answer came.
    #[error("no complete answer from `{host}`")]
    NoAnswer {
        /// The host that was asked.
        host: String,
        /// What happened to the connection.
        #[source]
        source: reqwest::Error,
    },
    /// The address of a package gives out none.
    #[error("the address answered {status}")]
    Package {
        /// The HTTP status.
        status: u16,
    },
    /// What the address of a package gives out is something else, such as a page of a proxy.
    #[error("what the address served is not a zip file")]
    NoZip,
    /// The answer is larger than anything that Azure sends for what was asked.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A long operation came to its end without success.
    #[error("the operation ended as `{state}`: {error}{trace}")]
    Operation {
        /// Its last state, e.g. `Failed`.
        state: String,
        /// The error in its status.
        error: ArmError,
        /// Ids of the answer.
        trace: Trace,
    },
    /// A long operation did not end in the time that the caller allows.
    #[error("the operation did not end within {limit:?}, its last state is `{state}`")]
    Deadline {
        /// The time that was allowed.
        limit: Duration,
        /// The last state seen, `unknown` where none was.
        state: String,
    },
    /// The address that an answer names for what follows is not at the ARM endpoint, so it does not get our token.
    #[error("`{origin}`, where the answer says to go on, is not the ARM endpoint `{endpoint}`")]
    ForeignAddress {
        /// Scheme, host and port of the address in the answer.
        origin: String,
        /// Those of the ARM endpoint.
        endpoint: String,
    },
    /// The ARM endpoint is not https. Plain http is for loopback addresses alone.
    #[error("the endpoint `{0}` is not https")]
    NotHttps(String),
    /// A path that would not reach the server as it is written.
    #[error("`{0}` is not a path of a resource: a name in it is `.` or `..`")]
    Path(String),
    /// A text that is no host name stands where a host name is needed.
    #[error("`{0}` is not a host name")]
    HostName(String),
    /// A `connect-to` rule gives another address to a host that is an address already.
    #[error("a `connect-to` rule sends `{0}` elsewhere, but it is an address, not a name")]
    ConnectTo(String),
    /// The token has a character that no HTTP header can have.
    #[error("the token has a character that no HTTP header can have, such as a line break")]
    Token,
    /// An id of a tenant or of an application that is none.
    #[error("`{value}` is not the id of a {name}")]
    Identifier {
        /// Of what: `tenant` or `client`.
        name: &'static str,
        /// What stands there.
        value: String,
    },
    /// Microsoft Entra ID issues no token.
    #[error("Microsoft Entra ID {0}")]
    SignIn(Box<SignInRefusal>),
    /// GitHub gives no assertion to sign in with.
    #[error("GitHub's token service {0}")]
    Assertion(Box<SignInRefusal>),
    /// A new secret could not be announced for masking, so it is not used.
    #[error("a new token cannot be masked")]
    NotHidden(#[source] io::Error),
    /// The HTTP client could not be made, for example because the system's certificates cannot be read.
    #[error("the HTTP client cannot be made")]
    Setup(#[source] reqwest::Error),
}

/// An answer of Azure that says no.
#[derive(Debug, Clone, thiserror::Error)]
#[error("Azure answered {status} {error}{trace}")]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The error in the body.
    pub error: ArmError,
    /// Ids of the answer.
    pub trace: Trace,
}

impl Answer {
    pub(crate) fn of(response: &Response) -> Self {
        Self { status: response.status, error: response.error(), trace: Trace::of(response) }
    }
}

impl Error {
    pub(crate) fn new(tried: &str, cause: impl Into<Cause>) -> Self {
        Self { tried: tried.to_owned(), attempts: 1, cause: Box::new(cause.into()) }
    }

    pub(crate) fn unreadable(tried: &str, response: &Response, source: ReadError) -> Self {
        Self::new(tried, Cause::Unreadable { source, trace: Trace::of(response) })
    }

    /// The HTTP status, where Azure answered and said no.
    pub fn status(&self) -> Option<u16> {
        match self.cause.as_ref() {
            Cause::Answer(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// ARM's error code, of an answer or of a failed operation.
    pub fn code(&self) -> Option<&str> {
        match self.cause.as_ref() {
            Cause::Answer(answer) => answer.error.code.as_deref(),
            Cause::Operation { error, .. } => error.code.as_deref(),
            _ => None,
        }
    }

    /// Azure refused this identity, so nothing was done.
    pub fn forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// Azure does not have this operation, or not in this version any more, so nothing was done. Azure's answer once a
    /// version has retired is not documented; these are its answers to versions and types that it does not know.
    pub fn not_offered(&self) -> bool {
        let code = self.code().unwrap_or_default();
        match self.status() {
            Some(410) => true,
            Some(400 | 404) => RETIRED.iter().any(|retired| code.eq_ignore_ascii_case(retired)),
            _ => false,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self.cause.as_ref() {
            Cause::Answer(answer) => hint_of_token(&answer.error).or_else(|| hint_of_status(answer.status)),
            Cause::SignIn(refusal) => refusal.hint(),
            Cause::Assertion(refusal) => matches!(refusal.status, 400..=499).then_some(ASSERTION_HINT),
            Cause::Identifier { .. } => Some("pass the id alone, as the overview of the application shows it"),
            Cause::NotHidden(_) => Some("repair the runner's stdout: secrets cannot be masked"),
            Cause::Token => Some("give the token alone, without a line break or quotes"),
            Cause::NotHttps(_) => Some("use an https address: the token must not be sent unencrypted"),
            Cause::NoAnswer { .. } => Some(
                "check what is between this machine and the host: network, proxy variables, `connect-to` rules, \
                 trusted certificates",
            ),
            Cause::Deadline { .. } => Some("Azure continues the operation: run the step again to wait for it"),
            Cause::ForeignAddress { .. } => Some("set `arm-endpoint` to the address of the cloud that is used"),
            _ => None,
        }
    }
}

const RETIRED: [&str; 5] = [
    "NoRegisteredProviderFound",
    "InvalidApiVersionParameter",
    "UnsupportedApiVersion",
    "InvalidResourceType",
    "ApiVersionNotSupported",
];

const ASSERTION_HINT: &str = "give the job `permissions: id-token: write`: GitHub shows its token service only to such \
     a job, and only while it runs";

/// Azure Resource Manager says what is wrong with a token by its code.
fn hint_of_token(error: &ArmError) -> Option<&'static str> {
    let hint = match error.code.as_deref()? {
        "ExpiredAuthenticationToken" => {
            "the token in `arm-token` has expired: pass a new one, or sign in with `client-id` and `tenant-id`, which \
             gets a new one by itself"
        }
        "InvalidAuthenticationTokenAudience" => {
            "the token is for another service: `arm-token` must be for the address in `arm-endpoint`, e.g. from \
             `az account get-access-token --resource https://management.azure.com`"
        }
        "InvalidAuthenticationTokenTenant" => {
            "the token is from another tenant than the subscription's: check `tenant-id`, or where `arm-token` comes \
             from"
        }
        _ => return None,
    };
    Some(hint)
}

fn hint_of_status(status: u16) -> Option<&'static str> {
    match status {
        401 => Some(
            "the token has expired or is for another audience: pass another one as `arm-token`, e.g. from \
             `az account get-access-token`, or sign in with `client-id` and `tenant-id`",
        ),
        403 => Some("give the identity the action that the message names, on this resource or its resource group"),
        404 => Some("check the names, the subscription id, and whether this identity may read there"),
        429 => Some("Azure is throttling this identity or subscription: wait some minutes, then run the step again"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "error_test.rs"]
mod tests;
