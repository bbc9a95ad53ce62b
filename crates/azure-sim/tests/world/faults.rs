//! One thing that goes wrong at one request.

use azure_sim::{Fault, Place, Protocol, RecordedRequest, RequestKey, Scenario, What};
use serde_json::{Value, json};
use tiberius::AuthMethod;

use crate::bench::{Answer, Bench, PATIENCE, SQL, TRAFFIC, error_number, small};

const WRITE: &str = "INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')";
const COUNT: &str = "SELECT COUNT(*) FROM dbo.Orders";

fn set(bench: &Bench, number: usize, what: What) {
    bench.simulator.set_fault(Some(Fault { at: Place::Number(number), what })).unwrap();
}

#[track_caller]
fn fired(bench: &Bench) -> RecordedRequest {
    assert!(bench.simulator.wait("fault", PATIENCE), "it has not happened: {:#?}", bench.simulator.faulted());
    bench.simulator.faulted().fired.unwrap()
}

/// The labels of the profile, and a request that changes them.
struct Labels<'b>(&'b Bench);

impl Labels<'_> {
    fn id(&self) -> String {
        self.0.id("Microsoft.Network/trafficManagerProfiles/contoso")
    }

    fn set(&self, value: &str) -> Result<Answer, reqwest::Error> {
        self.0.try_arm("PATCH", &self.id(), TRAFFIC, Some(json!({"tags": {"label": value}})))
    }

    fn value(&self) -> Value {
        self.0.get(&self.id(), TRAFFIC)["tags"]["label"].clone()
    }
}

#[test]
fn requests_are_counted_from_the_start_of_a_step() {
    let bench = Bench::small();
    Labels(&bench).set("a").unwrap();
    bench.simulator.set_fault(None).unwrap();
    Labels(&bench).value();
    Labels(&bench).set("b").unwrap();
    bench.sql("contoso-sql-1", "shop").ok(WRITE);
    Labels(&bench).value();
    let requests = bench.simulator.faulted().requests;
    let told = |recorded: &RecordedRequest| {
        let RequestKey { protocol, request, nth } = &recorded.spot;
        format!("{} {protocol:?} {request} ({nth}{})", recorded.number, if recorded.changes { ", changes" } else { "" })
    };
    let profile =
        "/subscriptions/*/resourceGroups/contoso-rg/providers/Microsoft.Network/trafficManagerProfiles/contoso";
    let expected = [
        format!("1 Arm GET {profile} (1)"),
        format!("2 Arm PATCH {profile} (1, changes)"),
        "3 LogIn contoso-sql-1/shop: log in with sqladmin (1)".to_owned(),
        "4 Batch contoso-sql-1/shop: INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (#, N'x') (1, changes)"
            .to_owned(),
        format!("5 Arm GET {profile} (2)"),
    ];
    assert_eq!(requests.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(bench.simulator.faulted().fired, None);
}

#[test]
fn an_answer_in_the_place_of_the_request_leaves_no_trace() {
    let bench = Bench::small();
    let labels = Labels(&bench);
    for (what, status, code) in [
        (What::Throttled, 429, "TooManyRequests"),
        (What::Unavailable, 503, "ServiceUnavailable"),
        (What::Error, 500, "InternalServerError"),
        (What::Conflict, 409, "Conflict"),
        (What::Missing, 404, "ResourceNotFound"),
    ] {
        set(&bench, 1, what);
        let answer = labels.set("new").unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.header("retry-after-ms").is_empty(), !matches!(status, 429 | 503), "{what:?}");
        assert_eq!((fired(&bench).number, labels.value()), (1, Value::Null), "{what:?} happens once");
    }
}

#[test]
fn a_connection_is_closed_before_the_effect_or_after_it() {
    for (what, effect) in [(What::Refused, json!(null)), (What::Lost, json!("new")), (What::Half, json!("new"))] {
        let bench = Bench::small();
        let labels = Labels(&bench);
        set(&bench, 1, what);
        assert!(labels.set("new").is_err(), "{what:?}");
        assert_eq!((fired(&bench).number, labels.value()), (1, effect), "{what:?}");
    }
}

