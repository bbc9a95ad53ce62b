//! The runner's firewall: a way into both servers for exactly the time of a job.

use std::{collections::BTreeMap, net::Ipv4Addr, process::Command, time::Duration};

use azure_sim::{FirewallRule, Protocol, Redirect, RoleAssignment, Scenario, ServerSettings, SqlLogin, What};
use serde_json::Value;

use crate::{
    faults::{at, fired},
    harness::{Ended, TestUpgrade, binary, scenario, until},
    signals::signal,
    sql,
};

const RUNNER: [u8; 4] = [203, 0, 113, 7];
const NEXT_RUNNER: [u8; 4] = [198, 51, 100, 4];

/// What a job knows before plan: the inputs of plan.
const BEFORE_PLAN: [(&str, &str); 4] = [
    ("profile", "contoso-rg/contoso"),
    ("stage-server", "contoso-rg/contoso-sql-2"),
    ("stage-site", "contoso-stage-rg/contoso-2"),
    ("upgrade-id", "run-1"),
];

fn rule(name: &str, start: [u8; 4], end: [u8; 4]) -> FirewallRule {
    FirewallRule { name: name.to_owned(), start: start.into(), end: end.into() }
}

/// A server that lets Azure's own services in, and somebody else's runner.
fn walled_server() -> ServerSettings {
    let rules = [
        rule("AllowAllWindowsAzureIps", [0; 4], [0; 4]),
        rule("office", [192, 0, 2, 1], [192, 0, 2, 9]),
        rule("rolling-upgrade-run-2-192-0-2-77", [192, 0, 2, 77], [192, 0, 2, 77]),
    ];
    ServerSettings { firewall_rules: rules.to_vec(), ..ServerSettings::default() }
}

fn with_servers(production: ServerSettings, stage: ServerSettings) -> Scenario {
    let settings = [("contoso-sql-1".to_owned(), production), ("contoso-sql-2".to_owned(), stage)];
    Scenario {
        runner_addresses: vec![RUNNER.into()],
        firewall_delay_ms: 150,
        server_settings: BTreeMap::from(settings),
        ..scenario()
    }
}

/// Both servers keep this runner out. Nobody writes, so that what a step has changed is all that has changed.
fn walled() -> Scenario {
    Scenario { users: 0, ..with_servers(walled_server(), walled_server()) }
}

/// The same with users.
fn busy() -> Scenario {
    Scenario { users: 4, ..walled() }
}

fn run(shop: &TestUpgrade, verb: &str, more: &[(&str, &str)]) -> Ended {
    let inputs: Vec<_> = [("firewall", verb)].into_iter().chain(more.iter().copied()).collect();
    shop.run_with("firewall", &inputs)
}

#[track_caller]
fn done(shop: &TestUpgrade, verb: &str, more: &[(&str, &str)]) -> Vec<String> {
    let ended = run(shop, verb, more);
    assert_eq!(ended.outcome(), "done", "{verb}: {ended:#?}");
    what(&ended)
}

/// What it says that it did.
fn what(ended: &Ended) -> Vec<String> {
    let done = ended.result()["done"].as_array().unwrap().clone();
    done.iter().map(|one| one["what"].as_str().unwrap().to_owned()).collect()
}

/// A refusal, which has changed nothing.
#[track_caller]
fn refused(shop: &TestUpgrade, verb: &str, more: &[(&str, &str)]) -> String {
    let before = shop.digest();
    let ended = run(shop, verb, more);
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    assert_eq!(shop.digest(), before, "a refusal changed something");
    ended.why()
}

/// The names of the rules of both servers that the scenario did not begin with.
fn rules(shop: &TestUpgrade) -> Vec<String> {
    let mut names = Vec::new();
    for server in ["contoso-sql-1", "contoso-sql-2"] {
        let path = format!("contoso-rg/providers/Microsoft.Sql/servers/{server}/firewallRules");
        let list = sql::arm(shop, "GET", &path, "2021-11-01", &Value::Null);
        let rules = list["value"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap());
        let ours = rules.filter(|name| name.starts_with("rolling-upgrade-run-1-"));
        names.extend(ours.map(|name| format!("{server}: {name}")));
    }
    names
}

fn rules_for(address: &str) -> Vec<String> {
    let rule = format!("rolling-upgrade-run-1-{}", address.replace('.', "-"));
    vec![format!("contoso-sql-1: {rule}"), format!("contoso-sql-2: {rule}")]
}

