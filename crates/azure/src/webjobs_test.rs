use serde_json::{Value, json};

use super::*;
use crate::Response;

fn scope() -> Scope {
    Scope::new("sub")
}

fn id() -> SiteId {
    "rg/contoso-1".parse().unwrap()
}

const SITE: &str = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/contoso-1";

fn answer(status: u16, body: &Value) -> Response {
    Response { status, headers: Default::default(), body: body.to_string().into() }
}

/// A WebJob with the properties that recorded traffic has and the specification has not.
fn job(name: &str, status: &str, detailed: &str) -> Value {
    json!({
        "id": format!("{SITE}/continuouswebjobs/x"), "name": name, "type": "Microsoft.Web/sites/continuouswebjobs", "location": "Central US",
        "properties": {
            "status": status, "detailed_status": detailed, "log_url": "https://x", "name": "x", "run_command": "run.ps1",
            "url": "https://x", "extra_info_url": "https://x", "type": "continuous", "error": null, "using_sdk": false, "settings": {},
        },
    })
}

#[test]
fn status_and_instances_are_read_whatever_word_they_have() {
    let jobs = json!({"value": [
        job("contoso-1/fulfil", "Disabling", "54146e - Disabling\r\n"),
        job("contoso-1/next/it's one", "Stopped", "54146e - Stopped\r\n77aa01 - Running\r\n"),
    ]});
    let read = continuous(&scope(), &id()).read(&answer(200, &jobs)).unwrap().unwrap();
    let word = |job: &WebJob| (job.name.clone(), job.status.clone(), job.instances.join(","), job.at_rest());
    let expected =
        |name: &str, status: &str, instances: &str| (name.to_owned(), status.to_owned(), instances.to_owned(), false);
    assert_eq!(word(&read[0]), expected("fulfil", "Disabling", "Disabling"));
    assert_eq!(word(&read[1]), expected("it's one", "Stopped", "Stopped,Running"));
}

#[test]
fn a_webjob_without_details_counts_by_its_status() {
    let mut stopped = job("contoso-1/fulfil", "Stopped", "");
    stopped["properties"]["detailed_status"] = Value::Null;
    let read = continuous(&scope(), &id()).read(&answer(200, &json!({ "value": [stopped] }))).unwrap().unwrap();
    assert!(read[0].at_rest() && read[0].instances.is_empty());
}

#[test]
fn no_list_is_told_apart_from_an_empty_one() {
    let (jobs, names) = (continuous(&scope(), &id()), triggered(&scope(), &id()));
    let none = answer(404, &json!({}));
    let empty = answer(200, &json!({ "value": [] }));
    assert!(jobs.accepts(&none) && names.accepts(&none));
    assert_eq!(both(jobs.read(&none).unwrap(), names.read(&empty).unwrap()), None);
    assert_eq!(both(jobs.read(&empty).unwrap(), names.read(&empty).unwrap()), Some(WebJobs::default()));
    assert!(jobs.read(&answer(200, &json!({}))).is_err());
}

#[test]
fn names_become_segments_of_the_path_in_slots_too() {
    let slot: SiteId = "rg/contoso-1/next".parse().unwrap();
    let request = stop(&scope(), &slot, "a/b c");
    assert_eq!(request.path, format!("{SITE}/slots/next/continuouswebjobs/a%2Fb%20c/stop"));
    assert_eq!(request.tried, "stop the WebJob `a/b c` of the site `rg/contoso-1/next`");
    assert!(request.safe_to_repeat && !request.paged);
    let request = start(&scope(), &id(), "fulfil");
    assert_eq!((request.method.as_str(), request.path), ("POST", format!("{SITE}/continuouswebjobs/fulfil/start")));
    assert_eq!(triggered(&scope(), &id()).path, format!("{SITE}/triggeredwebjobs"));
    assert!(triggered(&scope(), &id()).paged);
}

#[test]
fn a_webjob_that_is_gone_is_no_error() {
    let request = start(&scope(), &id(), "fulfil");
    let empty = |status| Response { status, headers: Default::default(), body: Vec::new() };
    for (status, there) in [(200, true), (404, false)] {
        assert!(request.accepts(&empty(status)));
        assert_eq!(start(&scope(), &id(), "fulfil").read(&empty(status)).unwrap(), there);
    }
    assert!(!request.accepts(&empty(409)));
}
