use serde_json::json;

use super::*;

fn arm(agent: Option<&str>) -> String {
    let headers =
        agent.map_or_else(|| json!({}), |agent| json!({"user-agent": agent, "Content-Type": "application/json"}));
    json!({"seq": 1, "protocol": "arm", "method": "PUT", "url": "https://a/b", "headers": headers, "body": {"x": 1},
        "status": 202, "response_headers": {"Content-Type": "text/plain"}, "response_body": null})
    .to_string()
}

fn tds(application: &str) -> String {
    json!({"seq": 2, "protocol": "tds", "server": "s", "database": "d", "application": application, "session": "1:2",
        "sql": "SELECT 1"})
    .to_string()
}

#[test]
fn requests_and_batches_are_of_the_step_that_sent_them() {
    let mut traffic = Traffic::default();
    let site = json!({"seq": 3, "protocol": "site", "unit": "u", "status": 200}).to_string();
    let text = [arm(Some("rolling-upgrade/0.1.0 (freeze)")), tds("rolling-upgrade/migrate/42"), site].join("\n");
    traffic.add("a_test-1", &text).unwrap();
    let [request] = &traffic.requests[..] else { panic!("{traffic:?}") };
    assert_eq!((request.step, request.origin.as_str()), ("freeze", "a_test-1"));
    assert_eq!(request.exchange.content_type.as_deref(), Some("application/json"));
    assert_eq!(request.exchange.response_content_type.as_deref(), Some("text/plain"));
    let [batch] = &traffic.batches[..] else { panic!("{traffic:?}") };
    assert_eq!((batch.step, batch.sql.as_str()), ("migrate", "SELECT 1"));
}

#[test]
fn what_others_send_is_left_out() {
    let mut traffic = Traffic::default();
    let text = [arm(None), arm(Some("curl/8")), tds(""), tds("a person")].join("\n");
    traffic.add("a_test-1", &text).unwrap();
    assert!(traffic.requests.is_empty() && traffic.batches.is_empty());
}

#[test]
fn a_request_of_ours_that_names_no_step_is_an_error() {
    for line in
        [arm(Some("rolling-upgrade/0.1.0")), arm(Some("rolling-upgrade/0.1.0 (thaw)")), tds("rolling-upgrade/x/1")]
    {
        let error = format!("{:#}", Traffic::default().add("a_test-1", &line).unwrap_err());
        assert!(error.contains("names no step"), "{error}");
    }
}

#[test]
fn a_folder_that_is_not_there_has_no_files() {
    let folder = tempfile::tempdir().unwrap();
    assert!(files(&folder.path().join("none")).unwrap().is_empty());
    for name in ["b.jsonl", "a.jsonl", "c.txt"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let names = files(folder.path()).unwrap();
    assert_eq!(names, [folder.path().join("a.jsonl"), folder.path().join("b.jsonl")]);
}
