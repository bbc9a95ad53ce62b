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
pub const LINKED: [Linked; 4] = [
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
        with: "Microsoft.Web/sites/extensions/write",
        needs: "Microsoft.Web/sites/publish/action",
        why: "the publish API, which gets a package that is a file, is no part of Azure Resource Manager and asks for this",
        source: "\"Publish a Web App\", <https://learn.microsoft.com/azure/role-based-access-control/permissions/web-and-mobile#microsoftweb>",
    },
    Linked {
        with: "Microsoft.Web/sites/stop/action",
        needs: "Microsoft.Web/sites/start/action",
        why: "a step that stopped the stage site and is then refused starts it again",
        source: "`Effect::undo`",
    },
];

/// An action that an input asks for.
pub struct Conditional {
    /// The action.
    pub name: &'static str,
    /// Which input.
    pub input: &'static str,
    /// The role that has it, to be assigned besides where that input is used; none: it is added by hand.
    pub role: Option<&'static str>,
}

/// The role that goes with `stage-plan` and `package`.
const SITE: Option<&str> = Some("site");

/// Actions that are not in the roles of the steps that need them.
pub const CONDITIONAL: [Conditional; 7] = [
    Conditional {
        name: "Microsoft.Sql/servers/databases/replicationLinks/unlink/action",
        input: "`termination` is `unlink`, or `auto` and the log-in is not in `dbmanager`",
        role: None,
    },
    Conditional {
        name: "Microsoft.Sql/servers/databases/replicationLinks/operationResults/read",
        input: "with `unlink`: its polling address",
        role: None,
    },
    Conditional {
        name: "Microsoft.Sql/servers/databases/replicationLinks/delete",
        input: "`termination` is `delete`, or `auto` and neither T-SQL nor `unlink` can be used",
        role: None,
    },
    Conditional { name: "Microsoft.Web/sites/write", input: "`stage-plan`: the site is created", role: SITE },
    Conditional {
        name: "Microsoft.Web/sites/operationresults/read",
        input: "`stage-plan`: where the creation takes its time, its polling address",
        role: SITE,
    },
    Conditional {
        name: "Microsoft.Web/sites/hostNameBindings/write",
        input: "`stage-plan`: the users' host names are bound to the site",
        role: SITE,
    },
    Conditional { name: "Microsoft.Web/sites/extensions/write", input: "`package` is an address", role: SITE },
];

/// What goes with these actions.
pub fn linked(actions: &BTreeSet<String>) -> impl Iterator<Item = &'static Linked> {
    LINKED.iter().filter(|linked| actions.contains(linked.with))
}

/// The input that an action is needed for; none if it is needed always.
pub fn condition(action: &str) -> Option<&'static Conditional> {
    CONDITIONAL.iter().find(|conditional| conditional.name == action)
}
