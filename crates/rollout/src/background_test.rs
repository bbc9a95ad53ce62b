use super::*;
use crate::decide::tests::model;

fn job(status: &str, instances: &[&str]) -> WebJob {
    let instances = instances.iter().map(|word| (*word).to_owned()).collect();
    WebJob { name: "fulfil".to_owned(), status: status.to_owned(), instances }
}

#[test]
fn only_what_every_instance_says_is_stopped_is_at_rest() {
    assert!(job("Stopped", &["Stopped", "stopped"]).at_rest() && job("Stopped", &[]).at_rest());
    for word in
        ["Running", "PendingRestart", "Initializing", "Starting", "Disabling", "Stopping", "InactiveInstance", ""]
    {
        assert!(!job(word, &[]).at_rest(), "{word}");
        assert!(!job("Stopped", &["Stopped", word]).at_rest(), "{word}");
    }
}

fn row(run: &str, side: Side, name: &str, runs: bool) -> Worker {
    Worker { run: run.to_owned(), side, noted: Noted { name: name.to_owned(), runs } }
}

/// What V1 did decides, then what the stage site did.
#[test]
fn v2_gets_what_ran_in_v1_and_what_is_new() {
    let rows = [
        row("7", Side::Production, "ran", true),
        row("7", Side::Production, "retired", false),
        row("7", Side::Production, "gone-in-v2", true),
        row("7", Side::Stage, "RAN", false),
        row("7", Side::Stage, "retired", true),
        row("7", Side::Stage, "new", true),
        row("7", Side::Stage, "stopped-by-somebody", false),
        row("8", Side::Stage, "of-another-upgrade", true),
    ];
    assert_eq!(to_activate(&rows, &model::upgrade()), ["RAN", "new"]);
}

#[test]
fn sides_are_read_as_they_are_written() {
    for side in [Side::Production, Side::Stage] {
        assert_eq!(Side::read(side.word()), Some(side));
    }
    assert_eq!(Side::read("other"), None);
}