const KEPT_OUT: &str = "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 40615 (class 14, state \
                        1): Cannot open server 'contoso-sql-1' requested by the login. Client with IP address \
                        '203.0.113.7' is not allowed to access the server.  To enable access, use the Azure Management \
                        Portal or run sp_set_firewall_rule on the master database to create a firewall rule for this \
                        IP address or address range.  It may take up to five minutes for this change to take effect\n\
                        hint: run `upgrade-firewall open` in this job first: it adds a firewall rule for 203.0.113.7 \
                        and waits until that takes effect, which can take five minutes; or use a runner inside the \
                        server's network";

#[test]
fn a_runner_that_is_kept_out_is_told_of_the_way_in() {
    let shop = TestUpgrade::open(walled());
    let ended = shop.run("plan");
    assert_eq!((ended.outcome(), ended.why().as_str()), ("refused", KEPT_OUT));
}

/// Each job has a runner of its own, and nothing is left in the end.
#[test]
fn a_whole_upgrade_in_which_every_job_opens_and_closes() {
    let shop = TestUpgrade::open(busy());
    let jobs: [(&[&str], [u8; 4]); 3] = [
        (&["plan"], RUNNER),
        (&["prepare"], NEXT_RUNNER),
        (&["freeze", "terminate", "migrate", "switch"], [203, 0, 113, 8]),
    ];
    for (steps, address) in jobs {
        shop.sim.move_runner(&[address.into()]);
        let inputs: &[_] = if steps == ["plan"] { &BEFORE_PLAN } else { &[] };
        done(&shop, "open", inputs);
        assert_eq!(rules(&shop), rules_for(&Ipv4Addr::from(address).to_string()));
        shop.upgrade_through(steps);
        done(&shop, "close", inputs);
        assert_eq!(rules(&shop), [""; 0]);
    }
    shop.assert_writes_arrive("contoso-2");
    done(&shop, "open", &[]);
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let last = "delete firewall rule `rolling-upgrade-run-1-203-0-113-8` of server `contoso-rg/contoso-sql-2`";
    assert_eq!(what(&ended).last().map(String::as_str), Some(last));
    assert_eq!(run(&shop, "close", &[]).outcome(), "already-done", "cleanup has done it");
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn open_changes_nothing_but_its_rules_and_close_takes_them_back() {
    let shop = TestUpgrade::open(walled());
    let before = shop.digest();
    let did = done(&shop, "open", &BEFORE_PLAN);
    assert_eq!(
        did,
        [
            "allow 203.0.113.7 on server `contoso-rg/contoso-sql-1` with firewall rule \
             `rolling-upgrade-run-1-203-0-113-7`",
            "allow 203.0.113.7 on server `contoso-rg/contoso-sql-2` with firewall rule \
             `rolling-upgrade-run-1-203-0-113-7`",
            "log in to every database that an upgrade uses",
        ]
    );
    let opened = shop.digest();
    assert_ne!(opened, before);
    assert_eq!(run(&shop, "open", &BEFORE_PLAN).outcome(), "already-done");
    assert_eq!(shop.digest(), opened);
    assert_eq!(
        done(&shop, "close", &BEFORE_PLAN),
        [
            "delete firewall rule `rolling-upgrade-run-1-203-0-113-7` of server `contoso-rg/contoso-sql-1`",
            "delete firewall rule `rolling-upgrade-run-1-203-0-113-7` of server `contoso-rg/contoso-sql-2`",
        ]
    );
    assert_eq!(shop.digest(), before, "rules of others, and of other upgrades, are untouched");
    assert_eq!(run(&shop, "close", &BEFORE_PLAN).outcome(), "already-done");
    assert_eq!(shop.digest(), before);
}

#[test]
fn the_databases_may_be_named_before_plan_and_after_it() {
    let shop = TestUpgrade::open(walled());
    let named = [
        ("production-database", "contoso-rg/contoso-sql-1/shop"),
        ("stage-server", "contoso-rg/contoso-sql-2"),
        ("upgrade-id", "run-1"),
    ];
    done(&shop, "open", &named);
    shop.upgrade_through(&["plan"]);
    done(&shop, "close", &named);
    done(&shop, "open", &[]);
    assert_eq!(rules(&shop), rules_for("203.0.113.7"));
    shop.upgrade_through(&["prepare"]);
    done(&shop, "close", &[]);
    // The stage database is there by now, and is tried as well.
    done(&shop, "open", &[]);
    assert_eq!(shop.run("freeze").outcome(), "done");
}

#[test]
fn open_waits_until_its_rules_have_their_effect() {
    let shop = TestUpgrade::open(Scenario { firewall_delay_ms: 900, ..walled() });
    let ended = run(&shop, "open", &BEFORE_PLAN);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let told = "wait until the servers let this runner in, which can take five minutes ...";
    assert_eq!(ended.stderr.matches(told).count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("ERROR"), "a refusal is what it expects: {}", ended.stderr);
    let done = ended.result()["done"].as_array().unwrap().clone();
    assert!(done.last().unwrap()["seconds"].as_f64().unwrap() >= 0.9, "{done:#?}");
    shop.upgrade_through(&["plan"]);
}

#[test]
fn a_rule_that_takes_too_long_is_told_and_close_removes_it() {
    let shop = TestUpgrade::open(Scenario { firewall_delay_ms: 3_600_000, ..walled() });
    let before = shop.digest();
    let ended = run(&shop, "open", &[&BEFORE_PLAN[..], &[("firewall-timeout", "300ms")]].concat());
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(
        ended.why(),
        "timed out after 300ms waiting for the rules to take effect: `contoso-rg/contoso-sql-1` still refuses \
         203.0.113.7, `contoso-rg/contoso-sql-2` still refuses 203.0.113.7\n\
         hint: Azure may take five minutes, rarely longer: run `upgrade-firewall open` again; `upgrade-firewall close` \
         removes the rules"
    );
    assert_eq!(rules(&shop), rules_for("203.0.113.7"));
    done(&shop, "close", &BEFORE_PLAN);
    assert_eq!(shop.digest(), before);
}

#[test]
fn an_open_that_is_stopped_ends_at_once_and_close_takes_its_rules_back() {
    let shop = TestUpgrade::open(Scenario { firewall_delay_ms: 3_600_000, ..walled() });
    let before = shop.digest();
    let inputs = [&BEFORE_PLAN[..], &[("firewall", "open")]].concat();
    let running = shop.start("firewall", &inputs, Command::new(binary("firewall")));
    until("both rules are there", || rules(&shop).len() == 2);
    signal(running.process.id(), "TERM");
    let ended = running.end();
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(
        ended.why(),
        "stopped by SIGTERM\nhint: run it again; `upgrade-firewall close` removes every rule that was added"
    );
    done(&shop, "close", &BEFORE_PLAN);
    assert_eq!(shop.digest(), before);
}

#[test]
fn the_next_open_removes_what_a_killed_runner_has_left() {
    let shop = TestUpgrade::open(walled());
    done(&shop, "open", &BEFORE_PLAN);
    shop.upgrade_through(&["plan"]);
    shop.sim.move_runner(&[NEXT_RUNNER.into()]);
    let did = done(&shop, "open", &[]);
    assert_eq!(rules(&shop), rules_for("198.51.100.4"));
    let deleted = "delete firewall rule `rolling-upgrade-run-1-203-0-113-7` of server `contoso-rg/contoso-sql-1`";
    assert!(did.iter().any(|line| line == deleted), "{did:#?}");
    assert_eq!(
        did.last().map(String::as_str),
        Some("log in to every database that an upgrade uses"),
        "proved once more"
    );
    shop.upgrade_through(&["prepare"]);
}

#[test]
fn cleanup_removes_what_a_killed_runner_has_left() {
    let shop = TestUpgrade::open(busy());
    done(&shop, "open", &BEFORE_PLAN);
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "rollback"]);
    assert_eq!(rules(&shop), rules_for("203.0.113.7"));
    // The next runner comes in by itself, so nobody opens.
    shop.sim.move_runner(&[[192, 0, 2, 5].into()]);
    let ended = shop.clean_up("stage");
    assert_eq!((ended.outcome(), rules(&shop)), ("done", Vec::new()), "{ended:#?}");
    assert_eq!(shop.clean_up("stage").outcome(), "already-done");
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn close_works_after_a_step_that_failed_and_from_any_runner() {
    let shop = TestUpgrade::open(walled());
    let before = shop.digest();
    done(&shop, "open", &BEFORE_PLAN);
    assert_eq!(shop.run_with("plan", &[("stage-server", "contoso-rg/nowhere")]).outcome(), "refused");
    shop.sim.move_runner(&[NEXT_RUNNER.into()]);
    done(&shop, "close", &BEFORE_PLAN);
    assert_eq!(shop.digest(), before);
}

