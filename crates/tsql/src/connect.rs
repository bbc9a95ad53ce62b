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
    error::{Kind, SqlError},
    pause::pause,
    server_error,
};

pub(crate) type Client = tiberius::Client<Compat<TcpStream>>;

/// Azure's connection policy "Redirect" answers a log-in with another address; it does so once, a few more are allowed.
const MOST_REDIRECTS: usize = 3;
/// Microsoft asks for waits that double from 5 s and never exceed this ("Troubleshoot common connection issues").
const LONGEST_WAIT: Duration = Duration::from_secs(60);

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
}

/// For how long connecting is tried again. A batch is never sent again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Wait before the second attempt; it doubles from attempt to attempt, up to 60 s.
    pub first_wait: Duration,
    /// No attempt begins later than this after the first.
    pub budget: Duration,
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
        let late = |_| self.error(Kind::Unreachable, format!("no answer within {:?}", self.connect_timeout));
        timeout(self.connect_timeout, self.follow()).await.map_err(late)?
    }

    async fn follow(&self) -> Result<Client, SqlError> {
        let (mut host, mut port) = (self.server_fqdn.clone(), self.port);
        for _ in 0..=MOST_REDIRECTS {
            let stream = self.dial(&host, port).await?;
            match Client::connect(self.config(&host, port), stream.compat_write()).await {
                Err(tiberius::error::Error::Routing { host: other, port: at }) => {
                    (host, port) = (host_part(&other), at)
                }
                outcome => return outcome.map_err(|error| self.refusal(error)),
            }
        }
        Err(self.error(
            Kind::Unexpected,
            format!("the server redirected more than {MOST_REDIRECTS} times, last to `{host}`"),
        ))
    }

    async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, SqlError> {
        let (at_host, at_port) = ConnectTo::resolve(&self.connect_to, host, port);
        let failed =
            |error| self.error(Kind::Unreachable, format!("no connection to {at_host}, port {at_port}: {error}"));
        let stream = TcpStream::connect((at_host.as_str(), at_port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        SockRef::from(&stream).set_tcp_keepalive(&KEEP_ALIVE).map_err(failed)?;
        Ok(stream)
    }

    /// TLS is required and the certificate checked against the platform's roots; both time limits of tiberius are off,
    /// because ours cover the whole attempt and the whole batch.
    fn config(&self, host: &str, port: u16) -> Config {
        let mut config = Config::new();
        config.host(host);
        config.port(port);
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

    /// Attempts until one succeeds, fails for good, or the patience ends.
    pub(crate) async fn open_patiently(&self, patience: Patience) -> Result<Client, SqlError> {
        again_while_it_may_help(patience, || self.open()).await
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

async fn again_while_it_may_help<T, F>(patience: Patience, mut attempt: impl FnMut() -> F) -> Result<T, SqlError>
where
    F: Future<Output = Result<T, SqlError>>,
{
    let give_up = Instant::now() + patience.budget;
    let mut wait = patience.first_wait.min(LONGEST_WAIT);
    loop {
        match attempt().await {
            Err(error) if error.connecting_again_may_help() && Instant::now() + wait <= give_up => pause(wait).await,
            outcome => return outcome,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// A redirect may name `host\instance`.
fn host_part(host: &str) -> String {
    host.split('\\').next().unwrap_or(host).to_owned()
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
