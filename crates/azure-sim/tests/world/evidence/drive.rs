//! The same questions, put to the simulator in a comparable state.

use serde_json::json;

use crate::bench::{Answer, Bench, PATIENCE, SQL, TRAFFIC, WEB};

/// An operation of the table of recordings, how the simulator comes to be asked for it, and the places in its answers
/// where names are the user's own.
pub struct Case {
    pub operation: &'static str,
    pub drive: fn(&Bench) -> Vec<Answer>,
    pub open: &'static [&'static str],
}

const fn case(operation: &'static str, open: &'static [&'static str], drive: fn(&Bench) -> Vec<Answer>) -> Case {
    Case { operation, drive, open }
}

pub const CASES: &[Case] = &[
    case("read a server", &[], |bench| vec![get(bench, &server(bench), SQL)]),
    case("list the databases of a server", &[], |bench| vec![get(bench, &format!("{}/databases", server(bench)), SQL)]),
    case("read a database", &["tags"], read_databases),
    case("create a secondary", &[], |bench| vec![create_secondary(bench)]),
    case("delete a database", &[], |bench| vec![delete_stage(bench)]),
    case("delete a database that is not there", &[], |bench| {
        vec![bench.arm("DELETE", &bench.database("contoso-sql-2"), SQL, None)]
    }),
    case("list replication links", &[], list_links),
    case("end a replication link by force", &[], |bench| vec![end_link(bench)]),
    case("fail over, 2014", &[], |bench| {
        bench.make_stage();
        vec![unlink(bench)]
    }),
    case("poll an operation of a link, 2014", &[], poll_unlink),
    case("poll a database that goes on", &[], |bench| vec![poll(bench, "azure-asyncoperation")]),
    case("poll a database that has come to its end", &[], poll_to_the_end),
    case("the result of an operation of a database", &[], result_of_deletion),
    case("list firewall rules", &[], |bench| {
        put_rule(bench, "192.0.2.9");
        vec![get(bench, &format!("{}/firewallRules", server(bench)), SQL)]
    }),
    case("read a firewall rule", &[], |bench| {
        put_rule(bench, "192.0.2.9");
        vec![get(bench, &rule(bench), SQL)]
    }),
    case("put a firewall rule", &[], |bench| vec![put_rule(bench, "192.0.2.9"), put_rule(bench, "192.0.2.1")]),
    case("delete a firewall rule", &[], |bench| {
        put_rule(bench, "192.0.2.9");
        vec![bench.arm("DELETE", &rule(bench), SQL, None)]
    }),
    case("list profiles", &["value[].tags"], |bench| {
        label(bench);
        vec![get(bench, &bench.id("Microsoft.Network/trafficManagerProfiles"), TRAFFIC)]
    }),
    case("read a profile", &["tags"], |bench| {
        label(bench);
        vec![get(bench, &profile(bench), TRAFFIC)]
    }),
    case("read an endpoint", &[], |bench| {
        put_endpoint(bench);
        vec![get(bench, &endpoint(bench), TRAFFIC)]
    }),
    case("create or replace an endpoint", &[], |bench| vec![put_endpoint(bench), put_endpoint(bench)]),
    case("delete an endpoint", &[], |bench| {
        put_endpoint(bench);
        vec![bench.arm("DELETE", &endpoint(bench), TRAFFIC, None)]
    }),
    case("read a plan", &[], |bench| vec![get(bench, &bench.id("Microsoft.Web/serverfarms/contoso-plan-1"), WEB)]),
    case("read a site", &["tags"], |bench| vec![get(bench, &site(bench), WEB)]),
    case("read the configuration of a site", &[], |bench| {
        vec![get(bench, &format!("{}/config/web", site(bench)), WEB)]
    }),
    case("create a site", &["tags"], |bench| vec![create_site(bench)]),
    case("change the configuration of a site", &[], |bench| {
        let body = json!({"properties": {"alwaysOn": true, "webSocketsEnabled": true}});
        vec![bench.arm("PATCH", &format!("{}/config/web", site(bench)), WEB, Some(body))]
    }),
    case("list settings that stay with their slot", &[], |bench| {
        vec![get(bench, &format!("{}/config/slotConfigNames", site(bench)), WEB)]
    }),
    case("deploy a package", &[], |bench| {
        let address = bench.simulator.credentials().package_address.clone();
        let body = json!({"properties": {"packageUri": address, "type": "zip"}});
        vec![bench.arm("PUT", &format!("{}/extensions/onedeploy", site(bench)), WEB, Some(body))]
    }),
    case("list application settings", &["properties"], |bench| vec![list(bench, "appsettings")]),
    case("replace application settings", &["properties"], |bench| vec![replace(bench, "appsettings")]),
    case("list connection strings", &["properties"], |bench| vec![list(bench, "connectionstrings")]),
    case("replace connection strings", &["properties"], |bench| vec![replace(bench, "connectionstrings")]),
    case("list host name bindings", &[], |bench| vec![get(bench, &format!("{}/hostNameBindings", site(bench)), WEB)]),
];

fn get(bench: &Bench, path: &str, version: &str) -> Answer {
    bench.arm("GET", path, version, None)
}

fn server(bench: &Bench) -> String {
    bench.id("Microsoft.Sql/servers/contoso-sql-1")
}

fn rule(bench: &Bench) -> String {
    format!("{}/firewallRules/office", server(bench))
}

/// Made, or changed.
fn put_rule(bench: &Bench, end: &str) -> Answer {
    let body = json!({"properties": {"startIpAddress": "192.0.2.1", "endIpAddress": end}});
    bench.arm("PUT", &rule(bench), SQL, Some(body))
}

fn create_secondary(bench: &Bench) -> Answer {
    bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()))
}