#[test]
fn a_runner_that_is_let_in_already_needs_no_rule() {
    let shop = TestUpgrade::open(Scenario { runner_addresses: vec![[192, 0, 2, 5].into()], ..walled() });
    let before = shop.digest();
    assert_eq!(run(&shop, "open", &BEFORE_PLAN).outcome(), "already-done");
    assert_eq!(shop.digest(), before);
}

#[test]
fn a_server_without_public_access_is_refused_before_anything_is_opened() {
    let closed = ServerSettings { no_public_access: true, ..walled_server() };
    let shop = TestUpgrade::open(Scenario { users: 0, ..with_servers(walled_server(), closed) });
    assert_eq!(
        refused(&shop, "open", &BEFORE_PLAN),
        "cannot log in to `master` on `contoso-sql-2.database.windows.net`: error 47073 (class 14, state 1): Reason: An \
         instance-specific error occurred while establishing a connection to SQL Server. The public network interface on this \
         server is not accessible. To connect to this server, use the Private Endpoint from inside your virtual network\n\
         hint: the server's public network access is disabled, and firewall rules have no effect: use a runner inside the \
         network, and `connect-to` for its private endpoint"
    );
}

#[test]
fn a_runner_in_a_subnet_that_the_server_does_not_know_is_told_that_no_address_helps() {
    let shop = TestUpgrade::open(Scenario { users: 0, refuse_log_ins: vec![40914; 4], ..scenario() });
    assert_eq!(
        refused(&shop, "open", &BEFORE_PLAN).split_once("\nhint: ").unwrap().1,
        "the server has no virtual network rule for the subnet of this runner, and no rule for an address helps there: add that \
         rule, or use a runner inside a network that the server lets in"
    );
}

