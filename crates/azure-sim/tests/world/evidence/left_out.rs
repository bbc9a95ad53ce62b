//! What the table of recordings says the simulator does not answer, it refuses: an operation that it learns later has to
//! be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bench::{Answer, Bench, SQL, TRAFFIC, WEB},
    cassette::{self, Interaction},
    operations::{OPERATIONS, Part, operation_of},
};

/// Refusals that say that something is not there to be asked for, or not in this way.
const UNKNOWN: [&str; 6] = [
    "HttpMethodNotAllowed",
    "InvalidResourceNamespace",
    "InvalidResourceType",
    "NoRegisteredProviderFound",
    "NotFound",
    "NotModelledBySimulator",
];

/// Names of the simulated world for those of a recording, by the segment before them.
fn name_here<'s>(kind: &str, recorded: &'s str, subscription: &'s str) -> &'s str {
    match kind.to_ascii_lowercase().as_str() {
        "subscriptions" => subscription,
        "resourcegroups" => "contoso-rg",
        "servers" => "contoso-sql-1",
        "databases" => "shop",
        "trafficmanagerprofiles" => "contoso",
        "serverfarms" => "contoso-plan-1",
        "sites" => "contoso-1",
        _ => recorded,
    }
}

/// The recorded request, to what there is here; in the version that the simulator knows, unless the version is the point.
fn ask(bench: &Bench, seen: &Interaction) -> Answer {
    let (segments, subscription) = (seen.segments(), bench.subscription());
    let subscription = subscription.trim_start_matches("/subscriptions/");
    let before = std::iter::once(&"").chain(&segments);
    let path: Vec<&str> = before.zip(&segments).map(|(kind, segment)| name_here(kind, segment, subscription)).collect();
    let recorded = seen.api_version();
    let version = match &seen.uri {
        _ if recorded.starts_with("2014-04-01") => &recorded,
        uri if uri.path().contains("Microsoft.Sql") => SQL,
        uri if uri.path().contains("Microsoft.Network") => TRAFFIC,
        _ => WEB,
    };
    bench.arm(
        &seen.method,
        &format!("/{}", path.join("/")),
        version,
        Some(seen.sent.clone()).filter(|sent| !sent.is_null()),
    )
}

#[test]
fn what_is_not_compared_is_not_answered() {
    let Some(files) = cassette::all() else { return };
    let mut examples = BTreeMap::<&str, &Interaction>::new();
    for seen in files.iter().flatten() {
        examples.entry(operation_of(seen).name).or_insert(seen);
    }
    let bench = Bench::small();
    let left_out = OPERATIONS.iter().filter(|row| row.simulator != Part::Checked);
    let answered: BTreeSet<String> = left_out
        .map(|row| (row.name, ask(&bench, examples[row.name])))
        .filter(|(_, answer)| answer.status < 400 || !UNKNOWN.contains(&answer.code().as_str()))
        .map(|(name, answer)| format!("{name}: {} {}", answer.status, answer.text))
        .collect();
    assert!(answered.is_empty(), "the simulator answers what is not compared:\n{answered:#?}");
}
