//! How a session comes about: where to, as whom, and how patiently.

use std::{fmt, future::Future, time::Duration};

use rollout::ConnectTo;
use secrecy::{ExposeSecret, SecretString};
use socket2::{SockRef, TcpKeepalive};
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::{
    error::{CANNOT_OPEN_DATABASE, Kind, SqlError},
    server_error,
};
use retry::{RetryPolicy, pause};

pub(crate) type Client = tiberius::Client<Compat<TcpStream>>;

/// Azure's connection policy "Redirect" answers a log-in with another address; it does so once, a few more are allowed.
const MOST_REDIRECTS: usize = 3;
/// Microsoft asks for waits between log-ins that double from 5 s and never exceed this ("Troubleshoot common connection issues").
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// "The service is currently busy. Retry the request after 10 seconds."
const BUSY: u32 = 40501;

/// A long statement keeps the wire silent, and what is silent for 30 minutes is dropped by gateways, on some ways much
/// earlier. The times are those of Microsoft's drivers.
const KEEP_ALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(1));

/// Who logs in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A SQL log-in or a contained user.
    Password {
        /// Its name.
        user: String,
        /// Its password.
        password: SecretString,
    },
    /// An access token for the audience `https://database.windows.net/`.
    Token(SecretString),
}

/// Where to log in, and as whom.
#[derive(Debug, Clone)]
pub struct Connect {
    /// Full name of the logical server, e.g. `contoso-sql-1.database.windows.net`: the name in TLS and in the log-in.
    pub server_fqdn: String,
    /// The port, 1433 by default.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Who logs in.
    pub credentials: Credentials,
    /// Rules for reaching the server at another address.
    pub connect_to: Vec<ConnectTo>,
    /// `program_name` of the session: `rolling-upgrade/<step>/<upgrade-id>`.
    pub application: String,
    /// Time for one attempt, redirects included.
    pub connect_timeout: Duration,
    /// A session that was silent for this long says something: gateways drop what is silent for 30 minutes.
    pub keep_alive: Duration,
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on `{}`", self.database, self.server_fqdn)
    }
}

impl Connect {
    /// The same server and log-in, another database.
    #[must_use]
    pub fn database(&self, name: &str) -> Self {
        Self { database: name.to_owned(), ..self.clone() }
    }

    fn attempt(&self) -> String {
        format!("log in to {self}")
    }

    fn error(&self, kind: Kind, message: impl Into<String>) -> SqlError {
        SqlError::new(kind, self.attempt(), message)
    }

