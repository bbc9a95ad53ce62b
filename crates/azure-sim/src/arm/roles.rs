//! Role-based access control: what the holder of the token may do, and the answer that tells it.

use serde_json::{Value, json};

use super::path::Path;
use crate::{
    RoleAssignment, Scenario,
    http::{Answer, Request},
    world::Refusal,
};

/// The api-version of Microsoft.Authorization/permissions.
pub(super) const API_VERSION: &str = "2022-04-01";

/// Who asks, as refusals name it: a service principal has one id for both.
const CALLER: &str = "0d3f2c6e-8a44-4f0e-9b1c-5d7f6a1e2b90";

/// The resource of `GET …/providers/Microsoft.Authorization/permissions`.
pub(super) fn asked_on(request: &Request) -> Option<&[String]> {
    let (resource, end) = request.segments.split_at_checked(request.segments.len().checked_sub(3)?)?;
    let wanted = ["providers", "Microsoft.Authorization", "permissions"];
    let asked = end.iter().zip(wanted).all(|(segment, word)| segment.eq_ignore_ascii_case(word));
    (asked && request.method == "GET").then_some(resource)
}

/// Subscription and resource group, where it is a group that is asked about ("Permissions - List For Resource Group").
pub(super) fn group(resource: &[String]) -> Option<(&str, &str)> {
    match resource {
        [a, subscription, b, group]
            if a.eq_ignore_ascii_case("subscriptions") && b.eq_ignore_ascii_case("resourceGroups") =>
        {
            Some((subscription, group))
        }
        _ => None,
    }
}

/// Refuses a request whose action no role assignment allows.
pub(super) fn check(scenario: &Scenario, request: &Request, path: &Path<'_>) -> Result<(), Refusal> {
    let action = action(&request.method, path);
    if may(scenario, &action, &request.segments) { Ok(()) } else { Err(refused(&action, &request.segments)) }
}

/// Whether some role assignment at this resource or above it allows the action.
pub(super) fn may(scenario: &Scenario, action: &str, resource: &[String]) -> bool {
    let Some(assignments) = &scenario.permissions else { return true };
    let allows = |role: &RoleAssignment| {
        let among = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern.as_bytes(), action.as_bytes()));
        among(&role.actions) && !among(&role.not_actions)
    };
    assignments.iter().filter(|role| covers(role, resource)).any(allows)
}

/// All that is assigned to the caller on a resource.
pub(super) fn list(scenario: &Scenario, request: &Request, resource: &[String]) -> Result<Answer, Refusal> {
    let action = "Microsoft.Authorization/permissions/read";
    if !may(scenario, action, resource) {
        return Err(refused(action, &request.segments));
    }
    let everything = [RoleAssignment { actions: vec!["*".to_owned()], ..RoleAssignment::default() }];
    let assignments = scenario.permissions.as_deref().unwrap_or(&everything);
    let here = assignments.iter().filter(|role| covers(role, resource));
    let shown = |role: &RoleAssignment| json!({"actions": role.actions, "notActions": role.not_actions, "dataActions": [], "notDataActions": []});
    let value: Vec<Value> = here.map(shown).collect();
    Ok(Answer::ok(json!({"value": value})))
}

/// `<provider>/<types>/<verb>`: GET reads, PUT and PATCH write, and a POST is an action of the name that its path ends with.
fn action(method: &str, path: &Path<'_>) -> String {
    let types: Vec<&str> = path.rest.iter().copied().step_by(2).collect();
    let verb = match method {
        "GET" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        _ => "action",
    };
    format!("{}/{}/{verb}", path.provider, types.join("/"))
}

/// The assignment is made at this resource or above it.
fn covers(role: &RoleAssignment, resource: &[String]) -> bool {
    let scope: Vec<&str> = role.scope.split('/').filter(|segment| !segment.is_empty()).collect();
    let below = resource.get(2..).unwrap_or_default();
    scope.len() <= below.len() && scope.iter().zip(below).all(|(ours, theirs)| ours.eq_ignore_ascii_case(theirs))
}

/// Whether a pattern, in which `*` stands for any text, fits a whole action.
fn fits(pattern: &[u8], action: &[u8]) -> bool {
    match (pattern, action) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=action.len()).any(|at| fits(rest, &action[at..])),
        ([one, pattern @ ..], [other, action @ ..]) => one.eq_ignore_ascii_case(other) && fits(pattern, action),
        _ => false,
    }
}

fn refused(action: &str, resource: &[String]) -> Refusal {
    let text = format!(
        "The client '{CALLER}' with object id '{CALLER}' does not have authorization to perform action '{action}' over scope \
         '/{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        resource.join("/")
    );
    Refusal::new(403, "AuthorizationFailed", text)
}
