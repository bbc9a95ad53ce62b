//! The full table of step x state against the live simulator: what may not be done is refused with 10 and changes
//! nothing, what is done already says so. (The same table on a pure model, with every effect, is in `rollout`.)

use std::fmt::Write;

use azure_sim::Snapshot;

use crate::harness::{TestUpgrade, scenario};

const STEPS: [&str; 7] = ["prepare", "freeze", "terminate", "migrate", "switch", "rollback", "cleanup"];

/// Every state between two steps, as a snapshot.
pub fn states(shop: &TestUpgrade) -> Vec<(&'static str, Snapshot)> {
    shop.upgrade_through(&["plan"]);
    let mut states = vec![("planned", shop.sim.snapshot().unwrap())];
    let course = [
        ("prepare", "prepared"),
        ("freeze", "frozen"),
        ("terminate", "terminated"),
        ("migrate", "migrated"),
        ("switch", "switched"),
    ];
    for (step, state) in course {
        shop.upgrade_through(&[step]);
        states.push((state, shop.sim.snapshot().unwrap()));
    }
    assert_eq!(shop.clean_up("production").outcome(), "done");
    states.push(("V1 removed", shop.sim.snapshot().unwrap()));
    shop.sim.restore(&states[4].1).unwrap();
    shop.upgrade_through(&["rollback"]);
    states.push(("rolled back", shop.sim.snapshot().unwrap()));
    assert_eq!(shop.clean_up("stage").outcome(), "done");
    states.push(("stage removed", shop.sim.snapshot().unwrap()));
    states
}

/// Cleanup removes V1 in the states after a switch, and stage in all others.
fn run(shop: &TestUpgrade, step: &str, state: &str) -> crate::harness::Ended {
    match (step, state) {
        ("cleanup", "frozen" | "terminated" | "migrated" | "switched" | "V1 removed") => shop.clean_up("production"),
        ("cleanup", _) => shop.clean_up("stage"),
        _ => shop.run_with(step, &[("health-timeout", "3s")]),
    }
}

#[test]
fn every_step_in_every_state() {
    let shop = TestUpgrade::open(scenario());
    let mut table = String::new();
    for (state, snapshot) in states(&shop) {
        writeln!(table, "{state}").unwrap();
        for step in STEPS {
            shop.sim.restore(&snapshot).unwrap();
            let before = shop.digest();
            let ended = run(&shop, step, state);
            let changed = shop.digest() != before;
            writeln!(table, "  {step}: {}", ended.outcome()).unwrap();
            assert_eq!(changed, ended.outcome() == "done", "{step} in state {state}: {ended:#?}");
            shop.good_report();
        }
    }
    insta::assert_snapshot!(table);
}
