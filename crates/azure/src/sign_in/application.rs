//! Who signs in: an application of Microsoft Entra ID, and how it proves that it is the one.

use secrecy::SecretString;
use url::Url;

use crate::{client::safe_endpoint, error::Cause};

/// An application (service principal) of a tenant.
#[derive(Debug, Clone)]
pub struct Application {
    /// Address of Microsoft Entra ID, e.g. `https://login.microsoftonline.com`.
    pub authority: Url,
    /// Id of the tenant, or one of its domain names.
    pub tenant: String,
    /// Id of the application: `client_id`.
    pub client: String,
    /// How it proves that it is the one.
    pub proof: Proof,
}

/// How an application proves that it is the one.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A secret of the application.
    Secret(SecretString),
    /// An assertion of GitHub's, which a federated credential of the application accepts.
    Assertion(AssertionSource),
}

/// GitHub's token service, as a runner shows it to a job with `id-token: write`.
#[derive(Debug, Clone)]
pub struct AssertionSource {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: SecretString,
    /// For whom the assertion is to be: the audience of the federated credential, usually `api://AzureADTokenExchange`.
    pub audience: String,
}

impl Application {
    /// Refuses what could send a proof into the open or to another place than the one that is meant.
    pub(super) fn checked(self) -> Result<Self, Cause> {
        let authority = safe_endpoint(self.authority)?;
        if !is_one_segment(&self.tenant) {
            return Err(Cause::Identifier { name: "tenant", value: self.tenant });
        }
        if !is_one_segment(&self.client) {
            return Err(Cause::Identifier { name: "client", value: self.client });
        }
        if let Proof::Assertion(source) = &self.proof {
            safe_endpoint(source.url.clone())?;
        }
        Ok(Self { authority, ..self })
    }
}

/// An id or a domain name: neither has another character, and neither is a step up in a path.
fn is_one_segment(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checked(authority: &str, tenant: &str, client: &str) -> Result<(), String> {
        let application = Application {
            authority: Url::parse(authority).unwrap(),
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            proof: Proof::Secret("s".into()),
        };
        application.checked().map(drop).map_err(|cause| cause.to_string())
    }

    #[test]
    fn ids_and_domains_name_a_tenant() {
        for tenant in ["5f1b4b0e-0f0e-4c5b-9a59-0d6b1a8e8f10", "contoso.onmicrosoft.com"] {
            assert_eq!(checked("https://login.microsoftonline.com", tenant, "c-1"), Ok(()));
        }
        for wrong in ["", "..", "a/b", "a b", "id\n", "a?b"] {
            let expected = format!("`{wrong}` is not the id of a tenant");
            assert_eq!(checked("https://login.microsoftonline.com", wrong, "c"), Err(expected));
            assert!(checked("https://login.microsoftonline.com", "t", wrong).is_err());
        }
    }

    #[test]
    fn no_proof_travels_in_the_clear() {
        let text = checked("http://login.microsoftonline.com", "t", "c").unwrap_err();
        assert_eq!(text, "the endpoint `http://login.microsoftonline.com` is not https");
        assert_eq!(checked("http://127.0.0.1:81", "t", "c"), Ok(()));
        let source = AssertionSource {
            url: Url::parse("http://github.example/t").unwrap(),
            token: "t".into(),
            audience: "a".to_owned(),
        };
        let application = Application {
            authority: Url::parse("https://login.microsoftonline.com").unwrap(),
            tenant: "t".into(),
            client: "c".into(),
            proof: Proof::Assertion(source),
        };
        let text = application.checked().unwrap_err().to_string();
        assert_eq!(text, "the endpoint `http://github.example` is not https");
    }
}
