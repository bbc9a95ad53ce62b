//! The documented roles are enough: whole upgrades as an identity that has the custom roles of `docs/roles` and a SQL log-in
//! with the roles of `docs/permissions.md`, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use azure_sim::{FirewallRule, RoleAssignment, Scenario, ServerSettings, SqlLogin};
use rollout::{
    Step,
    actions::{self, Grant, granted},
    site::{PackageSource, SiteOptions},
};
use serde_json::Value;

use crate::harness::{TestUpgrade, scenario};

const PASSWORD: &str = "Pw-of-the-deployer-1";
const LOG_IN: [(&str, &str); 3] = [("sql-token", ""), ("sql-user", "deployer"), ("sql-password", PASSWORD)];

/// The actions of a role.
fn documented(role: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/roles/{role}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let definition: Value = serde_json::from_str(&text).unwrap();
    assert!(definition["NotActions"].as_array().unwrap().is_empty());
    definition["Actions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// `db_owner` in the database, `dbmanager` in `master` of production's server; on the stage server a log-in and no more.
fn log_ins() -> Vec<SqlLogin> {
    let log_in = |server: &str, master_roles: Vec<String>| SqlLogin {
        name: "deployer".to_owned(),
        password: PASSWORD.to_owned(),
        servers: vec![server.to_owned()],
        master_roles,
        database_roles: vec!["db_owner".to_owned()],
    };
    vec![log_in("contoso-sql-1", vec!["dbmanager".to_owned()]), log_in("contoso-sql-2", Vec::new())]
}

/// An identity with these roles on the subscription.
fn with(roles: &[&str]) -> Scenario {
    let assign =
        |role: &&str| RoleAssignment { scope: String::new(), actions: documented(role), not_actions: Vec::new() };
    Scenario { permissions: Some(roles.iter().map(assign).collect()), logins: log_ins(), ..scenario() }
}

#[track_caller]
fn done(shop: &TestUpgrade, step: &str, more: &[(&str, &str)]) {
    let inputs: Vec<_> = LOG_IN.iter().chain(more).copied().collect();
    let ended = shop.run_with(step, &inputs);
    assert_eq!(ended.outcome(), "done", "{step}: {ended:#?}");
}

#[track_caller]
fn removes(shop: &TestUpgrade, slot: &str) {
    let database = shop.known(&format!("{slot}-database"));
    done(shop, "cleanup", &[("remove", &database), ("remove-database", "true"), ("revert-window", "0s")]);
}

#[test]
fn an_upgrade_and_its_cleanup_need_no_more_than_the_documented_roles() {
    let shop = TestUpgrade::open(with(&["upgrade", "cleanup"]));
    for step in ["plan", "prepare", "freeze", "terminate", "migrate", "switch"] {
        done(&shop, step, &[]);
    }
    shop.assert_writes_arrive("contoso-2");
    removes(&shop, "production");
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn an_upgrade_needs_nothing_of_cleanup() {
    let shop = TestUpgrade::open(with(&["upgrade"]));
    for step in ["plan", "prepare", "freeze", "terminate", "migrate", "switch"] {
        done(&shop, step, &[]);
    }
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_rollback_needs_no_more_than_the_documented_roles() {
    let shop = TestUpgrade::open(with(&["upgrade", "cleanup"]));
    for step in ["plan", "prepare", "freeze", "terminate", "migrate", "rollback"] {
        done(&shop, step, &[]);
    }
    shop.assert_writes_arrive("contoso-1");
    removes(&shop, "stage");
}

/// Each right of this role is used: a runner that is let in before plan, and takes that back.
#[test]
fn a_runner_behind_firewalls_needs_no_more_than_the_role_for_that() {
    let azure = FirewallRule { name: "azure".to_owned(), start: [0; 4].into(), end: [0; 4].into() };
    let walled = ServerSettings { firewall_rules: vec![azure], ..ServerSettings::default() };
    let servers = ["contoso-sql-1", "contoso-sql-2"].map(|server| (server.to_owned(), walled.clone()));
    let runner = vec![[203, 0, 113, 7].into()];
    let shop = TestUpgrade::open(Scenario {
        runner_addresses: runner,
        server_settings: BTreeMap::from(servers),
        ..with(&["upgrade", "firewall"])
    });
    let before_plan = [
        ("profile", "contoso-rg/contoso"),
        ("stage-server", "contoso-rg/contoso-sql-2"),
        ("stage-site", "contoso-stage-rg/contoso-2"),
        ("upgrade-id", "run-1"),
        ("firewall", "open"),
    ];
    done(&shop, "firewall", &before_plan);
    for step in ["plan", "prepare", "freeze", "terminate", "migrate", "switch"] {
        done(&shop, step, &[]);
    }
    done(&shop, "firewall", &[("firewall", "close")]);
    shop.assert_writes_arrive("contoso-2");
}

/// A planner may not ask what it may do, so plan remarks that this was not checked; freeze asks as the operator.
#[test]
fn a_plan_needs_no_more_than_the_documented_role() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..with(&["plan"]) });
    let before = shop.digest();
    let ended = shop.run_with("plan", &LOG_IN);
    assert_eq!((ended.outcome(), shop.digest()), ("done", before));
    assert!(ended.outputs["findings"].contains("not checked, because this identity cannot see it"), "{ended:#?}");
}

/// Nothing but the roles, and not on the site, which is not there yet.
#[test]
fn a_stage_site_is_created_and_gets_its_package_with_the_documented_roles() {
    for by_file in [false, true] {
        let scenario = Scenario { no_stage_site: true, site_creation_ms: 100, ..with(&["upgrade", "site", "cleanup"]) };
        let shop = TestUpgrade::open(scenario).with_inputs(&[("stage-plan", "contoso-stage-rg/contoso-plan-2")]);
        let file = shop.sim.addresses().package_file.to_str().unwrap().to_owned();
        let address = shop.sim.credentials().package_address.clone();
        let shop = shop.with_inputs(&[("package", if by_file { &file } else { &address })]);
        for step in ["plan", "prepare", "freeze", "terminate", "migrate", "rollback"] {
            done(&shop, step, &[]);
        }
        shop.assert_writes_arrive("contoso-1");
        removes(&shop, "stage");
    }
}

fn as_grant(actions: Vec<String>) -> [Grant; 1] {
    [Grant { actions, not_actions: Vec::new() }]
}

fn table_of(steps: &[Step], plan: bool) -> BTreeSet<&'static str> {
    let steps = steps.iter().copied().flat_map(actions::of_step);
    let plan = if plan { actions::of_plan() } else { Vec::new() };
    steps.chain(plan).flat_map(|(_, actions)| actions.iter().copied()).collect()
}

