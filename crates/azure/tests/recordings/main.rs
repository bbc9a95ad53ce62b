//! Evidence: the requests that we would send equal those that were really sent, and the answers that Azure really gave
//! are read without loss. Every recorded interaction is checked, or left out for a reason that is written down.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "evidence says what it was made of")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

#[path = "../../../../tests/recordings/cassette.rs"]
mod cassette;
mod checker;
mod conversations;
mod new_site;
#[path = "../../../../tests/recordings/operations.rs"]
#[allow(dead_code, reason = "the part of the simulator is for its own tests")]
mod operations;
#[path = "../wire/scripted.rs"]
#[allow(dead_code, reason = "this binary needs a part of it")]
mod scripted;
mod sql;
mod traffic_manager;
mod web;

use cassette::Interaction;
use checker::{Checker, Reader};
use operations::{OPERATIONS, Operation, Part, operation_of};

type Check = fn(&Interaction, &mut Checker);

/// How the interactions of an operation are checked, and which requests of ours that is evidence of.
const CHECKS: &[(&str, Check, &[&str])] = &[
    ("read a server, 2014", sql::server_is_read, &["sql::server"]),
    ("read a server", sql::server_is_read, &["sql::server"]),
    ("read a database", sql::database_is_read, &["sql::database"]),
    ("create a secondary", sql::secondary_is_created, &["sql::create_secondary"]),
    ("delete a database", sql::database_is_deleted, &["sql::delete_database"]),
    ("delete a database that is not there", sql::absent_database_is_deleted, &["sql::delete_database"]),
    ("list replication links", sql::links_are_read, &["sql::links"]),
    ("end a replication link by force", sql::link_is_deleted, &["sql::delete_link"]),
    ("list firewall rules", sql::firewall_rules_are_read, &["sql::firewall_rules"]),
    ("put a firewall rule", sql::firewall_rule_is_put, &["sql::put_firewall_rule"]),
    ("delete a firewall rule", sql::firewall_rule_is_deleted, &["sql::delete_firewall_rule"]),
    ("read a profile", traffic_manager::profile_is_read, &["traffic_manager::profile"]),
    ("read an endpoint", traffic_manager::endpoint_is_read, &[]),
    ("create or replace an endpoint", traffic_manager::endpoint_is_put, &["traffic_manager::put_endpoint"]),
    ("delete an endpoint", traffic_manager::endpoint_is_deleted, &["traffic_manager::delete_endpoint"]),
    ("read a plan", web::plan_is_read, &["web::plan"]),
    ("read a site", web::site_is_read, &["web::site", "site_model::definition"]),
    ("create a site", new_site::site_is_created, &["new_site::create"]),
    ("read the configuration of a site", new_site::configuration_is_read, &["site_model::configuration"]),
    ("list settings that stay with their slot", new_site::sticky_settings_are_listed, &["site_model::sticky_settings"]),
    ("deploy a package", new_site::package_is_deployed, &["deployments::one_deploy"]),
    ("list application settings", web::application_settings_are_listed, &["site_model::app_settings"]),
    ("replace application settings", web::application_settings_are_put, &["web::put_app_settings"]),
    ("list connection strings", web::connections_are_listed, &["web::connection_settings"]),
    ("replace connection strings", web::connections_are_put, &["web::put_connection_settings"]),
];

/// Answers to polls: each takes part in a conversation that is replayed.
const POLLS: [&str; 7] = [
    "poll an operation of a link, 2014",
    "poll an operation of a database, 2014",
    "poll a database that goes on",
    "poll a database that has come to its end",
    "the result of an operation of a database",
    "poll a server",
    "poll an elastic pool",
];

/// Requests of ours that nobody recorded.
const UNRECORDED: [(&str, &str); 17] = [
    ("deployments::list", "the recorded commands ask Kudu itself"),
    ("new_site::bind_host", "only the list was recorded, which the site itself tells too"),
    ("site_model::signs_users_in", "not in these recordings"),
    ("site_model::slots", "not in these recordings"),
    ("authorization::permissions", "no permissions were recorded"),
    ("sql::servers", "no list was recorded; its reader gets each recorded server as an element"),
    ("sql::unlink", "only its sibling in the same version, failover: that conversation is replayed with it"),
    ("traffic_manager::endpoints_of_all", "only the list of a resource group was recorded"),
    ("traffic_manager::set_endpoint_status", "azure-cli sends a PUT; its reader gets the recorded GETs"),
    ("traffic_manager::set_profile_tags", "azure-cli sends a PUT of the whole profile"),
    ("webjobs::continuous", "azure-cli recorded none of WebJobs"),
    ("webjobs::triggered", "azure-cli recorded none of WebJobs"),
    ("webjobs::start", "azure-cli recorded none of WebJobs"),
    ("webjobs::stop", "azure-cli recorded none of WebJobs"),
    ("web::start", "not in these recordings"),
    ("web::stop", "not in these recordings"),
    ("web::delete_site", "not in these recordings"),
];

