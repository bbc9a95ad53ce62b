//! GitHub's token service, as a runner shows it to a job with `id-token: write`.

use serde_json::json;

use super::jwt;
use crate::{
    azure::Azure,
    clock,
    http::{Answer, Request},
};

/// `GET …&audience=<for whom>` with the runner's bearer token.
pub(super) fn answer(azure: &Azure, request: &Request) -> Answer {
    let bearer = format!("Bearer {}", azure.credentials.id_token_request_token);
    if request.method != "GET" {
        return Answer::json(405, json!({"message": "The requested resource does not support this http method."}));
    }
    if request.header("authorization") != Some(&bearer) {
        return Answer::json(401, json!({"message": "The request token is invalid."}));
    }
    let audience = request.query.get("audience").map_or("https://github.com/contoso", String::as_str);
    let assertion = issue(azure, audience);
    Answer::ok(json!({"count": 1, "value": assertion}))
}

fn issue(azure: &Azure, audience: &str) -> String {
    let sign_in = &azure.scenario.sign_in;
    let now = clock::now();
    let end = now + clock::seconds(sign_in.assertion_lifetime_ms);
    let claims = json!({
        "jti": azure.random.guid(),
        "sub": sign_in.assertion_subject.as_ref().unwrap_or(&sign_in.subject),
        "aud": audience,
        "repository": "contoso/shop",
        "iss": "https://token.actions.githubusercontent.com",
        "nbf": now.floor() as u64,
        "exp": end.floor() as u64,
        "iat": now.floor() as u64,
    });
    let assertion = jwt::write(&claims, &azure.random.word(86));
    azure.issued().add_assertion(&assertion, end);
    assertion
}
