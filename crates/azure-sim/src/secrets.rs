//! What must never be shown.

use percent_encoding::percent_decode_str;

use crate::azure::Azure;

/// What the world began with, and what was issued since.
pub(crate) fn all(azure: &Azure) -> Vec<String> {
    [azure.issued().secrets(), azure.secrets.clone()].concat()
}

/// Some secret is in the text, as it is or percent-encoded.
pub(crate) fn are_in(azure: &Azure, text: &str) -> bool {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    all(azure).iter().any(|secret| text.contains(secret) || decoded.contains(secret))
}

/// The text with every secret replaced.
pub(crate) fn hide(azure: &Azure, text: &str) -> String {
    all(azure).iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}
