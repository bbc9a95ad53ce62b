//! What stands behind the wire.

use std::{fmt, net::SocketAddr, time::Duration};

use sim_sql::{Message, Session};

/// What a client logs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The server it means: the host name of its TLS handshake if it sent one, else the one of its log-in record.
    pub server: String,
    /// The database it means, `master` if it names none.
    pub database: String,
    /// User name; empty with a token.
    pub user: String,
    /// Password; empty with a token.
    pub password: String,
    /// Access token for `https://database.windows.net/`, in place of user and password.
    pub token: Option<String>,
    /// Name of the client's application.
    pub application: String,
    /// Name of the client's host, as it says itself.
    pub host: String,
    /// Where the connection comes from.
    pub peer: SocketAddr,
}

impl fmt::Debug for Login {
    /// Without the password and the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("server", &self.server)
            .field("database", &self.database)
            .field("user", &self.user)
            .field("has_token", &self.token.is_some())
            .field("application", &self.application)
            .field("host", &self.host)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// The logical servers that clients can log in to.
pub trait Service: Send + Sync + 'static {
    /// Opens a session. Called on a thread that may block.
    ///
    /// # Errors
    /// The message that the client gets before the connection is closed, e.g. 18456 or 4060 (which is followed by
    /// an 18456 of its own).
    fn login(&self, login: &Login) -> Result<Session, Message>;

    /// Where the client has to log in instead, if not here. Asked before [`Service::login`], of whoever comes.
    fn redirect(&self, login: &Login) -> Option<Redirect> {
        let _ = login;
        None
    }

    /// What happens to a log-in, before anything else is looked at. Called where nothing may block.
    fn greet(&self, login: &Login) -> Greeting {
        let _ = login;
        Greeting::Open
    }

    /// How long a session may be without a request, and without a batch that runs, before it is dropped. Nobody tells the
    /// client: it finds out when it next speaks, as behind a gateway that has forgotten a connection.
    fn idle_limit(&self) -> Option<Duration> {
        None
    }

    /// Called before each batch, on the thread that will run it: for a record of the traffic, and for faults.
    /// A remote procedure call or a transaction manager request is seen as the T-SQL that it is run as.
    fn batch(&self, login: &Login, sql: &str) -> Verdict {
        let _ = (login, sql);
        Verdict::Run
    }

    /// Called after each batch that was run, before the end of its answer goes out, if that does.
    fn ran(&self, login: &Login) {
        let _ = login;
    }
}

/// Another address for a log-in (MS-TDS 2.2.7.9, type 20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What happens to a log-in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Greeting {
    /// It is looked at and answered.
    #[default]
    Open,
    /// The connection is closed without a word.
    Cut,
    /// Nothing is said until the client leaves.
    Hold,
    /// The answer is nothing that the protocol knows.
    Garble,
    /// This error is the answer, whoever it is.
    Refuse(Message),
}

/// What happens to a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is run and answered.
    #[default]
    Run,
    /// The connection is closed before it is run.
    CutBefore,
    /// It is run to its end, then the connection is closed without a byte of the answer.
    RunThenCut,
    /// It is run to its end, then the connection is closed in the middle of the answer.
    RunThenHalve,
    /// It is run to its end, and the answer is nothing that the protocol knows.
    RunThenGarble,
    /// It is run to its end, and nothing is said until the client asks for its end or leaves.
    RunThenHold,
    /// It is not run, and nothing is said until the client asks for its end or leaves.
    Hold,
    /// It is not run: this error is the answer, and the last one if its class is 20 or above.
    Refuse(Message),
}
