use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;

fn refused(status: u16, body: &Value) -> Error {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-ms-request-id"), HeaderValue::from_static("r-1"));
    headers.insert(HeaderName::from_static("x-ms-correlation-request-id"), HeaderValue::from_static("c-1"));
    let response = Response { status, headers, body: body.to_string().into() };
    Error {
        tried: "read the profile `rg/p`".into(),
        attempts: 3,
        cause: Box::new(Cause::Answer(Answer::of(&response))),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let next = error.source().map(|source| format!(": {}", chain(source)));
    format!("{error}{}", next.unwrap_or_default())
}

#[test]
fn says_what_was_tried_then_why_each_once() {
    let error = refused(403, &json!({ "error": { "code": "AuthorizationFailed", "message": "no action\nfor you" } }));
    assert_eq!(
        chain(&error),
        "could not read the profile `rg/p` in 3 attempts: Azure answered 403 `AuthorizationFailed`: no action for you \
         (request `r-1`, correlation `c-1`)"
    );
    assert_eq!((error.status(), error.code()), (Some(403), Some("AuthorizationFailed")));
    assert!(error.hint().unwrap().contains("the action that the message names"));
}

#[test]
fn each_refusal_that_a_person_can_mend_has_a_hint() {
    for status in [401, 403, 404, 429] {
        assert!(refused(status, &json!({})).hint().is_some(), "{status}");
    }
    assert_eq!(refused(500, &json!({})).hint(), None);
}

#[test]
fn tells_forbidden_and_retired_from_everything_else() {
    let error = |status, code: &str| refused(status, &json!({ "error": { "code": code, "message": "m" } }));
    let judged = |status, code| (error(status, code).forbidden(), error(status, code).not_offered());
    assert_eq!(judged(403, "AuthorizationFailed"), (true, false));
    for code in ["NoRegisteredProviderFound", "invalidapiversionparameter", "UnsupportedApiVersion"] {
        assert_eq!(judged(400, code), (false, true), "{code}");
    }
    assert_eq!(judged(404, "InvalidResourceType"), (false, true));
    assert_eq!(judged(410, "Gone"), (false, true));
    for (status, code) in [(404, "ResourceNotFound"), (400, "IncorrectReplicationLinkState"), (401, "x"), (409, "x")] {
        assert_eq!(judged(status, code), (false, false), "{status} {code}");
    }
    let unknown = Error::new("x", Cause::Deadline { limit: Duration::from_secs(1), state: "InProgress".into() });
    assert!(!unknown.forbidden() && !unknown.not_offered());
}