/// What reading takes, everywhere; and `more` on some resource.
fn with_rights(more: &[(&str, &[&str])]) -> Scenario {
    let role = |scope: &str, actions: &[&str]| RoleAssignment {
        scope: scope.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        not_actions: Vec::new(),
    };
    let reader = role("", &["*/read", "Microsoft.Web/sites/config/list/action"]);
    let more = more.iter().map(|(scope, actions)| role(scope, actions));
    Scenario { permissions: Some([reader].into_iter().chain(more).collect()), ..walled() }
}

const WRITE: [&str; 2] = ["Microsoft.Sql/servers/firewallRules/write", "Microsoft.Sql/servers/firewallRules/delete"];
const PRODUCTION: &str = "resourceGroups/contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-1";

/// The ids of request and correlation are drawn at random.
fn without_ids(text: &str) -> String {
    let (before, rest) = text.split_once("(request `").unwrap();
    format!("{before}(request …){}", rest.split_once(')').unwrap().1)
}

fn no_right_on(server: &str) -> String {
    format!(
        "could not add the firewall rule `rolling-upgrade-run-1-203-0-113-7` to the SQL server `contoso-rg/{server}`: \
         Azure answered 403 `AuthorizationFailed`: The client '0d3f2c6e-8a44-4f0e-9b1c-5d7f6a1e2b90' with object id \
         '0d3f2c6e-8a44-4f0e-9b1c-5d7f6a1e2b90' does not have authorization to perform action \
         'Microsoft.Sql/servers/firewallRules/write' over scope \
         '/subscriptions/<subscription>/resourceGroups/contoso-rg/providers/Microsoft.Sql/servers/{server}/firewallRules/rolling-upgrade-run-1-203-0-113-7' \
         or the scope is invalid. If access was recently granted, please refresh your credentials. (request …)\n\
         hint: assign the role of `docs/roles/firewall.json` on the resource group of the server; or ask an \
         administrator to add the rule, or use a runner inside the network"
    )
}

#[test]
fn without_the_right_to_add_rules_it_is_refused_and_what_was_added_is_taken_back() {
    for (rights, server) in [(&[][..], "contoso-sql-1"), (&[(PRODUCTION, &WRITE[..])][..], "contoso-sql-2")] {
        let shop = TestUpgrade::open(with_rights(rights));
        let why = refused(&shop, "open", &BEFORE_PLAN);
        let why = without_ids(&why).replace(&shop.sim.credentials().subscription_id, "<subscription>");
        assert_eq!(why, no_right_on(server));
        assert_eq!(rules(&shop), [""; 0]);
    }
}

