//! Invariant 7: no secret where it could be seen.

use percent_encoding::percent_decode_str;

use crate::{Credentials, cloud::Cloud};

impl Cloud {
    /// Looks for secrets in a text that others can see.
    pub(crate) fn inspect(&self, place: &str, text: &str, cause: &str) {
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if self.credentials.secrets.iter().any(|secret| text.contains(secret) || decoded.contains(secret)) {
            self.watch().record(7, format!("a secret is in the {place}"), &self.credentials.without_secrets(cause));
        }
    }
}

impl Credentials {
    /// The text with every secret replaced.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}
