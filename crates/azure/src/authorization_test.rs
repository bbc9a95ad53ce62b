use serde_json::{Value, json};

use super::*;
use crate::Response;

fn asked() -> Request<Vec<Grant>> {
    let id = ArmId::parse("/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-1").unwrap();
    permissions(&id, "server `rg/sql-1`")
}

fn ok(body: &Value) -> Response {
    Response { status: 200, headers: Default::default(), body: body.to_string().into() }
}

#[test]
fn permissions_are_listed_below_the_resource() {
    let request = asked();
    assert_eq!(
        request.path,
        "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-1/providers/Microsoft.Authorization/permissions"
    );
    assert_eq!(
        (request.method.as_str(), request.query.as_slice()),
        ("GET", &[("api-version", "2022-04-01".to_owned())][..])
    );
    assert_eq!((request.tried.as_str(), request.paged), ("list the permissions on server `rg/sql-1`", true));
}

#[test]
fn each_entry_is_kept_apart() {
    let body = json!({"value": [
        {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"], "dataActions": [], "notDataActions": null},
        {"actions": ["Microsoft.Sql/*"]},
    ], "nextLink": null});
    let grants = asked().read(&ok(&body)).unwrap();
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[0].not_actions, ["Microsoft.Authorization/*/Write"]);
    assert_eq!(
        (grants[1].actions.as_slice(), grants[1].not_actions.is_empty()),
        (&["Microsoft.Sql/*".to_owned()][..], true)
    );
}

#[test]
fn what_is_no_list_of_texts_is_refused() {
    assert!(asked().read(&ok(&json!({"value": [{"actions": [7]}]}))).is_err());
    assert!(asked().read(&ok(&json!({"value": [], "nextLink": "https://x"}))).is_err());
}