#[test]
fn a_service_can_be_gone_for_good_until_the_next_fault_is_set() {
    for (what, effect) in [(What::RefusedForGood, json!(null)), (What::LostForGood, json!("new"))] {
        let bench = Bench::small();
        let labels = Labels(&bench);
        set(&bench, 1, what);
        for _ in 0..3 {
            assert!(labels.set("new").is_err(), "{what:?}");
        }
        assert_eq!(bench.sql("contoso-sql-1", "shop").value::<i32>(COUNT), 0, "other services are there");
        bench.simulator.set_fault(None).unwrap();
        assert_eq!(labels.value(), effect, "{what:?}");
    }
}

#[test]
fn an_answer_can_be_too_late_or_none_at_all() {
    let bench = Bench::small();
    let labels = Labels(&bench);
    set(&bench, 1, What::Slow);
    assert!(labels.set("late").unwrap_err().is_timeout());
    assert_eq!((fired(&bench).number, labels.value()), (1, json!("late")));
    set(&bench, 1, What::HeldBefore);
    assert!(labels.set("never").unwrap_err().is_timeout());
    assert_eq!((fired(&bench).number, labels.value()), (1, json!("late")));
    set(&bench, 1, What::Garbage);
    let answer = labels.set("unread").unwrap();
    assert!(answer.status == 200 && answer.text.starts_with("<html>"), "{}", answer.text);
    assert_eq!(labels.value(), json!("unread"));
}

#[test]
fn a_place_is_found_by_what_the_request_is() {
    let bench = Bench::small();
    let labels = Labels(&bench);
    labels.value();
    labels.value();
    let spot = RequestKey { nth: 2, ..bench.simulator.faulted().requests[0].spot.clone() };
    let fault = Fault { at: Place::Request(spot), what: What::Refused };
    bench.simulator.set_fault(Some(fault)).unwrap();
    bench.sql("contoso-sql-1", "shop").ok(COUNT);
    labels.value();
    assert!(bench.try_arm("GET", &labels.id(), TRAFFIC, None).is_err());
    assert_eq!(fired(&bench).number, 4);
}

#[test]
fn an_operation_can_fail_after_it_was_accepted() {
    let bench = Bench::small();
    let database = bench.database("contoso-sql-2");
    set(&bench, 1, What::OperationFails);
    let accepted = bench.arm("PUT", &database, SQL, Some(bench.secondary()));
    let ended = bench.finish(&accepted);
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("Failed"), &json!("InternalServerError")));
    let location = accepted.header("location").trim_start_matches("https://management.azure.com").to_owned();
    let path = location.split('?').next().unwrap();
    assert_eq!(bench.arm("GET", path, SQL, None).status, 500);
    assert_eq!(bench.arm("GET", &database, SQL, None).status, 404, "nothing is left of it");
    assert!(fired(&bench).accepted);
    bench.make_stage();
    set(&bench, 1, What::OperationFails);
    let ended = bench.finish(&bench.arm("DELETE", &database, SQL, None));
    assert_eq!(ended["status"], "Failed");
    assert_eq!(bench.arm("GET", &database, SQL, None).status, 200, "it was not removed");
}

#[test]
fn an_operation_can_hang_until_it_is_released() {
    let bench = Bench::small();
    set(&bench, 1, What::OperationHangs);
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    assert!(!bench.simulator.wait("idle", std::time::Duration::from_millis(200)));
    bench.simulator.release();
    assert_eq!(bench.finish(&accepted)["status"], "Succeeded");
    assert!(bench.simulator.wait("idle", PATIENCE));
}

#[test]
fn a_fault_of_operations_happens_only_where_one_begins() {
    let bench = Bench::small();
    set(&bench, 1, What::OperationFails);
    Labels(&bench).set("a").unwrap();
    assert_eq!(bench.simulator.faulted().fired, None);
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    assert_eq!(bench.finish(&accepted)["status"], "Succeeded");
}

