//! Evidence: the requests that we would send equal those that were really sent, and the answers that Azure really gave
//! are read without loss. Every recorded interaction that concerns an operation of ours takes part.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "evidence says what it was made of")]

use std::{collections::BTreeMap, time::Duration};

use azure::{
    ArmId, Client, Options, Outcome, Request, Scope, Started, operation, sql,
    traffic_manager::{self, NewEndpoint, Target},
    web,
};
use rollout::{
    DatabaseId, EndpointId, ServerId, SiteId,
    facts::{EndpointKind, Tags},
};
use serde_json::{Value, json};

#[path = "recordings/cassette.rs"]
mod cassette;
#[path = "wire/scripted.rs"]
#[allow(dead_code, reason = "this binary needs a part of it")]
mod scripted;

use cassette::Interaction;
use scripted::{Act, Stage};

/// Fields that we send and a recording does not, each with its reason. All others must be equal.
const ONLY_OURS: [(&str, &str); 4] = [
    ("tags", "what we create carries our tag, and the recorded commands set none"),
    ("properties.secondaryType", "came after the recorded version 2019-06-01-preview, where Geo is the default"),
    ("properties.priority", "the recorded command leaves it to the service"),
    ("properties.endpointStatus", "the recorded command leaves it to the service"),
];

fn scope() -> Scope {
    Scope::new("00000000-0000-0000-0000-000000000000")
}

/// Our request for the same thing, and what it makes of the recorded answer.
fn check<T>(seen: &Interaction, request: &Request<T>) -> T {
    assert_eq!(request.method.as_str(), seen.method, "{}", seen.place);
    assert!(request.path.eq_ignore_ascii_case(seen.uri.path()), "{}: {} {}", seen.place, request.path, seen.uri);
    let theirs: Vec<_> = seen.uri.query_pairs().filter(|(name, _)| name != "api-version").collect();
    let ours = request.query.iter().filter(|(name, _)| *name != "api-version");
    assert_eq!((ours.count(), theirs.len()), (0, 0), "{}: no query but the version", seen.place);
    check_body(seen, "", request.body.as_ref().unwrap_or(&Value::Null), &seen.sent);
    assert!(request.accepts(&seen.answer), "{}: {:?}", seen.place, seen.answer);
    request.read(&seen.answer).unwrap_or_else(|error| panic!("{}: {error}", seen.place))
}

fn check_body(seen: &Interaction, at: &str, ours: &Value, theirs: &Value) {
    let Value::Object(fields) = ours else {
        return assert_eq!(ours, theirs, "{}: `{at}`", seen.place);
    };
    for (name, value) in fields {
        let at = [at, name].join(if at.is_empty() { "" } else { "." });
        match theirs.get(name) {
            Some(theirs) => check_body(seen, &at, value, theirs),
            None => assert!(ONLY_OURS.iter().any(|(field, _)| *field == at), "{}: `{at}` is only ours", seen.place),
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}")).to_owned()
}

/// Checks the interaction if an operation of ours would have led to it, and names that operation.
fn evidence(seen: &Interaction) -> Option<&'static str> {
    let segments = seen.segments();
    let [resource_groups, group, providers, namespace, rest @ ..] = segments.as_slice() else { return None };
    let here = resource_groups.eq_ignore_ascii_case("resourceGroups") && *providers == "providers";
    match (here, *namespace) {
        (true, "Microsoft.Sql") => of_sql(seen, group, rest),
        (true, "Microsoft.Network") => of_traffic_manager(seen, group, rest),
        (true, "Microsoft.Web") => of_web(seen, group, rest),
        _ => None,
    }
}

fn of_sql(seen: &Interaction, group: &str, rest: &[&str]) -> Option<&'static str> {
    let id = |server: &str, name: &str| ServerId { group: group.to_owned(), name: server.to_owned() }.database(name);
    match (seen.method.as_str(), rest) {
        ("GET", ["servers", server]) => server_is_read(seen, &id(server, "").server_id()),
        ("GET", ["servers", server, "databases", name]) => database_is_read(seen, &id(server, name)),
        ("PUT", ["servers", server, "databases", name]) => secondary_is_created(seen, &id(server, name)),
        ("DELETE", ["servers", server, "databases", name]) => {
            check(seen, &sql::delete_database(&scope(), &id(server, name)));
            Some("sql::delete_database")
        }
        ("GET", ["servers", server, "databases", name, "replicationLinks"]) => links_are_read(seen, &id(server, name)),
        _ => None,
    }
}

