use reqwest::header::HeaderMap;

use super::*;

fn of(status: u16, body: &str, subject: Option<&str>) -> SignInRefusal {
    let response = Response { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() };
    SignInRefusal::of(&response, subject.map(str::to_owned))
}

/// Both forms of the trailer are in reports of users: on lines of its own, and in the same line.
#[test]
fn the_trailer_is_no_part_of_the_message() {
    for between in ["\\r\\n", " "] {
        let body = format!(
            r#"{{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.{between}Trace ID: t-1{between}Correlation ID: c-1","error_codes":[7000215],"trace_id":"t-1","correlation_id":"c-1"}}"#
        );
        let refusal = of(401, &body, None);
        let text = "answered 401 `invalid_client`: AADSTS7000215: Invalid client secret provided. \
                    (trace `t-1`, correlation `c-1`)";
        assert_eq!(refusal.to_string(), text);
        assert_eq!(refusal.codes, [7_000_215]);
        let hint = "`client-secret` must be the value of a secret of this application, not the secret's id";
        assert_eq!(refusal.hint(), Some(hint));
    }
}

#[test]
fn the_subject_is_shown_and_cannot_break_out_of_its_line() {
    let refusal = of(400, "{}", Some("repo:a/b\n::set-output name=x::y"));
    let text = "answered 400 (the subject of the assertion is `repo:a/b ::set-output name=x::y`)";
    assert_eq!(refusal.to_string(), text);
}

#[test]
fn what_is_no_json_is_told_by_its_status() {
    for body in ["", "<html>Bad gateway</html>", "[]", r#"{"error_codes":["x"],"error":5}"#] {
        assert_eq!(of(502, body, None).to_string(), "answered 502", "{body}");
    }
    assert_eq!(of(401, r#"{"message":"no permission"}"#, None).to_string(), "answered 401: no permission");
}

#[test]
fn every_code_that_users_report_has_a_hint() {
    let codes =
        [700_024, 700_212, 700_213, 7_002_138, 70_021, 7_000_215, 7_000_222, 700_016, 90_002, 900_023, 500_011, 53_003];
    for code in codes {
        let refusal = SignInRefusal { codes: vec![1, code], ..SignInRefusal::default() };
        assert!(refusal.hint().is_some(), "{code}");
    }
    assert_eq!(SignInRefusal { codes: vec![1], ..SignInRefusal::default() }.hint(), None);
}