#[test]
fn what_cannot_be_closed_is_told_and_the_other_server_is_closed_all_the_same() {
    let mut opened = walled_server();
    opened.firewall_rules.push(rule("rolling-upgrade-run-1-203-0-113-7", RUNNER, RUNNER));
    let server_settings = with_servers(opened.clone(), opened).server_settings;
    let shop = TestUpgrade::open(Scenario { server_settings, ..with_rights(&[(PRODUCTION, &WRITE)]) });
    let ended = run(&shop, "close", &BEFORE_PLAN);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let why = "could not delete the firewall rule `rolling-upgrade-run-1-203-0-113-7` of the SQL server `contoso-rg/contoso-sql-2`: \
               Azure answered 403 `AuthorizationFailed`";
    assert!(ended.why().starts_with(why), "{}", ended.why());
    let hint = "run it again; `upgrade-firewall close` removes every rule that was added";
    assert!(ended.why().ends_with(hint), "{}", ended.why());
    assert_eq!(rules(&shop), &rules_for("203.0.113.7")[1..]);
}

fn lost(shop: &TestUpgrade, method: &str, server: &str, what: What) {
    let request = format!(
        "{method} /subscriptions/*/resourceGroups/contoso-rg/providers/Microsoft.Sql/servers/{server}/firewallRules/\
         rolling-upgrade-run-1-203-0-113-7"
    );
    at(shop, Protocol::Arm, &request, 1, what);
}

/// How often it was tried in its second depends on the machine.
fn without_count(why: &str) -> String {
    let (before, rest) = why.split_once(" in ").unwrap();
    let counted = rest.split_once(" attempts").filter(|(count, _)| count.parse::<u32>().is_ok_and(|count| count > 1));
    format!("{before} in # attempts{}", counted.unwrap().1)
}

fn unheard(change: &str, of: &str, server: &str) -> String {
    format!(
        "could not {change} the firewall rule `rolling-upgrade-run-1-203-0-113-7` {of} the SQL server \
         `contoso-rg/{server}` in # attempts: no complete answer from `management.azure.com`: error sending request: \
         client error (SendRequest): connection error: peer closed connection without sending TLS close_notify: \
         https://docs.rs/rustls/latest/rustls/manual/_03_howto/index.html#unexpected-eof\n\
         hint: check what is between this machine and the host: network, proxy variables, `connect-to` rules, trusted \
         certificates; then run it again; `upgrade-firewall close` removes every rule that was added"
    )
}

/// Where no answer came, nobody can tell whether the rule is there: that is no refusal, and closing finds out.
#[test]
fn a_rule_whose_answer_is_lost_is_made_once_more_or_told_and_close_removes_it() {
    let shop = TestUpgrade::open(walled());
    let before = shop.digest();
    for server in ["contoso-sql-1", "contoso-sql-2"] {
        lost(&shop, "PUT", server, What::Lost);
        done(&shop, "open", &BEFORE_PLAN);
        fired(&shop);
        lost(&shop, "DELETE", server, What::Lost);
        done(&shop, "close", &BEFORE_PLAN);
        fired(&shop);
        assert_eq!(shop.digest(), before);

        lost(&shop, "PUT", server, What::LostForGood);
        let ended = run(&shop, "open", &[&BEFORE_PLAN[..], &[("retry-budget", "1s")]].concat());
        fired(&shop);
        assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
        assert_eq!(without_count(&ended.why()), unheard("add", "to", server));
        shop.sim.set_fault(None).unwrap();
        assert!(rules(&shop).contains(&format!("{server}: rolling-upgrade-run-1-203-0-113-7")));
        done(&shop, "close", &BEFORE_PLAN);
        assert_eq!(shop.digest(), before);
    }
}

