//! What the fault sweep (`cargo xtask sweep`) has found once, each by itself and with its whole message.

use azure_sim::{Fault, Place, Protocol, RequestKey, What};

use crate::{
    harness::{TestUpgrade, scenario},
    sign_in::by_oidc,
};

/// Lets something go wrong at the request of this protocol whose text begins like this, the how manieth of its kind.
pub fn at(shop: &TestUpgrade, protocol: Protocol, request: &str, nth: usize, what: What) {
    let at = Place::Request(RequestKey { protocol, request: request.to_owned(), nth });
    shop.sim.set_fault(Some(Fault { at, what })).unwrap();
}

/// Whether it has gone wrong.
#[track_caller]
pub fn fired(shop: &TestUpgrade) {
    let faulted = shop.sim.faulted();
    assert!(faulted.fired.is_some(), "the fault has not happened: {faulted:#?}");
}

/// A log-in tells of the end of its token by an error of its own, not by a 401.
#[test]
fn a_sql_token_that_has_ended_before_its_time_is_replaced_once() {
    let shop = by_oidc(scenario());
    for server in ["contoso-sql-1/shop", "contoso-sql-2/master"] {
        at(&shop, Protocol::LogIn, &format!("{server}: log in with a token"), 1, What::TokenExpired);
        let before = shop.sim.report().sign_ins.sql_tokens;
        let ended = shop.run("plan");
        assert_eq!(ended.outcome(), "done", "{ended:#?}");
        fired(&shop);
        assert_eq!(shop.sim.report().sign_ins.sql_tokens, before + 2, "one at first, and one in its place");
        assert!(!ended.outputs["findings"].contains("unseen"), "{}", ended.outputs["findings"]);
    }
}

/// A server that is busy for a moment says nothing about what this identity may see.
#[test]
fn a_busy_server_is_not_taken_for_one_that_hides_something() {
    let shop = TestUpgrade::open(scenario());
    let roles = "contoso-sql-1/master: SELECT COALESCE(IS_ROLEMEMBER(N'dbmanager'), #) AS dbmanager, \
                 COALESCE(IS_ROLEMEMBER(N'db_owner'), #) AS administrator;";
    at(&shop, Protocol::Batch, roles, 1, What::Busy);
    let before = shop.digest();
    let ended = shop.run("plan");
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let expected = "cannot see the roles in `master` in `master` on `contoso-sql-1.database.windows.net`: error 40501 (class \
                    20, state 1): The service is currently busy";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
    assert_eq!(shop.digest(), before);
    shop.upgrade_through(&["plan"]);
}

/// Users are on V2, and the label cannot be set: what to look at, and then this step again.
#[test]
fn a_step_that_stops_half_way_says_to_run_it_again() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare", "freeze", "terminate", "migrate"]);
    let profile =
        "PATCH /subscriptions/*/resourceGroups/contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    at(&shop, Protocol::Arm, profile, 2, What::Missing);
    let ended = shop.run("switch");
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let hint = "hint: check the names, the subscription id, and whether this identity may read there; then run this \
                step again: it finds out how far it came and finishes; or run rollback";
    assert!(ended.why().ends_with(hint), "{}", ended.why());
    shop.upgrade_through(&["switch"]);
    shop.assert_writes_arrive("contoso-2");
}
