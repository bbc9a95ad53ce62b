//! What is different on stage, is not replicated and breaks no step: one finding that lists it.
//!
//! Seen in both servers (`Servers.json`) and their firewall rules (`FirewallRules.json`, 2021-11-01). What the interfaces used here do not
//! show is listed by its name: geo-replication copies none of it, a new database has Azure's defaults (documentation of
//! active geo-replication). The tags of the database are copied by prepare.

use super::{Found, notice};
use crate::{
    facts::{FirewallRule, Server},
    ids::eq_azure_name,
    plan::Preflight,
    upgrade::Upgrade,
    world::World,
};

const UNREAD: &str = "not replicated and not compared: backup retention (starts at 7 days), long-term retention, auditing, \
                      alerts, locks, role assignments, private endpoints, virtual network rules";

/// Always there: what cannot be compared is told too.
pub(super) fn check(upgrade: &Upgrade, world: &World, preflight: &Preflight) -> Option<Found> {
    let stage = preflight.stage_server.as_ref()?;
    let production = &preflight.production_server;
    let own = preflight.production_firewall.iter().zip(&preflight.stage_firewall).next();
    let firewall = own.and_then(|(production, stage)| missing_rules(production, stage));
    let differences = [
        tags(world),
        firewall,
        settings(production, stage, "minimal TLS version", |server| server.minimal_tls.clone()),
        settings(production, stage, "public network access", |server| Some(access(server).to_owned())),
        settings(production, stage, "Microsoft Entra administrator", |server| server.administrator.clone()),
        Some(UNREAD.to_owned()),
    ];
    let what = format!(
        "other differences between `{}` and `{}`: {}",
        upgrade.production.database,
        upgrade.stage.database,
        differences.into_iter().flatten().collect::<Vec<_>>().join("; ")
    );
    notice(what, "set on stage what V2 needs before switch")
}

fn tags(world: &World) -> Option<String> {
    let tags = &world.production.database.as_ref()?.tags;
    let copied = world.stage.database.is_none() && !tags.is_empty();
    copied.then(|| format!("tags {}, which prepare copies", super::list(tags.keys())))
}

/// Compared by addresses: names may differ.
fn missing_rules(production: &[FirewallRule], stage: &[FirewallRule]) -> Option<String> {
    let there = |rule: &FirewallRule| stage.iter().any(|own| (&own.start, &own.end) == (&rule.start, &rule.end));
    let missing = production.iter().filter(|rule| !there(rule));
    let described: Vec<_> = missing.map(|rule| format!("`{}` ({} to {})", rule.name, rule.start, rule.end)).collect();
    (!described.is_empty()).then(|| format!("server firewall rules that stage lacks: {}", described.join(", ")))
}

fn settings(production: &Server, stage: &Server, name: &str, of: impl Fn(&Server) -> Option<String>) -> Option<String> {
    let (production, stage) = (of(production), of(stage));
    let alike = match (&production, &stage) {
        (Some(production), Some(stage)) => eq_azure_name(production, stage),
        (production, stage) => production == stage,
    };
    let described = |value: Option<String>| value.map_or("none".to_owned(), |value| format!("`{value}`"));
    (!alike).then(|| format!("{name} {}, on stage {}", described(production), described(stage)))
}

fn access(server: &Server) -> &'static str {
    if server.public_access_disabled { "Disabled" } else { "Enabled" }
}

#[cfg(test)]
#[path = "other_differences_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
