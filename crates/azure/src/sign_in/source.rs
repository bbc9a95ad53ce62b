//! Where a token comes from, for who needs one.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::SignIn;
use crate::error::{Cause, Error};

/// Where the tokens for one service come from.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// A token that the caller got, e.g. by `az account get-access-token`. It ends when it ends.
    Given(SecretString),
    /// Tokens that are issued when they are needed, and again before they end.
    Issued {
        /// Who gets them.
        sign_in: Arc<SignIn>,
        /// What for, e.g. `https://management.azure.com/.default`.
        scope: String,
    },
}

impl TokenSource {
    /// A token that is good for now.
    ///
    /// # Errors
    /// None could be issued.
    pub async fn get(&self) -> Result<SecretString, Error> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::Issued { sign_in, scope } => sign_in.token(scope).await,
        }
    }

    /// Another token than the one that a service refused; `None` where the source has no other.
    ///
    /// # Errors
    /// None could be issued.
    pub async fn after_refusal(&self, refused: &SecretString) -> Result<Option<SecretString>, Error> {
        match self {
            Self::Given(_) => Ok(None),
            Self::Issued { sign_in, scope } => sign_in.token_after(scope, refused).await.map(Some),
        }
    }
}

/// The value of the `Authorization` header.
pub(crate) fn bearer(token: &SecretString) -> Result<HeaderValue, Cause> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| Cause::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_shows_the_token() {
        let source = TokenSource::Given("token-6f1c".into());
        let header = bearer(&"token-6f1c".into()).unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer token-6f1c");
        assert!(!format!("{source:?} {header:?}").contains("token-6f1c"));
    }
}