#[test]
fn a_rule_that_may_be_gone_is_told_and_close_finds_out() {
    let shop = TestUpgrade::open(walled());
    let before = shop.digest();
    done(&shop, "open", &BEFORE_PLAN);
    lost(&shop, "DELETE", "contoso-sql-1", What::LostForGood);
    let ended = run(&shop, "close", &[&BEFORE_PLAN[..], &[("retry-budget", "1s")]].concat());
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(without_count(&ended.why()), unheard("delete", "of", "contoso-sql-1"));
    shop.sim.set_fault(None).unwrap();
    assert_eq!(rules(&shop), &rules_for("203.0.113.7")[1..]);
    done(&shop, "close", &BEFORE_PLAN);
    assert_eq!(shop.digest(), before);
}

fn pool(count: u8) -> Scenario {
    Scenario { runner_addresses: (1..=count).map(|last| [203, 0, 113, last].into()).collect(), ..walled() }
}

#[test]
fn a_runner_whose_address_changes_from_connection_to_connection_gets_a_rule_for_each() {
    let shop = TestUpgrade::open(pool(3));
    done(&shop, "open", &BEFORE_PLAN);
    let expected: Vec<String> = ["contoso-sql-1", "contoso-sql-2"]
        .iter()
        .flat_map(|server| (1..=3).map(move |last| format!("{server}: rolling-upgrade-run-1-203-0-113-{last}")))
        .collect();
    assert_eq!(rules(&shop), expected);
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "switch"]);
    assert_eq!(done(&shop, "close", &[]).len(), 6);
}

#[test]
fn a_runner_with_too_many_addresses_is_refused_and_nothing_is_left() {
    let shop = TestUpgrade::open(pool(5));
    let why = refused(&shop, "open", &BEFORE_PLAN);
    let addresses = "(203.0.113.1, 203.0.113.2, 203.0.113.3, 203.0.113.4, 203.0.113.5)";
    let about = |server: &str| {
        format!(
            "cannot open the firewall of server `contoso-rg/{server}`: this runner comes from more than 4 addresses {addresses}\n\
             hint: use a runner with an address of its own, add a rule for the whole range yourself, or use a runner inside the \
             network"
        )
    };
    assert!(["contoso-sql-1", "contoso-sql-2"].map(about).contains(&why), "{why}");
}

#[test]
fn a_redirect_is_followed_through_the_firewall() {
    let shop = TestUpgrade::open(Scenario { redirect: Some(Redirect { hops: 1 }), ..walled() });
    let ended = shop.run("plan");
    assert_eq!((ended.outcome(), ended.why().as_str()), ("refused", KEPT_OUT), "at the gateway already");
    done(&shop, "open", &BEFORE_PLAN);
    shop.upgrade_through(&["plan"]);
}

/// The freeze proves every door that the read-only time needs.
#[test]
fn freeze_refuses_while_the_stage_server_alone_keeps_this_runner_out() {
    let shop = TestUpgrade::open(walled());
    done(&shop, "open", &BEFORE_PLAN);
    shop.upgrade_through(&["plan", "prepare"]);
    let path =
        "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-2/firewallRules/rolling-upgrade-run-1-203-0-113-7";
    sql::arm(&shop, "DELETE", path, "2021-11-01", &Value::Null);
    let before = shop.digest();
    let ended = shop.run("freeze");
    assert_eq!((ended.outcome(), shop.digest()), ("refused", before), "{ended:#?}");
    let expected = KEPT_OUT.replace("contoso-sql-1", "contoso-sql-2");
    let stands = " (upgrade `run-1` stands at `prepared`, `freeze` comes next)";
    assert_eq!(ended.why(), format!("cannot freeze `contoso-rg/contoso-sql-1/shop`: {expected}{stands}"));
    done(&shop, "open", &[]);
    shop.upgrade_through(&["freeze", "terminate", "migrate", "switch"]);
}

#[test]
fn a_log_in_that_fails_behind_the_firewall_is_refused_with_its_own_reason() {
    let shop = TestUpgrade::open(walled());
    let log_in = [("sql-token", ""), ("sql-user", "nobody"), ("sql-password", "hunter2-hunter2")];
    let why = refused(&shop, "open", &[&BEFORE_PLAN[..], &log_in].concat());
    assert_eq!(
        why,
        "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 18456 (class 14, state 1): Login failed for user \
         'nobody'\nhint: check user and password, and that the log-in exists on this very server: SQL log-ins are not replicated"
    );
}