fn server_is_read(seen: &Interaction, id: &ServerId) -> Option<&'static str> {
    let (server, body) = (check(seen, &sql::server(&scope(), id)).unwrap(), seen.received());
    assert_eq!(server.fqdn, text(&body, "/properties/fullyQualifiedDomainName"));
    assert_eq!(server.location, text(&body, "/location"));
    assert!(!server.public_access_disabled);
    Some("sql::server")
}

fn database_is_read(seen: &Interaction, id: &DatabaseId) -> Option<&'static str> {
    if seen.api_version() == "2014-04-01" {
        return None; // Before `sku`: another shape, of an interface that is being retired.
    }
    let (database, body) = (check(seen, &sql::database(&scope(), id)).unwrap(), seen.received());
    assert_eq!(database.status, text(&body, "/properties/status"));
    assert_eq!([&database.sku_name, &database.sku_tier], [&text(&body, "/sku/name"), &text(&body, "/sku/tier")]);
    assert_eq!(database.sku_capacity, body.pointer("/sku/capacity").and_then(Value::as_i64));
    assert_eq!(json!(database.tags), body.get("tags").cloned().unwrap_or_else(|| json!({})));
    assert_eq!(json!(database.secondary_type), body.pointer("/properties/secondaryType").cloned().unwrap_or_default());
    Some("sql::database")
}

fn secondary_is_created(seen: &Interaction, target: &DatabaseId) -> Option<&'static str> {
    if seen.sent.pointer("/properties/createMode")? != "Secondary" {
        return None;
    }
    let source = ArmId::parse(&text(&seen.sent, "/properties/sourceDatabaseId")).unwrap();
    let part = |kind| source.get(kind).unwrap().to_owned();
    let source = DatabaseId { group: part("resourceGroups"), server: part("servers"), name: part("databases") };
    let (location, tags) = (text(&seen.sent, "/location"), Tags::new());
    let secondary = sql::Secondary { target, source: &source, location: &location, tags: &tags };
    let started = check(seen, &sql::create_secondary(&scope(), &secondary));
    assert!(matches!(started, Started::Polling(_)), "{}", seen.place);
    Some("sql::create_secondary")
}

fn links_are_read(seen: &Interaction, id: &DatabaseId) -> Option<&'static str> {
    let links = check(seen, &sql::links(&scope(), id)).unwrap();
    let body = seen.received();
    let recorded = body["value"].as_array().unwrap();
    assert_eq!(links.len(), recorded.len(), "{}", seen.place);
    for (link, recorded) in links.iter().zip(recorded) {
        let ours = [&link.name, &link.partner_server, &link.partner_database, &link.role, &link.state];
        let fields = ["partnerServer", "partnerDatabase", "role", "replicationState"];
        let theirs = fields.map(|field| text(recorded, &format!("/properties/{field}")));
        assert_eq!(ours[1..], theirs.iter().collect::<Vec<_>>(), "{}", seen.place);
        assert_eq!(*ours[0], text(recorded, "/name"));
    }
    Some("sql::links")
}

fn of_traffic_manager(seen: &Interaction, group: &str, rest: &[&str]) -> Option<&'static str> {
    let [profiles, profile, rest @ ..] = rest else { return None };
    let ours = profiles.eq_ignore_ascii_case("trafficManagerProfiles");
    let id =
        EndpointId { group: group.into(), profile: (*profile).into(), name: rest.last().copied().unwrap_or("").into() };
    match (ours, seen.method.as_str(), rest) {
        (true, "GET", []) => profile_is_read(seen, &id),
        (true, "PUT", [kind, _]) if is_external(kind) => endpoint_is_put(seen, &id),
        (true, "DELETE", [kind, _]) if is_external(kind) => {
            check(seen, &traffic_manager::delete_endpoint(&scope(), &id, EndpointKind::External));
            Some("traffic_manager::delete_endpoint")
        }
        _ => None,
    }
}

fn is_external(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("externalEndpoints")
}

