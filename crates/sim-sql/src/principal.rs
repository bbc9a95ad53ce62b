//! Who is logged in, and what that allows.

/// Somebody who has logged in, with the roles that the logical server and the database give him.
#[derive(Debug, Clone, Default)]
pub struct Principal {
    /// The log-in's name, as `SUSER_SNAME()` says it.
    pub login: String,
    /// The server's administrator (SQL or Entra): may do everything in every database.
    pub server_admin: bool,
    /// Roles in `master`, e.g. `dbmanager`, `loginmanager`.
    pub master_roles: Vec<String>,
    /// Roles in the database, e.g. `db_owner`, `db_datareader`.
    pub database_roles: Vec<String>,
    /// The application name of the log-in record.
    pub application: String,
    /// The client's host name of the log-in record.
    pub host: String,
}

/// What a statement wants to do with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Read,
    Write,
    Define,
    Execute,
}

impl Principal {
    /// Whether this is the server's administrator or has the role `dbmanager` in `master`.
    pub(crate) fn manages_databases(&self) -> bool {
        self.server_admin || has(&self.master_roles, "dbmanager")
    }

    /// Whether this is the owner of the database, directly or as the server's administrator.
    pub(crate) fn owns_database(&self) -> bool {
        self.server_admin || has(&self.database_roles, "db_owner")
    }

    /// `IS_ROLEMEMBER(role)` in the database that is current.
    pub(crate) fn is_member(&self, role: &str, in_master: bool) -> bool {
        if role.eq_ignore_ascii_case("public") {
            return true;
        }
        let roles = if in_master { &self.master_roles } else { &self.database_roles };
        has(roles, role) || (self.server_admin && role.eq_ignore_ascii_case("db_owner"))
    }

    /// Whether the fixed database roles give this permission on the objects of the database.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        let role = match permission {
            Permission::Read => "db_datareader",
            Permission::Write => "db_datawriter",
            Permission::Define => "db_ddladmin",
            Permission::Execute => "db_executor",
        };
        self.owns_database() || has(&self.database_roles, role)
    }
}

fn has(roles: &[String], role: &str) -> bool {
    roles.iter().any(|candidate| candidate.eq_ignore_ascii_case(role))
}
