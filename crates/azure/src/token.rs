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
