//! Which ways of ending replication are open to this identity: each is tried, up to the first that is.

use azure::{
    Request, Started,
    sql::{delete_link, unlink},
};
use rollout::{DatabaseId, Termination, TerminationMethod, Unavailable};
use tsql::statements::permissions::may_remove_secondaries;

use crate::{
    cloud::{Cloud, NotConnected},
    failure::{Failure, failed_at_azure, failed_at_sql},
};

/// No link has this id, so a request about it changes nothing. Azure judges permission and version first: what it answers
/// to this is what it would answer about a real link, but for "there is no such link".
const NO_LINK: &str = "00000000-0000-0000-0000-000000000000";

/// The ways before the first open one, each with the reason why it is closed.
///
/// # Errors
/// A way could not be tried at all.
pub async fn unavailable_methods(
    cloud: &Cloud,
    source: &DatabaseId,
    termination: Termination,
) -> Result<Vec<Unavailable>, Failure> {
    let mut closed = Vec::new();
    for method in termination.methods() {
        match reason(cloud, source, method).await? {
            Some(why) => closed.push(Unavailable { method, why }),
            None => break,
        }
    }
    Ok(closed)
}

async fn reason(cloud: &Cloud, source: &DatabaseId, method: TerminationMethod) -> Result<Option<String>, Failure> {
    let scope = cloud.arm.scope();
    match method {
        TerminationMethod::TSql => no_role(cloud, source).await,
        TerminationMethod::Unlink => refused(cloud, &unlink(scope, source, NO_LINK)).await,
        TerminationMethod::Delete => refused(cloud, &delete_link(scope, source, NO_LINK)).await,
    }
}

async fn no_role(cloud: &Cloud, source: &DatabaseId) -> Result<Option<String>, Failure> {
    let server = source.server_id();
    let mut master = match cloud.connect_to_master(&server).await {
        Err(NotConnected::Sql(error)) if error.not_permitted() => return Ok(Some(error.to_string())),
        session => session?,
    };
    let may = may_remove_secondaries(&mut master, cloud.pace.request).await.map_err(failed_at_sql)?;
    Ok((!may).then(|| format!("the role dbmanager in `master` of server `{}` is missing", server.name)))
}

async fn refused(cloud: &Cloud, request: &Request<Started>) -> Result<Option<String>, Failure> {
    match cloud.arm.send(request).await {
        Err(error) if error.forbidden() || error.not_offered() => Ok(Some(Failure::interrupted(error).message())),
        Err(error) if matches!(error.status(), Some(400 | 404 | 409)) => Ok(None),
        Err(error) => Err(failed_at_azure(error)),
        Ok(_) => Ok(None),
    }
}
