//! Labels of an upgrade in the tags of the Traffic Manager profile, whose endpoints have no tags of their own.
//!
//! A label is no lock: whoever acts holds the application lock in the production database.

use jiff::Timestamp;

use crate::{
    facts::{Profile, TAG, tag},
    measure::{Mark, Reading},
    upgrade::Upgrade,
};

/// Tag with the name of the stage endpoint that this software added.
pub const ENDPOINT: &str = "rolling-upgrade-endpoint";
/// Tag with the identifier of the stage site, for whoever has lost the outputs of plan.
pub const SITE: &str = "rolling-upgrade-site";
/// Tag with the identifier of the stage database's server, likewise. Its name is that of production's database.
pub const SERVER: &str = "rolling-upgrade-server";
/// Tag with the id of the upgrade whose stage copy was proved to hold every write of production, when the freeze had begun, and what
/// was read of production's log and counters before its link was ended; slashes between them.
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

/// The value of the label [`SYNCHRONISED`]. Without a mark where this identity may not see anything of it.
pub fn synchronised_value(upgrade: &Upgrade, opened_at: Timestamp, mark: &Mark) -> String {
    let value = format!("{}/{}", upgrade.id, label_time(opened_at));
    if mark.is_empty() { value } else { format!("{value}/{}", mark_value(mark)) }
}

/// What is missing is a dash.
const MISSING: &str = "-";

fn mark_value(Mark { log_end, reading }: &Mark) -> String {
    let log_end = log_end.as_deref().unwrap_or(MISSING);
    reading.as_ref().map_or_else(
        || format!("{log_end}/{MISSING}"),
        |Reading { instance, updates, canary }| format!("{log_end}/{}/{updates}/{canary}", label_time(*instance)),
    )
}

/// What terminate has read of production before its link was ended, in the label [`SYNCHRONISED`]; empty too for one of the release
/// before.
pub fn production_mark(profile: &Profile, upgrade: &Upgrade) -> Mark {
    let value = tag(&profile.tags, SYNCHRONISED).filter(|_| is_ours(profile, upgrade)).unwrap_or_default();
    match value.split('/').skip(2).collect::<Vec<_>>()[..] {
        [log_end, MISSING] => Mark { log_end: present(log_end), reading: None },
        [log_end, instance, updates, canary] => {
            Mark { log_end: present(log_end), reading: read_reading(instance, updates, canary) }
        }
        _ => Mark::default(),
    }
}

fn present(part: &str) -> Option<String> {
    (part != MISSING).then(|| part.to_owned())
}

fn read_reading(instance: &str, updates: &str, canary: &str) -> Option<Reading> {
    Some(Reading { instance: instance.parse().ok()?, updates: updates.parse().ok()?, canary: canary.parse().ok()? })
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
