//! The stage site that prepare creates where there is none: what it is made with, what is refused, and what becomes of it.

use std::process::Command;

use azure_sim::{ProductionSite, Scenario};
use serde_json::{Value, json};

use crate::{
    harness::{self, Ended, TestUpgrade, binary, until},
    refused::refused,
    sql::{arm, refused_by_arm},
};

const WEB: &str = "2023-12-01";
const STAGE: &str = "contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2";
const PRODUCTION: &str = "contoso-rg/providers/Microsoft.Web/sites/contoso-1";
const PLAN: [(&str, &str); 1] = [("stage-plan", "contoso-stage-rg/contoso-plan-2")];
const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];
const SHOP: &str = "cannot upgrade `contoso-rg/contoso-sql-1/shop`: ";

fn scenario() -> Scenario {
    Scenario { no_stage_site: true, ..harness::scenario() }
}

fn with(production_site: ProductionSite) -> Scenario {
    Scenario { production_site, users: 0, ..scenario() }
}

/// No stage site, a plan for it, and V2's package at its address.
pub fn open(scenario: Scenario) -> TestUpgrade {
    let shop = TestUpgrade::open(scenario).with_inputs(&PLAN);
    let address = shop.sim.credentials().package_address.clone();
    shop.with_inputs(&[("package", &address)])
}

fn listed(shop: &TestUpgrade, site: &str, settings: &str) -> Value {
    arm(shop, "POST", &format!("{site}/config/{settings}/list"), WEB, &Value::Null)["properties"].clone()
}

fn findings(ended: &Ended, rule: &str) -> Vec<String> {
    let all = ended.result()["findings"].as_array().unwrap().clone();
    let of_rule = all.iter().filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| finding["what"].as_str().unwrap().to_owned()).collect()
}

fn blocks(scenario: Scenario, inputs: &[(&str, &str)], why: &str) {
    assert_eq!(refused(&TestUpgrade::open(scenario), "plan", inputs).why(), why);
}

#[test]
fn a_whole_upgrade_from_no_stage_site_loses_nothing() {
    let shop = open(scenario());
    shop.assert_writes_arrive("contoso-1");
    shop.upgrade_through(&ROAD[..1]);
    for step in &ROAD[1..] {
        assert_eq!(shop.run(step).outcome(), "done", "{step}");
        let before = shop.digest();
        let again = shop.run(step);
        assert_eq!(again.outcome(), "already-done", "{step}: {again:#?}");
        assert_eq!(shop.digest(), before, "{step} changed something when it was run again");
    }
    shop.assert_writes_arrive("contoso-2");
    assert_eq!(shop.clean_up("production").outcome(), "done");
    shop.assert_writes_arrive("contoso-2");
    assert_eq!(shop.good_report().serving.version.as_deref(), Some("2"));
    assert_eq!(arm(&shop, "GET", STAGE, WEB, &Value::Null)["properties"]["state"], "Running");
}

#[test]
fn the_new_site_is_like_productions_but_for_the_database_and_its_webjobs() {
    let web = [("healthCheckPath".to_owned(), json!("/health")), ("minTlsVersion".to_owned(), json!("1.3"))];
    let shop = open(with(ProductionSite { web: web.into_iter().collect(), ..ProductionSite::default() }));
    shop.upgrade_through(&ROAD[..2]);
    let (made, ours) = (arm(&shop, "GET", STAGE, WEB, &Value::Null), arm(&shop, "GET", PRODUCTION, WEB, &Value::Null));
    assert_eq!(made["tags"], json!({"rolling-upgrade": "run-1"}));
    for property in ["httpsOnly", "clientAffinityEnabled", "clientCertMode"] {
        assert_eq!(made["properties"][property], ours["properties"][property], "{property}");
    }
    let mut settings = listed(&shop, PRODUCTION, "appsettings");
    settings["WEBJOBS_STOPPED"] = json!("1");
    assert_eq!(listed(&shop, STAGE, "appsettings"), settings);
    let configuration = arm(&shop, "GET", &format!("{STAGE}/config/web"), WEB, &Value::Null)["properties"].clone();
    assert_eq!(
        (&configuration["healthCheckPath"], &configuration["minTlsVersion"]),
        (&json!("/health"), &json!("1.3"))
    );
    let value = |site: &str| listed(&shop, site, "connectionstrings")["Shop"]["value"].as_str().unwrap().to_owned();
    assert_eq!(value(STAGE), value(PRODUCTION).replace("contoso-sql-1", "contoso-sql-2"), "to the last byte");
    let bound = |site: &Value| {
        let states = site["properties"]["hostNameSslStates"].as_array().unwrap().clone();
        states.into_iter().find(|state| state["name"] == "www.contoso.example").unwrap()
    };
    assert_eq!(
        (&bound(&made)["sslState"], &bound(&made)["thumbprint"]),
        (&json!("SniEnabled"), &bound(&ours)["thumbprint"])
    );
}