/// Not every upgrade logs in to the `master` of the stage server.
#[test]
fn a_server_that_lets_a_stranger_in_as_far_as_to_ask_for_his_name_is_open() {
    let log_in = SqlLogin {
        name: "deployer".to_owned(),
        password: "Pw-of-the-deployer-1".to_owned(),
        servers: vec!["contoso-sql-1".to_owned()],
        master_roles: vec!["dbmanager".to_owned()],
        database_roles: vec!["db_owner".to_owned()],
    };
    let shop = TestUpgrade::open(Scenario { logins: vec![log_in], ..walled() });
    let who = [("sql-token", ""), ("sql-user", "deployer"), ("sql-password", "Pw-of-the-deployer-1")];
    assert_eq!(done(&shop, "open", &[&BEFORE_PLAN[..], &who].concat()).len(), 3);
    assert_eq!(rules(&shop), rules_for("203.0.113.7"));
}

/// Plan looks at what it can reach, and says what it could not look at.
#[test]
fn plan_tells_that_the_stage_server_alone_keeps_it_out() {
    let open = ServerSettings { firewall_rules: vec![rule("all", [0; 4], [255; 4])], ..ServerSettings::default() };
    let shop = TestUpgrade::open(Scenario { users: 0, ..with_servers(open, walled_server()) });
    let plan = shop.run("plan");
    assert_eq!(plan.outcome(), "done", "{plan:#?}");
    let told =
        "log-ins of server `contoso-rg/contoso-sql-2` (error 40615: `upgrade-firewall open` lets this runner in)";
    assert!(plan.outputs["findings"].contains(told), "{}", plan.outputs["findings"]);
    let did = done(&shop, "open", &[]);
    assert_eq!(did.len(), 2, "a rule for the server that needs one, and the proof: {did:#?}");
    assert_eq!(rules(&shop), &rules_for("203.0.113.7")[1..]);
}

#[test]
fn a_server_that_is_not_there_is_left_to_plan() {
    let shop = TestUpgrade::open(walled());
    let inputs = [
        ("production-database", "contoso-rg/contoso-sql-1/shop"),
        ("stage-server", "contoso-rg/nowhere"),
        ("upgrade-id", "run-1"),
    ];
    let ended = run(&shop, "open", &inputs);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert!(ended.stderr.contains("SQL server `contoso-rg/nowhere` does not exist: nothing to open there"));
    done(&shop, "close", &inputs);
    let nowhere =
        [("production-database", "contoso-rg/x/shop"), ("stage-server", "contoso-rg/y"), ("upgrade-id", "run-1")];
    assert_eq!(
        refused(&shop, "open", &nowhere),
        "cannot open the firewalls: neither `contoso-rg/x` nor `contoso-rg/y` exists\n\
         hint: check the identifiers of the databases"
    );
}

#[test]
fn what_is_meant_has_to_be_said() {
    let shop = TestUpgrade::open(scenario());
    let refused = |inputs: &[(&str, &str)]| {
        let ended = shop.run_with("firewall", &[&[("upgrade-id", "run-1")], inputs].concat());
        assert_eq!(ended.outcome(), "refused", "{ended:#?}");
        ended.why()
    };
    assert_eq!(refused(&[]), "cannot read the input `firewall`: it is empty\nhint: pass `open` or `close`");
    assert_eq!(
        refused(&[("firewall", "open")]),
        "cannot tell which SQL servers are meant: the inputs do not name both databases\n\
         hint: after plan pass its outputs `production-database` and `stage-database`; before plan pass what plan gets: \
         `profile`, `stage-server` and `stage-site`, or `production-database` and `stage-server`"
    );
    assert!(
        refused(&[("firewall", "shut")]).starts_with("cannot read the inputs: invalid value 'shut' for '--firewall")
    );
}

/// The delay of a rule is the server's: an `open` that was killed is finished by the next one of the same runner.
#[test]
fn an_open_that_was_interrupted_goes_on_with_the_same_rules() {
    let shop = TestUpgrade::open(Scenario { firewall_delay_ms: 1500, ..walled() });
    let short = [&BEFORE_PLAN[..], &[("firewall-timeout", "100ms")]].concat();
    assert_eq!(run(&shop, "open", &short).outcome(), "interrupted");
    let opened = shop.digest();
    let ended = run(&shop, "open", &BEFORE_PLAN);
    assert_eq!((ended.outcome(), shop.digest()), ("already-done", opened), "{ended:#?}");
    assert!(shop.sim.wait("idle", Duration::from_secs(5)));
    shop.upgrade_through(&["plan"]);
}
