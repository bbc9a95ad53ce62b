//! Every rule that plan checks, produced by the simulated Azure: the whole finding, nothing changed. Where Azure would refuse a later
//! step, the simulated one does, which shows what the rule prevents.

use std::collections::BTreeMap;

use azure_sim::{AppLogIn, FirewallRule, ProductionDatabase, RoleAssignment, Scenario, ServerSettings, SqlLogin};
use rollout::{
    Step,
    actions::{self, Resource},
};
use serde_json::json;

use crate::{
    harness::{self, Ended, TestUpgrade},
    refused::refused,
    sql::{Client, arm, refused_by_arm},
};

const SQL: &str = "2021-11-01";
const PRODUCTION: &str = "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-1/databases/shop";
const STAGE: &str = "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-2/databases/shop";

/// Without users: requests of somebody else are followed by their writes, which are none of plan's doing.
fn scenario() -> Scenario {
    Scenario { users: 0, ..harness::scenario() }
}

fn production(database: ProductionDatabase) -> Scenario {
    Scenario { production_database: database, ..scenario() }
}

fn server(name: &str, settings: ServerSettings) -> Scenario {
    Scenario { server_settings: BTreeMap::from([(name.to_owned(), settings)]), ..scenario() }
}

/// The copy that prepare would ask for, asked for by somebody who does not look before.
fn secondary(shop: &TestUpgrade, of: &str) -> serde_json::Value {
    let source = format!("/subscriptions/{}/resourceGroups/{of}", shop.sim.credentials().subscription_id);
    let properties = json!({"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": source});
    json!({"location": "westeurope", "properties": properties})
}

/// Plan refuses with exactly this, and has changed nothing.
#[track_caller]
fn blocks(shop: &TestUpgrade, why: &str) {
    assert_eq!(refused(shop, "plan", &[]).why(), why);
}

/// Plan goes through, has changed nothing, and this is what the rule says.
#[track_caller]
fn remarks(shop: &TestUpgrade, rule: &str, what: &str) {
    let ended = planned(shop);
    assert_eq!(finding(&ended, rule).as_deref(), Some(what), "{ended:#?}");
}

#[track_caller]
fn planned(shop: &TestUpgrade) -> Ended {
    let before = shop.digest();
    let ended = shop.run("plan");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert_eq!(shop.digest(), before, "plan changed something");
    ended
}

fn finding(ended: &Ended, rule: &str) -> Option<String> {
    let result = ended.result();
    let findings = result["outputs"]["findings"].as_array().or(result["findings"].as_array()).unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == rule)?;
    found["what"].as_str().map(str::to_owned)
}

#[test]
fn a_failover_group_blocks() {
    let group = Some("shop-dr".to_owned());
    let shop = TestUpgrade::open(production(ProductionDatabase { failover_group: group, ..Default::default() }));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: database `contoso-rg/contoso-sql-1/shop` is in failover group \
         `shop-dr`: Azure may answer 409 `FailoverGroupAlreadySetup` to the end of a link, and a failover during the \
         upgrade would swap the roles of the databases\n\
         hint: take the database out of the group for the upgrade, its geo-secondary stays; put V2's database into the \
         group after the upgrade: until then the listener leads to V1",
    );
    arm(&shop, "PUT", STAGE, SQL, &secondary(&shop, PRODUCTION));
    let links = arm(&shop, "GET", &format!("{PRODUCTION}/replicationLinks"), SQL, &json!(null));
    let link = format!("{PRODUCTION}/replicationLinks/{}", links["value"][0]["name"].as_str().unwrap());
    assert_eq!(refused_by_arm(&shop, "DELETE", &link, SQL, None), (409, "FailoverGroupAlreadySetup".to_owned()));
}

