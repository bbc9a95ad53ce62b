//! The end of a replication link: way after way, as the effect lists them.

use std::time::Duration;

use azure::{Request, Started, sql};
use rollout::{DatabaseId, Ending, Way};
use tsql::statements::remove_secondary;

use super::{Hands, wait};
use crate::{
    cloud::{NotConnected, failed_at_azure, failed_at_sql},
    failure::Failure,
};

/// What became of one attempt.
enum Attempt {
    /// The link is gone, or on its way out: that it is gone is proved by the next effect.
    Ended,
    /// The way is not permitted or not there: nothing was done.
    Closed(anyhow::Error),
}

/// An attempt that failed otherwise.
struct Failed {
    failure: Failure,
    /// It may have taken effect all the same.
    unknown: bool,
}

impl Hands<'_> {
    /// Tries the ways in their order. Only a clear "not permitted" or "not there" leads to the next, and only after all
    /// proofs hold again.
    pub(super) async fn end_replication(&mut self, source: &DatabaseId, ending: &Ending) -> Result<(), Failure> {
        let mut closed = Vec::new();
        for (index, way) in ending.ways.iter().enumerate() {
            if index > 0 {
                self.prove_again(ending).await?;
            }
            match self.end_by(*way, source, &ending.partner).await? {
                Attempt::Ended => {
                    self.note = Some(format!("by {way}"));
                    return Ok(());
                }
                Attempt::Closed(error) => closed.push(self.closed(*way, error)),
            }
        }
        Err(no_way(source, ending, &closed))
    }

    async fn prove_again(&mut self, ending: &Ending) -> Result<(), Failure> {
        for proof in &ending.proofs {
            self.cloud.guest.say(&format!("{proof} ..."));
            Box::pin(self.apply(proof)).await?;
        }
        Ok(())
    }

    /// Tells people, and keeps the reason.
    fn closed(&self, way: Way, error: anyhow::Error) -> String {
        let reason = format!("{way}: {}", Failure::interrupted(error).message());
        self.cloud.notice(format!("a way to end replication is closed: {reason}"));
        reason
    }

    async fn end_by(&self, way: Way, source: &DatabaseId, target: &DatabaseId) -> Result<Attempt, Failure> {
        let Some(link) = self.link(source, target).await? else { return Ok(Attempt::Ended) };
        let arm = &self.cloud.arm;
        let tried = match way {
            Way::TSql => self.remove_secondary(source, target).await,
            Way::Unlink => self.by_arm(&sql::unlink(arm.scope(), source, &link.name)).await,
            Way::Delete => self.by_arm(&sql::delete_link(arm.scope(), source, &link.name)).await,
        };
        match tried {
            Ok(attempt) => Ok(attempt),
            Err(failed) => self.gone_after_all(source, target, failed).await,
        }
    }

    async fn remove_secondary(&self, source: &DatabaseId, target: &DatabaseId) -> Result<Attempt, Failed> {
        let limit = self.cloud.pace.request;
        let removed = match self.cloud.connect_to_master(&source.server_id()).await {
            Ok(mut master) => remove_secondary::remove(&mut master, &source.name, &target.server, limit).await,
            Err(NotConnected::Sql(error)) => Err(error),
            Err(error) => return Err(Failed { unknown: false, failure: error.into() }),
        };
        match removed {
            Ok(()) => Ok(Attempt::Ended),
            Err(error) if error.not_permitted() => Ok(Attempt::Closed(error.into())),
            Err(error) => Err(Failed { unknown: error.outcome_unknown(), failure: failed_at_sql(error) }),
        }
    }

    async fn by_arm(&self, request: &Request<Started>) -> Result<Attempt, Failed> {
        match self.cloud.arm.run(request, self.cloud.pace.health).await {
            Ok(_) => Ok(Attempt::Ended),
            Err(error) if error.forbidden() || error.not_offered() => Ok(Attempt::Closed(error.into())),
            Err(error) => {
                let answered = error.status().is_some_and(|status| status < 500 && status != 408);
                Err(Failed { unknown: !answered, failure: failed_at_azure(error) })
            }
        }
    }

    /// What nobody answered may have been done: the link tells. Another way is not tried then, because the first one may
    /// still be under way.
    async fn gone_after_all(
        &self,
        source: &DatabaseId,
        target: &DatabaseId,
        failed: Failed,
    ) -> Result<Attempt, Failure> {
        let limit = if failed.unknown { self.cloud.pace.request } else { Duration::ZERO };
        let look = || async { Ok(self.link(source, target).await?.is_none().then_some(())) };
        let gone = wait::until("the link is gone", self.cloud.pace.poll, limit, look).await;
        gone.map(|()| Attempt::Ended).map_err(|_| failed.failure)
    }
}

fn no_way(source: &DatabaseId, ending: &Ending, closed: &[String]) -> Failure {
    let error =
        anyhow::anyhow!("could not end replication from `{source}` to `{}`: {}", ending.partner, closed.join("; "));
    Failure::refused(error, hint(source))
}

fn hint(source: &DatabaseId) -> String {
    format!(
        "make the log-in a member of `dbmanager` in `master` of server `{}`, or give the identity \
         `Microsoft.Sql/servers/databases/replicationLinks/delete` there; then run this step again",
        source.server
    )
}
