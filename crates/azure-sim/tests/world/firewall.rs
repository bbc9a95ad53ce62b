//! Firewalls of servers: who is let in, and how rules come and go.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use azure_sim::{FirewallRule, Scenario, ServerSettings};
use serde_json::{Value, json};

use crate::bench::{Bench, SQL, error_number, small};

const RUNNER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

fn rule(name: &str, start: [u8; 4], end: [u8; 4]) -> FirewallRule {
    FirewallRule { name: name.to_owned(), start: start.into(), end: end.into() }
}

fn walled(rules: Vec<FirewallRule>) -> Scenario {
    let settings = ServerSettings { firewall_rules: rules, ..ServerSettings::default() };
    Scenario {
        runner_addresses: vec![RUNNER],
        server_settings: BTreeMap::from([("contoso-sql-1".to_owned(), settings)]),
        ..small()
    }
}

fn azure() -> FirewallRule {
    rule("AllowAllWindowsAzureIps", [0; 4], [0; 4])
}

/// The number that a log-in is refused with, 0 for none.
fn log_in(bench: &Bench, database: &str) -> u32 {
    let known = bench.simulator.credentials();
    let entered = bench.log_in("contoso-sql-1", database, &known.sql_user, &known.sql_password);
    entered.map_or_else(|error| error_number(&error), |_| 0)
}

fn path(bench: &Bench, name: &str) -> String {
    bench.id(&format!("Microsoft.Sql/servers/contoso-sql-1/firewallRules/{name}"))
}

fn put(bench: &Bench, name: &str, start: &str, end: &str) -> (u16, String) {
    let body = json!({"properties": {"startIpAddress": start, "endIpAddress": end}});
    let answer = bench.arm("PUT", &path(bench, name), SQL, Some(body));
    (answer.status, if answer.status < 400 { String::new() } else { answer.code() })
}

/// How many of the users' reads and writes have failed so far.
fn failed(bench: &Bench) -> u64 {
    bench.simulator.tick();
    let report = bench.simulator.report();
    report.writes.failed + report.reads.failed
}

#[test]
fn without_a_rule_nobody_comes_in_from_the_internet_and_sites_need_the_zero_address() {
    let bench = Bench::new(Scenario { users: 1, ..walled(vec![azure()]) });
    assert_eq!((log_in(&bench, "shop"), log_in(&bench, "master"), failed(&bench)), (40615, 40615, 0));
    let bench = Bench::new(Scenario { users: 1, ..walled(Vec::new()) });
    assert!(failed(&bench) > 0, "sites are kept out too");
    let bench = Bench::new(Scenario { users: 1, ..walled(vec![rule("sites", [203, 0, 113, 10], [203, 0, 113, 10])]) });
    assert_eq!(failed(&bench), 0, "the address that a GET of the site shows");
}

#[test]
fn the_refusal_names_server_and_address_before_anybody_is_asked_who_he_is() {
    let bench = Bench::new(walled(vec![azure()]));
    let error = bench.log_in("contoso-sql-1", "nothing", "nobody", "wrong").err().unwrap().to_string();
    assert!(
        error.contains(
            "Cannot open server 'contoso-sql-1' requested by the login. Client with IP address '203.0.113.7'"
        )
    );
    assert!(error.contains("It may take up to five minutes for this change to take effect."), "{error}");
}

#[test]
fn without_addresses_everybody_comes_through_private_endpoints() {
    let bench = Bench::new(Scenario { runner_addresses: Vec::new(), ..walled(Vec::new()) });
    assert_eq!(log_in(&bench, "shop"), 0);
    bench.simulator.move_runner(&[RUNNER]);
    assert_eq!(log_in(&bench, "shop"), 40615);
}

#[test]
fn addresses_take_turns_from_connection_to_connection() {
    let second = [203, 0, 113, 8];
    let scenario = walled(vec![rule("second", second, second)]);
    let bench = Bench::new(Scenario { runner_addresses: vec![RUNNER, second.into()], ..scenario });
    assert_eq!([log_in(&bench, "shop"), log_in(&bench, "shop"), log_in(&bench, "shop")], [40615, 0, 40615]);
}