#[test]
fn an_elastic_pool_blocks() {
    let pool = Some("pool-1".to_owned());
    let shop = TestUpgrade::open(production(ProductionDatabase { elastic_pool: pool, ..Default::default() }));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: production database `contoso-rg/contoso-sql-1/shop` is in elastic pool \
         `pool-1`: a geo-secondary is in a pool of its own server or in none, and prepare makes one of the primary's own size \
         only\n\
         hint: move the database out of the pool before the upgrade, and V2's database into one after it",
    );
}

#[test]
fn a_hyperscale_database_has_one_geo_secondary() {
    let database = ProductionDatabase { sku: "HS_Gen5_2".to_owned(), ..Default::default() };
    let shop = TestUpgrade::open(Scenario { servers: vec!["contoso-sql-3".to_owned()], ..production(database) });
    remarks(
        &shop,
        "hyperscale",
        "`contoso-rg/contoso-sql-1/shop` is a Hyperscale database: the stage copy takes its only generally available \
         geo-secondary",
    );
    let third = STAGE.replace("contoso-sql-2", "contoso-sql-3");
    arm(&shop, "PUT", &third, SQL, &secondary(&shop, PRODUCTION));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: `contoso-rg/contoso-sql-1/shop` is a Hyperscale database and \
         has a geo-secondary already: Azure would answer 400 `GeoReplicaLimitReached`, because more than one is a \
         preview feature\n\
         hint: remove the other geo-secondary for the upgrade; a named replica cannot serve as stage",
    );
    let answer = refused_by_arm(&shop, "PUT", STAGE, SQL, Some(&secondary(&shop, PRODUCTION)));
    assert_eq!(answer, (400, "GeoReplicaLimitReached".to_owned()));
}

#[test]
fn a_fifth_geo_secondary_blocks() {
    let servers: Vec<String> = (3..=6).map(|number| format!("contoso-sql-{number}")).collect();
    let shop = TestUpgrade::open(Scenario { servers: servers.clone(), ..scenario() });
    for server in &servers {
        arm(&shop, "PUT", &STAGE.replace("contoso-sql-2", server), SQL, &secondary(&shop, PRODUCTION));
    }
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: `contoso-rg/contoso-sql-1/shop` has 4 geo-secondaries, and Azure allows \
         four: it would answer 400 `GeoReplicaLimitReached`\n\
         hint: remove one of them first",
    );
    let answer = refused_by_arm(&shop, "PUT", STAGE, SQL, Some(&secondary(&shop, PRODUCTION)));
    assert_eq!(answer, (400, "GeoReplicaLimitReached".to_owned()));
}

#[test]
fn a_customer_managed_key_that_stage_lacks_blocks() {
    let key = Some("https://contoso.vault.azure.net/keys/tde/1".to_owned());
    let settings = ServerSettings { customer_managed_key: key, ..Default::default() };
    let shop = TestUpgrade::open(server("contoso-sql-1", settings.clone()));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: server `contoso-rg/contoso-sql-1` is encrypted with the \
         customer-managed key `https://contoso.vault.azure.net/keys/tde/1`, server `contoso-rg/contoso-sql-2` with a key that \
         Azure manages: Azure would answer 400 `SameKeyMaterialNotFoundOnRemoteServer`\n\
         hint: give the stage server's identity access to that key (get, wrapKey, unwrapKey) and make it the server's \
         encryption protector",
    );
    let answer = refused_by_arm(&shop, "PUT", STAGE, SQL, Some(&secondary(&shop, PRODUCTION)));
    assert_eq!(answer, (400, "SameKeyMaterialNotFoundOnRemoteServer".to_owned()));
    let both = ["contoso-sql-1", "contoso-sql-2"].map(|name| (name.to_owned(), settings.clone()));
    let shop = TestUpgrade::open(Scenario { server_settings: BTreeMap::from(both), ..scenario() });
    shop.upgrade_through(&["plan", "prepare"]);
}

