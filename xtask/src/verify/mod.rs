//! `cargo verify`: every check that a change has to pass, each with the time that it took.

mod licences;
mod parts;

use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::workspace::Workspace;

/// What to verify.
#[derive(Args)]
pub struct Options {
    /// Run these parts only; without it all of them.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
}

/// A part of the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The code is formatted.
    Format,
    /// Clippy finds nothing.
    Clippy,
    /// Every dependency has a licence that we accept, and none is banned.
    Licences,
    /// `action.yml` and its documentation are what the steps know.
    Interface,
    /// All tests, with the evidence tests where their material is there.
    Tests,
    /// What the tests sent and what was answered fits Azure's descriptions, and the documented roles are what it took.
    Contract,
    /// The examples in the documentation.
    Doc,
    /// A rehearsal that succeeds and two that are rolled back.
    Rehearse,
    /// The fixed part of the fault sweep.
    Sweep,
    /// Lints of the workflows, and the workflows run by `act`.
    Act,
}

struct Finished {
    part: Part,
    seconds: f64,
    result: anyhow::Result<()>,
}

/// Runs the parts; false if one of them failed. A part that fails does not stop the next.
pub fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    let parts: Vec<Part> = Part::value_variants().iter().copied().filter(|part| options.wants(*part)).collect();
    let finished: Vec<Finished> = parts.into_iter().map(|part| timed(part, workspace, options)).collect();
    show(&finished);
    let passed = finished.iter().all(|part| part.result.is_ok());
    if passed && options.wants(Part::Tests) {
        say_what_is_missing(parts::missing_evidence(workspace)?);
    }
    Ok(passed)
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn timed(part: Part, workspace: &Workspace, options: &Options) -> Finished {
    eprintln!("\n== {}", part.name());
    let started = Instant::now();
    let result = match part {
        Part::Format => parts::format(workspace),
        Part::Clippy => parts::clippy(workspace),
        Part::Licences => licences::check(workspace),
        Part::Interface => parts::interface(workspace),
        Part::Tests => parts::tests(workspace),
        Part::Contract => parts::contract(workspace, options.wants(Part::Tests)),
        Part::Doc => parts::doc_tests(workspace),
        Part::Rehearse => parts::rehearse(workspace),
        Part::Sweep => parts::sweep(workspace),
        Part::Act => parts::act(workspace),
    };
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    Finished { part, seconds: started.elapsed().as_secs_f64(), result }
}

fn say_what_is_missing(evidence: usize) {
    if evidence > 0 {
        println!("evidence: not run (../shared absent), {evidence} tests");
    }
}

fn show(finished: &[Finished]) {
    println!();
    for Finished { part, seconds, result } in finished {
        let verdict = result.as_ref().map_or_else(|error| format!("FAILED: {error:#}"), |()| "ok".to_owned());
        println!("{:<9} {seconds:7.1} s  {verdict}", part.name());
    }
}
