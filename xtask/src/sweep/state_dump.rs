//! States of the world, and how two of them differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sim_control::StateDump;

use crate::{outputs::Outputs, rehearse::stage::StageSite};

/// Columns whose values are times, or counts of writes: of them only counts whether there is one.
pub const VOLATILE: [&str; 12] = [
    "rolling_upgrade.fence.opened_at",
    "rolling_upgrade.fence.deadline",
    "rolling_upgrade.fence.closed_at",
    "rolling_upgrade.journal.finished_at",
    "rolling_upgrade.journal.took_ms",
    "rolling_upgrade.hook.ran_at",
    "rolling_upgrade.milestone.reached_at",
    "rolling_upgrade.measure.instance_started",
    "rolling_upgrade.measure.updates",
    "rolling_upgrade.measure.canary",
    "rolling_upgrade.log_end.log_end",
    "rolling_upgrade.upgrade.package",
];

/// The label of the profile that holds a time.
const SWITCHED: &str = "rolling-upgrade-switched";
/// The label that says of which freeze a copy was proved.
const SYNCHRONISED: &str = "rolling-upgrade-synchronised";
/// The label of the profile that holds the digest of a package and the id of its deployment.
const PACKAGE: &str = "rolling-upgrade-package";
/// How labels of ours begin.
const LABELS: &str = "rolling-upgrade";
/// The table of who made production read-only.
const FENCES: &str = "rolling_upgrade.fence";
/// The schema of ours.
const SCHEMA: &str = "rolling_upgrade";

/// What the simulator answers, without what changes from run to run: times, and the rows that users write. What users were
/// told is kept, is in the simulator's ledger.
pub fn normal(taken: StateDump) -> Value {
    let StateDump { mut state, users_wrote, .. } = taken;
    for contents in each(&mut state, "databases").filter_map(|database| database.get_mut("contents")) {
        for table in &users_wrote {
            if let Some(object) = contents.get_mut(table) {
                object["rows"] = json!("of users");
            }
        }
    }
    for tags in each(&mut state, "profiles").filter_map(|profile| profile.get_mut("tags")) {
        if let Some(switched) = tags.get_mut(SWITCHED) {
            *switched = json!("a time");
        }
        let proved = tags.get(SYNCHRONISED).and_then(Value::as_str).and_then(|value| value.split_once('/'));
        if let Some((id, _)) = proved {
            tags[SYNCHRONISED] = json!(format!("{id}/a time"));
        }
        let package = tags.get(PACKAGE).and_then(Value::as_str).and_then(|value| value.split_once('/'));
        if let Some(digest) = package.map(|(digest, _)| digest.to_owned()) {
            tags[PACKAGE] = json!(format!("{digest}/a deployment"));
        }
    }
    state
}

/// The state without what belongs to stage, which a rollback may leave behind.
pub fn without_stage(state: &Value, outputs: &Outputs, stage: StageSite) -> Value {
    let of = |name: &str| outputs.get(name).map(String::as_str).unwrap_or_default();
    let database = of("stage-database").split_once('/').map_or("", |(_, database)| database);
    let (site, endpoint) = (last(of("stage-site")), last(of("stage-endpoint")));
    let mut state = without_stage_database(state, outputs);
    retain(&mut state, "links", |link| text(&link["target"]) != database && text(&link["source"]) != database);
    let linked = state["links"].to_string();
    for found in each(&mut state, "databases") {
        let own = format!("\"{}/{}\"", text(&found["server"]), text(&found["name"]));
        if !linked.contains(&own) {
            found["role"] = json!("Standalone");
        }
        forget(&mut found["contents"], |name| {
            name.starts_with(&format!("{SCHEMA}.")) || name == format!("schema {SCHEMA}")
        });
    }
    for profile in each(&mut state, "profiles") {
        retain(profile, "endpoints", |found| text(&found["name"]) != endpoint);
        forget(&mut profile["tags"], |name| name.starts_with(LABELS));
    }
    if stage.goes_with_stage() {
        retain(&mut state, "sites", |found| text(&found["name"]) != site);
    }
    // The site was there before; that it is stopped now keeps V2 from being served.
    for found in each(&mut state, "sites").filter(|found| text(&found["name"]) == site) {
        found["running"] = Value::Null;
        forget(&mut found["settings"], |name| name.starts_with("running with"));
    }
    state
}