#[test]
fn plan_says_what_prepare_will_do_and_what_is_not_certain() {
    let shop = open(with(ProductionSite::default()));
    let before = shop.digest();
    let plan = shop.run("plan");
    assert_eq!((plan.outcome(), shop.digest()), ("done", before));
    assert_eq!(
        findings(&plan, "new-site"),
        ["prepare creates site `contoso-stage-rg/contoso-2` in plan `contoso-stage-rg/contoso-plan-2` and binds \
          `www.contoso.example` to it: another resource group makes another scale unit likely, not certain, and in production's \
          own Azure refuses the binding"]
    );
    for line in [
        "1. create site `contoso-stage-rg/contoso-2` in plan `contoso-stage-rg/contoso-plan-2` like `contoso-rg/contoso-1`",
        "1. copy the connection strings of site `contoso-rg/contoso-1` to `contoso-stage-rg/contoso-2`, `Shop` pointed at \
         `contoso-rg/contoso-sql-2/shop`",
        "1. bind host name `www.contoso.example` with its certificate to site `contoso-stage-rg/contoso-2`",
        "1. add endpoint `contoso-rg/contoso/contoso-2` for `contoso-2.azurewebsites.net`, disabled",
    ] {
        assert!(plan.summary.contains(line), "{line}\n{}", plan.summary);
    }
}

#[test]
fn without_a_plan_for_it_a_site_that_is_not_there_is_refused() {
    blocks(
        scenario(),
        &[],
        &format!(
            "{SHOP}stage site `contoso-stage-rg/contoso-2` does not exist\n\
             hint: pass an App Service plan as `stage-plan`, in which prepare creates the site; or create the site and \
             deploy V2 to it yourself"
        ),
    );
}

#[test]
fn a_plan_of_productions_scale_unit_is_refused() {
    let hint = "hint: pass a plan in another resource group: it is likely to be in another scale unit";
    blocks(
        scenario(),
        &[("stage-plan", "contoso-rg/contoso-plan-1")],
        &format!(
            "{SHOP}plan `contoso-rg/contoso-plan-1` is the plan of production's site `contoso-rg/contoso-1` \
             (`contoso-rg/contoso-plan-1`): a site in it would be in the same scale unit, where it cannot have production's \
             host names\n{hint}"
        ),
    );
}

#[test]
fn a_plan_that_is_too_small_or_not_there_is_refused() {
    let difference = "difference `plan-size`: production's plan is Standard S1, stage's Basic B1";
    blocks(
        Scenario { stage_plan: "B1".to_owned(), ..scenario() },
        &PLAN,
        &format!(
            "{SHOP}plan `contoso-stage-rg/contoso-plan-2` is of tier Basic: Traffic Manager needs Standard or higher \
             and would show the endpoint as `Stopped`; {difference}\n\
             hint: scale the plan up to Standard or higher; create the site yourself with what V2 needs of it, or \
             accept the difference: `accept-difference: plan-size`"
        ),
    );
    blocks(
        scenario(),
        &[("stage-plan", "contoso-stage-rg/none")],
        &format!(
            "{SHOP}plan `contoso-stage-rg/none` does not exist, or this identity may not read it\n\
             hint: check the resource group and the name in the input `stage-plan`"
        ),
    );
    blocks(
        scenario(),
        &[("stage-plan", "contoso-plan-2")],
        "cannot read the input `stage-plan`: `contoso-plan-2` is not a plan identifier: expected \
         `<resource-group>/<plan>`\n\
         hint: pass the identifiers from the outputs of plan",
    );
}