fn profile_is_read(seen: &Interaction, id: &EndpointId) -> Option<&'static str> {
    let profile = check(seen, &traffic_manager::profile(&scope(), &id.profile_id())).unwrap();
    let body = seen.received();
    let properties = &body["properties"];
    assert_eq!(profile.fqdn, text(properties, "/dnsConfig/fqdn"));
    assert_eq!(profile.routing, text(properties, "/trafficRoutingMethod"));
    assert_eq!(json!(profile.ttl.as_secs()), properties["dnsConfig"]["ttl"]);
    assert_eq!(json!([profile.monitor.protocol, profile.monitor.port, profile.monitor.path]), {
        let monitor = &properties["monitorConfig"];
        json!([monitor["protocol"], monitor["port"], monitor["path"]])
    });
    assert_eq!(json!(profile.tags), body["tags"]);
    let names: Vec<_> = profile.endpoints.iter().map(|endpoint| json!(endpoint.id.name)).collect();
    let recorded: Vec<_> = properties["endpoints"].as_array().unwrap().iter().map(|e| e["name"].clone()).collect();
    assert_eq!(names, recorded, "{}", seen.place);
    Some("traffic_manager::profile")
}

fn endpoint_is_put(seen: &Interaction, id: &EndpointId) -> Option<&'static str> {
    let host = text(&seen.sent, "/properties/target");
    let priority = seen.sent.pointer("/properties/priority").map_or(1, |priority| priority.as_u64().unwrap());
    let (target, priority) = (Target::Host(&host), u32::try_from(priority).unwrap());
    let new = NewEndpoint { id, target, priority, enabled: true, location: None };
    let endpoint = check(seen, &traffic_manager::put_endpoint(&scope(), &new));
    assert_eq!((&endpoint.target, endpoint.enabled, endpoint.kind), (&host, true, EndpointKind::External));
    assert_eq!((endpoint.priority, endpoint.site, endpoint.id), (Some(1), None, id.clone()));
    Some("traffic_manager::put_endpoint")
}

fn of_web(seen: &Interaction, group: &str, rest: &[&str]) -> Option<&'static str> {
    let id = |name: &str| SiteId { group: group.to_owned(), name: name.to_owned(), slot: None };
    match (seen.method.as_str(), rest) {
        ("GET", ["sites", name]) => site_is_read(seen, &id(name)),
        ("POST", ["sites", name, "config", "connectionstrings", "list"]) => {
            let settings = check(seen, &web::connection_settings(&scope(), &id(name)));
            let body = web::put_connection_settings(&scope(), &id(name), &settings).body.unwrap();
            assert_eq!(body["properties"], seen.received()["properties"], "{}", seen.place);
            Some("web::connection_settings")
        }
        ("PUT", ["sites", name, "config", "connectionstrings"]) => connections_are_put(seen, &id(name)),
        ("POST", ["sites", name, "config", "appsettings", "list"]) => {
            let names = check(seen, &web::app_setting_names(&scope(), &id(name)));
            let body = seen.received();
            assert_eq!(names, body["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>());
            Some("web::app_setting_names")
        }
        ("GET", ["serverfarms", _]) => {
            let (id, body) = (ArmId::parse(seen.uri.path()).unwrap(), seen.received());
            let plan = check(seen, &web::plan(&id)).unwrap();
            assert_eq!([plan.id, plan.tier, plan.size], ["/id", "/sku/tier", "/sku/name"].map(|at| text(&body, at)));
            Some("web::plan")
        }
        _ => None,
    }
}

fn site_is_read(seen: &Interaction, id: &SiteId) -> Option<&'static str> {
    let (site, body) = (check(seen, &web::site(&scope(), id)).unwrap(), seen.received());
    assert_eq!(site.default_host, text(&body, "/properties/defaultHostName"));
    assert_eq!(site.plan, text(&body, "/properties/serverFarmId"));
    assert!(site.running);
    let names: Vec<_> = site.host_names.iter().map(|host| json!(host.name)).collect();
    assert_eq!(Value::from(names), body["properties"]["hostNames"], "{}: none is missing, no scm", seen.place);
    Some("web::site")
}

fn connections_are_put(seen: &Interaction, id: &SiteId) -> Option<&'static str> {
    let sent = azure::Response { body: seen.sent.to_string().into(), ..seen.answer.clone() };
    let settings = web::connection_settings(&scope(), id).read(&sent).unwrap();
    let request = web::put_connection_settings(&scope(), id, &settings);
    check(seen, &request);
    assert_eq!(request.body.unwrap(), seen.sent, "{}: to the last field", seen.place);
    Some("web::put_connection_settings")
}

