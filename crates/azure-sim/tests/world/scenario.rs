//! Scenarios, snapshots, control, the process.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::Duration,
};

use azure_sim::{Report, Scenario, Simulator};
use serde_json::{Value, json};

use crate::bench::{Bench, SQL, fixture, small};

const ORDER: &str = "INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')";

#[test]
fn a_scenario_refuses_what_it_does_not_know() {
    let known: Scenario =
        serde_json::from_value(json!({"users": 3, "alter-on-geo-primary": "refuse-read-only"})).unwrap();
    assert_eq!(known.users, 3);
    assert!(serde_json::from_value::<Scenario>(json!({"user": 3})).is_err());
}

#[test]
fn the_seed_fixes_secrets_and_names() {
    let of = |seed| {
        let simulator = Simulator::start(Scenario { seed, ..small() }).unwrap();
        (simulator.secrets(), simulator.digest())
    };
    let (one, again, other) = (of(1), of(1), of(2));
    assert_eq!(one, again);
    assert_ne!(one.0, other.0);
}

#[test]
fn the_built_in_sample_loads_and_serves() {
    let bench = Bench::new(Scenario { database_script: None, app_v1: None, app_v2: None, ..small() });
    for (method, path) in [("GET", "/health"), ("GET", "/read?user=1"), ("POST", "/write?user=1")] {
        let answer = bench.page(method, "contoso-1.azurewebsites.net", path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
}

#[test]
fn a_snapshot_brings_everything_back() {
    let bench = Bench::new(Scenario { users: 2, ..small() });
    bench.make_stage();
    bench.simulator.tick();
    assert!(bench.simulator.wait("idle", Duration::from_secs(20)));
    let (saved, before) = (bench.simulator.snapshot().unwrap(), bench.simulator.digest());
    let report = bench.simulator.report();
    bench.sql("contoso-sql-1", "shop").ok(ORDER);
    bench.sql("contoso-sql-1", "master").ok("ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]");
    assert_ne!(bench.simulator.digest(), before);
    for _ in 0..2 {
        bench.simulator.restore(&saved).unwrap();
        assert_eq!(bench.simulator.digest(), before);
        let restored = bench.simulator.report();
        assert_eq!((restored.writes, restored.reads), (report.writes.clone(), report.reads.clone()));
        bench.sql("contoso-sql-1", "shop").ok(ORDER);
        assert!(bench.simulator.wait("link-catch-up", Duration::from_secs(20)));
        assert_eq!(
            bench.sql("contoso-sql-2", "shop").value::<i32>("SELECT COUNT(*) FROM dbo.Orders WHERE Reference = N'x'"),
            1
        );
    }
}

/// A commit that is on its way when the snapshot is made still arrives after a restore.
#[test]
fn a_snapshot_keeps_what_is_on_its_way() {
    let bench = Bench::new(Scenario { lag_ms: 1500, ..small() });
    bench.make_stage();
    bench.sql("contoso-sql-1", "shop").ok(ORDER);
    let saved = bench.simulator.snapshot().unwrap();
    bench.simulator.restore(&saved).unwrap();
    assert!(bench.simulator.wait("link-catch-up", Duration::from_secs(20)));
    assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>("SELECT COUNT(*) FROM dbo.Orders"), 1);
}

#[test]
fn control_shows_the_world_without_secrets() {
    let bench = Bench::small();
    let world = bench.control("GET", "/world", None);
    assert_eq!(world.json()["databases"][0]["name"], "shop");
    assert!(bench.simulator.secrets().iter().all(|secret| !world.text.contains(secret)));
    assert_eq!(bench.control("GET", "/world?digest", None).json()["digest"], json!(bench.simulator.digest()));
    let report: Report = serde_json::from_str(&bench.control("GET", "/report", None).text).unwrap();
    assert_eq!(report.schema, 1);
    let wait = |condition: &str| {
        bench.control("POST", "/wait", Some(json!({"condition": condition, "timeout_ms": 30}))).status
    };
    assert_eq!((wait("idle"), wait("link-catch-up"), wait("nonsense")), (200, 408, 400));
    assert_eq!(bench.control("POST", "/restore", None).status, 409);
    let before = bench.simulator.digest();
    assert_eq!(bench.control("POST", "/snapshot", None).status, 200);
    bench.sql("contoso-sql-1", "shop").ok(ORDER);
    assert_eq!(bench.control("POST", "/restore", None).status, 200);
    assert_eq!(bench.simulator.digest(), before);
}

#[test]
fn a_broken_script_is_named() {
    let script = tempfile::NamedTempFile::new().unwrap();
    fs::write(script.path(), "CREATE TABLE dbo.A (B int)\nGO\n\nINSERT INTO dbo.Nothing VALUES (1)\n").unwrap();
    let error =
        Simulator::start(Scenario { database_script: Some(script.path().to_owned()), cache_dir: None, ..small() })
            .err()
            .unwrap();
    assert!(error.to_string().contains("batch 2") && error.to_string().contains("error 208"), "{error}");
}

#[test]
fn the_process_says_where_it_is_and_reports_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (scenario, capture) = (folder.path().join("scenario.json"), folder.path().join("capture.jsonl"));
    let values = json!({
        "database-script": fixture("shop.sql"), "app-v1": fixture("v1.json"), "app-v2": fixture("v2.json"), "users": 1,
    });
    fs::write(&scenario, values.to_string()).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_azure-sim"))
        .args(["--scenario".as_ref(), scenario.as_os_str(), "--capture".as_ref(), capture.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((ready["event"].as_str(), ready["schema"].as_u64()), (Some("ready"), Some(1)));
    let ca = std::path::PathBuf::from(ready["ca_file"].as_str().unwrap());
    assert!(ca.exists());
    assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(process.wait().unwrap().success());
    let report: Report = serde_json::from_str(rest.trim()).unwrap();
    assert_eq!((report.schema, report.serving.site.as_deref()), (1, Some("contoso-1")));
    assert!(!ca.exists(), "the folder is gone");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&capture).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_capture_holds_requests_and_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.jsonl");
    let bench = Bench::new(Scenario { capture: Some(path.clone()), ..small() });
    bench.arm("GET", &bench.database("contoso-sql-1"), SQL, None);
    bench.sql("contoso-sql-1", "shop").ok("SELECT 1 AS one");
    let lines: Vec<Value> =
        fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let arm = lines.iter().find(|line| line["protocol"] == "arm").unwrap();
    assert_eq!((arm["status"].as_u64(), arm["response_body"]["name"].as_str()), (Some(200), Some("shop")));
    let batch = lines.iter().find(|line| line["protocol"] == "tds").unwrap();
    assert_eq!((batch["sql"].as_str(), batch["application"].as_str()), (Some("SELECT 1 AS one"), Some("a test")));
}