#[test]
fn ledger_digest_uploads_block() {
    let database = ProductionDatabase { ledger_digest_uploads: true, ..Default::default() };
    let shop = TestUpgrade::open(production(database));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: production database `contoso-rg/contoso-sql-1/shop` uploads ledger \
         digests: Azure would answer 400 `LedgerNoDropLink` to the end of replication\n\
         hint: disable ledger digest uploads for the upgrade, and enable them for V2's database after it",
    );
    arm(&shop, "PUT", STAGE, SQL, &secondary(&shop, PRODUCTION));
    let links = arm(&shop, "GET", &format!("{PRODUCTION}/replicationLinks"), SQL, &json!(null));
    let link = format!("{PRODUCTION}/replicationLinks/{}", links["value"][0]["name"].as_str().unwrap());
    assert_eq!(refused_by_arm(&shop, "DELETE", &link, SQL, None), (400, "LedgerNoDropLink".to_owned()));
    let mut master = Client::log_in(&shop, "contoso-sql-1", "master", "somebody");
    let error = master.refused("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]");
    assert!(error.contains("LedgerNoDropLink"), "{error}");
}

#[test]
fn a_plan_below_standard_blocks() {
    let shop = TestUpgrade::open(Scenario { stage_plan: "B1".to_owned(), ..scenario() });
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: plan `contoso-stage-rg/contoso-plan-2` is of tier Basic: Traffic \
         Manager needs Standard or higher and would show the endpoint as `Stopped`\n\
         hint: scale the plan up to Standard or higher",
    );
}

#[test]
fn a_profile_that_routes_in_another_way_is_refused() {
    let shop = TestUpgrade::open(Scenario { routing_method: "Weighted".to_owned(), ..scenario() });
    blocks(
        &shop,
        "cannot find production in profile `contoso-rg/contoso`: its routing method is `Weighted`: only Priority sends all users \
         to one endpoint\n\
         hint: set the profile's routing method to Priority",
    );
}

#[test]
fn stage_on_productions_own_server_is_refused() {
    let shop = TestUpgrade::open(scenario());
    assert_eq!(
        refused(&shop, "plan", &[("stage-server", "contoso-rg/contoso-sql-1")]).why(),
        "cannot use `contoso-rg/contoso-sql-1/shop` as the stage of `contoso-rg/contoso-sql-1/shop`: a geo-secondary \
         must be on another logical server: Azure would answer 400 \
         `ReplicationSourceAndTargetMustBeInDifferentServers`\n\
         hint: pass another logical server of the same region as stage"
    );
}

#[test]
fn a_stage_site_beside_production_blocks() {
    let shop = TestUpgrade::open(Scenario { stage_beside_production: true, ..scenario() });
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: sites `contoso-rg/contoso-1` and `contoso-stage-rg/contoso-2` are in \
         one App Service plan, so they cannot share a host name; stage site `contoso-stage-rg/contoso-2` is not bound to \
         `www.contoso.example` with a certificate as production is: users would get an error after the switch\n\
         hint: put the stage site in another plan of another resource group; bind your own domain names with their certificate \
         to the stage site too (it needs another scale unit)",
    );
}

#[test]
fn a_second_web_app_of_the_region_is_remarked() {
    remarks(
        &TestUpgrade::open(scenario()),
        "same-region",
        "profile `contoso-rg/contoso` has an Azure endpoint of a web site in West Europe already, and Azure allows one per \
         region (\"Multiple domains point to region\"): `contoso-2` is added as an external endpoint",
    );
}

#[test]
fn a_smaller_stage_database_is_remarked() {
    let shop = TestUpgrade::open(production(ProductionDatabase { sku: "GP_Gen5_8".to_owned(), ..Default::default() }));
    shop.upgrade_through(&["plan", "prepare"]);
    arm(&shop, "PATCH", STAGE, SQL, &json!({"sku": {"name": "GP_Gen5", "capacity": 2}}));
    remarks(
        &shop,
        "size",
        "stage database `contoso-rg/contoso-sql-2/shop` (GP_Gen5 2, 32 GB at most) is smaller than production (GP_Gen5 \
         8, 32 GB at most): Azure slows production's log down to what the copy keeps up with (wait \
         `HADR_THROTTLE_LOG_RATE_MISMATCHED_SLO`), and V2 would have less capacity for users",
    );
}

