//! What the validator found, held against what Azure itself is known to do.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use super::{
    capture::{Exchange, Request},
    validator::{Finding, Recorded, Subject, Validator, Verdict},
};

/// Addresses that answer with the state of a long operation. No description has them: the service hands them out, and
/// `Azure-AsyncOperation` and `Location` may change without a new version.
const POLLING: [&str; 2] = ["AzureAsyncOperation/", "OperationResults/"];

/// Deviations of the simulator's answers that a recording shows Azure itself to have: a row of `tests/contract/accepted.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Operation of the description.
    pub operation: String,
    /// The validator's code.
    pub code: String,
    /// For whoever reads the table.
    #[allow(dead_code, reason = "it is there for people")]
    pub why: String,
    /// Where Azure does so.
    #[serde(flatten)]
    pub recorded: Recorded,
    /// JSON paths, every index written `[]`.
    pub paths: Vec<String>,
}

/// What was checked.
#[derive(Debug, Default)]
pub struct Summary {
    /// Operations of the official descriptions that were used.
    pub operations: BTreeSet<String>,
    /// Operations of our own descriptions that were used.
    pub own: BTreeSet<String>,
    /// Requests with their answers, equal ones counted once for each time.
    pub exchanges: usize,
    /// Deviations that a recording shows.
    pub accepted: usize,
    /// The exchange that is wrong on purpose was found to be.
    pub wrong_caught: bool,
    /// What must not be.
    pub problems: Vec<String>,
}

/// The same exchange, sent by several tests.
struct Sent<'a> {
    request: &'a Request,
    times: usize,
}

/// Checks every request and answer but those of polling addresses, then the table of accepted deviations, then that an
/// exchange which is wrong on purpose is found to be.
pub fn judge(validator: &Validator, requests: &[Request], accepted: &[Accepted]) -> anyhow::Result<Summary> {
    let sent = distinct(requests)?;
    let simulated = sent.iter().map(|sent| Subject::Simulated(sent.request.exchange.clone()));
    let recorded = accepted.iter().map(|row| Subject::Recorded(row.recorded.clone()));
    let subjects: Vec<Subject> = simulated.chain(recorded).chain([Subject::Simulated(wrong())]).collect();
    let verdicts = validator.check(&subjects)?;
    let (ours, rest) = verdicts.split_at(sent.len());
    let (shown, wrong) = rest.split_at(accepted.len());
    let mut summary = weigh(&sent, ours, accepted);
    summary.problems.extend(unproved(accepted, shown));
    let missed = missed(&wrong[0].findings);
    summary.wrong_caught = missed.is_empty();
    summary.problems.extend(missed);
    Ok(summary)
}

/// Equal exchanges of one step once, with how often they were made.
fn distinct(requests: &[Request]) -> anyhow::Result<Vec<Sent<'_>>> {
    let mut places: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut sent: Vec<Sent<'_>> = Vec::new();
    for request in requests.iter().filter(|request| !is_polling(&request.exchange)) {
        let key = (request.step, serde_json::to_string(&request.exchange).context("write an exchange")?);
        let place = *places.entry(key).or_insert(sent.len());
        match sent.get_mut(place) {
            Some(known) => known.times += 1,
            None => sent.push(Sent { request, times: 1 }),
        }
    }
    Ok(sent)
}

fn is_polling(exchange: &Exchange) -> bool {
    let path = exchange.url.split('?').next().unwrap_or_default().to_lowercase();
    exchange.method == "GET" && POLLING.iter().any(|end| path.contains(&end.to_lowercase()))
}