#[test]
fn a_batch_is_cut_before_or_after_or_refused() {
    for (what, rows, code) in [
        (What::Refused, 0, None),
        (What::Lost, 1, None),
        (What::Half, 1, None),
        (What::Garbage, 1, None),
        (What::Busy, 0, Some(40501)),
    ] {
        let bench = Bench::small();
        let mut session = bench.sql("contoso-sql-1", "shop");
        set(&bench, 1, what);
        let error = session.run(WRITE).unwrap_err();
        assert_eq!(error.code(), code, "{what:?}: {error}");
        assert_eq!(fired(&bench).number, 1);
        assert!(session.run(COUNT).is_err(), "{what:?}: the session is lost");
        assert_eq!(bench.sql("contoso-sql-1", "shop").value::<i32>(COUNT), rows, "{what:?}");
    }
}

/// Traffic Manager and users see it too, not only whoever asked.
#[test]
fn a_site_goes_down_after_it_has_answered() {
    let bench = Bench::small();
    bench.make_stage();
    bench.add_stage();
    bench.put_stage_online();
    let health = || bench.page("GET", "contoso-2.azurewebsites.net", "/health").status;
    set(&bench, 1, What::GoneAfter);
    assert_eq!((health(), health()), (200, 503));
    assert_eq!(fired(&bench).number, 1);
    bench.until(|| {
        bench.get(&bench.endpoint("ExternalEndpoints", "contoso-2"), TRAFFIC)["properties"]["endpointMonitorStatus"]
            == "Degraded"
    });
    assert_eq!(bench.page("GET", "contoso-1.azurewebsites.net", "/health").status, 200, "another scale unit");
    bench.simulator.set_fault(None).unwrap();
    assert_eq!(health(), 200);
}

/// Every session of the server is lost, and so are the locks; its neighbour notices nothing.
#[test]
fn a_server_fails_over() {
    let bench = Bench::small();
    let lock = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'l', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0; SELECT @r;";
    let (mut holder, mut other) = (bench.sql("contoso-sql-1", "shop"), bench.sql("contoso-sql-1", "shop"));
    assert_eq!(holder.value::<i32>(lock), 0);
    let mut neighbour = bench.sql("contoso-sql-2", "master");
    set(&bench, 1, What::Failover);
    assert!(other.run(WRITE).is_err());
    assert!(holder.run(COUNT).is_err());
    assert_eq!(neighbour.value::<i32>("SELECT 5"), 5);
    let who = bench.simulator.credentials();
    for _ in 0..2 {
        let refused = bench.log_in("contoso-sql-1", "shop", &who.sql_user, &who.sql_password).map(drop);
        assert_eq!(error_number(&refused.unwrap_err()), 40613);
    }
    let mut session = bench.sql("contoso-sql-1", "shop");
    assert_eq!((session.value::<i32>(lock), session.value::<i32>(COUNT)), (0, 0));
}

#[test]
fn a_log_in_is_refused_cut_or_garbled() {
    let bench = Bench::small();
    let who = bench.simulator.credentials();
    let log_in = || bench.log_in("contoso-sql-1", "shop", &who.sql_user, &who.sql_password).map(drop);
    for (what, code) in
        [(What::Refused, None), (What::Garbage, None), (What::Busy, Some(40501)), (What::Failover, Some(40613))]
    {
        set(&bench, 1, what);
        assert_eq!(log_in().unwrap_err().code(), code, "{what:?}");
        assert_eq!(fired(&bench).number, 1);
        bench.simulator.set_fault(None).unwrap();
        log_in().unwrap();
    }
    set(&bench, 1, What::RefusedForGood);
    for _ in 0..3 {
        assert!(log_in().is_err());
    }
}

