//! Who may ask.

use crate::{
    clock,
    http::{Answer, Request},
    tokens::Standing,
    world::Refusal,
};

/// What Azure Resource Manager takes as the audience of a token, as its refusal lists it.
const AUDIENCES: &str = "'https://management.core.windows.net/','https://management.core.windows.net',\
    'https://management.azure.com/','https://management.azure.com'";

/// The answer to a request without a token that `standing` knows as good for Azure Resource Manager.
pub(crate) fn refuse(request: &Request, standing: impl Fn(&str) -> Standing) -> Option<Answer> {
    let token = request.header("authorization").and_then(|value| {
        value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim())
    });
    let Some(token) = token else {
        let text = "Authentication failed. The 'Authorization' header is missing.";
        return Some(unauthorized("AuthenticationFailed", text));
    };
    let (code, text) = match standing(token) {
        Standing::Good => return None,
        Standing::Unknown => ("InvalidAuthenticationToken", "The access token is invalid.".to_owned()),
        Standing::Foreign(audience) => {
            let text = format!(
                "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one \
                 of the allowed audiences {AUDIENCES}.",
                audience.address()
            );
            ("InvalidAuthenticationTokenAudience", text)
        }
        Standing::Ended(end) => {
            let text = format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                clock::american(end),
                clock::american(clock::now())
            );
            ("ExpiredAuthenticationToken", text)
        }
    };
    Some(unauthorized(code, &text))
}

fn unauthorized(code: &str, text: &str) -> Answer {
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/common\", error=\"invalid_token\", \
         error_description=\"{text}\""
    );
    Answer::from(Refusal::new(401, code, text)).with("WWW-Authenticate", challenge)
}
