//! The error in the body of an answer that says no.

use std::fmt;

use serde_json::Value;

use crate::json::Node;

/// The error object of ARM: `{"error":{"code","message","details"}}`; some services send it without the envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArmError {
    /// `code`, e.g. `AuthorizationFailed`.
    pub code: Option<String>,
    /// `message`, on one line, then those of `details`.
    pub message: String,
}

/// More characters of a message than this help nobody.
const LONGEST_MESSAGE: usize = 2000;

impl ArmError {
    /// The error in a body, empty where it has none.
    pub(crate) fn of(body: &Value) -> Self {
        let body = Node::root(body);
        let error = body.find("error").unwrap_or(body);
        let messages = std::iter::once(error.clone()).chain(error.list("details").unwrap_or_default());
        let messages: Vec<String> = messages.filter_map(|node| either(&node, "message", "Message")).collect();
        Self { code: either(&error, "code", "Code"), message: one_line(&messages.join("; ")) }
    }

    /// It has neither code nor message.
    pub fn is_empty(&self) -> bool {
        self.code.is_none() && self.message.is_empty()
    }

    /// Compares the code, without case.
    pub fn code_is(&self, code: &str) -> bool {
        self.code.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(code))
    }
}

fn either(node: &Node<'_>, name: &str, legacy: &str) -> Option<String> {
    let text = node.find(name).or_else(|| node.find(legacy))?.as_text()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A line break in a message could pass for a command to who reads our output.
pub(crate) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(LONGEST_MESSAGE).map(plain).collect()
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.message.as_str()) {
            (Some(code), "") => write!(f, "`{code}`"),
            (Some(code), message) => write!(f, "`{code}`: {message}"),
            (None, "") => f.write_str("without a reason"),
            (None, message) => write!(f, "{message}"),
        }
    }
}

#[cfg(test)]
#[path = "arm_error_test.rs"]
mod tests;
