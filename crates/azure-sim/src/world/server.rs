//! Logical SQL servers and who may log in to them.

use super::{Name, Rules};
use crate::ServerSettings;

/// A logical server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) name: Name,
    pub(crate) group: Name,
    pub(crate) location: String,
    pub(crate) admin: String,
    pub(crate) logins: Vec<Login>,
    pub(crate) settings: ServerSettings,
    /// Server-level firewall rules.
    pub(crate) rules: Rules,
}

impl Server {
    pub(crate) fn host(&self) -> String {
        format!("{}.database.windows.net", self.name.as_str().to_ascii_lowercase())
    }

    pub(crate) fn login(&self, name: &str) -> Option<&Login> {
        self.logins.iter().find(|login| login.name.eq_ignore_ascii_case(name))
    }
}

/// A SQL log-in: per server, not replicated.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) password: String,
    /// Ties the log-in to users of databases, in hex. Two servers agree on a log-in only if this is equal.
    pub(crate) sid: String,
    pub(crate) server_admin: bool,
    pub(crate) master_roles: Vec<String>,
}

/// A user of a database: replicated with it.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) sid: String,
    pub(crate) roles: Vec<String>,
}
