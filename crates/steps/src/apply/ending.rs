//! The end of a replication link: way after way, as the effect lists them.

use std::time::Duration;

use azure::{Request, Started, Unsent, sql};
use rollout::{DatabaseId, Effect, Ending, TerminationMethod, TrafficEffect, labels::SYNCHRONISED};
use tsql::statements::remove_secondary;

use super::executor::Executor;
use crate::{
    cloud::NotConnected,
    failure::{Failure, failed_at_azure, failed_at_sql},
    wait,
};

/// What became of one attempt.
enum Attempt {
    /// The link is gone, or on its way out: that it is gone is proved by the next effect.
    Ended,
    /// The way is not permitted or not there: nothing was done.
    Closed(anyhow::Error),
}

/// An attempt that failed otherwise.
enum Failed {
    /// Nothing was sent.
    Unproved(Failure),
    /// It was sent.
    Sent {
        failure: Failure,
        /// It may have taken effect all the same.
        unknown: bool,
    },
}

impl Executor<'_> {
    /// Tries the ways in their order. Only a clear "not permitted" or "not there" leads to the next. Each request is sent once for
    /// each time that all proofs hold.
    pub(super) async fn end_replication(&mut self, source: &DatabaseId, ending: &Ending) -> Result<(), Failure> {
        let mut closed = Vec::new();
        for method in &ending.methods {
            match self.end_by(*method, source, ending).await? {
                Attempt::Ended => {
                    self.note = Some(format!("by {method}"));
                    return Ok(());
                }
                Attempt::Closed(error) => closed.push(self.closed(*method, error)),
            }
        }
        self.take_label_back(ending).await?;
        Err(no_way(source, ending, &closed))
    }

    /// Nothing was ended, so nothing may say that it was about to be.
    async fn take_label_back(&self, ending: &Ending) -> Result<(), Failure> {
        for proof in &ending.proofs {
            if let Effect::Traffic(TrafficEffect::Label { profile, .. }) = proof {
                self.label(profile, &[], &[SYNCHRONISED.to_owned()]).await.map_err(Failure::into_interrupted)?;
            }
        }
        Ok(())
    }

    /// Tells people, and keeps the reason.
    fn closed(&self, method: TerminationMethod, error: anyhow::Error) -> String {
        let reason = format!("{method}: {}", Failure::interrupted(error).message());
        self.cloud.notice(format!("a way to end replication is closed: {reason}"));
        reason
    }

    async fn end_by(
        &mut self,
        method: TerminationMethod,
        source: &DatabaseId,
        ending: &Ending,
    ) -> Result<Attempt, Failure> {
        let target = &ending.partner;
        let Some(link) = self.link(source, target).await? else { return gone_without_us(source, ending) };
        let scope = self.cloud.arm.scope();
        let attempt = match method {
            TerminationMethod::TSql => self.remove_secondary(source, ending).await,
            TerminationMethod::Unlink => self.by_arm(&sql::unlink(scope, source, &link.name), ending).await,
            TerminationMethod::Delete => self.by_arm(&sql::delete_link(scope, source, &link.name), ending).await,
        };
        match attempt {
            Ok(attempt) => Ok(attempt),
            Err(Failed::Unproved(failure)) => Err(failure),
            Err(Failed::Sent { failure, unknown }) => match self.gone_after_all(source, target, failure, unknown).await
            {
                Err(failure) if !unknown => self.take_label_back(ending).await.and(Err(failure)),
                outcome => outcome,
            },
        }
    }

    /// The session is there before the proofs: a log-in may take its time.
    async fn remove_secondary(&mut self, source: &DatabaseId, ending: &Ending) -> Result<Attempt, Failed> {
        let (limit, target) = (self.cloud.pace.request, &ending.partner);
        let removed = match self.cloud.connect_to_master(&source.server_id()).await {
            Ok(mut master) => {
                self.prove(&ending.proofs).await.map_err(Failed::Unproved)?;
                remove_secondary::remove(&mut master, &source.name, &target.server, limit).await
            }
            Err(NotConnected::Sql(error)) => Err(error),
            Err(error) => return Err(Failed::Unproved(error.into())),
        };
        match removed {
            Ok(()) => Ok(Attempt::Ended),
            Err(error) if error.not_permitted() => Ok(Attempt::Closed(error.into())),
            Err(error) => Err(Failed::Sent { unknown: error.outcome_unknown(), failure: failed_at_sql(error) }),
        }
    }

    async fn by_arm(&mut self, request: &Request<Started>, ending: &Ending) -> Result<Attempt, Failed> {
        let (cloud, limit) = (self.cloud, self.cloud.pace.health);
        match cloud.arm.run_proved(request, limit, async || self.prove(&ending.proofs).await).await {
            Ok(_) => Ok(Attempt::Ended),
            Err(Unsent::Unproved(failure)) => Err(Failed::Unproved(failure)),
            Err(Unsent::Azure(error)) if error.forbidden() || error.not_offered() => Ok(Attempt::Closed(error.into())),
            Err(Unsent::Azure(error)) => {
                let answered = error.status().is_some_and(|status| status < 500 && status != 408);
                Err(Failed::Sent { unknown: !answered, failure: failed_at_azure(error) })
            }
        }
    }

    /// What nobody answered may have been done: the link tells. Another way is not tried then, because the first one may
    /// still be under way.
    async fn gone_after_all(
        &self,
        source: &DatabaseId,
        target: &DatabaseId,
        failure: Failure,
        unknown: bool,
    ) -> Result<Attempt, Failure> {
        let limit = if unknown { self.cloud.pace.request } else { Duration::ZERO };
        let look = || async { Ok(self.link(source, target).await?.is_none().then_some(())) };
        let gone = wait::until("the link is gone", self.cloud.pace.poll, limit, look).await;
        gone.map(|()| Attempt::Ended).map_err(|_| failure)
    }
}

/// Somebody else has ended the link: where something had to be proved before, nothing was.
fn gone_without_us(source: &DatabaseId, ending: &Ending) -> Result<Attempt, Failure> {
    if ending.proofs.is_empty() {
        return Ok(Attempt::Ended);
    }
    let why = format!(
        "the replication link from `{source}` to `{}` is gone, and nothing proves that the copy had every write before",
        ending.partner
    );
    let hint = "run terminate again: it checks whether the copy has every write; if not, run rollback";
    Err(Failure { hint: hint.to_owned(), ..Failure::interrupted(anyhow::anyhow!(why)) })
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