#[test]
fn fifty_tags_leave_no_room_for_ours() {
    let tags = (0..50).map(|number| (format!("tag-{number}"), "x".to_owned())).collect();
    let shop = TestUpgrade::open(production(ProductionDatabase { tags, ..Default::default() }));
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: production database `contoso-rg/contoso-sql-1/shop` has 50 tags, a \
         resource has 50 at most, and prepare copies them to the stage database and adds `rolling-upgrade`\n\
         hint: remove a tag from the production database",
    );
}

#[test]
fn the_tags_of_production_are_copied() {
    let tags = BTreeMap::from([("cost".to_owned(), "42".to_owned()), ("Rolling-Upgrade".to_owned(), "old".to_owned())]);
    let shop = TestUpgrade::open(production(ProductionDatabase { tags, ..Default::default() }));
    shop.upgrade_through(&["plan", "prepare"]);
    let stage = arm(&shop, "GET", STAGE, SQL, &json!(null));
    assert_eq!(stage["tags"], json!({"cost": "42", "rolling-upgrade": "run-1"}));
}

#[test]
fn a_log_in_of_the_site_that_stage_lacks_blocks() {
    for (where_it_is, state, before) in [
        (AppLogIn::ProductionOnly, "has no such log-in", ""),
        (AppLogIn::OtherSid, "has a log-in of that name with another SID", ", drop that log-in"),
    ] {
        let shop = TestUpgrade::open(Scenario { app_log_in: where_it_is, ..scenario() });
        let mut master = Client::log_in(&shop, "contoso-sql-1", "master", "somebody");
        let sid = master.text("SELECT CONVERT(nvarchar(100), sid, 1) FROM sys.sql_logins WHERE name = N'app'");
        assert!(sid.starts_with("0x") && sid.len() == 34, "{sid}");
        blocks(
            &shop,
            &format!(
                "cannot upgrade `contoso-rg/contoso-sql-1/shop`: production's site logs in as `app`, whose user `app` \
                 has SID {sid}, and stage server `contoso-rg/contoso-sql-2` {state}: V2 could not log in (error 18456 \
                 or 4060)\n\
                 hint: connect to `master` of `contoso-rg/contoso-sql-2`{before} and run: CREATE LOGIN [app] WITH \
                 PASSWORD = '<the same>', SID = {sid}"
            ),
        );
    }
}

fn log_in(name: &str, servers: &[&str], master_roles: &[&str], database_roles: &[&str]) -> SqlLogin {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    SqlLogin {
        name: name.to_owned(),
        password: "Pw-of-a-test-1".to_owned(),
        servers: texts(servers),
        master_roles: texts(master_roles),
        database_roles: texts(database_roles),
    }
}

#[test]
fn other_log_ins_that_stage_lacks_are_remarked() {
    let logins = vec![log_in("reports", &["contoso-sql-1"], &[], &["db_datareader"])];
    let shop = TestUpgrade::open(Scenario { logins, ..scenario() });
    let mut master = Client::log_in(&shop, "contoso-sql-1", "master", "somebody");
    let sid = master.text("SELECT CONVERT(nvarchar(100), sid, 1) FROM sys.sql_logins WHERE name = N'reports'");
    remarks(
        &shop,
        "other-log-ins",
        &format!(
            "users of `contoso-rg/contoso-sql-1/shop` whose log-ins stage server `contoso-rg/contoso-sql-2` does not have: \
             `reports` (SID {sid})"
        ),
    );
}

const BY_PASSWORD: [(&str, &str); 3] = [("sql-token", ""), ("sql-user", "deploy"), ("sql-password", "Pw-of-a-test-1")];

