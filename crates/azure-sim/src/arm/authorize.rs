//! Who may ask.

use super::{Answer, Request};
use crate::{Credentials, world::Refusal};

/// The answer to a request without a valid token.
pub(crate) fn refuse(request: &Request, credentials: &Credentials) -> Option<Answer> {
    let token = request.header("authorization").and_then(|value| {
        value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim())
    });
    match token {
        Some(token) if token == credentials.arm_token => None,
        Some(_) => Some(unauthorized("InvalidAuthenticationToken", "The access token is invalid.")),
        None => {
            let text = "Authentication failed. The 'Authorization' header is missing.";
            Some(unauthorized("AuthenticationFailed", text))
        }
    }
}

fn unauthorized(code: &str, text: &str) -> Answer {
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/common\", error=\"invalid_token\", \
         error_description=\"{text}\""
    );
    Answer::from(Refusal::new(401, code, text)).with("WWW-Authenticate", challenge)
}
