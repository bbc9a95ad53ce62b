//! Proofs behind which another one stands: taken away alone, no single hand of the sweep gets past the other. Here each is alone.

use std::{process::Command, thread, time::Duration};

use azure_sim::{Fault, Hand, Place, Protocol, RequestKey, Scenario, What};

use crate::{
    faults::{at, fired},
    harness::{Running, TestUpgrade, binary, scenario, until},
    interference::{
        PROFILE, UNTIL_SWITCH, by_hand, died_after_it_had_enabled_stage, ends, updating, updating_with,
        users_come_to_v2, users_write_on,
    },
};

/// Starts a step, and waits until it is held at the request.
fn held<'s>(
    shop: &'s TestUpgrade,
    step: &str,
    more: &[(&str, &str)],
    protocol: Protocol,
    request: &str,
) -> Running<'s> {
    at(shop, protocol, request, 1, What::Hand(Hand::Pause));
    let running = shop.start(step, more, Command::new(binary(step)));
    until("the step is held", || shop.sim.faulted().fired.is_some());
    running
}

/// `served` in the copy tells of them when no endpoint does any more.
#[test]
fn users_whom_v2_has_had_are_known_once_its_endpoint_is_disabled_again() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    users_come_to_v2(&shop);
    by_hand(&shop, Hand::DisableStage);
    let why = ends(&shop, "rollback", "refused").why();
    assert!(why.contains("`contoso-rg/contoso-sql-2/shop` has taken writes"), "{why}");
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

/// The counters are read again once the copy takes no writes any more.
#[test]
fn what_users_write_between_a_rollbacks_look_and_its_closing_of_the_copy_is_seen() {
    let shop = updating();
    died_after_it_had_enabled_stage(&shop);
    let closing = "contoso-sql-2/shop: UPDATE rolling_upgrade.fence SET closed_at = NULL WHERE run = N'run-1';";
    let running = held(&shop, "rollback", &[], Protocol::Batch, closing);
    users_come_to_v2(&shop);
    shop.sim.release();
    let ended = running.end();
    assert_eq!(ended.outcome(), "stuck", "{ended:#?}");
    assert!(ended.why().contains("has taken writes"), "{}", ended.why());
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

/// While the session with the lock was lost another run may have done anything: production's endpoint is not disabled on what was
/// seen before.
#[test]
fn a_switch_that_was_without_its_lock_for_a_moment_does_not_disable_production() {
    let shop = updating_with(|scenario| Scenario { idle_timeout_ms: Some(1_500), ..scenario });
    let shop = shop.with_inputs(&[("keep-alive", "100ms")]);
    shop.upgrade_through(&UNTIL_SWITCH);
    let enable = format!("PATCH /subscriptions/*/resourceGroups/{PROFILE}/ExternalEndpoints/contoso-2");
    let running = held(&shop, "switch", &[("keep-alive", "3s")], Protocol::Arm, &enable);
    thread::sleep(Duration::from_secs(5));
    shop.sim.release();
    let ended = running.end();
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let expected =
        "the session that held the lock on `contoso-rg/contoso-sql-1/shop` broke: another run may have acted";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
    users_write_nowhere_but_v1_is_served(&shop);
    ends(&shop, "switch", "done");
    users_write_on(&shop, "contoso-2");
}

#[track_caller]
fn users_write_nowhere_but_v1_is_served(shop: &TestUpgrade) {
    let report = shop.sim.report();
    assert_eq!(report.serving.site.as_deref(), Some("contoso-1"));
    assert!(report.invariants.broken.is_empty(), "{:#?}", report.invariants.broken);
}

/// Somebody takes V2 away from users while cleanup removes V1: what is left of V1 stays.
#[test]
fn cleanup_looks_who_is_served_before_each_delete() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    let request = format!("DELETE /subscriptions/*/resourceGroups/{PROFILE}/AzureEndpoints/contoso-1");
    at(&shop, Protocol::Arm, &request, 1, What::Hand(Hand::DisableStage));
    let ended = shop.clean_up("production");
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let expected = "profile `contoso-rg/contoso` serves no endpoint (none is enabled), not `contoso-2`";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
    by_hand(&shop, Hand::EnableStage);
    until("users are on V2", || shop.sim.report().serving.site.as_deref() == Some("contoso-2"));
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    users_write_on(&shop, "contoso-2");
}

/// V1's endpoint is enabled once cleanup has stopped V1's site. Traffic Manager passes over an endpoint whose site does not answer,
/// so who is served does not tell.
#[test]
fn cleanup_does_not_delete_an_endpoint_that_was_enabled_meanwhile() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&UNTIL_SWITCH);
    shop.upgrade_through(&["switch"]);
    // The third time is the proof before the endpoint goes: after the look, and the proof before the site stops.
    let request = "POST /subscriptions/*/resourceGroups/contoso-stage-rg/providers/Microsoft.Web/sites/contoso-2/config/connectionstrings/list";
    let third = RequestKey { protocol: Protocol::Arm, request: request.to_owned(), nth: 3 };
    let fault = Fault { at: Place::Request(third), what: What::Hand(Hand::EnableProduction) };
    shop.sim.set_fault(Some(fault)).unwrap();
    let ended = shop.clean_up("production");
    fired(&shop);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let expected = "endpoint `contoso-rg/contoso/contoso-1` was enabled meanwhile\nhint: find out who enabled it; \
                    `upgrade-status` shows which endpoint users get, and what to run next";
    assert_eq!(ended.why(), expected);
    ends(&shop, "switch", "done");
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    users_write_on(&shop, "contoso-2");
}