/// Production, and a geo-secondary, which has tags.
fn read_databases(bench: &Bench) -> Vec<Answer> {
    bench.make_stage();
    ["contoso-sql-1", "contoso-sql-2"].map(|server| get(bench, &bench.database(server), SQL)).into()
}

fn delete_stage(bench: &Bench) -> Answer {
    bench.make_stage();
    bench.arm("DELETE", &bench.database("contoso-sql-2"), SQL, None)
}

/// Before there is a link, while it seeds (as the scenario of this case draws that out), and from both sides.
fn list_links(bench: &Bench) -> Vec<Answer> {
    let links = |server| get(bench, &format!("{}/replicationLinks", bench.database(server)), SQL);
    let mut answers = vec![links("contoso-sql-1")];
    bench.finish(&create_secondary(bench));
    answers.push(links("contoso-sql-1"));
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    answers.extend(["contoso-sql-1", "contoso-sql-2"].map(links));
    answers
}

fn link(bench: &Bench) -> String {
    let links = format!("{}/replicationLinks", bench.database("contoso-sql-1"));
    format!("{links}/{}", bench.get(&links, SQL)["value"][0]["name"].as_str().unwrap())
}

fn end_link(bench: &Bench) -> Answer {
    bench.make_stage();
    bench.arm("DELETE", &link(bench), SQL, None)
}

/// Answered as `failover` of the same version is, which alone was recorded.
fn unlink(bench: &Bench) -> Answer {
    let body = json!({"forcedTermination": false});
    bench.arm("POST", &format!("{}/unlink", link(bench)), "2014-04-01", Some(body))
}

/// The first look, while it goes on, and the last one.
fn poll_unlink(bench: &Bench) -> Vec<Answer> {
    bench.make_stage();
    let accepted = unlink(bench);
    let mut answers = vec![ask(bench, accepted.header("location"))];
    while answers.last().unwrap().status == 202 {
        answers.push(ask(bench, accepted.header("location")));
    }
    answers
}

/// The first look at an operation, at the address in this header. It takes a minute, so that it is not over.
fn poll(bench: &Bench, header: &str) -> Answer {
    let accepted = create_secondary(bench);
    ask(bench, accepted.header(header))
}

fn ask(bench: &Bench, url: &str) -> Answer {
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    bench.send("GET", url, &[("authorization", &bearer)], None)
}

fn poll_to_the_end(bench: &Bench) -> Vec<Answer> {
    let accepted = create_secondary(bench);
    bench.finish(&accepted);
    vec![ask(bench, accepted.header("azure-asyncoperation"))]
}

fn result_of_deletion(bench: &Bench) -> Vec<Answer> {
    let accepted = delete_stage(bench);
    bench.finish(&accepted);
    vec![ask(bench, accepted.header("location"))]
}

fn profile(bench: &Bench) -> String {
    bench.id("Microsoft.Network/trafficManagerProfiles/contoso")
}

/// Tags, and an endpoint of the recorded kind beside production's.
fn label(bench: &Bench) {
    put_endpoint(bench);
    bench.arm("PATCH", &profile(bench), TRAFFIC, Some(json!({"tags": {"foo": "boo"}})));
}

fn endpoint(bench: &Bench) -> String {
    bench.endpoint("ExternalEndpoints", "contoso-2")
}

/// As azure-cli sends it.
fn put_endpoint(bench: &Bench) -> Answer {
    let body = json!({"name": "contoso-2", "properties": {"target": "contoso-2.azurewebsites.net", "weight": 50}});
    bench.arm("PUT", &endpoint(bench), TRAFFIC, Some(body))
}

fn site(bench: &Bench) -> String {
    bench.id("Microsoft.Web/sites/contoso-1")
}

fn create_site(bench: &Bench) -> Answer {
    let properties = json!({
        "serverFarmId": bench.stage_id("Microsoft.Web/serverfarms/contoso-plan-2"),
        "siteConfig": {"appSettings": [{"name": "WEBSITE_NODE_DEFAULT_VERSION", "value": "~14"}]},
    });
    let path = bench.stage_id("Microsoft.Web/sites/contoso-3");
    bench.arm("PUT", &path, WEB, Some(json!({"location": "West Europe", "properties": properties})))
}

fn list(bench: &Bench, settings: &str) -> Answer {
    bench.arm("POST", &format!("{}/config/{settings}/list", site(bench)), WEB, None)
}

fn replace(bench: &Bench, settings: &str) -> Answer {
    let listed = list(bench, settings).json();
    let body = json!({"properties": listed["properties"]});
    bench.arm("PUT", &format!("{}/config/{settings}", site(bench)), WEB, Some(body))
}