#[test]
fn an_identity_that_may_not_alter_production_blocks() {
    let logins = vec![log_in("deploy", &[], &["dbmanager", "loginmanager"], &["db_datareader"])];
    let shop = TestUpgrade::open(Scenario { logins, ..scenario() });
    assert_eq!(
        refused(&shop, "plan", &BY_PASSWORD).why(),
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: this identity lacks in production database \
         `contoso-rg/contoso-sql-1/shop`: ALTER on the database, CREATE TABLE, CREATE SCHEMA, VIEW DATABASE STATE\n\
         hint: make its user a member of db_owner there"
    );
}

#[test]
fn what_an_identity_cannot_see_is_remarked() {
    let logins = vec![log_in("deploy", &["contoso-sql-1"], &[], &["db_owner"])];
    let shop = TestUpgrade::open(Scenario { logins, ..scenario() });
    let before = shop.digest();
    let ended = shop.run_with("plan", &BY_PASSWORD);
    assert_eq!((ended.outcome(), shop.digest()), ("done", before));
    assert_eq!(
        finding(&ended, "unseen").unwrap(),
        "not checked, because this identity cannot see it: log-ins of server `contoso-rg/contoso-sql-1` (it takes the role \
         loginmanager in `master`); log-ins of server `contoso-rg/contoso-sql-2` (error 18456)"
    );
    assert_eq!(
        finding(&ended, "dbmanager").unwrap(),
        "this identity is not in the role dbmanager in `master` of server `contoso-rg/contoso-sql-1`: `ALTER DATABASE … REMOVE \
         SECONDARY` would fail with error 15247"
    );
}

#[test]
fn other_differences_are_one_finding() {
    let rule = |name: &str, start: &str, end: &str| FirewallRule {
        name: name.to_owned(),
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    };
    let production = ServerSettings {
        minimal_tls: Some("1.2".to_owned()),
        entra_administrator: Some("dba@contoso.example".to_owned()),
        firewall_rules: vec![rule("office", "192.0.2.1", "192.0.2.9"), rule("azure", "0.0.0.0", "0.0.0.0")],
        ..Default::default()
    };
    let stage = ServerSettings {
        minimal_tls: Some("1.0".to_owned()),
        no_public_access: true,
        firewall_rules: vec![rule("all of azure", "0.0.0.0", "0.0.0.0")],
        ..Default::default()
    };
    let settings = [("contoso-sql-1".to_owned(), production), ("contoso-sql-2".to_owned(), stage)];
    let tags = BTreeMap::from([("cost".to_owned(), "42".to_owned())]);
    let shop = TestUpgrade::open(Scenario {
        server_settings: BTreeMap::from(settings),
        production_database: ProductionDatabase { tags, ..Default::default() },
        ..scenario()
    });
    remarks(
        &shop,
        "other-differences",
        "other differences between `contoso-rg/contoso-sql-1/shop` and `contoso-rg/contoso-sql-2/shop`: tags `cost`, which \
         prepare copies; server firewall rules that stage lacks: `office` (192.0.2.1 to 192.0.2.9); minimal TLS version `1.2`, \
         on stage `1.0`; public network access `Enabled`, on stage `Disabled`; Microsoft Entra administrator \
         `dba@contoso.example`, on stage none; not replicated and not compared: backup retention (starts at 7 days), long-term \
         retention, auditing, alerts, locks, role assignments, private endpoints, virtual network rules",
    );
    remarks(&shop, "public-access", "server `contoso-rg/contoso-sql-2` refuses public network access");
}

fn role(scope: &str, actions: &[&str], not_actions: &[&str]) -> RoleAssignment {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    RoleAssignment { scope: scope.to_owned(), actions: texts(actions), not_actions: texts(not_actions) }
}

const GROUP: &str = "resourceGroups/contoso-rg";

