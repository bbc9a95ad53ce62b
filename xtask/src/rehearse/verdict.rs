//! What a rehearsal came to, for people.

use std::path::Path;

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
    if report.invariants.checked == 0 {
        problems.push("the invariants were never checked".to_owned());
    }
    problems.extend(report.invariants.broken.iter().map(|broken| format!("an invariant broke: {broken}")));
    if report.writes.acknowledged <= 100 {
        problems.push(format!("only {} writes were acknowledged, too few to prove much", report.writes.acknowledged));
    }
    problems
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
    let tail =
        report.tail_seconds.map_or_else(String::new, |tail| format!("; the last user left V1 after {tail:.2} s"));
    format!(
        "{}: users were read-only for {} s (scripts {} s, overhead {} s){tail}\nwrites: {} acknowledged, {} lost, {} refused \
         while read-only; invariants checked {} times, {} broken",
        name(report.outcome),
        seconds(report.read_only_seconds),
        seconds(report.script_seconds),
        seconds(report.overhead_seconds),
        report.writes.acknowledged,
        report.writes.lost,
        report.writes.refused_read_only,
        report.invariants.checked,
        report.invariants.broken.len()
    )
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upgraded => "upgraded",
        Outcome::RolledBack => "rolled-back",
        Outcome::Failed => "failed",
    }
}
