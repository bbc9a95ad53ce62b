use reqwest::header::{HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::Scope;

fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let header =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    Response { status, headers: headers.iter().map(header).collect(), body: body.into() }
}

fn waits(headers: &[(&'static str, &str)]) -> Option<u128> {
    response(503, headers, "").retry_after().map(|wait| wait.as_millis())
}

const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");

#[test]
fn reads_the_wait_that_is_asked_for() {
    assert_eq!(waits(&[("retry-after", "3")]), Some(3000));
    assert_eq!(waits(&[("retry-after", "3"), ("x-ms-retry-after-ms", "250")]), Some(250));
    assert_eq!(waits(&[("x-ms-retry-after-ms", "250"), ("retry-after-ms", "40")]), Some(40));
    assert_eq!(waits(&[DATE, ("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT")]), Some(23_000));
    assert_eq!(waits(&[DATE, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0), "a time that is past");
}

#[test]
fn takes_no_wait_from_what_is_none() {
    assert_eq!(waits(&[]), None);
    assert_eq!(waits(&[("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT")]), None, "nothing to count it from");
    for text in ["", "-1", "soon", "1.5", "99999999999999999999999"] {
        assert_eq!(waits(&[DATE, ("retry-after", text)]), None, "{text}");
    }
    assert_eq!(waits(&[("retry-after-ms", "x"), ("retry-after", "2")]), Some(2000));
}

fn look() -> Request<Option<()>> {
    let id = Scope::new("s").profile(&"rg/p".parse().unwrap());
    Request::look("look".into(), &id, "1", |_| Ok(()))
}

#[test]
fn a_404_of_the_subscription_is_no_absent_resource() {
    let code = |code: &str| response(404, &[], &json!({ "error": { "code": code, "message": "m" } }).to_string());
    assert!(look().accepts(&code("ResourceNotFound")));
    assert!(look().accepts(&code("ResourceGroupNotFound")));
    assert!(look().accepts(&response(404, &[], "<html>")));
    assert!(!look().accepts(&code("SubscriptionNotFound")));
    assert!(!look().accepts(&response(500, &[], "")));
    assert_eq!(look().read(&code("ResourceNotFound")), Ok(None));
}

#[test]
fn neither_shows_its_body() {
    let request = look().with_body(json!({ "password": "hunter2" }));
    let shown = format!("{request:?} {:?}", response(200, &[], "hunter2"));
    let path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p";
    assert_eq!(shown, format!("GET {path} (look) 200 with 7 bytes"));
}

#[test]
fn a_body_that_is_not_json_says_where() {
    let error = response(200, &[], "{\n  <html>").json().unwrap_err();
    assert_eq!(error.to_string(), "the answer is not JSON (line 2, column 3)");
}
