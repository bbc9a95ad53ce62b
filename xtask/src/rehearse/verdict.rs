//! What a rehearsal came to, for people.

use std::path::Path;

use serde_json::json;

use super::report::{Outcome, Report};

/// Everything that is not as it should be.
pub fn problems(report: &Report, expected: Outcome) -> Vec<String> {
    let mut problems = Vec::new();
    if report.outcome != expected {
        problems.push(format!("the outcome is {}, and {} was expected", name(report.outcome), name(expected)));
    }
    if report.writes.lost > 0 {
        problems.push(format!("{} acknowledged writes are lost", report.writes.lost));
    }
    problems.extend(work_problem(report));
    if report.invariants.checked == 0 {
        problems.push("the invariants were never checked".to_owned());
    }
    problems.extend(report.invariants.broken.iter().map(|broken| format!("an invariant broke: {}", json!(broken))));
    problems.extend(tail_problem(report, expected));
    if report.writes.acknowledged <= 100 {
        problems.push(format!("only {} writes were acknowledged, too few to prove much", report.writes.acknowledged));
    }
    problems
}

/// Work that users have left for the background is done, none of it twice (that is an invariant) and none of it given up.
fn work_problem(report: &Report) -> Option<String> {
    let messages = &report.messages;
    match (messages.processed, messages.lost) {
        (_, 1..) => Some(format!("{} messages were given up", messages.lost)),
        (0, _) => Some(format!("none of {} messages was worked off", messages.queued)),
        _ => None,
    }
}

/// For how long the busiest machine may keep a user between his look at the clock and his request.
const SLOW: f64 = 1.0;

/// After a switch users with a cached name come to V1 for a while, those with stale answers for twice the time that an answer
/// lives. Nobody at all, or anybody later, is a wrong measure.
fn tail_problem(report: &Report, expected: Outcome) -> Option<String> {
    match (report.tail_seconds, report.tail_bound_seconds) {
        _ if expected != Outcome::Upgraded => None,
        (Some(tail), Some(bound)) if tail > 0.0 && tail <= 2.0 * bound + SLOW => None,
        (Some(tail), Some(bound)) => {
            Some(format!("the last user left V1 {tail:.2} s after the switch, where DNS answers live for {bound:.2} s"))
        }
        _ => Some("the tail after the switch was not measured".to_owned()),
    }
}

/// Timeline and verdict, on stdout.
pub fn show(report: &Report, problems: &[String], file: &Path) {
    println!("\nstart s   run s  step       outcome");
    for ran in &report.steps {
        let code = ran.exit_code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        println!("{:7.1} {:7.1}  {:<10} {} (exit {code})", ran.started, ran.seconds, ran.step, ran.outcome);
    }
    println!("\n{}", sentence(report));
    for problem in problems {
        println!("  problem: {problem}");
    }
    println!("verdict: {}", if problems.is_empty() { "as expected" } else { "NOT as expected" });
    println!("report: {}", file.display());
}

fn sentence(report: &Report) -> String {
    let seconds = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:.2}"));
    format!(
        "{}: users were read-only for {} s (scripts {} s, overhead {} s){}\nwrites: {} acknowledged, {} lost, {} refused \
         while read-only\nbackground work: {} messages, {} worked off, {} tries failed, {} given up, {} waiting; invariants checked {} times, {} \
         broken",
        name(report.outcome),
        seconds(report.read_only_seconds),
        seconds(report.script_seconds),
        seconds(report.overhead_seconds),
        tail(report),
        report.writes.acknowledged,
        report.writes.lost,
        report.writes.refused_read_only,
        report.messages.queued,
        report.messages.processed,
        report.messages.failed,
        report.messages.lost,
        report.messages.waiting,
        report.invariants.checked,
        report.invariants.broken.len()
    )
}

/// Measured, beside what the switch promises of those who keep to the rules of DNS.
fn tail(report: &Report) -> String {
    let Some((measured, bound)) = report.tail_seconds.zip(report.tail_bound_seconds) else { return String::new() };
    format!(
        "\ntail: the last user left V1 {measured:.2} s after the switch; DNS answers live for {bound:.2} s, and some users keep \
         them for twice that"
    )
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upgraded => "upgraded",
        Outcome::RolledBack => "rolled-back",
        Outcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use sim_control::Messages;

    use super::*;
    use crate::rehearse::report::{Invariants, Writes};

    fn report(tail: Option<f64>) -> Report {
        Report {
            schema: 1,
            outcome: Outcome::Upgraded,
            topology: "single-region",
            read_only_seconds: Some(3.0),
            script_seconds: Some(1.0),
            overhead_seconds: Some(2.0),
            tail_seconds: tail,
            tail_bound_seconds: Some(1.0),
            writes: Writes { acknowledged: 500, ..Writes::default() },
            messages: Messages { queued: 500, processed: 499, waiting: 1, ..Messages::default() },
            steps: Vec::new(),
            invariants: Invariants { checked: 9, ..Invariants::default() },
        }
    }

    #[test]
    fn the_measured_tail_is_told_beside_the_bound_and_judged() {
        assert_eq!(problems(&report(Some(1.9)), Outcome::Upgraded), [""; 0]);
        let told = sentence(&report(Some(1.9)));
        let expected = "tail: the last user left V1 1.90 s after the switch; DNS answers live for 1.00 s, and some users keep \
                        them for twice that\n";
        assert!(told.contains(expected), "{told}");
        let judged = |tail| problems(&report(tail), Outcome::Upgraded);
        assert_eq!(judged(None), ["the tail after the switch was not measured"]);
        for wrong in [0.0, 3.1] {
            let problem =
                format!("the last user left V1 {wrong:.2} s after the switch, where DNS answers live for 1.00 s");
            assert_eq!(judged(Some(wrong)), [problem]);
        }
    }

    #[test]
    fn work_that_nobody_does_is_a_problem() {
        let with = |messages| problems(&Report { messages, ..report(Some(1.0)) }, Outcome::Upgraded);
        assert_eq!(
            with(Messages { queued: 9, waiting: 9, ..Messages::default() }),
            ["none of 9 messages was worked off"]
        );
        assert_eq!(
            with(Messages { queued: 9, processed: 7, lost: 2, ..Messages::default() }),
            ["2 messages were given up"]
        );
        let told = sentence(&report(Some(1.0)));
        assert!(
            told.contains("\nbackground work: 500 messages, 499 worked off, 0 tries failed, 0 given up, 1 waiting; "),
            "{told}"
        );
    }

    #[test]
    fn a_rollback_has_no_tail() {
        let report = Report { outcome: Outcome::RolledBack, tail_seconds: None, ..report(None) };
        assert_eq!(problems(&report, Outcome::RolledBack), [""; 0]);
        assert!(!sentence(&report).contains("tail"));
    }
}
