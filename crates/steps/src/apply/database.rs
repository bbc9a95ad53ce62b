//! Effects inside one database: fence, access, lock.

use jiff::SignedDuration;
use rollout::{
    DatabaseId, Ending, UpgradeId,
    facts::{Holder, OtherSession},
};
use tsql::statements::{
    access::{self, Access},
    fence,
    lock::{self, Lock},
    schema, sessions, state,
};

use super::{Hands, wait};
use crate::{cloud::failed_at_sql, failure::Failure};

/// "The operation cannot be performed … because it is involved in a database mirroring session or an availability
/// group."
const INVOLVED_IN_REPLICATION: u32 = 1468;

impl Hands<'_> {
    pub(super) async fn create_fence_table(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        schema::ensure(self.session(database).await?, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn drop_fence(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        schema::remove(self.session(database).await?, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn open_fence(
        &mut self,
        database: &DatabaseId,
        upgrade: &UpgradeId,
        within: SignedDuration,
    ) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let opened = fence::open(self.session(database).await?, upgrade, within.unsigned_abs(), limit).await;
        opened.map(drop).map_err(failed_at_sql)
    }

    pub(super) async fn close_fence(&mut self, database: &DatabaseId, upgrade: &UpgradeId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        fence::close(self.session(database).await?, upgrade, limit).await.map_err(failed_at_sql)
    }

    pub(super) async fn set_read_only(&mut self, database: &DatabaseId, grace: SignedDuration) -> Result<(), Failure> {
        let grace = grace.unsigned_abs();
        let limit = self.cloud.pace.request + grace;
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
        let first = access::set(self.session(database).await?, Access::ReadWrite, limit).await;
        let set = match (first, release) {
            (Err(error), Some(ending)) if error.number() == Some(INVOLVED_IN_REPLICATION) => {
                self.cloud
                    .notice(format!("the server refuses READ_WRITE while `{database}` is linked: the link goes first"));
                self.end_replication(database, ending).await?;
                self.note = self.note.take().map(|way| format!("once its link was ended {way}"));
                access::set(self.session(database).await?, Access::ReadWrite, limit).await
            }
            (set, _) => set,
        };
        set.map(drop).map_err(failed_at_sql)
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
        if state.links.iter().any(|link| !rollout::ids::same(&link.role, "PRIMARY")) {
            return Err(Failure::broken(anyhow::anyhow!("`{database}` is a geo-secondary: its server failed over")));
        }
        match linked_to {
            Some(partner) => self.prove_primary_in_arm(database, partner).await,
            None => Ok(()),
        }
    }

    /// The sessions of a site that was stopped go within moments; who is left then is somebody else.
    pub(super) async fn prove_unused(&mut self, database: &DatabaseId) -> Result<(), Failure> {
        let limit = self.cloud.pace.request;
        let mut polls = wait::Polls::new("nobody works on it", self.cloud.pace.poll, limit);
        loop {
            let others = sessions::others(self.session(database).await?, limit).await.map_err(failed_at_sql)?;
            if others.is_empty() {
                return Ok(());
            }
            if polls.next().await.is_err() {
                return Err(in_use(database, &others));
            }
        }
    }

    /// Whoever lost the lock must not act any more.
    pub(super) async fn prove_lock(&mut self) -> Result<(), Failure> {
        let (database, limit) = (self.upgrade.production.database.clone(), self.cloud.pace.request);
        let session = self.session(&database).await?;
        match lock::take(session, limit).await.map_err(failed_at_sql)? {
            Lock::Taken => Ok(()),
            Lock::Held { by } => Err(held(&database, by)),
        }
    }
}

fn in_use(database: &DatabaseId, others: &[OtherSession]) -> Failure {
    let mut who: Vec<_> = others.iter().map(|other| format!("`{}` from `{}`", other.program, other.host)).collect();
    who.sort();
    who.dedup();
    let error = anyhow::anyhow!("`{database}` has sessions of {}", who.join(", "));
    Failure::refused(error, "stop those clients: they still work on V1")
}

/// The lock is in other hands.
pub fn held(database: &DatabaseId, by: Option<Holder>) -> Failure {
    let who = by.map_or_else(|| "another session".to_owned(), |holder| holder.to_string());
    let error = anyhow::anyhow!("the lock on `{database}` was lost, and is held by {who} now");
    let hint =
        "two runs work on one upgrade: stop one of them, look at the live state, then run this step again or rollback";
    Failure { outcome: rollout::Outcome::Stuck, error, hint: hint.to_owned() }
}
