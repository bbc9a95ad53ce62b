//! Who else works on production: plan tells, freeze refuses, and lets those pass that were accepted by name.

use azure_sim::{Scenario, SqlLogin};

use crate::{
    harness::{TestUpgrade, scenario},
    refused::refused,
    sql::Client,
};

const PASSWORD: &str = "Pw-of-the-reports-1";

/// A reporting job has a log-in of its own.
fn with_reports() -> TestUpgrade {
    let log_in = SqlLogin {
        name: "reporting".to_owned(),
        password: PASSWORD.to_owned(),
        servers: Vec::new(),
        master_roles: Vec::new(),
        database_roles: vec!["db_datareader".to_owned()],
    };
    TestUpgrade::open(Scenario { logins: vec![log_in], ..scenario() })
}

fn report(shop: &TestUpgrade) -> Client {
    Client::log_in_as(shop, "contoso-sql-1", "shop", "Nightly reports", "reporting", PASSWORD)
}

const THEM: &str = "other clients work on `contoso-rg/contoso-sql-1/shop`: program `Nightly reports` on host `…` as `reporting` \
                    (2 sessions)";

/// The host is the machine that runs the test.
fn without_host(text: &str) -> String {
    let (before, rest) = text.split_once("on host `").unwrap();
    format!("{before}on host `…`{}", rest.split_once('`').unwrap().1)
}

#[test]
fn plan_tells_other_clients_and_freeze_refuses_until_they_are_accepted() {
    let shop = with_reports();
    let clients = || [report(&shop), report(&shop)];
    let _there = clients();
    let plan = shop.run("plan");
    assert_eq!(plan.outcome(), "done", "{plan:#?}");
    let findings: serde_json::Value = serde_json::from_str(&plan.outputs["findings"]).unwrap();
    let found = findings.as_array().unwrap().iter().find(|finding| finding["rule"] == "other-clients").unwrap();
    assert_eq!(
        (without_host(found["what"].as_str().unwrap()).as_str(), found["hint"].as_str().unwrap()),
        (
            THEM,
            "stop them before the freeze, or let freeze accept each by program, host or log-in: `accept-client: reporting`"
        )
    );
    shop.upgrade_through(&["prepare"]);
    let why = refused(&shop, "freeze", &[("accept-client", "somebody else")]).why();
    let expected = format!(
        "cannot freeze `contoso-rg/contoso-sql-1/shop`: {THEM}\nhint: stop them: after the switch they would still work on V1. Or \
         accept each by program, host or log-in: `accept-client: reporting` (upgrade `run-1` stands at `prepared`, `freeze` \
         comes next)"
    );
    assert_eq!(without_host(&why), expected);
    for accepted in ["reporting", "somebody else\nnightly REPORTS"] {
        let _there = clients();
        let ended = shop.run_with("freeze", &[("accept-client", accepted)]);
        assert_eq!(ended.outcome(), "done", "{ended:#?}");
        shop.upgrade_through(&["rollback", "prepare"]);
    }
}

#[test]
fn the_site_itself_and_a_client_that_has_gone_are_no_obstacle() {
    let shop = with_reports();
    drop(report(&shop));
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
}

/// A log-in without VIEW DATABASE STATE sees itself alone: that is not taken for "nobody".
#[test]
fn whoever_cannot_see_other_clients_is_refused() {
    let shop = with_reports();
    shop.upgrade_through(&["plan", "prepare"]);
    let blind = [("sql-token", ""), ("sql-user", "reporting"), ("sql-password", PASSWORD)];
    let why = refused(&shop, "plan", &blind).why();
    assert!(why.contains("VIEW DATABASE STATE"), "{why}");
}