/// All that a production site can have here and a new one would not.
fn everything() -> ProductionSite {
    ProductionSite {
        identity: true,
        network: true,
        storage_mount: true,
        authentication: true,
        slot: true,
        web: [("scmType".to_owned(), json!("GitHubAction"))].into_iter().collect(),
        ..ProductionSite::default()
    }
}

#[test]
fn each_difference_blocks_until_it_is_accepted_by_name() {
    let shop = TestUpgrade::open(with(everything())).with_inputs(&PLAN);
    let why = refused(&shop, "plan", &[]).why();
    let differences = [
        "difference `identity`: production has a managed identity (SystemAssigned): a new site has none, and none of its rights",
        "difference `network`: production is integrated with a virtual network (`virtualNetworkSubnetId`, \
         `vnetRouteAllEnabled`, `vnetName`): a new site is in none",
        "difference `private-endpoints`: production has private endpoints: a new site has none",
        "difference `mounts`: production mounts storage accounts (`files`): a new site mounts none",
        "difference `authentication`: App Service signs production's users in (Easy Auth): a new site would let every \
         request through to the application",
        "difference `slots`: production has deployment slots (`next`): a new site has none",
        "difference `scmType`: production has `scmType` set, which this software cannot set when it creates a site",
    ];
    let (told, _) = why.strip_prefix(SHOP).unwrap().split_once("\nhint: ").unwrap();
    assert_eq!(told.split("; ").collect::<Vec<_>>(), differences);
    let all = "identity,network\nprivate-endpoints, mounts\nAuthentication,slots";
    let rest = refused(&shop, "plan", &[("accept-difference", all)]).why();
    assert_eq!(
        rest,
        format!(
            "{SHOP}{}\n\
             hint: create the site yourself with what V2 needs of it, or accept the difference: `accept-difference: \
             scmType`",
            differences[6]
        )
    );
    let shop = shop.with_inputs(&[("accept-difference", &format!("{all},scmType"))]);
    let plan = shop.run("plan");
    assert_eq!(plan.outcome(), "done", "{plan:#?}");
    assert_eq!(findings(&plan, "difference"), differences);
    let prepared = shop.run("prepare");
    assert_eq!(prepared.outcome(), "done", "{prepared:#?}");
    let made = arm(&shop, "GET", STAGE, WEB, &Value::Null);
    assert_eq!((&made["identity"], &made["properties"]["virtualNetworkSubnetId"]), (&Value::Null, &Value::Null));
}

#[test]
fn prepare_holds_to_what_is_accepted_too() {
    let shop = TestUpgrade::open(with(ProductionSite { slot: true, ..ProductionSite::default() })).with_inputs(&PLAN);
    assert_eq!(shop.run_with("plan", &[("accept-difference", "slots")]).outcome(), "done");
    assert_eq!(
        refused(&shop, "prepare", &[]).why(),
        "cannot prepare the upgrade of `contoso-rg/contoso-sql-1/shop`: difference `slots`: production has deployment \
         slots (`next`): a new site has none\n\
         hint: create the site yourself with what V2 needs of it, or accept the difference: `accept-difference: slots` \
         (upgrade `run-1` stands at `not-begun`, `prepare` comes next)"
    );
}

