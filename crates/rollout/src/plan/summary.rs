//! The digest of a plan: what must still hold when production is frozen.

use crate::{
    digest,
    facts::{Database, Profile},
    policy::Hooks,
    upgrade::Upgrade,
};

/// What the digest covers besides the inputs: production, the scripts and V2's package, and no stage object, state, time or lag.
#[derive(Debug)]
pub struct Facts<'w> {
    /// The upgrade that was found.
    pub upgrade: &'w Upgrade,
    /// The profile.
    pub profile: &'w Profile,
    /// Production's database.
    pub database: &'w Database,
    /// Digest over the scripts.
    pub scripts: &'w str,
    /// Digest of V2's package, where prepare deploys one.
    pub package: Option<&'w str>,
    /// Which hooks there are: a job that lacks one of them would leave background work running.
    pub hooks: Hooks,
}

/// The digest, in lower-case hex.
pub fn digest(facts: &Facts<'_>) -> String {
    let Facts { upgrade, profile, database, scripts, package, hooks } = facts;
    let slot = |slot: &crate::Slot| [slot.database.to_string(), slot.site.to_string(), slot.endpoint.to_string()];
    let mut fields: Vec<String> =
        vec![upgrade.connection_name.clone(), (*scripts).to_owned(), package.unwrap_or_default().to_owned()];
    fields.extend(slot(&upgrade.production));
    fields.extend(slot(&upgrade.stage));
    fields.extend([profile.routing.clone(), database.sku_name.clone(), database.sku_tier.clone()]);
    fields.push(database.sku_capacity.map(|capacity| capacity.to_string()).unwrap_or_default());
    fields.extend(endpoints(profile, upgrade));
    fields.extend(hooks.names().map(str::to_owned));
    let fields: Vec<String> = fields.iter().map(|field| field.to_ascii_lowercase()).collect();
    digest::of_fields(fields.iter().map(String::as_str))
}

/// Every endpoint but stage's, with its priority; whether it is enabled is a state and not part of the plan.
fn endpoints(profile: &Profile, upgrade: &Upgrade) -> Vec<String> {
    let others = profile.endpoints.iter().filter(|endpoint| endpoint.id != upgrade.stage.endpoint);
    let mut lines: Vec<_> = others
        .map(|endpoint| format!("{} {} {:?}", endpoint.id, endpoint.target, endpoint.priority).to_ascii_lowercase())
        .collect();
    lines.sort();
    lines
}
