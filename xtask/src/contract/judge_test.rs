use serde_json::Value;

use super::*;

fn exchange(path: &str) -> Exchange {
    Exchange {
        method: "GET".to_owned(),
        url: format!("https://management.azure.com/subscriptions/s/{path}"),
        content_type: None,
        body: Value::Null,
        status: 200,
        response_content_type: None,
        response_body: json!({}),
    }
}

fn request(path: &str) -> Request {
    Request { step: "plan", origin: "a_test-1".to_owned(), exchange: exchange(path) }
}

fn accepted(paths: &[&str]) -> Accepted {
    let recorded = Recorded { recording: "r.yaml".to_owned(), interaction: 4, api_version: "2023-12-01".to_owned() };
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Accepted { operation: "Sites_Get".to_owned(), code: "ODD".to_owned(), why: String::new(), recorded, paths }
}

fn finding(in_request: bool, path: &str) -> Finding {
    Finding { in_request, code: "ODD".to_owned(), path: path.to_owned(), message: "odd".to_owned() }
}

fn verdict(findings: Vec<Finding>) -> Verdict {
    Verdict { operation: Some("Sites_Get".to_owned()), own: false, findings }
}

fn weighed(findings: Vec<Finding>, accepted: &[Accepted]) -> Summary {
    let requests = [request("a")];
    weigh(&distinct(&requests).unwrap(), &[verdict(findings)], accepted)
}

#[test]
fn an_accepted_deviation_is_no_problem() {
    let summary = weighed(vec![finding(false, "$.a")], &[accepted(&["$.a"])]);
    assert_eq!((summary.accepted, summary.exchanges), (1, 1));
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
}

#[test]
fn nothing_is_accepted_in_a_request() {
    let summary = weighed(vec![finding(true, "$.a")], &[]);
    assert_eq!(summary.problems, ["the request of `plan` to `Sites_Get`: ODD at `$.a`: odd (test `a_test-1`)"]);
    assert_eq!(weighed(vec![finding(true, "$.a"), finding(false, "$.a")], &[accepted(&["$.a"])]).problems.len(), 1);
}

#[test]
fn a_row_that_does_not_occur_is_stale() {
    let summary = weighed(vec![finding(false, "$.a")], &[accepted(&["$.a", "$.b"])]);
    let stale = "`tests/contract/accepted.json` accepts ODD at `$.b` of `Sites_Get`, which does not occur: take it out";
    assert_eq!(summary.problems, [stale]);
}

#[test]
fn a_row_needs_a_recording_that_shows_it() {
    assert!(unproved(&[accepted(&["$.a"])], &[verdict(vec![finding(false, "$.a")])]).is_empty());
    for shown in [verdict(vec![finding(true, "$.a")]), verdict(vec![finding(false, "$.b")]), Verdict::default()] {
        let problems = unproved(&[accepted(&["$.a"])], &[shown]);
        assert!(problems[0].ends_with("by `r.yaml`, interaction 4, which does not show it"), "{problems:?}");
    }
}

#[test]
fn a_refusal_needs_no_description_but_the_error_format() {
    let finding = Finding { code: "INVALID_RESPONSE_CODE".to_owned(), ..finding(false, "") };
    let refused = |status: u16, response_body: Value| Exchange { status, response_body, ..exchange("a") };
    let error = json!({"error": {"code": "AuthorizationFailed", "message": "…"}});
    assert!(is_refusal(&refused(403, error.clone()), &finding));
    assert!(!is_refusal(&refused(302, error), &finding));
    assert!(!is_refusal(&refused(403, json!({"code": "AuthorizationFailed"})), &finding));
}

#[test]
fn equal_exchanges_are_checked_once_and_polling_never() {
    let polling = "providers/Microsoft.Sql/locations/westeurope/databaseAzureAsyncOperation/1?api-version=1";
    let requests = [request("a"), request("b"), request("a"), request(polling)];
    let sent = distinct(&requests).unwrap();
    assert_eq!(sent.iter().map(|sent| sent.times).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn each_mistake_of_the_wrong_exchange_must_be_found() {
    let found = |(in_request, code, path): &(bool, &str, &str)| Finding {
        in_request: *in_request,
        code: (*code).to_owned(),
        path: (*path).to_owned(),
        message: String::new(),
    };
    let all: Vec<Finding> = WRONG.iter().map(found).collect();
    assert!(missed(&all).is_empty());
    for at in 0..all.len() {
        let fewer: Vec<Finding> =
            all.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, it)| it.clone()).collect();
        assert_eq!(missed(&fewer).len(), 1);
    }
}