#[test]
fn what_looks_like_a_queue_is_shared_only_by_name() {
    let settings = [
        ("OrderQueue", "contoso-orders-of-today"),
        ("Files", "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=c2VjcmV0LWtleS1vZi1jb250b3Nv"),
        ("WEBJOBS_STOPPED", "0"),
    ];
    let app_settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let shop = TestUpgrade::open(with(ProductionSite { app_settings, ..ProductionSite::default() })).with_inputs(&PLAN);
    add_connection(
        &shop,
        "Bus",
        "ServiceBus",
        "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKey=a2V5LW9mLWJ1cw",
    );
    add_connection(&shop, "Cache", "RedisCache", "contoso.redis.cache.windows.net:6380,password=cGFzc3dvcmQ");
    let plan = shop.run("plan");
    assert_eq!(
        findings(&plan, "settings"),
        [
            "settings that the new site does not get: `Files` looks like a connection to a queue, a storage account or a bus; \
          `OrderQueue` looks like a connection to a queue, a storage account or a bus; `Bus` looks like a connection to a \
          queue, a storage account or a bus"
        ]
    );
    let told = format!("{}{}{}", plan.stdout, plan.stderr, plan.summary);
    for secret in ["contoso-orders-of-today", "c2VjcmV0LWtleS1vZi1jb250b3Nv", "a2V5LW9mLWJ1cw", "cGFzc3dvcmQ"] {
        assert!(!told.contains(secret), "{secret}");
    }
    let prepared = shop.run_with("prepare", &[("share-setting", "orderqueue")]);
    assert_eq!(prepared.outcome(), "done", "{prepared:#?}");
    let (app, connections) = (listed(&shop, STAGE, "appsettings"), listed(&shop, STAGE, "connectionstrings"));
    assert_eq!((&app["OrderQueue"], &app["Files"]), (&json!("contoso-orders-of-today"), &Value::Null));
    assert_eq!(app["WEBJOBS_STOPPED"], "1");
    let names: Vec<_> = connections.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Cache", "Shop"]);
    assert_eq!(connections["Cache"], listed(&shop, PRODUCTION, "connectionstrings")["Cache"]);
}

fn add_connection(shop: &TestUpgrade, name: &str, kind: &str, value: &str) {
    let mut all = listed(shop, PRODUCTION, "connectionstrings");
    all[name] = json!({"value": value, "type": kind});
    arm(shop, "PUT", &format!("{PRODUCTION}/config/connectionstrings"), WEB, &json!({ "properties": all }));
}

