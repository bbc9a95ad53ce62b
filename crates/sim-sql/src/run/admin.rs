//! `ALTER DATABASE`.

use super::{Engine, Failure, Fault, Outcome, Reach};
use crate::{
    Access, Change, Message,
    catalogue::same,
    error,
    store::{Others, Termination},
};

impl Engine<'_> {
    /// `SET READ_ONLY | READ_WRITE`. A state that the database has already is set without effect.
    pub(super) fn set_access(&mut self, named: Option<&str>, access: Access, termination: Termination) -> Outcome<()> {
        let database = self.altered_database(named)?;
        if self.state.transaction.count > 0 {
            return Err(error::in_transaction("ALTER DATABASE").into());
        }
        self.state.host.may_alter(&database, access).map_err(failed)?;
        if self.state.store.access() != access {
            self.state.store.begin_alter(self.member, termination).map_err(|others| self.not_alone(others))?;
            let outcome = self.state.store.set_access(access);
            self.state.store.end_alter(self.member.id);
            outcome.map_err(|error| failed(error::internal(&error.to_string())))?;
            self.state.host.changed(&Change::Altered { database, access });
        }
        self.finished();
        Ok(())
    }

    /// The database that is to be altered: the current one, by whoever may.
    fn altered_database(&self, named: Option<&str>) -> Outcome<String> {
        let current = self.state.database();
        let database = named.unwrap_or(current);
        let who = &self.member.who;
        if !(who.owns_database() || who.manages_databases()) {
            return Err(failed(error::alter_not_permitted(database)));
        }
        if self.state.master && !same(database, "master") {
            let known = self.state.host.databases().iter().any(|row| same(&row.name, database));
            let message = if known {
                error::unsupported("ALTER DATABASE … SET of another database from master")
            } else {
                error::alter_not_permitted(database)
            };
            return Err(failed(message));
        }
        if self.state.master || !same(database, current) {
            return Err(failed(error::alter_not_permitted(database)));
        }
        Ok(current.to_owned())
    }

    fn not_alone(&self, others: Others) -> Failure {
        match others {
            Others::Present => failed(error::other_users(self.state.database())),
            Others::Altering => failed(error::alter_lock_not_placed(self.state.database())),
            Others::Stopped(waited) => waited.into(),
        }
    }

    /// `REMOVE SECONDARY ON SERVER`, which is for `master` and for those who manage databases.
    pub(super) fn remove_secondary(&mut self, database: &str, server: &str) -> Outcome<()> {
        if !self.state.master {
            let text = "The ALTER DATABASE … REMOVE SECONDARY statement must be run in the master database of the primary's server.";
            return Err(failed(Message::new(40511, 16, text)));
        }
        if !self.member.who.manages_databases() {
            return Err(failed(error::no_permission()));
        }
        if self.state.transaction.count > 0 {
            return Err(error::in_transaction("ALTER DATABASE").into());
        }
        self.state.host.remove_secondary(database, server).map_err(failed)?;
        self.finished();
        Ok(())
    }
}

/// The cause, and 5069 after it.
fn failed(cause: Message) -> Failure {
    Fault::of(vec![cause, error::alter_failed()], Reach::Statement)
}