/// The state without the stage database.
pub fn without_stage_database(state: &Value, outputs: &Outputs) -> Value {
    let mut state = state.clone();
    retain(&mut state, "databases", |found| !is_stage(found, outputs));
    state
}

/// The state without the fence rows of the stage database.
pub fn without_fences_of_stage(state: &Value, outputs: &Outputs) -> Value {
    let mut state = state.clone();
    for found in each(&mut state, "databases").filter(|found| is_stage(found, outputs)) {
        forget(&mut found["contents"], |name| name == FENCES);
    }
    state
}

fn is_stage(database: &Value, outputs: &Outputs) -> bool {
    let id = outputs.get("stage-database").map(String::as_str).unwrap_or_default();
    let stage = id.split_once('/').map_or("", |(_, database)| database);
    format!("{}/{}", text(&database["server"]), text(&database["name"])) == stage
}

/// The state as if no fence row that is closed had ever been opened: whoever takes a freeze back leaves one.
pub fn without_closed_fences(state: &Value) -> Value {
    let mut state = state.clone();
    let fences = each(&mut state, "databases").filter_map(|database| database["contents"].get_mut(FENCES));
    for fences in fences.filter(|fences| fences["nulls"]["closed_at"] == 0) {
        fences["rows"] = Value::Null;
    }
    state
}

/// Production's endpoint does not serve users any more: the point of no return is behind.
pub fn has_switched(state: &Value, outputs: &Outputs) -> bool {
    let name = outputs.get("production-endpoint").map(|id| last(id)).unwrap_or_default();
    let profiles = state["profiles"].as_array().into_iter().flatten();
    let mut endpoints = profiles.flat_map(|profile| profile["endpoints"].as_array().into_iter().flatten());
    !endpoints.any(|endpoint| text(&endpoint["name"]) == name && endpoint["enabled"] == json!(true))
}

fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn each<'p>(state: &'p mut Value, kind: &str) -> impl Iterator<Item = &'p mut Value> {
    state.get_mut(kind).and_then(Value::as_array_mut).into_iter().flatten()
}

fn retain(of: &mut Value, kind: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(all) = of.get_mut(kind).and_then(Value::as_array_mut) {
        all.retain(keep);
    }
}

fn forget(of: &mut Value, which: impl Fn(&str) -> bool) {
    if let Some(all) = of.as_object_mut() {
        all.retain(|name, _| !which(name));
    }
}

/// Every place at which two states differ, with what stands there in each; none if they are equal.
pub fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare("", wanted, found, &mut differences);
    differences
}

fn compare(place: &str, wanted: &Value, found: &Value, out: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(one), Value::Object(other)) => compare_objects(place, one, other, out),
        (Value::Array(one), Value::Array(other)) => match (named(one), named(other)) {
            (Some(one), Some(other)) => compare_objects(place, &one, &other, out),
            _ if one == other => {}
            _ => out.push(line(place, wanted, found)),
        },
        _ if wanted == found => {}
        _ => out.push(line(place, wanted, found)),
    }
}

fn compare_objects(place: &str, one: &Map<String, Value>, other: &Map<String, Value>, out: &mut Vec<String>) {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        let (one, other) = (one.get(name), other.get(name));
        compare(&format!("{place}/{name}"), one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null), out);
    }
}

/// A list of things that have names, by these; `None` for any other list.
fn named(list: &[Value]) -> Option<Map<String, Value>> {
    let name = |found: &Value| {
        let server = found["server"].as_str().map(|server| format!("{server}/")).unwrap_or_default();
        Some(format!("{server}{}", found["name"].as_str()?))
    };
    list.iter().map(|found| Some((name(found)?, found.clone()))).collect()
}

/// More characters of a value than this tell nothing more.
const SHOWN: usize = 100;

