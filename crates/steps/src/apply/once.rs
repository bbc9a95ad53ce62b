//! Requests that nobody can take back, each attempt after its proofs.

use azure::{Unsent, traffic_manager};
use rollout::{Effect, EndpointId, RemovalEffect, TrafficEffect, facts::EndpointKind};

use super::executor::Executor;
use crate::failure::{Failure, failed_at_azure};

impl Executor<'_> {
    pub(super) async fn once(
        &mut self,
        what: &Effect,
        proofs: &[Effect],
        refused: Option<&Effect>,
    ) -> Result<(), Failure> {
        match what {
            Effect::Traffic(TrafficEffect::Disable { endpoint, kind }) => {
                self.disable_once(endpoint, *kind, proofs, refused).await
            }
            Effect::Traffic(TrafficEffect::Enable { endpoint, kind }) => {
                let request = traffic_manager::set_endpoint_status(self.cloud.arm.scope(), endpoint, *kind, true);
                self.send_once(&request, proofs).await
            }
            Effect::Removal(RemovalEffect::Delete(resource)) => self.delete_once(resource, proofs).await,
            other => {
                self.prove(proofs).await?;
                Box::pin(self.apply(other)).await
            }
        }
    }

    /// What has to hold, one after the other. A label among them is a change: what fails behind it has not left all as it was.
    pub(super) async fn prove(&mut self, proofs: &[Effect]) -> Result<(), Failure> {
        let mut changed = false;
        for proof in proofs {
            self.cloud.runner_io.say(&format!("{proof} ..."));
            let proved = Box::pin(self.apply(proof)).await;
            proved.map_err(|failure| if changed { failure.into_interrupted() } else { failure })?;
            changed |= !proof.is_proof();
        }
        Ok(())
    }

    pub(super) async fn send_once<T>(&mut self, request: &azure::Request<T>, proofs: &[Effect]) -> Result<(), Failure> {
        let cloud = self.cloud;
        cloud.arm.send_proved(request, async || self.prove(proofs).await).await.map(drop).map_err(not_sent)
    }

    /// An answer that says no, or none at all, does not tell whether the endpoint is disabled: a look does.
    async fn disable_once(
        &mut self,
        endpoint: &EndpointId,
        kind: EndpointKind,
        proofs: &[Effect],
        refused: Option<&Effect>,
    ) -> Result<(), Failure> {
        let cloud = self.cloud;
        let request = traffic_manager::set_endpoint_status(cloud.arm.scope(), endpoint, kind, false);
        let sent = cloud.arm.send_proved(&request, async || self.prove(proofs).await).await;
        let error = match sent {
            Ok(_) => return Ok(()),
            Err(Unsent::Unproved(failure)) => return Err(failure),
            Err(Unsent::Azure(error)) => error,
        };
        let profile = self.profile(&endpoint.profile_id()).await.map_err(Failure::after_changes)?;
        let enabled = profile.endpoint(endpoint).is_some_and(|seen| seen.enabled);
        if !enabled {
            return Ok(());
        }
        if let (Some(400..=499), Some(effect)) = (error.status(), refused) {
            Box::pin(self.apply(effect)).await?;
        }
        Err(failed_at_azure(error))
    }
}

pub(super) fn not_sent(unsent: Unsent<Failure>) -> Failure {
    match unsent {
        Unsent::Unproved(failure) => failure,
        Unsent::Azure(error) => failed_at_azure(error),
    }
}