#[test]
fn missing_permissions_block_and_are_all_named() {
    let permissions = vec![
        role("", &["*/read", "Microsoft.Web/sites/config/list/action"], &[]),
        role(GROUP, &["Microsoft.Network/*"], &[]),
        role("resourceGroups/contoso-stage-rg", &["*"], &["Microsoft.Web/sites/stop/action"]),
        role(&format!("{GROUP}/providers/Microsoft.Sql/servers/contoso-sql-2"), &["Microsoft.Sql/*"], &[]),
    ];
    let shop = TestUpgrade::open(Scenario { permissions: Some(permissions), ..scenario() });
    blocks(
        &shop,
        "cannot upgrade `contoso-rg/contoso-sql-1/shop`: this identity may not do all that the upgrade does: on database \
         `contoso-rg/contoso-sql-1/shop` it lacks `Microsoft.Sql/servers/databases/write`; on site `contoso-rg/contoso-1` it \
         lacks `Microsoft.Web/sites/continuouswebjobs/start/action`, `Microsoft.Web/sites/continuouswebjobs/stop/action`; on \
         site `contoso-stage-rg/contoso-2` it lacks `Microsoft.Web/sites/stop/action`. Azure would answer 403 \
         `AuthorizationFailed`, and 400 `InvalidAddSecondaryPermission` to a geo-secondary without rights on its source\n\
         hint: assign a role with these actions, on the resources or on their resource groups",
    );
    let answer = refused_by_arm(&shop, "PUT", STAGE, SQL, Some(&secondary(&shop, PRODUCTION)));
    assert_eq!(answer, (400, "InvalidAddSecondaryPermission".to_owned()));
    let stop = "contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2/stop";
    assert_eq!(refused_by_arm(&shop, "POST", stop, "2023-12-01", None), (403, "AuthorizationFailed".to_owned()));
}

#[test]
fn permissions_that_cannot_be_read_are_remarked() {
    let permissions =
        vec![role("", &["*"], &["Microsoft.Authorization/*", "Microsoft.Sql/servers/firewallRules/read"])];
    let shop = TestUpgrade::open(Scenario { permissions: Some(permissions), ..scenario() });
    let refused = "(403 `AuthorizationFailed`)";
    let on = |what: &str| format!("what this identity may do on {what} {refused}");
    let looks = [
        on("profile `contoso-rg/contoso`"),
        on("server `contoso-rg/contoso-sql-1`"),
        on("database `contoso-rg/contoso-sql-1/shop`"),
        on("site `contoso-rg/contoso-1`"),
        on("plan `contoso-rg/contoso-plan-1`"),
        on("server `contoso-rg/contoso-sql-2`"),
        on("site `contoso-stage-rg/contoso-2`"),
        on("plan `contoso-stage-rg/contoso-plan-2`"),
        format!("firewall rules of server `contoso-rg/contoso-sql-1` {refused}"),
        format!("firewall rules of server `contoso-rg/contoso-sql-2` {refused}"),
    ];
    let what = format!("not checked, because this identity cannot see it: {}", looks.join("; "));
    remarks(&shop, "unseen", &what);
}

/// Freeze asks the same rules: what has changed since plan is found before production is read-only.
#[test]
fn what_has_changed_since_plan_is_found_by_freeze() {
    let shop =
        TestUpgrade::open(Scenario { servers: (3..=6).map(|n| format!("contoso-sql-{n}")).collect(), ..scenario() });
    shop.upgrade_through(&["plan", "prepare"]);
    for number in 3..=5 {
        let path = STAGE.replace("contoso-sql-2", &format!("contoso-sql-{number}"));
        arm(&shop, "PUT", &path, SQL, &secondary(&shop, PRODUCTION));
    }
    let site = "contoso-rg/providers/Microsoft.Web/sites/contoso-1/stop";
    arm(&shop, "POST", site, "2023-12-01", &json!(null));
    let why = refused(&shop, "freeze", &[]).why();
    let hint =
        "hint: repair production before upgrading it (upgrade `run-1` stands at `prepared`, `freeze` comes next)";
    assert!(why.ends_with(hint), "{why}");
}