const READERS: [&Reader; 14] = [
    &new_site::CONFIGURATION,
    &new_site::DEPLOYMENT,
    &new_site::STICKY,
    &sql::FIREWALL_RULE,
    &sql::SERVER,
    &sql::DATABASE,
    &sql::LINK,
    &sql::ACCEPTED,
    &traffic_manager::PROFILE,
    &traffic_manager::ENDPOINT,
    &web::SETTINGS,
    &web::NAMES,
    &web::PLAN,
    &web::SITE,
];

fn check_of(operation: &Operation) -> Option<Check> {
    CHECKS.iter().find(|(name, ..)| *name == operation.name).map(|(_, check, _)| *check)
}

/// An answer that says no keeps its code and its message, whatever asked for it.
fn refusal_is_kept(seen: &Interaction) {
    let (error, body) = (checker::response(seen).error(), seen.received());
    let body = body.get("error").cloned().unwrap_or(body);
    assert_eq!(error.code.as_deref(), body["code"].as_str(), "{}", seen.place);
    assert!(error.message.contains(body["message"].as_str().unwrap()), "{}: {}", seen.place, error.message);
}

#[test]
fn our_requests_are_those_that_were_sent_and_real_answers_are_read_without_loss() {
    let Some(files) = cassette::all() else { return };
    let (mut checked, mut left_out) = (BTreeMap::<&str, u32>::new(), BTreeMap::<(&str, &str), u32>::new());
    let (mut checker, mut polls, mut refusals) = (Checker::default(), 0, 0);
    for seen in files.iter().flatten() {
        let operation = operation_of(seen);
        match operation.client {
            _ if seen.status >= 400 => (refusal_is_kept(seen), refusals += 1).1,
            Part::Not(reason) => *left_out.entry((operation.name, reason)).or_default() += 1,
            Part::Checked if POLLS.contains(&operation.name) => polls += 1,
            Part::Checked => {
                check_of(operation).unwrap_or_else(|| panic!("no check: {}", operation.name))(seen, &mut checker);
                *checked.entry(operation.name).or_default() += 1;
            }
        }
    }
    checker.finish(&READERS);
    assert_eq!(checked.len(), CHECKS.len(), "each check has an interaction: {checked:?}");
    println!("evidence, checked: {checked:#?}");
    println!("evidence, left out: {left_out:#?}");
    let (checked, left_out): (u32, u32) = (checked.values().sum(), left_out.values().sum());
    println!("evidence: {checked} checked, {polls} polls in conversations, {refusals} refusals, {left_out} left out");
}

#[test]
fn every_row_of_the_table_has_an_interaction() {
    let Some(files) = cassette::all() else { return };
    let seen: BTreeSet<&str> = files.iter().flatten().map(|seen| operation_of(seen).name).collect();
    let unseen: Vec<&str> = OPERATIONS.iter().map(|row| row.name).filter(|name| !seen.contains(name)).collect();
    assert!(unseen.is_empty(), "rows that nothing falls under: {unseen:?}");
}

/// Requests that the sources build: public functions that return one.
fn requests_of_ours() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = BTreeSet::new();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let (text, module) = (fs::read_to_string(&file).unwrap(), file.file_stem().unwrap().to_str().unwrap());
        let signatures = text.split("\npub fn ").skip(1).map(|rest| rest.split('{').next().unwrap());
        let requests = signatures.filter(|signature| signature.contains("-> Request<"));
        found.extend(requests.map(|signature| format!("{module}::{}", signature.split('(').next().unwrap())));
    }
    found
}

/// A new request needs a recording, or a reason why it has none.
#[test]
fn every_request_of_ours_is_held_against_a_recording_or_has_none() {
    let recorded = CHECKS.iter().flat_map(|(.., requests)| requests.iter().copied());
    let known: BTreeSet<String> = recorded.chain(UNRECORDED.map(|(name, _)| name)).map(str::to_owned).collect();
    assert_eq!(requests_of_ours(), known, "the requests in src, and those that CHECKS or UNRECORDED name");
}

#[tokio::test]
async fn every_recorded_operation_is_followed_to_its_end() {
    let Some(files) = cassette::all() else { return };
    let (mut polled, mut checker) = (BTreeSet::new(), Checker::default());
    let (mut ours, mut foreign, mut looks) = (0, 0, 0);
    for conversation in files.iter().flat_map(|file| conversations::conversations(file)) {
        let own = conversation.replay(&mut checker, &mut polled).await;
        *if own { &mut ours } else { &mut foreign } += 1;
        looks += u32::from(own && conversation.look.is_some());
    }
    let polls = files.iter().flatten().filter(|seen| POLLS.contains(&operation_of(seen).name));
    let recorded: BTreeSet<String> = polls.map(|seen| seen.place.clone()).collect();
    assert_eq!(polled, recorded, "every recorded poll takes part");
    println!(
        "evidence: {ours} operations of ours followed to their end, {looks} with the look after it, {foreign} others"
    );
    assert!(ours > 0 && looks > 0, "requests of ours begin some");
}
