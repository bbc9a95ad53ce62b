//! Log-in to a logical server.

use std::sync::Arc;

use sim_sql::{Message, Principal, Store};

use super::network;
use crate::{
    azure::Azure,
    tokens::{Audience, Standing},
    world::{Database, Login, Name, Origin, Server},
};

/// What a client presents.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) origin: Origin,
    pub(crate) server: &'a str,
    pub(crate) database: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) application: &'a str,
    pub(crate) host: &'a str,
}

/// Somebody who may come in: to a database, or to `master`.
pub(crate) struct Entry {
    pub(crate) server: Name,
    pub(crate) store: Option<Arc<Store>>,
    pub(crate) who: Principal,
}

/// Checks a log-in as Azure SQL does.
///
/// # Errors
/// 40532 no such server · 47073, 40615 the firewall is closed · 18456 wrong name or password, or token · 4060 no such database, not online, or no user there.
pub(crate) fn authenticate(azure: &Azure, request: &Request) -> Result<Entry, Message> {
    let world = &*azure.world();
    let server = world.server_of_host(request.server).ok_or_else(|| no_server(request.server))?;
    network::admit(server, request.origin)?;
    let login = identify(server, azure, request)?;
    let database = request.database.trim();
    let mut who = Principal {
        login: login.name.clone(),
        server_admin: login.server_admin,
        master_roles: login.master_roles.clone(),
        application: request.application.to_owned(),
        host: request.host.to_owned(),
        ..Principal::default()
    };
    if database.is_empty() || database.eq_ignore_ascii_case("master") {
        return Ok(Entry { server: server.name.clone(), store: None, who });
    }
    let found = world.databases.get(&(server.name.clone(), Name::from(database)));
    let (found, store) = found.and_then(open).ok_or_else(|| cannot_open(database))?;
    who.database_roles = roles(found, &login).ok_or_else(|| cannot_open(database))?;
    Ok(Entry { server: server.name.clone(), store: Some(store), who })
}

fn open(database: &Database) -> Option<(&Database, Arc<Store>)> {
    let store = database.store.clone().filter(|_| database.online)?;
    Some((database, store))
}

/// The roles of the user that a log-in has in a database; the administrator is everywhere.
fn roles(database: &Database, login: &Login) -> Option<Vec<String>> {
    let user = database.users.iter().find(|user| user.sid == login.sid);
    match user {
        Some(user) => Some(user.roles.clone()),
        None if login.server_admin => Some(vec!["db_owner".to_owned()]),
        None => None,
    }
}

/// Who it is: the holder of the access token, or a SQL log-in of this server.
fn identify(server: &Server, azure: &Azure, request: &Request) -> Result<Login, Message> {
    if let Some(token) = request.token {
        return by_token(azure, token);
    }
    let name = request.user.split('@').next().unwrap_or_default();
    let login = server.login(name).filter(|login| login.password == request.password);
    login.cloned().ok_or_else(|| login_failed(name))
}

/// Wordings as clients report them (`microsoft/azuredatastudio` 14497, `microsoft/vscode-mssql` 22031).
fn by_token(azure: &Azure, token: &str) -> Result<Login, Message> {
    let refused = |more: &str, state| {
        let failed = login_failed("<token-identified principal>");
        Message { text: format!("{}{more}", failed.text), state, ..failed }
    };
    let standing = azure.issued().standing(token, Audience::Sql);
    match standing {
        Standing::Good if token == azure.credentials.sql_token => Ok(entra_administrator()),
        Standing::Good if azure.scenario.sign_in.sql_administrator => Ok(entra_administrator()),
        Standing::Good => Err(refused("", 1)),
        Standing::Ended(_) => Err(refused(" Token is expired.", 233)),
        Standing::Foreign(_) | Standing::Unknown => Err(refused(" Incorrect or invalid token.", 1)),
    }
}

fn entra_administrator() -> Login {
    Login {
        name: "rolling-upgrade@contoso.example".to_owned(),
        password: String::new(),
        sid: "E0".repeat(16),
        server_admin: true,
        master_roles: Vec::new(),
    }
}

fn login_failed(user: &str) -> Message {
    Message::new(18456, 14, format!("Login failed for user '{user}'."))
}

fn cannot_open(database: &str) -> Message {
    Message::new(4060, 11, format!("Cannot open database \"{database}\" requested by the login. The login failed."))
}

fn no_server(server: &str) -> Message {
    let short = server.split('.').next().unwrap_or_default();
    Message::new(40532, 11, format!("Cannot open server \"{short}\" requested by the login. The login failed."))
}
