//! What the traffic cannot show: actions that Azure asks for besides the request's own, and actions that only some need.

use std::collections::BTreeSet;

/// An action that goes with another.
pub struct Linked {
    /// Who may do this …
    pub with: &'static str,
    /// … needs this as well.
    pub needs: &'static str,
    /// Why.
    pub why: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// By documentation, not by traffic.
pub const LINKED: [Linked; 3] = [
    Linked {
        with: "Microsoft.Sql/servers/databases/write",
        needs: "Microsoft.Sql/servers/databases/write",
        why: "on production's database too: it is the source of the geo-secondary, else 400 `InvalidAddSecondaryPermission`",
        source: "Microsoft.Sql 2021-11-01, `Databases.json`, error responses of PUT",
    },
    Linked {
        with: "Microsoft.Web/sites/write",
        needs: "Microsoft.Web/serverfarms/join/action",
        why: "on the plan that a created site runs in",
        source: "built-in role Website Contributor, <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/web-and-mobile#website-contributor>",
    },
    Linked {
        with: "Microsoft.Web/sites/stop/action",
        needs: "Microsoft.Web/sites/start/action",
        why: "a step that stopped the stage site and is then refused starts it again",
        source: "`Effect::undo`",
    },
];

/// Actions that an input asks for; they are in no role, and are added where that input is used.
pub const CONDITIONAL: [(&str, &str); 3] = [
    (
        "Microsoft.Sql/servers/databases/replicationLinks/unlink/action",
        "`termination` is `unlink`, or `auto` and the log-in is not in `dbmanager`",
    ),
    ("Microsoft.Sql/servers/databases/replicationLinks/operationResults/read", "with `unlink`: its polling address"),
    (
        "Microsoft.Sql/servers/databases/replicationLinks/delete",
        "`termination` is `delete`, or `auto` and neither T-SQL nor `unlink` can be used",
    ),
];

/// What goes with these actions.
pub fn linked(actions: &BTreeSet<String>) -> impl Iterator<Item = &'static Linked> {
    LINKED.iter().filter(|linked| actions.contains(linked.with))
}

/// The input that an action is needed for; none if it is needed always.
pub fn condition(action: &str) -> Option<&'static str> {
    CONDITIONAL.iter().find(|(name, _)| *name == action).map(|(_, input)| *input)
}
