//! Somebody's hand in the portal between two steps: the next step sees it and says what it saw, nothing is lost, and the way
//! back is open.

use std::{fmt::Write, time::Duration};

use azure_sim::{Scenario, Snapshot};
use serde_json::json;

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    sql::{Client, arm},
};

const STAGE_DATABASE: &str = "contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-2/databases/shop";
const STAGE_ENDPOINT: &str =
    "contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso/ExternalEndpoints/contoso-2";

type Hand = (&'static str, fn(&TestUpgrade));

const HANDS: [Hand; 6] = [
    ("the stage endpoint was enabled", |shop| {
        arm(shop, "PATCH", STAGE_ENDPOINT, "2022-04-01", &json!({"properties": {"endpointStatus": "Enabled"}}));
    }),
    ("the link was removed", |shop| {
        Client::log_in(shop, "contoso-sql-1", "master", "portal")
            .run("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2];");
    }),
    ("the stage database was deleted", |shop| {
        arm(shop, "DELETE", STAGE_DATABASE, "2021-11-01", &json!(null));
    }),
    ("a row was written to stage", |shop| {
        let mut stage = Client::log_in(shop, "contoso-sql-2", "shop", "portal");
        stage.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
        stage.run("CREATE TABLE dbo.ByHand (Id int NOT NULL);");
        stage.run("INSERT INTO dbo.ByHand VALUES (1);");
    }),
    ("production was set back to READ_WRITE", |shop| {
        Client::log_in(shop, "contoso-sql-1", "shop", "portal")
            .run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    }),
    ("production was READ_WRITE for a moment, and users wrote", |shop| {
        let mut production = Client::log_in(shop, "contoso-sql-1", "shop", "portal");
        production.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
        shop.sim.tick();
        production.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    }),
];

/// Every state between two steps, with the step that comes next.
fn states(shop: &TestUpgrade) -> Vec<(&'static str, Snapshot)> {
    shop.upgrade_through(&["plan"]);
    let road = [("prepare", "freeze"), ("freeze", "terminate"), ("terminate", "migrate"), ("migrate", "switch")];
    let through = |(step, next): (&'static str, &'static str)| {
        shop.upgrade_through(&[step]);
        assert!(shop.sim.wait("idle", Duration::from_secs(10)), "the copy has what production has after {step}");
        (next, shop.sim.snapshot().unwrap())
    };
    road.into_iter().map(through).collect()
}

/// What nobody can do in this state.
fn impossible(next: &str, hand: &str) -> bool {
    match hand {
        "the link was removed" => matches!(next, "migrate" | "switch"),
        "a row was written to stage" => matches!(next, "freeze" | "terminate"),
        "production was set back to READ_WRITE" | "production was READ_WRITE for a moment, and users wrote" => {
            next == "freeze"
        }
        _ => false,
    }
}

/// Steps wait for what never comes no longer than this.
const LIMITS: [(&str, &str); 1] = [("health-timeout", "3s")];

/// The way back is open, V1 takes writes, and not one that was acknowledged is gone.
#[track_caller]
fn recovery(shop: &TestUpgrade, case: &str) -> Ended {
    let ended = shop.run_with("rollback", &LIMITS);
    assert_eq!(ended.code, Some(0), "{case}: {ended:#?}");
    shop.assert_writes_arrive("contoso-1");
    ended
}

/// How many rows users have written depends on how often they came by.
fn without_numbers(why: &str) -> String {
    let (mut text, mut rest) = (String::new(), why);
    while let Some(at) = [" has ", ", not "].iter().filter_map(|marker| number_behind(rest, marker)).min() {
        text.push_str(&rest[..at]);
        text.push('#');
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text + rest
}

/// Where the first number behind this marker begins.
fn number_behind(text: &str, marker: &str) -> Option<usize> {
    let mut ends = text.match_indices(marker).map(|(at, _)| at + marker.len());
    ends.find(|at| text[*at..].starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn a_hand_between_two_steps_is_seen_and_nothing_is_lost() {
    let shop = TestUpgrade::open(scenario());
    let mut table = String::new();
    for (next, snapshot) in states(&shop) {
        writeln!(table, "before {next}").unwrap();
        for (hand, change) in HANDS.into_iter().filter(|(hand, _)| !impossible(next, hand)) {
            let case = format!("{hand} before {next}");
            shop.sim.restore(&snapshot).unwrap();
            change(&shop);
            assert!(shop.sim.wait("idle", Duration::from_secs(10)), "{case}");
            let ended = shop.run_with(next, &LIMITS);
            writeln!(table, "  {hand}\n    {}", ended.outcome()).unwrap();
            if ended.outcome() == "done" {
                shop.good_report();
                continue;
            }
            writeln!(table, "    {}", without_numbers(&ended.why()).replace('\n', "\n    ")).unwrap();
            recovery(&shop, &case);
        }
    }
    insta::assert_snapshot!(table);
}

/// The copy has not even heard that production is read-only: it may lack writes of users.
#[test]
fn a_link_that_is_removed_while_commits_travel_proves_nothing() {
    let shop = TestUpgrade::open(Scenario { lag_ms: 3_000, ..scenario() });
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let (hand, remove) = HANDS[1];
    remove(&shop);
    let ended = shop.run_with("terminate", &LIMITS);
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    assert_eq!(
        ended.why(),
        "cannot end replication from `contoso-rg/contoso-sql-1/shop` to `contoso-rg/contoso-sql-2/shop`: the \
         replication link is gone, and nothing proves that `contoso-rg/contoso-sql-2/shop` received every write before \
         that\n\
         hint: the link may have been removed by hand: run rollback, then cleanup with `remove: <stage database>`, \
         then prepare again (upgrade `run-1` stands at `broken`, `rollback` comes next)"
    );
    recovery(&shop, hand);
}
