//! From a log-in record to a session, and what the client is told of it.

use std::net::{IpAddr, SocketAddr};

use bytes::BytesMut;
use sim_sql::{Environment, Message};

use crate::{
    Login, Redirect,
    login7::{Credential, Login7},
    packet::DEFAULT_SIZE,
    read::Malformed,
    token::{self, Done, DoneKind, status},
};

const LOGIN_FAILED: u32 = 18456;
const CANNOT_OPEN_DATABASE: u32 = 4060;
const BAD_RECORD: u32 = 17832;
const LANGUAGE: &str = "us_english";

/// The log-in that a record asks for, on the server that TLS named, else the record.
pub(crate) fn login(record: &Login7, tls_name: Option<String>, peer: SocketAddr) -> Result<Login, Message> {
    let token = match &record.credential {
        Credential::Password => None,
        Credential::Token(token) => Some(token.clone()),
        Credential::Unsupported(what) => return Err(unsupported(what)),
    };
    Ok(Login {
        server: tls_name.unwrap_or_else(|| host(&record.server).to_owned()),
        database: if record.database.is_empty() { "master".to_owned() } else { record.database.clone() },
        user: record.user.clone(),
        password: record.password.clone(),
        token,
        application: record.application.clone(),
        host: record.host.clone(),
        peer,
    })
}

/// The host of a data source: `tcp:host,1433` and `host\instance` are written too.
fn host(source: &str) -> &str {
    let source = source.strip_prefix("tcp:").unwrap_or(source);
    source.split([',', '\\']).next().unwrap_or(source).trim()
}

/// The logical server's own name, which messages carry: the first label of its host name.
pub(crate) fn server_name(login: &Login) -> String {
    if login.server.parse::<IpAddr>().is_ok() {
        return login.server.clone();
    }
    login.server.split('.').next().unwrap_or_default().to_owned()
}

/// The answer to a log-in that succeeded.
pub(crate) fn welcome(login: &Login, record: &Login7, database: &str) -> BytesMut {
    let (mut out, server) = (BytesMut::new(), server_name(login));
    let say = |out: &mut BytesMut, number, text: String| {
        token::put_message(out, &Message::new(number, 0, text), &server);
    };
    let change = Environment::Database { new: database.to_owned(), old: "master".to_owned() };
    token::put_environment(&mut out, &change);
    say(&mut out, 5701, format!("Changed database context to '{database}'."));
    token::put_collation(&mut out);
    token::put_language(&mut out, LANGUAGE);
    say(&mut out, 5703, format!("Changed language setting to {LANGUAGE}."));
    token::put_login_ack(&mut out, record.version);
    token::put_packet_size(&mut out, record.packet_size, DEFAULT_SIZE);
    if login.token.is_some() {
        token::put_fed_auth_ack(&mut out);
    }
    Done::new(DoneKind::Batch, 0).put(&mut out);
    out
}

/// The answer to a log-in that belongs elsewhere: acknowledged, then sent away, as Azure's gateway does it.
pub(crate) fn redirection(record: &Login7, redirect: &Redirect) -> BytesMut {
    let mut out = BytesMut::new();
    token::put_login_ack(&mut out, record.version);
    token::put_routing(&mut out, &redirect.host, redirect.port);
    Done::new(DoneKind::Batch, 0).put(&mut out);
    out
}

/// The answer to a log-in that failed. A database that cannot be opened fails the log-in too, in a message of its own.
pub(crate) fn refusal(error: &Message, login: Option<&Login>) -> BytesMut {
    let mut out = BytesMut::new();
    let server = login.map(server_name).unwrap_or_default();
    token::put_message(&mut out, error, &server);
    if let (CANNOT_OPEN_DATABASE, Some(login)) = (error.number, login) {
        token::put_message(&mut out, &failed(login), &server);
    }
    Done::new(DoneKind::Batch, status::ERROR).put(&mut out);
    out
}

fn failed(login: &Login) -> Message {
    let user = if login.token.is_some() { "<token-identified principal>" } else { &login.user };
    Message::new(LOGIN_FAILED, 14, format!("Login failed for user '{user}'."))
}

fn unsupported(what: &str) -> Message {
    let text = format!(
        "Login failed: {what} is not supported by this simulated server; log in with a SQL password or an access token."
    );
    Message::new(LOGIN_FAILED, 14, text)
}

/// The error for a log-in record that cannot be read.
pub(crate) fn bad_record(error: &Malformed) -> Message {
    let text = format!(
        "The login packet used to open the connection is structurally invalid; the connection has been closed: {error}."
    );
    Message::new(BAD_RECORD, 20, text)
}