    /// One attempt, redirects followed.
    pub(crate) async fn open(&self) -> Result<Client, SqlError> {
        let mut road = vec![Stop { host: self.server_fqdn.clone(), port: self.port }];
        match timeout(self.connect_timeout, self.follow(&mut road)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let why = format!("no answer within {:?}{}", self.connect_timeout, redirected(&road));
                Err(self.error(Kind::Unreachable, why))
            }
        }
    }

    /// The name in TLS and in the log-in is that of the stop, as Microsoft's drivers do it: the certificate of a worker
    /// (`*.tr1.westeurope1-a.worker.database.windows.net`) does not have the server's own name.
    async fn follow(&self, road: &mut Vec<Stop>) -> Result<Client, SqlError> {
        while let Some(stop) = road.last().filter(|_| road.len() <= MOST_REDIRECTS + 1) {
            let stream = self.dial(road, stop).await?;
            match Client::connect(self.config(stop), stream.compat_write()).await {
                Err(tiberius::error::Error::Routing { host, port }) => road.push(Stop { host: host_part(&host), port }),
                outcome => return outcome.map_err(|error| self.refusal(error)),
            }
        }
        let why = format!("the server redirected more than {MOST_REDIRECTS} times{}", redirected(road));
        Err(self.error(Kind::Unexpected, why))
    }

    async fn dial(&self, road: &[Stop], stop: &Stop) -> Result<TcpStream, SqlError> {
        let (at_host, at_port) = ConnectTo::resolve(&self.connect_to, &stop.host, stop.port);
        let failed = |error| {
            let why = format!("no connection to {at_host}, port {at_port}: {error}{}", redirected(road));
            self.error(Kind::Unreachable, why)
        };
        let stream = TcpStream::connect((at_host.as_str(), at_port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        SockRef::from(&stream).set_tcp_keepalive(&KEEP_ALIVE).map_err(failed)?;
        Ok(stream)
    }

    /// TLS is required and the certificate checked against the platform's roots; both time limits of tiberius are off,
    /// because ours cover the whole attempt and the whole batch.
    fn config(&self, stop: &Stop) -> Config {
        let mut config = Config::new();
        config.host(&stop.host);
        config.port(stop.port);
        config.database(&self.database);
        config.application_name(&self.application);
        config.encryption(EncryptionLevel::Required);
        config.authentication(self.credentials.method());
        config.handshake_timeout(None);
        config.command_timeout(None);
        config
    }

    fn refusal(&self, error: tiberius::error::Error) -> SqlError {
        use tiberius::error::Error;
        match error {
            Error::Server(error) => server_error::read(&self.attempt(), &error, Kind::Login, None),
            Error::Tls(message) => self.error(Kind::Tls, without_advice(&message)),
            Error::Io { message, .. } => self.error(Kind::Lost, message),
            other => self.error(Kind::Unexpected, other.to_string()),
        }
    }

    /// Attempts until one succeeds, fails for good, or the budget is used up.
    pub(crate) async fn open_patiently(&self, policy: RetryPolicy) -> Result<Client, SqlError> {
        again_while_it_may_help(policy, |error| self.again_may_help(error), || self.open()).await
    }

    /// `master` is always there: whoever cannot open it has no user in it.
    fn again_may_help(&self, error: &SqlError) -> bool {
        let no_user = self.database == "master" && error.number() == Some(CANNOT_OPEN_DATABASE);
        error.connecting_again_may_help() && !no_user
    }
}

impl Credentials {
    fn method(&self) -> AuthMethod {
        match self {
            Self::Password { user, password } => AuthMethod::sql_server(user, password.expose_secret()),
            Self::Token(token) => AuthMethod::aad_token(token.expose_secret()),
        }
    }
}

async fn again_while_it_may_help<T, F>(
    policy: RetryPolicy,
    may_help: impl Fn(&SqlError) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<T, SqlError>
where
    F: Future<Output = Result<T, SqlError>>,
{
    let begun = Instant::now();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match attempt().await {
            Err(error) if may_help(&error) => error,
            outcome => return outcome.map_err(|error| error.after(attempts)),
        };
        // A busy server asks for twice the wait.
        let doubled = u32::from(error.number() == Some(BUSY));
        let Some(wait) = policy.wait(attempts + doubled, begun.elapsed(), None) else {
            return Err(error.after(attempts));
        };
        tracing::warn!("{error}; attempt {} follows in {wait:?}", attempts + 1);
        pause(wait).await;
    }
}

/// A host and a port at which a log-in is tried.
#[derive(Debug, PartialEq, Eq)]
struct Stop {
    host: String,
    port: u16,
}

/// Where the server had sent the log-in to. With the connection policy Redirect these are ports 11000 to 11999.
fn redirected(road: &[Stop]) -> String {
    let stops: Vec<_> = road.iter().skip(1).map(|stop| format!("`{}`, port {}", stop.host, stop.port)).collect();
    if stops.is_empty() { String::new() } else { format!("; the server redirected to {}", stops.join(", then to ")) }
}

/// A redirect may name `host\instance`, in any case; certificates are compared in lower case by some.
fn host_part(host: &str) -> String {
    host.split('\\').next().unwrap_or(host).to_ascii_lowercase()
}

/// tiberius' own advice is for programmers, and ends in trusting any certificate.
fn without_advice(message: &str) -> &str {
    let end = message.find(" To connect anyway").unwrap_or(message.len());
    message[..end].trim_end_matches('.')
}

#[cfg(test)]
#[path = "connect_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