#[test]
fn a_token_ends_at_the_request_that_carries_it() {
    let bench = Bench::small();
    let issued = |scope| crate::sign_in::by_secret(&bench, scope);
    let arm = issued("https://management.azure.com/.default");
    let get = || {
        let url = format!("https://management.azure.com{}?api-version={TRAFFIC}", Labels(&bench).id());
        bench.send("GET", &url, &[("authorization", &format!("Bearer {arm}"))], None)
    };
    assert_eq!(get().status, 200);
    set(&bench, 1, What::TokenExpired);
    assert_eq!(get().code(), "ExpiredAuthenticationToken");
    assert!(fired(&bench).token);
    assert_eq!(get().code(), "ExpiredAuthenticationToken", "it does not come back");
    let sql = issued("https://database.windows.net/.default");
    set(&bench, 1, What::TokenExpired);
    let refused = bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token(&sql), "a test").map(drop);
    assert_eq!(error_number(&refused.unwrap_err()), 18456);
}

#[test]
fn what_a_protocol_does_not_have_is_refused() {
    let bench = Bench::small();
    let spot = |protocol| RequestKey { protocol, request: String::new(), nth: 1 };
    for (protocol, what) in [
        (Protocol::Arm, What::Busy),
        (Protocol::Batch, What::Throttled),
        (Protocol::LogIn, What::Lost),
        (Protocol::Site, What::TokenExpired),
        (Protocol::SignIn, What::OperationFails),
    ] {
        let fault = Fault { at: Place::Request(spot(protocol)), what };
        assert!(bench.simulator.set_fault(Some(fault)).is_err(), "{protocol:?}, {what:?}");
    }
}

#[test]
fn the_world_is_quiet_once_nobody_is_connected() {
    let bench = Bench::small();
    let session = bench.sql("contoso-sql-1", "shop");
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert!(!bench.simulator.wait("quiet", std::time::Duration::from_millis(100)));
    drop(session);
    assert!(bench.simulator.wait("quiet", PATIENCE));
}

#[test]
fn the_control_interface_sets_faults_and_tells_what_became_of_them() {
    let bench = Bench::small();
    let fault = json!({"at": {"protocol": "arm", "request": "GET /", "nth": 1}, "what": "refused-for-good"});
    assert_eq!(bench.control("POST", "/fault", Some(fault.clone())).status, 200);
    let told = bench.control("GET", "/fault", None).json();
    assert_eq!((&told["schema"], &told["fault"], &told["fired"]), (&json!(1), &fault, &json!(null)));
    let numbered = json!({"at": 1, "what": "error"});
    assert_eq!(bench.control("POST", "/fault", Some(numbered)).status, 200);
    Labels(&bench).set("a").unwrap();
    let told = bench.control("GET", "/fault", None).json();
    assert_eq!((&told["fired"]["number"], &told["fired"]["protocol"]), (&json!(1), &json!("arm")));
    assert_eq!(told["requests"].as_array().unwrap().len(), 1);
    let wrong = json!({"at": {"protocol": "arm", "request": "GET /", "nth": 1}, "what": "busy"});
    assert_eq!(bench.control("POST", "/fault", Some(wrong)).status, 400);
    assert_eq!(bench.control("POST", "/fault", Some(json!(null))).status, 200);
    assert_eq!(bench.control("POST", "/release", None).status, 200);
}

/// What was on its way when the world was saved is on its way again, however long ago that was.
#[test]
fn a_restored_world_has_its_commits_still_to_deliver() {
    let bench = Bench::new(Scenario { lag_ms: 300, ..small() });
    bench.make_stage();
    bench.sql("contoso-sql-1", "shop").ok(WRITE);
    let saved = bench.simulator.snapshot().unwrap();
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    for _ in 0..2 {
        bench.simulator.restore(&saved).unwrap();
        assert!(!bench.simulator.wait("link-catch-up", std::time::Duration::ZERO));
        assert!(bench.simulator.wait("link-catch-up", PATIENCE));
        assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>(COUNT), 1);
    }
}

