use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::arbitrary_json::arbitrary_json;

fn scope() -> Scope {
    Scope::new("sub")
}

fn id() -> SiteId {
    "rg/web".parse().unwrap()
}

fn ok(body: &Value) -> Response {
    Response { status: 200, headers: Default::default(), body: body.to_string().into() }
}

fn package() -> PackageAddress {
    PackageAddress::parse("https://store.example/v2.zip?sig=s1gnature-s1gnature").unwrap().unwrap()
}

#[test]
fn a_deployment_from_an_address_shows_no_signature_and_is_not_sent_twice() {
    let request = one_deploy(&scope(), &id(), &package(), Duration::from_secs(600));
    assert_eq!(request.tried, "deploy the package at `https://store.example/v2.zip` to the site `rg/web`");
    assert!(!request.safe_to_repeat && request.path.ends_with("/sites/web/extensions/onedeploy"));
    assert_eq!(request.patience, Some(Duration::from_secs(600)));
    assert!(!format!("{request:?}").contains("s1gnature"));
    let body =
        json!({"properties": {"packageUri": "https://store.example/v2.zip?sig=s1gnature-s1gnature", "type": "zip"}});
    assert_eq!(request.body.as_ref().unwrap(), &body);
}

#[test]
fn the_states_of_a_deployment() {
    let read = |properties: Value| {
        let answer = ok(&json!({ "properties": properties }));
        one_deploy(&scope(), &id(), &package(), Duration::ZERO).read(&answer).unwrap()
    };
    assert_eq!(read(json!({"status": 4, "complete": true})), State::Succeeded);
    assert_eq!(read(json!({"status": 1, "complete": false})), State::Running);
    assert_eq!(read(json!({"status": 3, "status_text": "no zip"})), State::Failed("no zip".to_owned()));
    assert_eq!(read(json!({"status": 3, "status_text": "", "message": "m"})), State::Failed("m".to_owned()));
    assert_eq!(read(json!({"status": 3})), State::Failed("without a reason".to_owned()));
}

#[test]
fn reads_which_deployment_is_active() {
    let deployment = |name: &str, status: i64, active: Value| json!({"name": name, "properties": {"status": status, "active": active}});
    let body =
        json!({"value": [deployment("web/d2", 4, json!(true)), deployment("d1", 3, json!(null))], "nextLink": null});
    let read = list(&scope(), &id()).read(&ok(&body)).unwrap();
    let expected = [
        Deployment { id: "d2".to_owned(), state: State::Succeeded, active: true },
        Deployment { id: "d1".to_owned(), state: State::Failed("without a reason".to_owned()), active: false },
    ];
    assert_eq!(read, expected);
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in arbitrary_json(&[
        "value", "name", "properties", "status", "status_text", "message", "active", "nextLink",
    ])) {
        let _ = list(&scope(), &id()).read(&ok(&body));
        let _ = one_deploy(&scope(), &id(), &package(), Duration::ZERO).read(&ok(&body));
    }
}