/// Each action of the table that plan checks, assigned where the table says that it is needed and nowhere else.
fn exactly(needed: impl IntoIterator<Item = (Resource, &'static str)>) -> Scenario {
    let reads = [Resource::Profile, Resource::ProductionDatabase].map(|on| (on, actions::READ_PERMISSIONS));
    let assign = |(on, action): (Resource, &'static str)| {
        let place = if action == actions::POLL { GROUP.to_owned() } else { scope_of(on) };
        role(&place, &[action], &[])
    };
    let permissions = needed.into_iter().chain(reads).map(assign).collect();
    Scenario { permissions: Some(permissions), ..harness::scenario() }
}

fn scope_of(resource: Resource) -> String {
    let stage = "resourceGroups/contoso-stage-rg/providers/Microsoft.Web";
    match resource {
        Resource::Profile => format!("{GROUP}/providers/Microsoft.Network/trafficManagerProfiles/contoso"),
        Resource::ProductionServer => format!("{GROUP}/providers/Microsoft.Sql/servers/contoso-sql-1"),
        Resource::ProductionDatabase => format!("resourceGroups/{PRODUCTION}"),
        Resource::ProductionSite => format!("{GROUP}/providers/Microsoft.Web/sites/contoso-1"),
        Resource::ProductionPlan => format!("{GROUP}/providers/Microsoft.Web/serverfarms/contoso-plan-1"),
        Resource::StageServer => format!("{GROUP}/providers/Microsoft.Sql/servers/contoso-sql-2"),
        Resource::StageSite => format!("{stage}/sites/contoso-2"),
        Resource::StagePlan => format!("{stage}/serverfarms/contoso-plan-2"),
        Resource::StageGroup => "resourceGroups/contoso-stage-rg".to_owned(),
    }
}

fn each(needed: Vec<actions::Needed>) -> impl Iterator<Item = (Resource, &'static str)> {
    needed.into_iter().flat_map(|(on, actions)| actions.iter().map(move |action| (on, *action)))
}

/// Whoever may not list the servers of the subscription names production's database.
const NAMED: [(&str, &str); 1] = [("production-database", "contoso-rg/contoso-sql-1/shop")];

#[test]
fn what_plan_asks_for_is_enough_for_an_upgrade() {
    let shop = TestUpgrade::open(exactly(actions::of_upgrade()));
    assert_eq!(shop.run_with("plan", &NAMED).outcome(), "done");
    shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn it_is_enough_to_go_back_and_cleanup_needs_its_own() {
    let shop =
        TestUpgrade::open(exactly(actions::of_upgrade().into_iter().chain(each(actions::of_step(Step::Cleanup)))));
    assert_eq!(shop.run_with("plan", &NAMED).outcome(), "done");
    shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "rollback"]);
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn cleanup_of_v1_has_enough_too() {
    let shop =
        TestUpgrade::open(exactly(actions::of_upgrade().into_iter().chain(each(actions::of_step(Step::Cleanup)))));
    assert_eq!(shop.run_with("plan", &NAMED).outcome(), "done");
    shop.upgrade_through(&["prepare", "freeze", "terminate", "migrate", "switch"]);
    assert_eq!(shop.clean_up("production").outcome(), "done");
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_reader_is_told_what_an_upgrade_takes() {
    let why = refused(&TestUpgrade::open(exactly(each(actions::of_plan()))), "plan", &NAMED).why();
    let opening = "cannot upgrade `contoso-rg/contoso-sql-1/shop`: this identity may not do all that the upgrade does: on profile \
                   `contoso-rg/contoso` it lacks `Microsoft.Network/trafficManagerProfiles/azureEndpoints/write`, ";
    assert!(why.starts_with(opening), "{why}");
}