fn weigh(sent: &[Sent<'_>], verdicts: &[Verdict], accepted: &[Accepted]) -> Summary {
    let mut summary = Summary { exchanges: sent.iter().map(|sent| sent.times).sum(), ..Summary::default() };
    let mut used = BTreeSet::new();
    let mut problems = BTreeMap::new();
    for (sent, verdict) in sent.iter().zip(verdicts) {
        let operation = verdict.operation.as_deref().unwrap_or_default();
        let set = if verdict.own { &mut summary.own } else { &mut summary.operations };
        set.extend(verdict.operation.clone());
        for finding in verdict.findings.iter().filter(|finding| !is_refusal(&sent.request.exchange, finding)) {
            match place_of(accepted, operation, finding) {
                Some(place) => _ = used.insert(place),
                None => _ = problems.entry(said(sent.request, operation, finding)).or_insert(&sent.request.origin),
            }
        }
    }
    summary.accepted = used.len();
    summary.problems = problems.into_iter().map(|(problem, origin)| format!("{problem} (test `{origin}`)")).collect();
    summary.problems.extend(stale(accepted, &used));
    summary
}

/// A refusal in the error format of Azure Resource Manager, by an operation whose description has no answer for errors at all
/// (`ReplicationLinks_Unlink` of 2014-04-01). Where it has one, the refusal is held against it.
fn is_refusal(exchange: &Exchange, finding: &Finding) -> bool {
    let error = &exchange.response_body["error"];
    let format = error["code"].is_string() && error["message"].is_string();
    finding.code == "INVALID_RESPONSE_CODE" && (400..500).contains(&exchange.status) && format
}

/// Row and path of the table that accept a finding; none do for a request.
fn place_of(accepted: &[Accepted], operation: &str, finding: &Finding) -> Option<(usize, usize)> {
    let of_row = |(row, accepted): (usize, &Accepted)| {
        let same = accepted.operation == operation && accepted.code == finding.code && !finding.in_request;
        let path = accepted.paths.iter().position(|path| *path == finding.path);
        path.filter(|_| same).map(|path| (row, path))
    };
    accepted.iter().enumerate().find_map(of_row)
}

/// The same for all tests that show the same.
fn said(request: &Request, operation: &str, finding: &Finding) -> String {
    let Finding { in_request, code, path, message } = finding;
    let who =
        if *in_request { format!("the request of `{}`", request.step) } else { "the simulator's answer".to_owned() };
    let what = if operation.is_empty() {
        format!("{} {}", request.exchange.method, request.exchange.url)
    } else {
        format!("`{operation}`")
    };
    format!("{who} to {what}: {code} at `{path}`: {message}")
}

fn stale(accepted: &[Accepted], used: &BTreeSet<(usize, usize)>) -> Vec<String> {
    let all =
        accepted.iter().enumerate().flat_map(|(at, row)| row.paths.iter().enumerate().map(move |path| (at, row, path)));
    let unused = all.filter(|(at, _, (place, _))| !used.contains(&(*at, *place)));
    let say = |row: &Accepted, path: &str| {
        let (operation, code) = (&row.operation, &row.code);
        format!(
            "`tests/contract/accepted.json` accepts {code} at `{path}` of `{operation}`, which does not occur: take it out"
        )
    };
    unused.map(|(_, row, (_, path))| say(row, path)).collect()
}

/// Rows whose recording does not show what they claim.
fn unproved(accepted: &[Accepted], shown: &[Verdict]) -> Vec<String> {
    let mut problems = Vec::new();
    for (row, verdict) in accepted.iter().zip(shown) {
        let shows = |path: &&String| {
            let same = |finding: &Finding| !finding.in_request && finding.code == row.code && finding.path == **path;
            verdict.operation.as_deref() == Some(&row.operation) && verdict.findings.iter().any(same)
        };
        for path in row.paths.iter().filter(|path| !shows(path)) {
            let Recorded { recording, interaction, .. } = &row.recorded;
            let (operation, code) = (&row.operation, &row.code);
            problems.push(format!(
                "`tests/contract/accepted.json` accepts {code} at `{path}` of `{operation}` by `{recording}`, interaction \
                 {interaction}, which does not show it"
            ));
        }
    }
    problems
}

/// A request with a property that is not there and one of the wrong type, and an answer whose status is not described.
fn wrong() -> Exchange {
    let profile = "subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    Exchange {
        method: "PATCH".to_owned(),
        url: format!("https://management.azure.com/{profile}?api-version=2022-04-01"),
        content_type: Some("application/json".to_owned()),
        body: json!({"tags": {}, "properties": {"dnsConfig": {"ttl": "thirty"}, "fallback": "contoso-2"}}),
        status: 302,
        response_content_type: Some("application/json".to_owned()),
        response_body: json!({}),
    }
}

/// What the validator must say of the wrong exchange: side, code, path.
const WRONG: [(bool, &str, &str); 3] = [
    (true, "OBJECT_ADDITIONAL_PROPERTIES", "$.properties.fallback"),
    (true, "INVALID_TYPE", "$.properties.dnsConfig.ttl"),
    (false, "INVALID_RESPONSE_CODE", ""),
];

fn missed(findings: &[Finding]) -> Vec<String> {
    let is_there = |(side, code, path): &(bool, &str, &str)| {
        findings
            .iter()
            .any(|found| found.in_request == *side && found.code == *code && (path.is_empty() || found.path == *path))
    };
    let missed = WRONG.iter().filter(|wrong| !is_there(wrong));
    missed
        .map(|(_, code, path)| format!("the exchange that is wrong on purpose was not caught: no {code} at `{path}`"))
        .collect()
}

#[cfg(test)]
#[path = "judge_test.rs"]
mod tests;