/// Nothing arrives by itself in the time that a step takes: only whoever waits for the copy has it.
#[test]
fn links_of_a_restored_world_stand_still_until_somebody_waits_for_the_copy() {
    let bench = Bench::new(Scenario { lag_ms: 20, stall_ms: 3_600_000, ..small() });
    bench.make_stage();
    bench.sql("contoso-sql-1", "shop").ok(WRITE);
    let saved = bench.simulator.snapshot().unwrap();
    let waits = "DECLARE @r int; EXEC @r = sys.sp_wait_for_database_copy_sync @target_server = N'contoso-sql-2', @target_database = \
                 N'shop'; SELECT @r;";
    for waited in [true, false] {
        bench.simulator.restore(&saved).unwrap();
        assert!(!bench.simulator.wait("link-catch-up", std::time::Duration::from_millis(200)));
        if waited {
            assert_eq!(bench.sql("contoso-sql-1", "shop").value::<i32>(waits), 0);
        } else {
            bench.simulator.release();
        }
        assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    }
}

/// The time since a world was saved is no lag.
#[test]
fn the_lag_of_a_restored_world_begins_anew() {
    let bench = Bench::new(Scenario { lag_ms: 3_600_000, ..small() });
    bench.make_stage();
    bench.sql("contoso-sql-1", "shop").ok(WRITE);
    let lag = || -> i32 {
        bench.sql("contoso-sql-1", "shop").value("SELECT replication_lag_sec FROM sys.dm_geo_replication_link_status")
    };
    let saved = bench.simulator.snapshot().unwrap();
    assert!(!bench.simulator.wait("link-catch-up", std::time::Duration::from_millis(3100)));
    let before = lag();
    bench.simulator.restore(&saved).unwrap();
    let after = lag();
    assert!(before > 3 && after < before, "{before} s, then {after} s");
}

#[test]
fn snapshots_have_names() {
    let bench = Bench::small();
    let labels = Labels(&bench);
    for name in ["one", "two"] {
        labels.set(name).unwrap();
        assert_eq!(bench.control("POST", &format!("/snapshot?name={name}"), None).status, 200);
    }
    for name in ["one", "two"] {
        assert_eq!(bench.control("POST", &format!("/restore?name={name}"), None).status, 200);
        assert_eq!(labels.value(), json!(name));
    }
    let missing = bench.control("POST", "/restore?name=three", None);
    assert_eq!((missing.status, missing.text.as_str()), (409, "no snapshot `three` was made"));
}

/// Two worlds that did the same give the same state dump, whatever times and identifiers they drew.
#[test]
fn state_dumps_differ_only_where_worlds_do() {
    let dump = |note: &str| {
        let bench = Bench::new(Scenario { users: 2, ..small() });
        bench.sql("contoso-sql-1", "shop").ok(&format!(
            "CREATE TABLE dbo.Note (at datetime2 NOT NULL, text nvarchar(20)); INSERT dbo.Note VALUES (SYSUTCDATETIME(), N'{note}')"
        ));
        bench.simulator.tick();
        let volatile = json!({"volatile": ["dbo.note.at"]});
        let mut told = bench.control("POST", "/state-dump", Some(volatile)).json();
        let wrote = told["users_wrote"].as_array().unwrap().clone();
        assert!(!wrote.is_empty());
        for database in told["state"]["databases"].as_array_mut().unwrap() {
            wrote.iter().for_each(|table| database["contents"][table.as_str().unwrap()]["rows"] = json!(null));
        }
        told["state"].take()
    };
    let one = dump("a");
    assert_eq!(one, dump("a"));
    assert_ne!(one, dump("b"));
    assert!(one["sites"][0]["settings"].as_object().is_some_and(|settings| !settings.is_empty()), "{one:#}");
}

#[test]
fn restoring_leaves_no_files_behind() {
    let bench = Bench::small();
    let folder = bench.simulator.addresses().ca_file.parent().unwrap().to_owned();
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let saved = bench.simulator.snapshot().unwrap();
    bench.simulator.restore(&saved).unwrap();
    let before = files();
    for _ in 0..5 {
        bench.simulator.restore(&saved).unwrap();
    }
    bench.until(|| files() <= before);
}