#[test]
fn our_requests_are_those_that_were_sent_and_real_answers_are_read_without_loss() {
    let Some(files) = cassette::all() else { return };
    let mut checked = BTreeMap::<&str, u32>::new();
    for operation in files.iter().flatten().filter_map(evidence) {
        *checked.entry(operation).or_default() += 1;
    }
    println!("evidence: {checked:#?}");
    let operations = [
        "sql::create_secondary",
        "sql::database",
        "sql::delete_database",
        "sql::links",
        "sql::server",
        "traffic_manager::delete_endpoint",
        "traffic_manager::profile",
        "traffic_manager::put_endpoint",
        "web::app_setting_names",
        "web::connection_settings",
        "web::plan",
        "web::put_connection_settings",
        "web::site",
    ];
    assert_eq!(checked.keys().copied().collect::<Vec<_>>(), operations, "each has a recording");
    assert!(checked.values().sum::<u32>() > 90, "{checked:?}");
}

/// A recorded request that began an operation, and the polls that followed to its end.
fn conversations(file: &[Interaction]) -> Vec<Vec<&Interaction>> {
    let begins = |seen: &&Interaction| seen.answer.status == 202 && seen.method != "GET" && address(seen).is_some();
    let positions = file.iter().enumerate().filter(|(_, seen)| begins(seen));
    positions.map(|(index, first)| conversation(first, &file[index + 1..])).collect()
}

/// The address that the operation of an answer is asked for at.
fn address(seen: &Interaction) -> Option<&str> {
    seen.header("azure-asyncoperation").or_else(|| seen.header("location"))
}

fn conversation<'r>(first: &'r Interaction, rest: &'r [Interaction]) -> Vec<&'r Interaction> {
    let mut polls = vec![first];
    for seen in rest {
        if Some(seen.uri.as_str()) == polls.iter().rev().find_map(|seen| address(seen)) {
            polls.push(seen);
        }
    }
    polls
}

/// The recorded answer, at our server's address and at the pace of a test.
fn act(seen: &Interaction) -> Act {
    let names = ["azure-asyncoperation", "location"].into_iter();
    let moved = |name: &str| seen.header(name).map(|url| url.replace("https://management.azure.com", "{here}"));
    let headers = names.filter_map(|name| Some((name.to_owned(), moved(name)?)));
    let pace = ("retry-after-ms".to_owned(), "1".to_owned());
    let body = String::from_utf8(seen.answer.body.clone()).unwrap();
    Act::Answer(seen.answer.status, headers.chain([pace]).collect(), body)
}

async fn replay(conversation: &[&Interaction]) -> (Result<Outcome, azure::Error>, Stage) {
    let (endpoint, stage) = scripted::serve(conversation.iter().map(|seen| act(seen)).collect()).await;
    let options = Options::new(endpoint, "00000000-0000-0000-0000-000000000000", "token".into());
    let client = Client::new(Options { poll_interval: Duration::from_millis(1), ..options }).unwrap();
    let first = conversation[0];
    let (id, method) = (ArmId::parse("/subscriptions/s").unwrap(), first.method.parse().unwrap());
    let request = Request::new(method, first.place.clone(), &id, &first.api_version(), operation::started);
    let mut request = request.expecting(operation::STARTED);
    request.path = first.uri.path().to_owned();
    (client.run(&request, Duration::from_secs(30)).await, stage)
}

#[tokio::test]
async fn every_recorded_operation_is_followed_to_its_end() {
    let Some(files) = cassette::all() else { return };
    let all = files.iter().flat_map(|file| conversations(file));
    let (whole, unpolled): (Vec<_>, Vec<_>) = all.partition(|conversation| conversation.len() > 1);
    for conversation in &whole {
        let (ended, stage) = replay(conversation).await;
        assert_eq!(ended.unwrap(), Outcome::Done, "{}", conversation[0].place);
        let asked: Vec<String> = stage.asked().into_iter().map(|asked| asked.target).collect();
        let recorded: Vec<&str> = conversation.iter().map(|seen| &seen.uri[url::Position::BeforePath..]).collect();
        assert_eq!(asked, recorded, "{}", conversation[0].place);
    }
    println!("evidence: {} operations followed to their end", whole.len());
    assert!(whole.len() > 30, "{}", whole.len());
    let left_out: Vec<&str> = unpolled.iter().map(|conversation| conversation[0].place.as_str()).collect();
    let groups_deleted_in_passing = ["sql_db_replica_2017 #47", "sql_db_replica_2017 #48"];
    assert_eq!(left_out, groups_deleted_in_passing, "recorded without a poll");
}