fn line(place: &str, wanted: &Value, found: &Value) -> String {
    let short = |value: &Value| -> String { value.to_string().chars().take(SHOWN).collect() };
    format!("{}: {} was expected, {} is there", place.trim_start_matches('/'), short(wanted), short(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Outputs {
        let pairs = [
            ("stage-database", "rg/sql-2/shop"),
            ("stage-site", "rg/web-2"),
            ("stage-endpoint", "rg/profile/web-2"),
            ("production-endpoint", "rg/profile/web-1"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn database(server: &str, rows: &str) -> Value {
        json!({ "server": server, "name": "shop", "contents": { "dbo.t": { "definition": "d", "rows": rows } } })
    }

    #[test]
    fn rows_of_users_and_times_do_not_count() {
        let answer = |rows: &str, at: &str| StateDump {
            schema: 1,
            users_wrote: ["dbo.t", "dbo.gone"].map(str::to_owned).into(),
            state: json!({
                "databases": [database("sql-1", rows)],
                "profiles": [{ "name": "p", "tags": { SWITCHED: at, "a": at } }],
            }),
        };
        let (one, other) = (normal(answer("1", "x")), normal(answer("2", "x")));
        assert_eq!(differences(&one, &other), Vec::<String>::new());
        let later = normal(answer("1", "y"));
        assert_eq!(differences(&one, &later), ["profiles/p/tags/a: \"x\" was expected, \"y\" is there"]);
    }

    #[test]
    fn stage_may_stay_behind_and_nothing_else() {
        let before = json!({
            "databases": [database("sql-1", "1")],
            "links": [],
            "profiles": [{ "name": "p", "tags": { "own": "1" }, "endpoints": [{ "name": "web-1", "enabled": true }] }],
            "sites": [{ "name": "web-1", "running": true }, { "name": "web-2", "running": true }],
        });
        let mut after = before.clone();
        after["databases"][0]["contents"]["rolling_upgrade.fence"] = json!({ "definition": "d" });
        after["databases"][0]["contents"]["schema rolling_upgrade"] = json!({ "definition": "" });
        after["databases"].as_array_mut().unwrap().push(database("sql-2", "7"));
        after["links"] = json!([{ "source": "sql-1/shop", "target": "sql-2/shop" }]);
        after["profiles"][0]["tags"]["rolling-upgrade-endpoint"] = json!("web-2");
        after["profiles"][0]["endpoints"].as_array_mut().unwrap().push(json!({ "name": "web-2", "enabled": false }));
        after["sites"][1]["running"] = json!(false);
        let bare = |state: &Value| without_stage(state, &outputs(), StageSite::Adopted);
        assert_eq!(differences(&bare(&before), &bare(&after)), Vec::<String>::new());
        after["sites"][0]["running"] = json!(false);
        assert_eq!(
            differences(&bare(&before), &bare(&after)),
            ["sites/web-1/running: true was expected, false is there"]
        );
    }

    #[test]
    fn the_point_of_no_return_is_production_disabled_or_gone() {
        let with = |enabled: bool| json!({ "profiles": [{ "endpoints": [{ "name": "web-1", "enabled": enabled }] }] });
        assert!(!has_switched(&with(true), &outputs()));
        assert!(has_switched(&with(false), &outputs()));
        assert!(has_switched(&json!({ "profiles": [{ "endpoints": [] }] }), &outputs()));
    }

    #[test]
    fn a_fence_row_counts_while_it_is_open() {
        let with = |rows: &str, open: u64| {
            let fence = json!({ "rows": rows, "nulls": { "closed_at": open } });
            without_closed_fences(&json!({ "databases": [{ "name": "shop", "contents": { FENCES: fence } }] }))
        };
        assert_eq!(with("none", 0), with("one", 0));
        assert_ne!(with("none", 0), with("one", 1));
    }

    #[test]
    fn what_is_missing_is_told_by_its_name() {
        let one = json!({ "databases": [database("sql-1", "1"), database("sql-2", "1")] });
        let other = json!({ "databases": [database("sql-1", "1")] });
        let told = differences(&one, &other);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("databases/sql-2/shop: {") && told[0].ends_with("null is there"), "{told:?}");
    }
}
