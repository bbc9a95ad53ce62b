//! Who may write to a database: READ_ONLY and READ_WRITE, and the lock without which no step changes either.

use std::time::Duration;

use jiff::SignedDuration;
use rollout::{AccessEffect, DatabaseId, Ending, Outcome, UpgradeId};
use tsql::{
    SqlError,
    statements::{
        access::{self, Access},
        fence,
        lock::{Lock, take},
        measure, remove_secondary, state,
    },
};

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_sql},
    lock,
};

/// group."
const INVOLVED_IN_REPLICATION: u32 = 1468;

impl Executor<'_> {
    pub(super) async fn access(&mut self, effect: &AccessEffect) -> Result<(), Failure> {
        match effect {
            AccessEffect::ProveReadOnly { database, linked_to } => {
                self.prove_read_only(database, linked_to.as_ref()).await
            }
            AccessEffect::ProveLock => self.prove_lock().await,
            AccessEffect::ProveWritable { database } => self.prove_writable(database).await,
            AccessEffect::SetReadOnly { database, grace } => self.set_read_only(database, *grace).await,
            AccessEffect::SetReadWrite { database, release } => self.set_read_write(database, release.as_ref()).await,
            AccessEffect::CloseUnlessWritten { database, upgrade, reopen } => {
                self.close_unless_written(database, upgrade, *reopen).await
            }
        }
    }

    pub(super) async fn set_read_only(&mut self, database: &DatabaseId, grace: SignedDuration) -> Result<(), Failure> {
        let grace = grace.unsigned_abs();
        let limit = self.cloud.pace.request + grace;
        self.require_unbroken_lock(database).await?;
        let set = access::set(self.session(database).await?, Access::ReadOnly { grace }, limit).await;
        set.map(drop).map_err(failed_at_sql)
    }

    /// A server that refuses while the database is linked gets the link taken away first: stage is disposable.
    pub(super) async fn set_read_write(
        &mut self,
        database: &DatabaseId,
        release: Option<&Ending>,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        self.require_unbroken_lock(database).await?;
        let first = access::set(self.session(database).await?, Access::ReadWrite, limit).await;
        let set = match (first, release) {
            (Err(error), Some(ending)) if error.number() == Some(INVOLVED_IN_REPLICATION) => {
                self.cloud.notice(format!(
                    "the server refuses READ_WRITE while `{database}` is linked: this step ends the replication link \
                     first"
                ));
                self.end_replication(database, ending).await?;
                self.note = self.note.take().map(|way| format!("once its link was ended {way}"));
                access::set(self.session(database).await?, Access::ReadWrite, limit).await
            }
            (set, _) => set,
        };
        match set {
            Err(error) if error.number() == Some(INVOLVED_IN_REPLICATION) => {
                Err(self.linked_to_others(database, error).await)
            }
            set => set.map(drop).map_err(failed_at_sql),
        }
    }

    /// Another geo-secondary keeps the server from giving write access back. It is somebody's, so only somebody can remove it.
    async fn linked_to_others(&mut self, database: &DatabaseId, error: SqlError) -> Failure {
        let limit = self.cloud.pace.request;
        let links = match self.session(database).await {
            Ok(session) => state::read(session, limit).await.map(|state| state.links).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let partners: Vec<_> = links.iter().map(|link| format!("`{}`", link.partner_server)).collect();
        let error = anyhow::Error::new(error).context(format!(
            "`{database}` stays READ_ONLY while it has a geo-secondary on server {}",
            partners.join(", ")
        ));
        let commands: Vec<_> =
            links.iter().map(|link| remove_secondary::statement(&database.name, &link.partner_server)).collect();
        let hint = format!(
            "users cannot write until that link has ended: connect to `master` of server `{}` and run {} Then run this \
             step again",
            database.server,
            commands.join(" ")
        );
        Failure { outcome: Outcome::Stuck, error, hint }
    }

    /// What cannot be taken back is not done on what was seen before the session with the lock was lost.
    async fn require_unbroken_lock(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        if *database != self.upgrade.production.database {
            return Ok(());
        }
        self.session(database).await?;
        if !self.sessions.lock_broke() {
            return Ok(());
        }
        let why = format!(
            "the session that held the lock on `{database}` broke: another run may have acted before this one got it back"
        );
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }

    /// In one query: the role and the option belong together.
    pub(super) async fn prove_read_only(
        &mut self,
        database: &DatabaseId,
        linked_to: Option<&DatabaseId>,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let state = state::read(self.session(database).await?, limit).await.map_err(failed_at_sql)?;
        if !state.read_only {
            return Err(Failure::broken(anyhow::anyhow!("`{database}` takes writes, though it was set read-only")));
        }
        if state.links.iter().any(|link| !link.is_primary()) {
            return Err(Failure::broken(anyhow::anyhow!("`{database}` is a geo-secondary: its server failed over")));
        }
        match linked_to {
            Some(partner) => self.prove_primary_in_arm(database, partner).await,
            None => Ok(()),
        }
    }

    /// Whoever lost the lock must not act any more.
    pub(super) async fn prove_lock(&mut self) -> Result<(), Failure> {
        let (database, limit) = (self.upgrade.production.database.clone(), self.cloud.pace.request);
        self.require_unbroken_lock(&database).await?;
        let session = self.session(&database).await?;
        match take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => Ok(()),
            Lock::Held { by } => Err(lock::lost(&database, by)),
        }
    }

    /// Only a copy that takes no writes any more can tell whether it got some.
    pub(super) async fn close_unless_written(
        &mut self,
        database: &DatabaseId,
        run: &UpgradeId,
        reopen: bool,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let copy = self.session(database).await?;
        // One that is READ_ONLY was closed by a rollback that died, or by somebody else.
        if !state::read(copy, limit).await.map_err(failed_at_sql)?.read_only {
            fence::reopen(copy, run, limit).await.map_err(failed_at_sql)?;
            access::set(copy, Access::ReadOnly { grace: Duration::ZERO }, limit).await.map_err(failed_at_sql)?;
        }
        let written = measure::written(copy, run, limit).await.map_err(failed_at_sql)?;
        if written.is_nothing() {
            return Ok(());
        }
        let again = if reopen { "takes writes again" } else { "stays READ_ONLY, because production takes writes" };
        if reopen {
            access::set(copy, Access::ReadWrite, limit).await.map_err(failed_at_sql)?;
            fence::close(copy, run, limit).await.map_err(failed_at_sql)?;
        }
        let error = anyhow::anyhow!("users may have been on `{database}`, and it {written}; it {again}");
        let hint = format!(
            "run switch: going forward loses nothing; or run rollback with `accept-loss: {database}`: those writes are \
             then permanently lost"
        );
        Err(Failure { outcome: Outcome::Stuck, error, hint })
    }

    pub(super) async fn prove_writable(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let state = state::read(self.session(database).await?, limit).await.map_err(failed_at_sql)?;
        if state.updateable && !state.read_only {
            return Ok(());
        }
        let why = format!("`{database}` takes no writes: it was set READ_ONLY in the meantime");
        Err(Failure::interrupted(anyhow::anyhow!(why)))
    }
}
