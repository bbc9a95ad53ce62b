//! Sites that are made, their names, and what is deployed to them.

use azure_sim::Scenario;
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, PATIENCE, WEB, small};

const TWO: &str = "contoso-2.azurewebsites.net";
const PUBLISH: &str = "https://contoso-2.scm.azurewebsites.net/api/publish?type=zip&async=true";
const USERS: &str = "www.contoso.example";

fn without_stage() -> Scenario {
    Scenario { no_stage_site: true, ..small() }
}

fn stage(bench: &Bench) -> String {
    bench.stage_id("Microsoft.Web/sites/contoso-2")
}

fn body(bench: &Bench) -> Value {
    json!({
        "location": "West Europe",
        "tags": {"rolling-upgrade": "42"},
        "properties": {
            "serverFarmId": bench.stage_id("Microsoft.Web/serverfarms/contoso-plan-2"),
            "siteConfig": {"alwaysOn": true, "appSettings": [{"name": "WEBJOBS_STOPPED", "value": "1"}]},
        },
    })
}

fn make(bench: &Bench) -> Answer {
    bench.arm("PUT", &stage(bench), WEB, Some(body(bench)))
}

fn bind(bench: &Bench, site: &str, properties: Value) -> Answer {
    bench.arm("PUT", &format!("{site}/hostNameBindings/{USERS}"), WEB, Some(json!({ "properties": properties })))
}

fn thumbprint(bench: &Bench) -> String {
    let site = bench.get(&bench.id("Microsoft.Web/sites/contoso-1"), WEB);
    let states = site["properties"]["hostNameSslStates"].as_array().unwrap().clone();
    states.iter().find(|state| state["name"] == USERS).unwrap()["thumbprint"].as_str().unwrap().to_owned()
}

fn publish(bench: &Bench, package: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    bench.send_bytes("POST", PUBLISH, &[("authorization", &bearer)], package.to_vec())
}

fn latest(bench: &Bench) -> Answer {
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    let url = "https://contoso-2.scm.azurewebsites.net/api/deployments/latest";
    bench.send("GET", url, &[("authorization", &bearer)], None)
}

fn package(bench: &Bench) -> Vec<u8> {
    std::fs::read(&bench.simulator.addresses().package_file).unwrap()
}

#[test]
fn a_new_site_has_what_it_was_made_with_and_shows_the_platforms_page() {
    let bench = Bench::new(without_stage());
    let made = make(&bench);
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json()["tags"], json!({"rolling-upgrade": "42"}));
    assert_eq!(made.json()["properties"]["hostNames"], json!([TWO]));
    let list = bench.arm("POST", &format!("{}/config/appsettings/list", stage(&bench)), WEB, None).json();
    assert_eq!(list["properties"], json!({"WEBJOBS_STOPPED": "1"}));
    assert_eq!(bench.get(&format!("{}/config/web", stage(&bench)), WEB)["properties"]["alwaysOn"], true);
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!((bench.page("GET", TWO, "/").status, bench.page("GET", TWO, "/health").status), (200, 503));
    assert_eq!(latest(&bench).status, 404);
}

#[test]
fn a_site_that_takes_its_time_is_polled_at_its_location() {
    let bench = Bench::new(Scenario { site_creation_ms: 1_500, ..without_stage() });
    let accepted = make(&bench);
    assert_eq!((accepted.status, accepted.header("azure-asyncoperation")), (202, ""), "{}", accepted.text);
    let location = accepted.header("location").to_owned();
    let bearer = format!("Bearer {}", bench.simulator.credentials().arm_token);
    let poll = || bench.send("GET", &location, &[("authorization", &bearer)], None);
    assert_eq!(poll().status, 202);
    bench.until(|| poll().status == 200);
    assert_eq!(poll().json()["name"], "contoso-2");
}

#[test]
fn a_site_needs_a_free_name_and_a_plan_of_its_region() {
    let bench = Bench::new(without_stage());
    let refused = |path: &str, body: Value| bench.arm("PUT", path, WEB, Some(body));
    let taken = refused(&bench.stage_id("Microsoft.Web/sites/contoso-1"), body(&bench));
    assert_eq!((taken.status, taken.code().as_str()), (409, "Conflict"), "{}", taken.text);
    let mut nowhere = body(&bench);
    nowhere["properties"]["serverFarmId"] = json!(bench.id("Microsoft.Web/serverfarms/none"));
    assert_eq!(refused(&stage(&bench), nowhere).status, 404);
    let mut away = body(&bench);
    away["location"] = json!("North Europe");
    assert_eq!(refused(&stage(&bench), away).status, 400);
    let mut linux = body(&bench);
    linux["properties"]["reserved"] = json!(true);
    assert_eq!(refused(&stage(&bench), linux).code(), "NotModelledBySimulator");
}

