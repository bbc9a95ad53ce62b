//! The action of Azure's role-based access control that a request needs.
//!
//! It follows from method and path ("Azure resource provider operations",
//! <https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations>): GET is `…/read`, PUT and PATCH
//! are `…/write`, DELETE is `…/delete`, POST is `…/<verb>/action`. Case does not count.

use anyhow::Context;

use super::{capture::Exchange, slot::Slot};

/// An action, and on what it was needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// `Microsoft.Sql/servers/databases/write`.
    pub name: String,
    /// Whose resource it was; none for what both slots share.
    pub slot: Option<Slot>,
}

/// The states of long operations have actions that the list of operations names only in part. Microsoft's own role SQL DB
/// Contributor has this pattern
/// (<https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/databases#sql-db-contributor>), and a role
/// with an action that is not in Azure's list is refused.
const LOCATIONS: (&str, &str) = ("Microsoft.Sql/locations/", "Microsoft.Sql/locations/*/read");

/// The action that a request needs.
///
/// # Errors
/// The path names no resource.
pub fn of(exchange: &Exchange) -> anyhow::Result<Action> {
    let path = exchange.url.split('?').next().unwrap_or_default();
    let place = path.to_lowercase().rfind("/providers/");
    let place = place.with_context(|| format!("`{path}` names no resource provider"))?;
    let rest: Vec<&str> = path[place + "/providers/".len()..].split('/').filter(|part| !part.is_empty()).collect();
    let (provider, rest) = rest.split_first().with_context(|| format!("`{path}` ends with its provider"))?;
    Ok(Action { name: name(&exchange.method, provider, rest), slot: Slot::in_path(path) })
}

/// Types and names alternate; a POST ends with its verb.
fn name(method: &str, provider: &str, rest: &[&str]) -> String {
    let (rest, end) = match (method, rest.split_last()) {
        ("POST", Some((verb, rest))) => (rest, format!("{verb}/action")),
        ("GET" | "HEAD", _) => (rest, "read".to_owned()),
        ("DELETE", _) => (rest, "delete".to_owned()),
        _ => (rest, "write".to_owned()),
    };
    let types: Vec<String> = rest.iter().step_by(2).map(|kind| lower_first(kind)).collect();
    let name = format!("{provider}/{}/{end}", types.join("/"));
    if name.starts_with(LOCATIONS.0) { LOCATIONS.1.to_owned() } else { name }
}

/// Paths say `AzureEndpoints`, actions `azureEndpoints`.
fn lower_first(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
#[path = "action_test.rs"]
mod tests;
