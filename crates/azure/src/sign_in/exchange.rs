//! The two requests of a sign-in and their answers, without I/O.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::application::{Application, AssertionSource, Proof};
use crate::{
    json::{Node, ReadError},
    response::Response,
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where GitHub gives an assertion for the audience of the federated credential.
pub(super) fn assertion_url(source: &AssertionSource) -> Url {
    let mut url = source.url.clone();
    url.query_pairs_mut().append_pair("audience", &source.audience);
    url
}

/// Where Microsoft Entra ID issues tokens to applications of this tenant.
pub(super) fn token_url(application: &Application) -> Url {
    let mut url = application.authority.clone();
    let path = format!("{}/{}/oauth2/v2.0/token", url.path().trim_end_matches('/'), application.tenant);
    url.set_path(&path);
    url
}

/// The body of the request for a token, as `application/x-www-form-urlencoded`.
pub(super) fn form(application: &Application, scope: &str, assertion: Option<&SecretString>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", &application.client);
    form.append_pair("scope", scope);
    form.append_pair("grant_type", "client_credentials");
    match (&application.proof, assertion) {
        (Proof::Secret(secret), _) => {
            form.append_pair("client_secret", secret.expose_secret());
        }
        (Proof::Assertion(_), assertion) => {
            form.append_pair("client_assertion_type", ASSERTION_TYPE);
            form.append_pair("client_assertion", assertion.map_or("", |assertion| assertion.expose_secret()));
        }
    }
    form.finish()
}

/// Reads GitHub's answer.
pub(super) fn read_assertion(response: &Response) -> Result<SecretString, ReadError> {
    response.read(|node| secret(node, "value"))
}

/// Reads Microsoft Entra ID's answer: the token, and how long it lives.
pub(super) fn read_token(response: &Response) -> Result<(SecretString, Duration), ReadError> {
    response.read(|node| Ok((secret(node, "access_token")?, Duration::from_secs(u64::from(lifetime(node)?)))))
}

fn secret(node: &Node<'_>, name: &str) -> Result<SecretString, ReadError> {
    Ok(node.text(name)?.into())
}

/// Seconds, as a number; older endpoints write it as a text.
fn lifetime(node: &Node<'_>) -> Result<u32, ReadError> {
    let text = node.find("expires_in").and_then(|node| node.as_text()?.parse().ok());
    text.map_or_else(|| node.number("expires_in"), Ok)
}

/// For whom an assertion speaks: its claim `sub`, e.g. `repo:contoso/shop:environment:production`. No secret: it is what a
/// federated credential has to be made for.
pub(super) fn subject(assertion: &SecretString) -> Option<String> {
    let claims = assertion.expose_secret().split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

#[cfg(test)]
#[path = "exchange_test.rs"]
mod tests;
