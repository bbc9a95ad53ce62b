//! V2's package: approved by its digest, deployed before the freeze, and what runs is what was approved.

use std::fs;

use azure_sim::Scenario;

use crate::{
    harness::{self, TestUpgrade},
    refused::refused,
    sql::publish,
    stage_site,
};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

fn scenario() -> Scenario {
    Scenario { no_stage_site: true, ..harness::scenario() }
}

/// V2's package as a file, to a site that is there or not.
fn with_file(scenario: Scenario) -> TestUpgrade {
    let shop = TestUpgrade::open(scenario).with_inputs(&[("stage-plan", "contoso-stage-rg/contoso-plan-2")]);
    let file = shop.sim.addresses().package_file.to_str().unwrap().to_owned();
    shop.with_inputs(&[("package", &file)])
}

fn sha256(bytes: &[u8]) -> String {
    rollout::digest::sha256(bytes)
}

/// The package with another file in it: the same application, and other bytes.
fn other(shop: &TestUpgrade) -> Vec<u8> {
    let mut bytes = fs::read(&shop.sim.addresses().package_file).unwrap();
    let comment = b"built again";
    let end = bytes.len() - 2;
    bytes[end..].copy_from_slice(&(comment.len() as u16).to_le_bytes());
    bytes.extend_from_slice(comment);
    bytes
}

#[test]
fn a_whole_upgrade_with_a_package_from_a_file_loses_nothing() {
    let shop = with_file(Scenario { deployment_ms: 200, ..scenario() });
    shop.upgrade_through(&ROAD);
    let digest = sha256(&fs::read(&shop.sim.addresses().package_file).unwrap());
    assert_eq!(shop.known("package-digest"), digest);
    shop.assert_writes_arrive("contoso-2");
    assert_eq!(shop.good_report().serving.version.as_deref(), Some("2"));
}

