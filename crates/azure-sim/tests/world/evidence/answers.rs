//! Each answer of the simulator against those that Azure really gave to the same question.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use azure_sim::Scenario;
use serde_json::Value;
use url::Url;

use super::{
    differences::{DIFFERENCES, Difference, SEVERAL},
    drive::{CASES, Case},
    shape::{Found, How, Shape},
};
use crate::{
    bench::{Answer, Bench, small},
    cassette::{self, Interaction},
    operations::{OPERATIONS, Part, operation_of},
};

/// Operations take a minute where a case looks at one that goes on, and seeding takes longer than the first look.
fn scenario(case: &Case) -> Scenario {
    match case.operation {
        "poll a database that goes on" => Scenario { operation_ms: 60_000, ..small() },
        "poll an operation of a link, 2014" => Scenario { operation_ms: 300, ..small() },
        "list replication links" => Scenario { seeding_ms: 500, ..small() },
        _ => small(),
    }
}

fn recorded(files: &[Vec<Interaction>], case: &Case) -> Shape {
    let mut shape = Shape::default();
    for seen in files.iter().flatten().filter(|seen| operation_of(seen).name == case.operation) {
        let headers =
            seen.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (&**name, &**value)));
        shape.add(seen.status, headers, &seen.received(), case.open);
    }
    shape
}

fn simulated(case: &Case) -> Shape {
    let mut shape = Shape::default();
    for (answer, asked) in drive(case) {
        assert!(asked, "{}: the simulator is asked for something else", case.operation);
        let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        shape.add(answer.status, headers, &body(&answer), case.open);
    }
    shape
}

/// The simulator's answers, each with whether it was given to the same question as the recorded ones.
fn drive(case: &Case) -> Vec<(Answer, bool)> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let scenario = Scenario { capture: Some(file.path().to_owned()), ..scenario(case) };
    let answers = (case.drive)(&Bench::new(scenario));
    let asked = captured(file.path());
    let row = OPERATIONS.iter().find(|row| row.name == case.operation).unwrap();
    let question = |answer: &Answer| {
        let (method, url) = &asked[answer.header("x-ms-request-id")];
        let sibling = url.path().replace("/unlink", "/failover");
        row.is_asked(method, &sibling[1..].split('/').collect::<Vec<_>>())
    };
    let judged = |answer| {
        let same = question(&answer);
        (answer, same)
    };
    answers.into_iter().map(judged).collect()
}

/// Method and address of every request, by the identifier that its answer has.
fn captured(file: &Path) -> BTreeMap<String, (String, Url)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let arm = lines.filter(|line| line["protocol"] == "arm");
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    arm.map(|line| {
        let id = word(&line["response_headers"]["x-ms-request-id"]);
        (id, (word(&line["method"]), word(&line["url"]).parse().unwrap()))
    })
    .collect()
}

fn body(answer: &Answer) -> Value {
    if answer.text.is_empty() { Value::Null } else { answer.json() }
}

/// The row of the table that a difference falls under.
fn row_of(operation: &str, found: &Found) -> Option<usize> {
    let lists = |row: &Difference| row.how == found.how && row.places().any(|place| place == found.place);
    let fits = |whose: &str| DIFFERENCES.iter().position(|row| row.operation == whose && lists(row));
    fits(operation).or_else(|| fits(SEVERAL))
}

#[test]
fn the_simulator_answers_as_azure_did_but_for_what_is_listed() {
    let Some(files) = cassette::all() else { return };
    let (mut unlisted, mut used) = (Vec::new(), BTreeMap::<usize, BTreeSet<String>>::new());
    for case in CASES {
        for found in simulated(case).differences(&recorded(&files, case)) {
            match row_of(case.operation, &found) {
                Some(row) => drop(used.entry(row).or_default().insert(found.place)),
                None => unlisted.push(format!("{}: {found:?}", case.operation)),
            }
        }
    }
    assert!(unlisted.is_empty(), "not in the table of differences:\n{}", unlisted.join("\n"));
    for (index, row) in DIFFERENCES.iter().enumerate() {
        let listed: BTreeSet<String> = row.places().map(str::to_owned).collect();
        assert_eq!(used.get(&index), Some(&listed), "{}: what does not differ (any more) is listed", row.operation);
    }
    println!("evidence: {} operations of the simulator, {} rows of differences", CASES.len(), DIFFERENCES.len());
}

#[test]
fn every_operation_that_the_simulator_has_is_compared() {
    let named: BTreeSet<&str> = CASES.iter().map(|case| case.operation).collect();
    let has: BTreeSet<&str> =
        OPERATIONS.iter().filter(|row| row.simulator == Part::Checked).map(|row| row.name).collect();
    assert_eq!(named, has);
}

/// The table as a document shows it.
fn rendered() -> String {
    let mut text = "| Operation | How | Where | Why |\n|---|---|---|---|\n".to_owned();
    for row in DIFFERENCES {
        let places: Vec<String> = row.places().map(|place| format!("`{place}`")).collect();
        let how = match row.how {
            How::OnlyRecorded => "only recorded",
            How::OnlySimulated => "only simulated",
            How::Differs => "differs",
        };
        text += &format!("| {} | {how} | {} | {} |\n", row.operation, places.join(", "), row.reason);
    }
    text
}

#[test]
fn the_document_has_the_table() {
    let document = include_str!("../../../../../docs/simulator.md");
    let (_, rest) = document.split_once("## Differences from recorded answers\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let table = section.lines().filter(|line| line.starts_with('|')).map(|line| format!("{line}\n"));
    assert_eq!(table.collect::<String>(), rendered(), "docs/simulator.md, put this there:\n{}", rendered());
}