/// A step that stopped a site and is refused starts it again: no plan asks for that in the steps that only stop.
const TAKE_BACK: &str = "Microsoft.Web/sites/start/action";
/// To follow the removal of a link, where rollback has to remove it by Azure Resource Manager.
const FOLLOW: &str = "Microsoft.Sql/locations/*/read";

/// What is looked at where prepare creates the stage site or deploys a package: plan asks for it only then.
const SITE_READS: [&str; 3] =
    ["Microsoft.Web/sites/config/read", "Microsoft.Web/sites/deployments/read", "Microsoft.Web/sites/slots/read"];

/// What a created site and its package take, from a file or an address, but for these looks.
fn table_of_site() -> BTreeSet<&'static str> {
    let site_options = |source| SiteOptions { source: Some(source), ..SiteOptions::default() };
    let both =
        [PackageSource::Address, PackageSource::File].map(|source| actions::of_site(true, &site_options(source)));
    let all = both.into_iter().flatten().flat_map(|(_, actions)| actions.iter().copied());
    all.filter(|action| !SITE_READS.contains(action)).collect()
}

/// What `upgrade-firewall` takes. No rule of plan asks for it: a runner inside the network goes without.
const FIREWALL: [&str; 8] = [
    "Microsoft.Network/trafficManagerProfiles/read",
    "Microsoft.Web/sites/config/list/action",
    "Microsoft.Sql/servers/read",
    "Microsoft.Sql/servers/databases/read",
    "Microsoft.Sql/servers/databases/replicationLinks/read",
    "Microsoft.Sql/servers/firewallRules/read",
    "Microsoft.Sql/servers/firewallRules/write",
    "Microsoft.Sql/servers/firewallRules/delete",
];

/// What plan asks for and what is documented is the same but for what is listed: the one was written down, the other derived
/// from traffic.
#[test]
fn the_table_that_plan_checks_is_what_is_documented() {
    use Step::{Cleanup, Freeze, Migrate, Prepare, Rollback, Switch, Terminate};
    let upgrade = [Prepare, Freeze, Terminate, Migrate, Switch, Rollback];
    for (role, table, beyond) in [
        ("firewall", FIREWALL.into(), vec![]),
        ("plan", table_of(&[], true), SITE_READS.to_vec()),
        ("upgrade", table_of(&upgrade, true), [&[actions::READ_PERMISSIONS], &SITE_READS[..]].concat()),
        ("site", table_of_site(), vec![]),
        ("rollback", table_of(&[Rollback], false), vec![FOLLOW, TAKE_BACK]),
        ("cleanup", table_of(&[Cleanup], false), vec![TAKE_BACK]),
    ] {
        let documented = documented(role);
        let all = as_grant(documented.clone());
        let missing: Vec<_> = table.iter().filter(|action| !granted(&all, action)).collect();
        assert!(missing.is_empty(), "docs/roles/{role}.json lacks {missing:?}");
        let asked = |action: &str| table.iter().any(|needed| granted(&as_grant(vec![action.to_owned()]), needed));
        let more: Vec<_> = documented.iter().map(String::as_str).filter(|action| !asked(action)).collect();
        assert_eq!(more, beyond, "what docs/roles/{role}.json has and the table of plan has not");
    }
}
