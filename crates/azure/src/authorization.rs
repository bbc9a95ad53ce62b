//! What the identity may do (Microsoft.Authorization 2022-04-01).

use reqwest::Method;
use rollout::actions::Grant;

use crate::{
    arm_id::ArmId,
    json::{Node, ReadError},
    request::Request,
};

/// The version of the interface that these requests and readers are written for.
pub const API_VERSION: &str = "2022-04-01";

/// The permissions of the caller on a resource, from every role that is assigned there or above ("Permissions - List For
/// Resource" of the REST reference). `name` is the resource as a message names it.
pub fn permissions(id: &ArmId, name: &str) -> Request<Vec<Grant>> {
    let tried = format!("list the permissions on {name}");
    let list = id.clone().join(&["providers", "Microsoft.Authorization", "permissions"]);
    Request::new(Method::GET, tried, &list, API_VERSION, |response| response.read(read_grants)).paged()
}

fn read_grants(node: &Node<'_>) -> Result<Vec<Grant>, ReadError> {
    if node.optional_text("nextLink")?.is_some_and(|link| !link.is_empty()) {
        return Err(ReadError::MorePages);
    }
    let grant =
        |grant: &Node<'_>| Ok(Grant { actions: grant.texts("actions")?, not_actions: grant.texts("notActions")? });
    node.list("value")?.iter().map(grant).collect()
}

#[cfg(test)]
#[path = "authorization_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