#[test]
fn a_package_goes_to_an_adopted_site_too_and_once() {
    let shop = with_file(harness::scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let before = shop.digest();
    let again = shop.run("prepare");
    assert_eq!((again.outcome(), shop.digest()), ("already-done", before));
    shop.upgrade_through(&ROAD[2..]);
    shop.assert_writes_arrive("contoso-2");
}

/// A creation and a deployment from an address that take their time are followed to their ends.
#[test]
fn a_deployment_from_an_address_that_goes_on_is_waited_for() {
    let shop = stage_site::open(Scenario { deployment_ms: 300, ..scenario() });
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_deployment_that_fails_leaves_production_untouched() {
    for (shop, why) in [
        (with_file(Scenario { failing_deployment: true, ..scenario() }), "the deployment failed"),
        (stage_site::open(Scenario { failing_deployment: true, ..scenario() }), "the deployment failed"),
        (
            stage_site::open(Scenario { failing_deployment: true, deployment_ms: 200, ..scenario() }),
            "the application is what it was before",
        ),
    ] {
        shop.upgrade_through(&["plan"]);
        let ended = shop.run("prepare");
        assert_eq!(ended.outcome(), "broken", "{ended:#?}");
        assert_eq!(
            ended.why(),
            format!(
                "the deployment of V2's package to site `contoso-stage-rg/contoso-2` failed: {why}\n\
                 hint: production is untouched: read the deployment's log, repair the package, then plan and prepare \
                 again; or run rollback and cleanup with `remove: <stage database>`"
            )
        );
        shop.assert_writes_arrive("contoso-1");
        assert_eq!(shop.run("rollback").outcome(), "done");
        assert_eq!(shop.clean_up("stage").outcome(), "done");
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn another_package_than_the_planned_one_is_refused() {
    let shop = with_file(harness::scenario());
    shop.upgrade_through(&["plan"]);
    let file = tempfile::NamedTempFile::with_suffix(".zip").unwrap();
    fs::write(file.path(), other(&shop)).unwrap();
    let (found, planned) = (sha256(&other(&shop)), shop.known("package-digest"));
    let words = format!(
        "V2's package has the digest `{found}`, and `{planned}` was given as `package-digest`\n\
         hint: pass the package that was planned, or plan again with this one"
    );
    let path = file.path().to_str().unwrap();
    let shop_name = "`contoso-rg/contoso-sql-1/shop`";
    assert_eq!(
        refused(&shop, "prepare", &[("package", path)]).why(),
        format!(
            "cannot prepare the upgrade of {shop_name}: {words} (upgrade `run-1` stands at `not-begun`, `prepare` comes next)"
        )
    );
    assert_eq!(
        refused(&shop, "plan", &[("package", path), ("package-digest", &planned)]).why(),
        format!("cannot upgrade {shop_name}: {words}")
    );
}

#[test]
fn freeze_wants_the_approved_package_and_no_other() {
    let shop = with_file(Scenario { users: 0, ..harness::scenario() });
    shop.upgrade_through(&["plan", "prepare"]);
    let (digest, other_digest) = (shop.known("package-digest"), "0".repeat(64));
    let frozen = "cannot freeze `contoso-rg/contoso-sql-1/shop`: ";
    let not_there = |digest: &str| {
        format!(
            "{frozen}package `{digest}` is not the last deployment to stage site `contoso-stage-rg/contoso-2`\n\
             hint: run prepare first (upgrade `run-1` stands at `prepared`, `freeze` comes next)"
        )
    };
    assert_eq!(refused(&shop, "freeze", &[("package-digest", &other_digest)]).why(), not_there(&other_digest));
    let why = refused(&shop, "freeze", &[("package-digest", "")]).why();
    assert!(
        why.starts_with(&format!("{frozen}production or the inputs have changed since the plan: its digest was `")),
        "{why}"
    );
    publish(&shop, "contoso-2", other(&shop));
    assert_eq!(refused(&shop, "freeze", &[]).why(), not_there(&digest), "somebody else has deployed something");
    shop.upgrade_through(&["prepare", "freeze"]);
}

#[test]
fn a_package_that_cannot_be_used_is_refused_before_anything() {
    let shop = TestUpgrade::open(harness::scenario());
    let why = |value: &str| refused(&shop, "plan", &[("package", value)]).why();
    let read = "cannot read the input `package`: ";
    let hint = "hint: pass an https address, with its signature if it needs one, or a path";
    assert_eq!(
        why("http://store.example/v2.zip?sig=s1"),
        format!("{read}its scheme is `http`, and not `https`\n{hint}")
    );
    assert!(why("./no-such-file.zip").starts_with("could not read the package `./no-such-file.zip`: "));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "hello").unwrap();
    assert_eq!(
        why(file.path().to_str().unwrap()),
        format!(
            "the package `{}` is not a zip file\n\
             hint: pack the files of V2 into a zip, with the folder layout that the site is to have",
            file.path().display()
        )
    );
    let unsigned = shop.sim.credentials().package_address.split("&sig=").next().unwrap().to_owned();
    assert_eq!(
        why(&unsigned),
        "could not fetch the package at `https://contosostorage.blob.core.windows.net/packages/v2.zip`: the address \
         answered 403\n\
         hint: check the address and how long its signature lasts: this job fetches the package too, to check its \
         digest"
    );
}

#[test]
fn half_of_a_package_is_refused() {
    let shop = with_file(harness::scenario());
    shop.upgrade_through(&["plan"]);
    assert_eq!(
        refused(&shop, "prepare", &[("package-digest", "")]).why(),
        "cannot read the inputs: `package` was given without `package-digest`\n\
         hint: pass the output `package-digest` of plan; `upgrade-status` shows where the upgrade stands"
    );
    assert_eq!(
        refused(&shop, "prepare", &[("package", "")]).why(),
        "cannot read the inputs: `package-digest` was given without `package`\n\
         hint: pass the package that plan has seen; `upgrade-status` shows where the upgrade stands"
    );
    assert_eq!(
        refused(&shop, "prepare", &[("package-digest", "abc")]).why(),
        "cannot read the input `package-digest`: `abc` is not a SHA-256 in hex\n\
         hint: pass the output `package-digest` of plan; `upgrade-status` shows where the upgrade stands"
    );
}

#[test]
fn a_deployment_of_somebody_elses_that_is_under_way_is_waited_for() {
    let shop = with_file(Scenario { deployment_ms: 400, users: 0, ..harness::scenario() });
    shop.upgrade_through(&["plan"]);
    publish(&shop, "contoso-2", other(&shop));
    shop.upgrade_through(&ROAD[1..]);
}
