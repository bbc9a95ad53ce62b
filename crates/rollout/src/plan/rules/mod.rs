//! The rules of Azure that a later step would hit, checked before anything is touched, and again by prepare and freeze.
//!
//! One file per rule, or per family of rules. Each says where it is seen, which step it would break, and with which words
//! of Azure; `docs/preflight.md` has the same as a table.

mod another_upgrade;
mod background_work;
mod customer_managed_key;
mod elastic_pool;
mod failover_group;
mod hyperscale;
mod ledger;
mod log_ins;
mod new_site;
mod other_clients;
mod other_differences;
mod other_secondary;
mod other_ways;
mod own_log_in;
mod package;
mod permissions;
mod production;
mod profile;
mod same_region;
mod scripts_ran;
mod secondary_count;
mod site_tier;
mod size;
mod stage_database;
mod stage_server;
mod stage_site;
mod tag_count;
mod unseen;
mod users;

use super::Preflight;
use crate::{upgrade::Upgrade, world::World};

pub use same_region::stage_kind;
pub use scripts_ran::check_scripts;
pub use stage_site::users_hosts;
pub use users::{kept_from_stage, renumber, smaller_number};

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule, as in `docs/preflight.md`.
    pub rule: &'static str,
    /// The upgrade cannot work like this.
    pub blocks: bool,
    /// What was seen, and why it matters.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// What a rule says: whether it blocks, what was seen, what to do.
struct Found {
    blocks: bool,
    what: String,
    hint: String,
}

fn blocking(what: impl Into<String>, hint: impl Into<String>) -> Option<Found> {
    Some(Found { blocks: true, what: what.into(), hint: hint.into() })
}

fn notice(what: impl Into<String>, hint: impl Into<String>) -> Option<Found> {
    Some(Found { blocks: false, what: what.into(), hint: hint.into() })
}

/// A rule looks at everything and finds at most one thing; [`new_site::differences`] alone may find many.
type Rule = fn(&Upgrade, &World, &Preflight) -> Option<Found>;

/// All rules, in the order in which their findings are told.
const RULES: [(&str, Rule); 42] = [
    ("profile-enabled", profile::enabled),
    ("dns-time-to-live", profile::time_to_live),
    ("production-answers", production::answers),
    ("users-on-production", users::are_on_production),
    ("users-on-stage", users::will_be_on_stage),
    ("users-names", other_ways::host_names),
    ("other-profiles", other_ways::profiles),
    ("production-writable", production::writable),
    ("site-tier", site_tier::check),
    ("stage-site", stage_site::is_there),
    ("stage-plan", new_site::plan),
    ("new-site", new_site::scale_unit),
    ("settings", new_site::settings),
    ("package", package::check),
    ("scale-unit", stage_site::is_elsewhere),
    ("host-names", stage_site::answers_users_names),
    ("same-region", same_region::check),
    ("stage-server", stage_server::is_there),
    ("server-region", stage_server::is_near),
    ("public-access", stage_server::is_reachable),
    ("stage-database", stage_database::check),
    ("failover-group", failover_group::check),
    ("elastic-pool", elastic_pool::check),
    ("hyperscale", hyperscale::check),
    ("secondary-count", secondary_count::check),
    ("other-secondary", other_secondary::check),
    ("tier", size::tier),
    ("size", size::size),
    ("customer-managed-key", customer_managed_key::check),
    ("ledger", ledger::check),
    ("tag-count", tag_count::check),
    ("site-tag-count", tag_count::of_site),
    ("permissions", permissions::check),
    ("own-log-in", own_log_in::check),
    ("dbmanager", own_log_in::dbmanager),
    ("site-log-in", log_ins::of_the_site),
    ("other-log-ins", log_ins::of_others),
    ("other-clients", other_clients::check),
    ("another-upgrade", another_upgrade::check),
    ("background-work", background_work::check),
    ("other-differences", other_differences::check),
    ("unseen", unseen::check),
];

/// Everything that the rules find; a step may go on if nothing of it blocks.
pub fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Vec<Finding> {
    let find = |(rule, check): (&'static str, Rule)| {
        let Found { blocks, what, hint } = check(upgrade, world, preflight)?;
        Some(Finding { rule, blocks, what, hint })
    };
    let differences = new_site::differences(world, preflight);
    RULES.into_iter().filter_map(find).chain(differences).collect()
}

/// The names of all rules.
pub fn names() -> Vec<&'static str> {
    RULES.iter().map(|(name, _)| *name).chain([new_site::DIFFERENCE, scripts_ran::RULE]).collect()
}

/// `West Europe` and `westeurope` are one region.
fn region(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// Texts in backticks, joined by commas.
fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    texts.into_iter().map(|text| format!("`{}`", text.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "case_test.rs"]
#[allow(clippy::unwrap_used)]
mod case;

#[cfg(test)]
#[path = "mod_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