#[test]
fn a_host_name_needs_its_owner_its_certificate_and_a_scale_unit_without_it() {
    let bench = Bench::new(without_stage());
    make(&bench);
    let secured = json!({"siteName": "contoso-2", "sslState": "SniEnabled", "thumbprint": thumbprint(&bench)});
    let bound = bind(&bench, &stage(&bench), secured.clone());
    assert_eq!((bound.status, &bound.json()["properties"]["sslState"]), (200, &json!("SniEnabled")), "{}", bound.text);
    bench.until(|| bench.send("GET", &format!("https://{TWO}/"), &[("host", USERS)], None).status == 200);
    let unknown = json!({"siteName": "contoso-2", "sslState": "SniEnabled", "thumbprint": "00"});
    assert_eq!(bind(&bench, &stage(&bench), unknown).status, 404);

    let bench = Bench::new(Scenario { domain_verified: false, ..without_stage() });
    make(&bench);
    let refused = bind(&bench, &stage(&bench), secured.clone());
    assert_eq!(refused.status, 400);
    assert!(
        refused.message().starts_with("A TXT record pointing from asuid.www.contoso.example to "),
        "{}",
        refused.text
    );

    let bench = Bench::new(Scenario { stage_beside_production: true, ..small() });
    assert_eq!(bind(&bench, &stage(&bench), secured).status, 409);
}

#[test]
fn a_package_is_published_and_runs() {
    let bench = Bench::new(Scenario { deployment_ms: 60, ..without_stage() });
    make(&bench);
    let accepted = publish(&bench, &package(&bench));
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    assert!(accepted.header("location").starts_with("https://contoso-2.scm.azurewebsites.net/api/deployments/latest"));
    assert_eq!((latest(&bench).status, &latest(&bench).json()["complete"]), (202, &json!(false)));
    assert_eq!(publish(&bench, &package(&bench)).status, 409);
    bench.until(|| latest(&bench).status == 200);
    assert_eq!(latest(&bench).json()["status"], 4);
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!(bench.page("GET", TWO, "/").header("x-app-version"), "2");
}

#[test]
fn a_wrong_package_is_a_failed_deployment_and_the_old_application_stays() {
    let bench = Bench::small();
    assert_eq!(publish(&bench, b"no zip file").status, 202);
    bench.until(|| latest(&bench).status == 200);
    let failed = latest(&bench).json();
    assert_eq!((&failed["status"], &failed["active"]), (&json!(3), &json!(false)));
    assert!(failed["status_text"].as_str().unwrap().contains("it is no zip file"), "{failed}");
    assert_eq!(bench.page("GET", TWO, "/").header("x-app-version"), "2");
    let failing = Bench::new(Scenario { failing_deployment: true, ..small() });
    publish(&failing, &package(&failing));
    failing.until(|| latest(&failing).status == 200);
    assert_eq!(latest(&failing).json()["status"], 3);
}

#[test]
fn the_publish_api_opens_to_a_token_for_azure_resource_manager_alone() {
    let bench = Bench::small();
    let secrets = bench.simulator.credentials();
    for credentials in ["Basic dTpw".to_owned(), format!("Bearer {}", secrets.sql_token)] {
        let answer = bench.send_bytes("POST", PUBLISH, &[("authorization", &credentials)], package(&bench));
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Basic realm=\"site\""));
    }
    assert_eq!(bench.send_bytes("POST", PUBLISH, &[], package(&bench)).status, 401);
}

#[test]
fn a_package_is_deployed_from_an_address_with_its_signature() {
    let bench = Bench::new(without_stage());
    make(&bench);
    let one_deploy = |address: &str| {
        let body = json!({"properties": {"packageUri": address, "type": "zip"}});
        bench.arm("PUT", &format!("{}/extensions/onedeploy", stage(&bench)), WEB, Some(body)).json()
    };
    let address = bench.simulator.credentials().package_address.clone();
    let unsigned = one_deploy(address.split("&sig=").next().unwrap());
    assert_eq!(unsigned["properties"]["status"], 3, "{unsigned}");
    assert_eq!(one_deploy("https://contoso.example/v2.zip")["properties"]["status"], 3);
    assert_eq!(one_deploy(&address)["properties"]["status"], 4);
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!(bench.page("GET", TWO, "/").header("x-app-version"), "2");
    let blob = bench.send("GET", &address, &[], None);
    assert_eq!(blob.status, 200);
}
