//! Cleanup removes only what serves nobody and was named.

use crate::{
    harness::{TestUpgrade, scenario},
    refused::refused,
    sql::Client,
};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

#[test]
fn cleanup_wants_a_name() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let expected = "hint: to remove V1 pass `remove: contoso-rg/contoso-sql-1/shop`; to remove stage pass `remove: \
                    contoso-rg/contoso-sql-2/shop` (upgrade `run-1` stands at `switched`: users are on V2; `cleanup` \
                    removes V1 when you no longer need it)";
    let why = refused(&shop, "cleanup", &[]).why();
    assert_eq!(why, format!("cannot clean up: `remove` is empty\n{expected}"));
    let why = refused(&shop, "cleanup", &[("remove", "contoso-rg/other/shop")]).why();
    assert_eq!(why, format!("cannot clean up: `remove` names `contoso-rg/other/shop`\n{expected}"));
}

#[test]
fn v1_stays_until_the_revert_window_has_passed() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let why = refused(&shop, "cleanup", &[("remove", &shop.known("production-database"))]).why();
    assert!(why.starts_with("cannot remove V1 (`contoso-rg/contoso-sql-1/shop`): users left V1 "), "{why}");
    assert!(why.contains("the revert window is 24h") || why.contains("the revert window is 1d"), "{why}");
}

#[test]
fn stage_is_not_removed_while_it_serves_users() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let why = refused(&shop, "cleanup", &[("remove", &shop.known("stage-database"))]).why();
    assert_eq!(
        why,
        "cannot remove stage (`contoso-rg/contoso-sql-2/shop`): its endpoint `contoso-rg/contoso/contoso-2` is \
         enabled\n\
         hint: cleanup removes only what serves no users: after a switch that is V1 (upgrade `run-1` stands at \
         `switched`: users are on V2; `cleanup` removes V1 when you no longer need it)"
    );
}

#[test]
fn the_database_of_v1_is_kept_unless_it_is_asked_for() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let named = shop.known("production-database");
    let keep = [("remove", named.as_str()), ("revert-window", "0s")];
    let ended = shop.run_with("cleanup", &keep);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let done = ended.result()["done"].to_string();
    assert!(done.contains("delete site `contoso-rg/contoso-1`") && !done.contains("delete database"), "{done}");
    let again = shop.run_with("cleanup", &keep);
    assert_eq!(again.outcome(), "already-done", "{again:#?}");
    let rest = shop.clean_up("production");
    assert_eq!(rest.outcome(), "done", "{rest:#?}");
    assert!(rest.result()["done"].to_string().contains("delete database `contoso-rg/contoso-sql-1/shop`"));
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn production_cannot_be_its_own_stage() {
    let shop = TestUpgrade::open(scenario());
    let why = refused(&shop, "plan", &[("stage-site", "contoso-rg/contoso-1")]).why();
    assert!(
        why.contains("users are already on site `contoso-rg/contoso-1`, which was passed as `stage-site`"),
        "{why}"
    );
}

/// What V1's database got since its copy was cut off is nowhere else.
#[test]
fn a_database_of_v1_that_was_written_to_since_stays() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&ROAD);
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "portal");
    production.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    production.run("UPDATE dbo.Customer SET Company = N'Contoso' WHERE CustomerId = 1;");
    production.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    drop(production);
    let named = shop.known("production-database");
    let remove = [("remove", named.as_str()), ("revert-window", "0s"), ("remove-database", "true")];
    let why = refused(&shop, "cleanup", &remove).why();
    let expected = "cannot remove V1 (`contoso-rg/contoso-sql-1/shop`): `contoso-rg/contoso-sql-1/shop` was written to \
                    after replication to the copy ended: its log has grown\n\
                    hint: V2 lacks what was written there: compare the two databases; then either omit \
                    `remove-database`, or pass `accept-loss: contoso-rg/contoso-sql-1/shop`: the writes that only V1's \
                    database has are then permanently lost";
    assert!(why.starts_with(expected), "{why}");
    let given_up: Vec<_> = remove.into_iter().chain([("accept-loss", named.as_str())]).collect();
    let ended = shop.run_with("cleanup", &given_up);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert!(
        ended.result()["done"].to_string().contains("delete database `contoso-rg/contoso-sql-1/shop`"),
        "{ended:#?}"
    );
}
