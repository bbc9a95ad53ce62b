//! Where Azure's behaviour is not established, either answer must be safe.

use azure_sim::{AlterOnGeoPrimary, CopySync, Scenario};

use crate::{
    harness::{TestUpgrade, scenario},
    refused::refused,
    sql::Client,
};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

fn upgrades(scenario: Scenario) -> TestUpgrade {
    let shop = TestUpgrade::open(scenario);
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
    shop
}

#[test]
fn read_only_refused_while_linked_is_a_refusal_with_the_fence_closed() {
    let shop = TestUpgrade::open(Scenario { alter_on_geo_primary: AlterOnGeoPrimary::RefuseReadOnly, ..scenario() });
    shop.upgrade_through(&ROAD[..2]);
    let ended = shop.run("freeze");
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    assert!(ended.why().contains("error 1468"), "{}", ended.why());
    shop.assert_writes_arrive("contoso-1");
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "test");
    assert_eq!(production.number("SELECT COUNT(*) FROM rolling_upgrade.fence WHERE closed_at IS NULL;"), 0);
}

#[test]
fn read_write_refused_while_linked_takes_the_link_away_first() {
    let shop = TestUpgrade::open(Scenario { alter_on_geo_primary: AlterOnGeoPrimary::RefuseReadWrite, ..scenario() });
    shop.upgrade_through(&ROAD[..3]);
    let ended = shop.run("rollback");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert!(ended.stderr.contains("the server refuses READ_WRITE while"), "{}", ended.stderr);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn read_write_refused_while_linked_does_not_hinder_an_upgrade() {
    upgrades(Scenario { alter_on_geo_primary: AlterOnGeoPrimary::RefuseReadWrite, ..scenario() });
}

#[test]
fn a_refused_wait_for_the_copy_is_replaced_by_the_link_view() {
    let shop = upgrades(Scenario { copy_sync_on_read_only: CopySync::Refused, lag_ms: 300, ..scenario() });
    shop.good_report();
}

#[test]
fn a_wait_for_the_copy_that_times_out_is_not_replaced() {
    let shop = TestUpgrade::open(Scenario { copy_sync_on_read_only: CopySync::TimesOut, ..scenario() });
    shop.upgrade_through(&ROAD[..3]);
    let ended = shop.run_with("terminate", &[("request-timeout", "1s")]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    assert!(ended.why().contains("had not received every write of"), "{}", ended.why());
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn a_copy_that_comes_up_writable_is_upgraded_all_the_same() {
    upgrades(Scenario { read_only_replicates: false, ..scenario() });
}

#[test]
fn an_unknown_lag_is_waited_for() {
    let shop = TestUpgrade::open(Scenario { lag_null_polls: 2, ..scenario() });
    shop.upgrade_through(&ROAD[..2]);
    // The first reading of the view does not know the lag: freeze refuses rather than guesses, and is run again.
    let why = refused(&shop, "freeze", &[]).why();
    assert!(why.contains("the server reports no replication lag"), "{why}");
}
