//! Two at once: the lock in production's database.

use crate::{
    harness::{Shop, scenario},
    refused::refused,
    sql::Client,
};

const TAKE: &str = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', \
                    @LockOwner = N'Session', @LockTimeout = 0; IF @r < 0 THROW 50001, N'not granted', 1;";

#[test]
fn a_step_refuses_while_another_run_holds_the_lock_and_names_it() {
    let shop = Shop::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let mut other = Client::log_in(&shop, "contoso-sql-1", "shop", "rolling-upgrade/freeze/run-2");
    other.run(TAKE);
    for step in ["prepare", "freeze", "terminate", "rollback"] {
        let why = refused(&shop, step, &[]).why();
        let expected = format!(
            "cannot run {step}: the lock on `contoso-rg/contoso-sql-1/shop` is held by `rolling-upgrade/freeze/run-2`"
        );
        assert!(why.starts_with(&expected), "{why}");
        assert!(why.ends_with("hint: wait until that run has ended: two at once would undo each other"), "{why}");
    }
    drop(other);
    shop.upgrade_through(&["freeze"]);
}
