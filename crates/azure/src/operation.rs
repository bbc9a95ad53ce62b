//! Long operations, read without I/O: what the first answer means, and what each answer to a poll means.
//!
//! Rules: the page "async-operations" of Azure Resource Manager's documentation; shapes: recordings of
//! Microsoft.Sql (`Azure-AsyncOperation` and `Location` side by side) and of its version 2014-04-01 (`Location` alone).

use std::time::Duration;

use serde_json::Value;

use crate::{
    arm_error::ArmError,
    json::{Node, ReadError},
    response::Response,
};

/// What the answer to the request that begins an operation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It is done already.
    Done,
    /// It goes on; its progress can be asked for.
    Polling(Polling),
    /// It was accepted without an address to ask at.
    Untracked,
}

/// Where to ask for the progress of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polling {
    /// The address, as the service wrote it.
    pub url: String,
    /// Whose protocol the address speaks.
    pub by: PollBy,
    /// How long the service asks to wait before the next poll.
    pub after: Option<Duration>,
}

/// The two protocols of polling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollBy {
    /// `Azure-AsyncOperation`: a 200 with a status object.
    AsyncOperation,
    /// `Location`: 202 until it is done.
    Location,
}

/// How an operation came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// Its address vanished (404, 410) or there never was one: look at the resource instead.
    Vanished,
}

/// What an answer to a poll says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It goes on: its state, and where and when to ask next.
    Running(String, Polling),
    /// It came to its end.
    Ended(Outcome),
    /// It failed or was cancelled.
    Failed {
        /// The state as the service writes it.
        state: String,
        /// The error of the status object.
        error: ArmError,
    },
}

/// Statuses of the answer that begins an operation.
pub const STARTED: &[u16] = &[200, 201, 202, 204];

/// Statuses of the answers to a poll.
pub(crate) const POLLED: &[u16] = &[200, 201, 202, 204, 404, 410];

/// Reads the answer that begins an operation. `Azure-AsyncOperation` comes before `Location`; a 200 is pending only
/// with the former.
///
/// # Errors
/// None today; the signature is that of every reader.
pub fn started(response: &Response) -> Result<Started, ReadError> {
    let polling = polling(response).filter(|polling| match response.status {
        201 | 202 => true,
        200 => polling.by == PollBy::AsyncOperation,
        _ => false,
    });
    Ok(match (polling, response.status) {
        (Some(polling), _) => Started::Polling(polling),
        (None, 202) => Started::Untracked,
        (None, _) => Started::Done,
    })
}

fn polling(response: &Response) -> Option<Polling> {
    let at = |name, by| response.header(name).map(|url| Polling { url: url.to_owned(), by, after: pace(response) });
    at("azure-asyncoperation", PollBy::AsyncOperation).or_else(|| at("location", PollBy::Location))
}

/// A wait of nothing is no wait that anybody asks for.
fn pace(response: &Response) -> Option<Duration> {
    response.retry_after().filter(|wait| !wait.is_zero())
}

/// Reads an answer to a poll.
///
/// # Errors
/// An `Azure-AsyncOperation` answered without a status.
pub fn progress(polling: &Polling, response: &Response) -> Result<Progress, ReadError> {
    if matches!(response.status, 404 | 410) {
        return Ok(Progress::Ended(Outcome::Vanished));
    }
    let body = response.json().unwrap_or_default();
    let goes_on = |state: &str| Progress::Running(state.to_owned(), next(polling, response));
    match (state_of(&body), polling.by, response.status) {
        (Some(state), ..) => Ok(by_state(&state, &body).unwrap_or_else(|| goes_on(&state))),
        (None, _, 202) => Ok(goes_on("Accepted")),
        (None, PollBy::Location, _) | (None, _, 204) => Ok(by_state("Succeeded", &body).unwrap_or_else(|| goes_on(""))),
        (None, PollBy::AsyncOperation, _) => Err(ReadError::NoOperationStatus),
    }
}

fn state_of(body: &Value) -> Option<String> {
    Some(Node::root(body).find("status")?.as_text()?.to_owned())
}

/// `None` for a state that is not an end. An error beside `Succeeded` is a failure.
fn by_state(state: &str, body: &Value) -> Option<Progress> {
    let is = |word: &str| state.eq_ignore_ascii_case(word);
    let error = ArmError::of(body);
    let accused = Node::root(body).find("error").is_some() && !error.is_empty();
    let failed = ["Failed", "Canceled", "Cancelled"].into_iter().any(is);
    if failed || (is("Succeeded") && accused) {
        return Some(Progress::Failed { state: state.to_owned(), error });
    }
    is("Succeeded").then_some(Progress::Ended(Outcome::Done))
}

/// Where to ask next: a poll may name another address of its own protocol.
fn next(polling: &Polling, response: &Response) -> Polling {
    let header = match polling.by {
        PollBy::AsyncOperation => "azure-asyncoperation",
        PollBy::Location => "location",
    };
    let url = response.header(header).map_or_else(|| polling.url.clone(), str::to_owned);
    Polling { url, by: polling.by, after: pace(response) }
}

#[cfg(test)]
#[path = "operation_test.rs"]
mod tests;
