//! Labels of an upgrade in the tags of the Traffic Manager profile, whose endpoints have no tags of their own.
//!
//! A label is no lock: whoever acts holds the application lock in the production database.

use jiff::Timestamp;

use crate::{
    facts::{Profile, TAG, tag},
    measure::Reading,
    upgrade::Upgrade,
};

/// Tag with the name of the stage endpoint that this software added.
pub const ENDPOINT: &str = "rolling-upgrade-endpoint";
/// Tag with the identifier of the stage site, for whoever has lost the outputs of plan.
pub const SITE: &str = "rolling-upgrade-site";
/// Tag with the identifier of the stage database's server, likewise. Its name is that of production's database.
pub const SERVER: &str = "rolling-upgrade-server";
/// Tag with the id of the upgrade whose stage copy was proved to hold every write of production, when the freeze had begun, and a reading
/// of production's counters from before its link was ended; slashes between them.
pub const SYNCHRONISED: &str = "rolling-upgrade-synchronised";
/// Tag with the digest of the package that was deployed to the stage site, a slash, and the id of that deployment.
pub const PACKAGE: &str = "rolling-upgrade-package";
/// Tag with the time at which users were sent to stage.
pub const SWITCHED: &str = "rolling-upgrade-switched";

/// Tag with the id of the upgrade whose stage endpoint may be enabled: users may have been on V2.
pub const SERVING: &str = "rolling-upgrade-serving";

/// All labels, as they are removed together.
pub const ALL: [&str; 8] = [TAG, ENDPOINT, SITE, SERVER, PACKAGE, SYNCHRONISED, SERVING, SWITCHED];

/// The labels that lead from the profile to an upgrade.
pub fn signposts(upgrade: &Upgrade) -> Vec<(String, String)> {
    let stage = &upgrade.stage;
    let labels = [
        (TAG, upgrade.id.to_string()),
        (ENDPOINT, stage.endpoint.name.clone()),
        (SITE, stage.site.to_string()),
        (SERVER, stage.database.server_id().to_string()),
    ];
    labels.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Users may have been sent to stage: it was said before its endpoint was enabled.
pub fn serving(profile: &Profile, upgrade: &Upgrade) -> bool {
    is_ours(profile, upgrade) && tag(&profile.tags, SERVING).is_some_and(|id| upgrade.id.is(id))
}

/// The profile is labelled with this upgrade.
pub fn is_ours(profile: &Profile, upgrade: &Upgrade) -> bool {
    tag(&profile.tags, TAG).is_some_and(|id| upgrade.id.is(id))
}

/// The stage endpoint was added by this upgrade.
pub fn endpoint_is_ours(profile: &Profile, upgrade: &Upgrade) -> bool {
    let name = tag(&profile.tags, ENDPOINT).unwrap_or_default();
    is_ours(profile, upgrade) && crate::ids::eq_azure_name(name, &upgrade.stage.endpoint.name)
}

/// The stage copy was proved to hold every write that production had in the freeze which began then, before the link was removed. The
/// release before wrote the id alone.
pub fn synchronised(profile: &Profile, upgrade: &Upgrade, opened_at: Option<Timestamp>) -> bool {
    let value = tag(&profile.tags, SYNCHRONISED).filter(|_| is_ours(profile, upgrade));
    value.is_some_and(|value| {
        let mut parts = value.split('/');
        let this_run = parts.next().is_some_and(|id| upgrade.id.is(id));
        let this_freeze = |at| opened_at.is_some_and(|opened| label_time(opened) == at);
        this_run && parts.next().is_none_or(this_freeze)
    })
}

/// The value of the label [`SYNCHRONISED`]. Without a reading where this identity may not see the counters.
pub fn synchronised_value(upgrade: &Upgrade, opened_at: Timestamp, reading: Option<&Reading>) -> String {
    let reading = reading.map_or_else(String::new, |Reading { instance, updates, canary }| {
        format!("/{}/{updates}/{canary}", label_time(*instance))
    });
    format!("{}/{}{reading}", upgrade.id, label_time(opened_at))
}

/// Production's counters from before its link was ended, in the label [`SYNCHRONISED`]; `None` too for one of the release before.
pub fn production_reading(profile: &Profile, upgrade: &Upgrade) -> Option<Reading> {
    let value = tag(&profile.tags, SYNCHRONISED).filter(|_| is_ours(profile, upgrade))?;
    let mut parts = value.split('/').skip(2);
    let reading = Reading {
        instance: parts.next()?.parse().ok()?,
        updates: parts.next()?.parse().ok()?,
        canary: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(reading)
}

/// A time as it stands in a label: RFC 3339 with milliseconds.
pub fn label_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The package that this upgrade deployed to the stage site: its digest, and the id of the deployment.
pub fn package<'p>(profile: &'p Profile, upgrade: &Upgrade) -> Option<(&'p str, &'p str)> {
    read_package(is_ours(profile, upgrade).then(|| tag(&profile.tags, PACKAGE))??)
}

/// The digest and the deployment in a value of the label [`PACKAGE`].
pub fn read_package(value: &str) -> Option<(&str, &str)> {
    value.split_once('/')
}

/// The value of the label [`PACKAGE`].
pub fn package_value(digest: &str, deployment: &str) -> String {
    format!("{digest}/{deployment}")
}

/// When users were sent to stage.
pub fn switched_at(profile: &Profile, upgrade: &Upgrade) -> Option<Timestamp> {
    is_ours(profile, upgrade).then(|| tag(&profile.tags, SWITCHED))??.parse().ok()
}

#[cfg(test)]
#[path = "labels_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
