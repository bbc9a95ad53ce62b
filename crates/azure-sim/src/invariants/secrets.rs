//! Invariant 7: no secret where it could be seen.

use percent_encoding::percent_decode_str;

use crate::cloud::Cloud;

impl Cloud {
    /// Everything that must never be shown: what the world began with, and what was issued since.
    pub(crate) fn secrets(&self) -> Vec<String> {
        [self.issued().secrets(), self.credentials.secrets.clone()].concat()
    }

    /// Looks for secrets in a text that others can see.
    pub(crate) fn inspect(&self, place: &str, text: &str, cause: &str) {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if self.secrets().iter().any(|secret| text.contains(secret) || decoded.contains(secret)) {
            let cause = self.without_secrets(cause);
            self.findings().record(7, format!("a secret is in the {place}"), &cause);
        }
    }

    /// The text with every secret replaced.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.secrets().iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}
