//! Production and stage are not alone in a profile: a standby or a sorry page must not get the users of either.

use azure_sim::{RoleAssignment, Scenario};
use serde_json::{Value, json};

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    refused::refused,
    sql::arm,
};

const VERSION: &str = "2022-04-01";

fn path(endpoint: &str) -> String {
    format!("contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso/externalEndpoints/{endpoint}")
}

/// An enabled endpoint of somebody else.
fn add(shop: &TestUpgrade, name: &str, priority: u32, always_serve: bool) {
    let properties = json!({
        "target": format!("{name}.contoso.com"),
        "endpointStatus": "Enabled",
        "priority": priority,
        "alwaysServe": if always_serve { "Enabled" } else { "Disabled" },
    });
    arm(shop, "PUT", &path(name), VERSION, &json!({ "properties": properties }));
}

fn renumber(shop: &TestUpgrade, name: &str, priority: u32) {
    arm(shop, "PATCH", &path(name), VERSION, &json!({"properties": {"priority": priority}}));
}

const COMMAND: &str = "az network traffic-manager endpoint update --resource-group contoso-rg --profile-name contoso";

#[test]
fn plan_blocks_an_endpoint_between_production_and_stage_until_it_is_renumbered() {
    let shop = TestUpgrade::open(scenario());
    add(&shop, "standby", 2, true);
    assert_eq!(
        refused(&shop, "plan", &[]).why(),
        format!(
            "cannot upgrade `contoso-rg/contoso-sql-1/shop`: after the switch users would be sent to `standby`, and \
             not to stage's endpoint `contoso-2` alone: the priority numbers of the enabled endpoints and of stage's \
             are `contoso-1 1`, `standby 2`, `contoso-2 3`\n\
             hint: give it a greater priority number than stage's endpoint: `{COMMAND} --type externalEndpoints --name \
             standby --priority 4`; or disable it for the upgrade"
        )
    );
    renumber(&shop, "standby", 4);
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_sorry_page_behind_production_stays_behind_stage() {
    let shop = TestUpgrade::open(scenario());
    add(&shop, "sorry", 5, true);
    shop.upgrade_through(&["plan", "prepare"]);
    let stage: Value = arm(&shop, "GET", &path("contoso-2"), VERSION, &json!(null));
    assert_eq!(stage["properties"]["priority"], 2, "directly behind production");
    shop.upgrade_through(&["freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn freeze_sees_where_the_stage_endpoint_stands_by_then() {
    let shop = TestUpgrade::open(scenario());
    add(&shop, "sorry", 5, true);
    shop.upgrade_through(&["plan", "prepare"]);
    renumber(&shop, "contoso-2", 9);
    assert_eq!(
        refused(&shop, "freeze", &[]).why(),
        format!(
            "cannot freeze `contoso-rg/contoso-sql-1/shop`: after the switch users would be sent to `sorry`, and not \
             to stage's endpoint `contoso-2` alone: the priority numbers of the enabled endpoints and of stage's are \
             `contoso-1 1`, `sorry 5`, `contoso-2 9`\n\
             hint: give stage's endpoint the priority number directly after production's: `{COMMAND} --type \
             externalEndpoints --name contoso-2 --priority 2` (upgrade `run-1` stands at `prepared`, `freeze` comes \
             next)"
        )
    );
    renumber(&shop, "contoso-2", 2);
    shop.upgrade_through(&["freeze"]);
}

/// What a rule that blocks nothing says.
fn remark(ended: &Ended, rule: &str) -> Option<String> {
    let result = ended.result();
    let findings = result["outputs"]["findings"].as_array().or(result["findings"].as_array()).unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == rule)?;
    found["what"].as_str().map(str::to_owned)
}

#[test]
fn plan_tells_host_names_that_lead_past_the_profile() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() });
    let ended = shop.run("plan");
    assert_eq!((ended.outcome(), remark(&ended, "users-names")), ("done", None), "{ended:#?}");
    let rules = shop.sim.addresses().connect_to.join(",");
    let elsewhere =
        format!("www.contoso.example:443:192.0.2.1:443,contoso.trafficmanager.net:443:192.0.2.2:443,{rules}");
    let ended = shop.run_with("plan", &[("connect-to", &elsewhere)]);
    assert_eq!(
        remark(&ended, "users-names").as_deref(),
        Some(
            "users may bypass profile `contoso-rg/contoso`, and would then stay on V1: `www.contoso.example` resolves \
             to `192.0.2.1`, and `contoso.trafficmanager.net` to `192.0.2.2`"
        ),
        "{ended:#?}"
    );
}

/// It is looked at as far as this identity may: a plan does not need more rights for it.
#[test]
fn plan_tells_that_other_profiles_were_not_looked_at() {
    let role = |scope: &str, actions: &[&str]| RoleAssignment {
        scope: scope.to_owned(),
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        not_actions: Vec::new(),
    };
    let permissions = vec![
        role("", &["Microsoft.Sql/*", "Microsoft.Web/*", "Microsoft.Authorization/*"]),
        role("resourceGroups/contoso-rg", &["*"]),
    ];
    let narrow = Scenario { users: 0, permissions: Some(permissions), ..scenario() };
    let ended = TestUpgrade::open(narrow).run("plan");
    assert_eq!(
        remark(&ended, "other-profiles").as_deref(),
        Some("plan could not check whether other profiles send users to these sites: 403 `AuthorizationFailed`"),
        "{ended:#?}"
    );
    let ended = TestUpgrade::open(Scenario { users: 0, ..scenario() }).run("plan");
    assert_eq!((ended.outcome(), remark(&ended, "other-profiles")), ("done", None), "{ended:#?}");
}
