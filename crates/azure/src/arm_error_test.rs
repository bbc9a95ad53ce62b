use serde_json::json;

use super::*;

#[test]
fn reads_the_error_bodies_that_occur() {
    let text = |body: Value| ArmError::of(&body).to_string();
    assert_eq!(text(json!({ "error": { "code": "A", "message": "b" } })), "`A`: b");
    assert_eq!(text(json!({ "Code": "NotFound", "Message": "no site" })), "`NotFound`: no site");
    assert_eq!(text(json!({ "error": { "code": "A", "message": "" } })), "`A`");
    let details = json!({ "error": { "code": "A", "message": "b", "details": [{ "code": "C", "message": "d" }] } });
    assert_eq!(text(details), "`A`: b; d");
    for body in [json!(null), json!([]), json!({ "error": null }), json!({ "error": "x" }), json!({ "error": 7 })] {
        assert_eq!(text(body), "without a reason");
    }
}

#[test]
fn a_message_stays_on_its_line_and_in_its_bounds() {
    let long = "x".repeat(5000);
    let error = ArmError::of(&json!({ "error": { "code": "A", "message": format!("\r\n::error::{long}") } }));
    assert_eq!(error.message.chars().count(), LONGEST_MESSAGE);
    assert!(error.message.starts_with("  ::error::x"));
}
