//! `close`: takes away every rule of this upgrade, whichever runner made it.

use rollout::{DatabaseId, Outcome, ServerId, UpgradeId};

use super::rule::{self, STEP, WAY_ON};
use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    observe::firewalls,
    report::Report,
};

type Done = Vec<(String, f64)>;

/// Closes the firewalls of both servers. No log-in is needed, and the failure of one server does not keep the other open.
///
/// # Errors
/// A rule could not be taken away, or is still there.
pub async fn close(cloud: &Cloud, upgrade: &UpgradeId, databases: &[DatabaseId; 2]) -> Result<Report, Failure> {
    cloud.arm.sign_in().await.map_err(failed_at_azure)?;
    let (mut done, mut failed) = (Done::new(), None);
    for database in databases {
        if let Err(failure) = close_one(cloud, upgrade, database.server_id(), &mut done).await {
            failed = failed.or(Some(failure));
        }
    }
    match failed {
        None if done.is_empty() => Ok(Report::success(STEP, Outcome::AlreadyDone)),
        None => Ok(Report { done, ..Report::success(STEP, Outcome::Done) }),
        Some(failure) if done.is_empty() => Err(failure),
        // One server is closed: that is no refusal, which would have changed nothing.
        Some(failure) => {
            let failure = failure.after_changes().with_way_on(WAY_ON);
            Ok(Report { done, ..Report::failure(STEP, &failure) })
        }
    }
}

async fn close_one(cloud: &Cloud, upgrade: &UpgradeId, server: ServerId, done: &mut Done) -> Result<(), Failure> {
    let look = || firewalls::of_server(cloud, server.clone());
    let Some(watch) = look().await.map_err(failed_at_azure)? else { return Ok(()) };
    let own = watch.own(upgrade);
    for change in &own {
        rule::make(cloud, change, done).await?;
    }
    if own.is_empty() {
        return Ok(());
    }
    let left = look().await.map_err(failed_at_azure)?.map(|watch| watch.own(upgrade)).unwrap_or_default();
    match left.first() {
        None => Ok(()),
        Some(change) => Err(Failure::interrupted(anyhow::anyhow!(
            "the step did everything, but a second look finds this still to do: {change}"
        ))),
    }
}