#[test]
fn a_new_rule_lets_nobody_in_before_its_delay_is_over_and_an_old_one_goes_at_once() {
    let bench = Bench::new(Scenario { firewall_delay_ms: 400, ..walled(Vec::new()) });
    let made = Instant::now();
    assert_eq!(put(&bench, "runner", "203.0.113.7", "203.0.113.7"), (200, String::new()));
    while log_in(&bench, "shop") == 40615 {
        assert!(made.elapsed() < Duration::from_secs(20), "the rule never has its effect");
    }
    assert!(made.elapsed() >= Duration::from_millis(400));
    assert_eq!(put(&bench, "runner", "203.0.113.7", "203.0.113.7").0, 200);
    assert_eq!(log_in(&bench, "shop"), 0, "the same rule once more changes nothing");
    let open = bench.log_in("contoso-sql-1", "shop", "sqladmin", &bench.simulator.credentials().sql_password);
    assert_eq!(bench.arm("DELETE", &path(&bench, "RUNNER"), SQL, None).status, 200);
    assert_eq!(log_in(&bench, "shop"), 40615);
    assert_eq!(open.unwrap().value::<i32>("SELECT COUNT(*) FROM dbo.Customer"), 3, "open sessions stay");
    assert_eq!(bench.arm("DELETE", &path(&bench, "runner"), SQL, None).status, 204);
    assert_eq!(bench.arm("GET", &path(&bench, "runner"), SQL, None).code(), "ResourceNotFound");
}

#[test]
fn what_is_no_rule_is_refused_with_azures_codes() {
    let bench = Bench::new(walled(Vec::new()));
    let refused = |name: &str, start: &str, end: &str| put(&bench, name, start, end);
    let code = |code: &str| (400, code.to_owned());
    assert_eq!(refused("r", "203.0.113.9", "203.0.113.7"), code("FirewallRuleInvalidRange"));
    assert_eq!(refused("r", "2001:db8::7", "2001:db8::7"), code("FirewallRuleNotIPv4Address"));
    assert_eq!(refused("r", "", "203.0.113.7"), code("FirewallRuleNotIPv4Address"));
    assert_eq!(refused(&"r".repeat(129), "203.0.113.7", "203.0.113.7"), code("FirewallRuleNameTooLong"));
    assert_eq!(refused("r.", "203.0.113.7", "203.0.113.7"), code("InvalidServerFirewallRuleResourceParameters"));
    let body = json!({"properties": {"startIp": "203.0.113.7"}});
    assert_eq!(bench.arm("PUT", &path(&bench, "r"), SQL, Some(body)).code(), "InvalidRequestContent");
    let list = bench.id("Microsoft.Sql/servers/contoso-sql-1/firewallRules");
    assert_eq!(bench.arm("PUT", &list, SQL, Some(json!({"values": []}))).status, 405, "replacing all at once");
    assert_eq!(bench.get(&list, SQL)["value"], Value::Array(Vec::new()));
}

#[test]
fn a_server_without_public_access_keeps_everybody_out_and_its_rules_as_they_are() {
    let scenario = walled(Vec::new());
    let closed = ServerSettings {
        no_public_access: true,
        firewall_rules: vec![azure(), rule("runner", [203, 0, 113, 7], [203, 0, 113, 7])],
        ..ServerSettings::default()
    };
    let server_settings = BTreeMap::from([("contoso-sql-1".to_owned(), closed)]);
    let bench = Bench::new(Scenario { server_settings, users: 1, ..scenario });
    assert_eq!(log_in(&bench, "shop"), 47073);
    assert!(failed(&bench) > 0, "sites too");
    assert_eq!(put(&bench, "runner", "203.0.113.7", "203.0.113.8"), (400, "DenyPublicEndpointEnabled".to_owned()));
    assert_eq!(bench.arm("DELETE", &path(&bench, "runner"), SQL, None).code(), "DenyPublicEndpointEnabled");
    bench.simulator.move_runner(&[]);
    assert_eq!(log_in(&bench, "shop"), 0, "through a private endpoint");
}

#[test]
fn rules_are_in_the_digest_and_in_a_snapshot() {
    let bench = Bench::new(walled(vec![azure()]));
    let (before, saved) = (bench.simulator.digest(), bench.simulator.snapshot().unwrap());
    assert_eq!(put(&bench, "runner", "203.0.113.7", "203.0.113.7").0, 200);
    assert_ne!(bench.simulator.digest(), before);
    bench.simulator.restore(&saved).unwrap();
    assert_eq!((bench.simulator.digest(), log_in(&bench, "shop")), (before, 40615));
}
