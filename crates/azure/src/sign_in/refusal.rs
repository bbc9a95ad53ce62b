//! What Microsoft Entra ID and GitHub say when they give no token.

use std::fmt;

use crate::{arm_error::one_line, json::Node, response::Response, trace::write_ids};

/// An answer that says no. Shape: `{"error", "error_description", "error_codes", "trace_id", …}` ("Microsoft identity
/// platform and the OAuth 2.0 client credentials flow", section "Error response").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInRefusal {
    /// The HTTP status.
    pub status: u16,
    /// `error`, e.g. `invalid_client`.
    pub error: Option<String>,
    /// `error_description` on one line, without the trailer of ids and time, e.g. `AADSTS700016: Application with …`.
    pub description: String,
    /// `error_codes`, e.g. 700016.
    pub codes: Vec<u32>,
    /// `trace_id`: what Azure's support asks for.
    pub trace: Option<String>,
    /// `correlation_id`.
    pub correlation: Option<String>,
    /// Whom the assertion spoke for.
    pub subject: Option<String>,
}

impl SignInRefusal {
    pub(super) fn of(response: &Response, subject: Option<String>) -> Self {
        let body = response.json().unwrap_or_default();
        let body = Node::root(&body);
        let text = |name: &str| body.find(name).and_then(|node| node.as_text().map(one_line));
        // GitHub's own refusals have a `message`.
        let description = text("error_description").or_else(|| text("message"));
        let codes = body.list("error_codes").unwrap_or_default();
        Self {
            status: response.status,
            error: text("error"),
            description: description.map(|text| without_trailer(&text)).unwrap_or_default(),
            codes: codes.iter().filter_map(|code| code.as_number()).collect(),
            trace: text("trace_id"),
            correlation: text("correlation_id"),
            subject: subject.map(|subject| one_line(&subject)),
        }
    }

    /// What to do about it, where that is known. Codes: "Microsoft Entra authentication and authorization error codes",
    /// and reports of users at `Azure/login`.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        self.codes.iter().find_map(|code| hint_of_code(*code))
    }
}

fn hint_of_code(code: u32) -> Option<&'static str> {
    let hint = match code {
        700_024 => {
            "GitHub's assertion is valid for five minutes, and a new one was sent: it was delayed, or a clock is \
             wrong; run the step again"
        }
        7_002_138 => {
            "the subject of the application's federated credential differs in letter case: write it exactly as the \
             subject above, or delete and make it again"
        }
        700_212 => {
            "make `audience` and the audience of the application's federated credential the same: \
             `api://AzureADTokenExchange`, or that of another cloud"
        }
        70_021 | 700_211 | 700_213 => {
            "give the application a federated credential with exactly this subject, the issuer \
             `https://token.actions.githubusercontent.com` and the audience in `audience` (`api://AzureADTokenExchange` by \
             default)"
        }
        7_000_215 => "`client-secret` must be the value of a secret of this application, not the secret's id",
        7_000_222 => {
            "`client-secret` has expired: make a new one, or use a federated credential, which does not expire"
        }
        700_016 => "`client-id` must be the application (client) id of an application of the tenant in `tenant-id`",
        90_002 | 900_021 | 900_023 => "`tenant-id` must be a tenant of the cloud behind `login-endpoint`",
        500_011 | 1_002_012 => "`arm-endpoint`, `sql-suffix` and `login-endpoint` must be those of one cloud",
        53_003 => "a Conditional Access policy forbids this: it must allow the address of this runner",
        _ => return None,
    };
    Some(hint)
}

/// Ids and time stand in fields of their own; they follow on lines of their own, or in the same line.
fn without_trailer(description: &str) -> String {
    let end = description.find(" Trace ID:").unwrap_or(description.len());
    description[..end].trim_end().to_owned()
}

impl fmt::Display for SignInRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered {}", self.status)?;
        if let Some(error) = &self.error {
            write!(f, " `{error}`")?;
        }
        if !self.description.is_empty() {
            write!(f, ": {}", self.description)?;
        }
        if let Some(subject) = &self.subject {
            write!(f, " (the subject of the assertion is `{subject}`)")?;
        }
        write_ids(f, [("trace", &self.trace), ("correlation", &self.correlation)])
    }
}

#[cfg(test)]
#[path = "refusal_test.rs"]
mod tests;
