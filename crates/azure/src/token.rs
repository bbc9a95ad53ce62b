//! Where the token for Azure Resource Manager comes from.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Cause;

/// Where the token for Azure Resource Manager comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TokenSource {
    /// A token that the caller got, e.g. by `az account get-access-token`.
    Given(SecretString),
}

impl TokenSource {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Cause> {
        let Self::Given(token) = self;
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut value = HeaderValue::try_from(bearer).map_err(|_| Cause::Token)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_shows_the_token() {
        let source = TokenSource::Given("token-6f1c".into());
        let header = source.authorization().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer token-6f1c");
        assert!(!format!("{source:?} {header:?}").contains("token-6f1c"));
    }
}