#[test]
fn a_rollback_stops_the_created_site_and_cleanup_deletes_it_but_not_its_plan() {
    for steps in 2..=5 {
        let shop = open(scenario());
        shop.upgrade_through(&ROAD[..steps]);
        let ended = shop.run("rollback");
        assert_eq!(ended.outcome(), "done", "{ended:#?}");
        shop.assert_writes_arrive("contoso-1");
        assert_eq!(arm(&shop, "GET", STAGE, WEB, &Value::Null)["properties"]["state"], "Stopped");
        assert_eq!(shop.run("rollback").outcome(), "already-done");
        let removed = shop.clean_up("stage");
        assert_eq!(removed.outcome(), "done", "after {}: {removed:#?}", ROAD[steps - 1]);
        assert_eq!(refused_by_arm(&shop, "GET", STAGE, WEB, None), (404, "ResourceNotFound".to_owned()));
        arm(&shop, "GET", "contoso-stage-rg/providers/Microsoft.Web/serverfarms/contoso-plan-2", WEB, &Value::Null);
        assert_eq!(shop.clean_up("stage").outcome(), "already-done");
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn an_upgrade_that_creates_can_be_tried_again_after_a_rollback() {
    let shop = open(scenario());
    shop.upgrade_through(&ROAD[..5]);
    shop.upgrade_through(&["rollback"]);
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    shop.forget();
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
}

/// What a prepare leaves that died after the site was made, and between any two requests that followed.
#[test]
fn a_half_made_site_is_completed_and_can_be_taken_away() {
    let half = |shop: &TestUpgrade, upgrade: &str| {
        let subscription = &shop.sim.credentials().subscription_id;
        let plan = "resourceGroups/contoso-stage-rg/providers/Microsoft.Web/serverfarms/contoso-plan-2";
        let settings = json!({"appSettings": [{"name": "WEBJOBS_STOPPED", "value": "1"}]});
        let properties =
            json!({"serverFarmId": format!("/subscriptions/{subscription}/{plan}"), "siteConfig": settings});
        let tags = json!({ "rolling-upgrade": upgrade });
        arm(shop, "PUT", STAGE, WEB, &json!({"location": "westeurope", "tags": tags, "properties": properties}));
    };
    let shop = open(Scenario { users: 0, ..scenario() });
    shop.upgrade_through(&["plan"]);
    half(&shop, "run-1");
    let before = shop.sim.snapshot().unwrap();
    shop.upgrade_through(&ROAD[1..]);
    shop.sim.restore(&before).unwrap();
    assert_eq!(shop.run("rollback").outcome(), "done", "it runs, so it is stopped");
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    assert_eq!(refused_by_arm(&shop, "GET", STAGE, WEB, None).0, 404);

    half(&shop, "run-0");
    assert_eq!(
        refused(&shop, "plan", &[]).why(),
        format!(
            "{SHOP}stage site `contoso-stage-rg/contoso-2` was created by upgrade `run-0`, and this is upgrade \
             `run-1`; stage site `contoso-stage-rg/contoso-2` is not bound to `www.contoso.example` with a certificate \
             as production is: users would get an error after the switch\n\
             hint: to go on with upgrade `run-0` pass `upgrade-id: run-0` (`upgrade-status --subscription-id <id> \
             --profile contoso-rg/contoso` shows where it stands); otherwise run cleanup with that id and `remove: \
             contoso-rg/contoso-sql-2/shop`, or remove the tag `rolling-upgrade` from the site if that upgrade no \
             longer needs it; bind your own domain names with their certificate to the stage site too (it needs \
             another scale unit)"
        )
    );
}

#[test]
fn a_site_that_takes_its_time_is_waited_for() {
    let shop = open(Scenario { site_creation_ms: 300, ..scenario() });
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
}

/// The steps before are not undone, so prepare is interrupted and not refused: run again, it goes on where it stopped.
#[test]
fn a_binding_that_azure_refuses_says_what_to_do_and_production_is_untouched() {
    for (scenario, why) in [
        (
            Scenario { domain_verified: false, ..scenario() },
            "could not bind the host name `www.contoso.example` to the site `contoso-stage-rg/contoso-2`: Azure answered 400 \
             `BadRequest`: A TXT record pointing from asuid.www.contoso.example to ",
        ),
        (
            Scenario { stage_certificate: false, ..scenario() },
            "could not bind the host name `www.contoso.example` to the site `contoso-stage-rg/contoso-2`: Azure answered 404 \
             `NotFound`: Certificate with thumbprint '",
        ),
    ] {
        let verified = scenario.domain_verified;
        let shop = open(scenario);
        shop.upgrade_through(&["plan"]);
        let ended = shop.run("prepare");
        assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
        assert!(ended.why().starts_with(why), "{}", ended.why());
        let hint = if verified {
            "hint: the resource group of the stage site must have the certificate of production's site too: import it \
             there, then run prepare again"
        } else {
            "hint: prove that the domain is yours: create the TXT record `asuid.www.contoso.example` with the \
             verification id of site `contoso-stage-rg/contoso-2`; then run prepare again"
        };
        assert!(ended.why().ends_with(hint), "{}", ended.why());
        shop.assert_writes_arrive("contoso-1");
        assert_eq!(shop.run("rollback").outcome(), "done");
        assert_eq!(shop.clean_up("stage").outcome(), "done");
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn a_site_that_cannot_be_reached_as_users_reach_it_is_no_prepared_one() {
    let shop = TestUpgrade::open(harness::scenario());
    shop.upgrade_through(&["plan"]);
    let tds = shop.sim.addresses().tds.port();
    let astray =
        format!("contoso-2.azurewebsites.net:443:127.0.0.1:{tds},{}", shop.sim.addresses().connect_to.join(","));
    let ended = shop.run_with("prepare", &[("connect-to", &astray), ("health-timeout", "300ms")]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert!(
        ended.why().starts_with("site `contoso-stage-rg/contoso-2` does not answer as `www.contoso.example`: "),
        "{}",
        ended.why()
    );
    assert!(
        ended.why().ends_with(
            "hint: bind `www.contoso.example` to it with a certificate that is valid for the name, then run prepare again"
        ),
        "{}",
        ended.why()
    );
    assert_eq!(shop.run("prepare").outcome(), "already-done", "nothing but the proof was left");
}

/// Somebody makes the site while prepare waits for the copy: that one is not ours, and nothing of it is changed.
#[test]
fn a_site_that_is_there_after_all_is_not_touched() {
    let shop = open(Scenario { seeding_ms: 1_500, users: 0, ..scenario() });
    shop.upgrade_through(&["plan"]);
    let running = shop.start("prepare", &[], Command::new(binary("prepare")));
    until("prepare waits for the copy", || running.stderr().contains("is seeded and in CATCH_UP ..."));
    let subscription = &shop.sim.credentials().subscription_id;
    let plan = "resourceGroups/contoso-stage-rg/providers/Microsoft.Web/serverfarms/contoso-plan-2";
    let properties = json!({"serverFarmId": format!("/subscriptions/{subscription}/{plan}")});
    arm(&shop, "PUT", STAGE, WEB, &json!({"location": "westeurope", "properties": properties}));
    let ended = running.end();
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert_eq!(
        ended.why(),
        "site `contoso-stage-rg/contoso-2` exists by now: it was not touched\n\
         hint: run this step again: it finds out how far it came and finishes; or run rollback"
    );
    let site = arm(&shop, "GET", STAGE, WEB, &Value::Null);
    assert_eq!((&site["tags"], &site["properties"]["state"]), (&Value::Null, &json!("Running")));
    assert_eq!(listed(&shop, STAGE, "appsettings"), json!({}));
    let why = refused(&shop, "prepare", &[]).why();
    assert!(why.contains("stage site `contoso-stage-rg/contoso-2` has no connection string `Shop`"), "{why}");
}

/// Killed when it is about to do this, or while it does; finished by another prepare, and undone from the same state.
#[test]
fn a_prepare_that_is_killed_is_finished_by_another_or_taken_back() {
    for doing in ["create site", "copy the connection strings", "bind host name", "deploy package", "add endpoint"] {
        let shop = open(Scenario { site_creation_ms: 150, deployment_ms: 150, users: 0, ..scenario() });
        shop.upgrade_through(&["plan"]);
        let mut running = shop.start("prepare", &[], Command::new(binary("prepare")));
        until("prepare has come that far", || running.stderr().contains(&format!("{doing} ")));
        running.process.kill().unwrap();
        running.process.wait().unwrap();
        let killed = shop.sim.snapshot().unwrap();
        let again = run_once_the_lock_is_free(&shop, "prepare");
        assert!(matches!(again.outcome(), "done" | "already-done"), "{doing}: {again:#?}");
        assert_eq!(shop.run("prepare").outcome(), "already-done", "{doing}");
        shop.upgrade_through(&["freeze"]);
        shop.sim.restore(&killed).unwrap();
        let back = run_once_the_lock_is_free(&shop, "rollback");
        assert!(matches!(back.outcome(), "done" | "already-done"), "{doing}: {back:#?}");
        assert_eq!(shop.clean_up("stage").outcome(), "done", "{doing}");
        assert_eq!(refused_by_arm(&shop, "GET", STAGE, WEB, None).0, 404, "{doing}");
        shop.good_report();
    }
}

/// The server needs a moment to see that a killed client is gone, and with it the lock.
fn run_once_the_lock_is_free(shop: &TestUpgrade, step: &str) -> Ended {
    let mut ended = shop.run(step);
    until("the lock is free", || {
        let held = ended.outcome() == "refused" && ended.why().contains("the lock on `");
        if held {
            ended = shop.run(step);
        }
        !held
    });
    ended
}
