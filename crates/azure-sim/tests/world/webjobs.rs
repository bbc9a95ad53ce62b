//! WebJobs: what Azure Resource Manager shows of them, and when they run.

use azure_sim::Scenario;
use serde_json::{Value, json};

use crate::bench::{Bench, PATIENCE, WEB, with_worker};

const ONE: &str = "contoso-1.azurewebsites.net";

fn jobs(bench: &Bench) -> String {
    bench.id("Microsoft.Web/sites/contoso-1/continuouswebjobs")
}

fn status(bench: &Bench) -> String {
    bench.get(&format!("{}/fulfil", jobs(bench)), WEB)["properties"]["status"].as_str().unwrap().to_owned()
}

fn tell(bench: &Bench, verb: &str) -> u16 {
    bench.arm("POST", &format!("{}/fulfil/{verb}", jobs(bench)), WEB, None).status
}

fn processed(bench: &Bench) -> u64 {
    bench.simulator.report().messages.processed
}

/// A user's write leaves a message.
fn write(bench: &Bench) {
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!(bench.page("POST", ONE, "/write?user=1&sequence=1&token=0-1-2").status, 200);
}

#[test]
fn a_site_lists_its_webjobs() {
    let bench = Bench::new(with_worker());
    let listed = bench.get(&jobs(&bench), WEB);
    let job = &listed["value"][0];
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    assert_eq!(
        (job["name"].as_str(), job["type"].as_str()),
        (Some("contoso-1/fulfil"), Some("Microsoft.Web/sites/continuouswebjobs"))
    );
    assert_eq!(job["properties"]["status"], "Running");
    assert_eq!(job["properties"]["detailed_status"], "54146e - Running\r\n");
    assert_eq!(*job, bench.get(&format!("{}/FULFIL", jobs(&bench)), WEB));
    let triggered = bench.get(&bench.id("Microsoft.Web/sites/contoso-1/triggeredwebjobs"), WEB);
    assert_eq!(triggered["value"][0]["name"], "contoso-1/nightly");
    assert_eq!(bench.arm("POST", &format!("{}/nightly/stop", jobs(&bench)), WEB, None).status, 404);
    assert_eq!(bench.arm("GET", &format!("{}/nightly", jobs(&bench)), WEB, None).status, 404);
}

#[test]
fn a_webjob_works_off_what_writes_leave_until_it_is_stopped() {
    let bench = Bench::new(with_worker());
    write(&bench);
    bench.control("POST", "/tick", None);
    assert_eq!(processed(&bench), 1);
    let done = "SELECT COUNT(*) FROM dbo.Orders WHERE Reference LIKE N'done %'";
    assert_eq!(bench.sql("contoso-sql-1", "shop").value::<i32>(done), 1);
    assert_eq!(tell(&bench, "stop"), 200);
    bench.until(|| status(&bench) == "Stopped");
    write(&bench);
    bench.control("POST", "/tick", None);
    assert_eq!((processed(&bench), bench.simulator.report().messages.waiting), (1, 1));
    assert_eq!(tell(&bench, "start"), 200);
    bench.until(|| status(&bench) == "Running");
    bench.control("POST", "/tick", None);
    assert_eq!(processed(&bench), 2);
}

/// `ContinuousJobRunner` writes a file beside the WebJob, and only its deletion starts it again.
#[test]
fn a_stopped_webjob_stays_stopped_when_its_site_restarts_and_none_stops_with_its_site() {
    let bench = Bench::new(with_worker());
    let site = bench.id("Microsoft.Web/sites/contoso-1");
    tell(&bench, "stop");
    for verb in ["restart", "stop", "start"] {
        assert_eq!(bench.arm("POST", &format!("{site}/{verb}"), WEB, None).status, 200);
        bench.until(|| status(&bench) == "Stopped");
    }
    tell(&bench, "start");
    assert_eq!(bench.arm("POST", &format!("{site}/stop"), WEB, None).status, 200);
    bench.until(|| status(&bench) == "Running");
}

#[test]
fn a_webjob_that_is_told_to_stop_has_some_time_to_end_and_its_sessions_end_with_it() {
    let bench = Bench::new(Scenario { webjob_ms: 500, ..with_worker() });
    write(&bench);
    bench.control("POST", "/tick", None);
    let sessions = || {
        bench
            .sql("contoso-sql-1", "shop")
            .value::<i32>("SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE host_name = N'contoso-1'")
    };
    let before = sessions();
    tell(&bench, "stop");
    assert_eq!(status(&bench), "Running");
    bench.until(|| status(&bench) == "Stopped");
    bench.until(|| sessions() < before);
}

fn set_webjobs_stopped(bench: &Bench, value: Option<&str>) {
    let settings = bench.id("Microsoft.Web/sites/contoso-1/config/appsettings");
    let mut all: Value = bench.arm("POST", &format!("{settings}/list"), WEB, None).json()["properties"].clone();
    match value {
        Some(value) => all["WEBJOBS_STOPPED"] = json!(value),
        None => drop(all.as_object_mut().unwrap().remove("WEBJOBS_STOPPED")),
    }
    assert_eq!(bench.arm("PUT", &settings, WEB, Some(json!({ "properties": all }))).status, 200);
}

#[test]
fn webjobs_stopped_keeps_all_of_a_site_from_running_whatever_single_ones_are_told() {
    let bench = Bench::new(with_worker());
    set_webjobs_stopped(&bench, Some("1"));
    bench.until(|| status(&bench) == "Stopped");
    assert_eq!(tell(&bench, "start"), 200);
    write(&bench);
    bench.control("POST", "/tick", None);
    assert_eq!((status(&bench).as_str(), processed(&bench)), ("Stopped", 0));
    tell(&bench, "stop");
    set_webjobs_stopped(&bench, None);
    bench.control("POST", "/tick", None);
    assert_eq!((status(&bench).as_str(), processed(&bench)), ("Stopped", 0), "it was stopped singly meanwhile");
    tell(&bench, "start");
    bench.until(|| status(&bench) == "Running");
}

/// A package takes the place of all files, `disable.job` among them.
#[test]
fn a_deployment_starts_a_webjob_that_was_stopped() {
    let bench = Bench::new(with_worker());
    tell(&bench, "stop");
    bench.until(|| status(&bench) == "Stopped");
    let uri = bench.simulator.credentials().package_address.clone();
    let body = json!({"properties": {"packageUri": uri, "type": "zip"}});
    let deploy = bench.id("Microsoft.Web/sites/contoso-1/extensions/onedeploy");
    assert_eq!(bench.arm("PUT", &deploy, WEB, Some(body)).status, 200);
    bench.until(|| status(&bench) == "Running");
}

#[test]
fn a_worker_of_another_system_touches_nothing_here() {
    let bench = Bench::new(with_worker());
    let stage = bench.stage_id("Microsoft.Web/sites/contoso-2/continuouswebjobs/fulfil");
    assert_eq!(bench.get(&stage, WEB)["properties"]["status"], "Running");
    tell(&bench, "stop");
    bench.until(|| status(&bench) == "Stopped");
    write(&bench);
    bench.control("POST", "/tick", None);
    let messages = bench.simulator.report().messages;
    assert_eq!((messages.waiting, messages.failed), (1, 0));
    assert_eq!(bench.broken(), []);
}

#[test]
fn queue_and_stopped_webjobs_are_part_of_a_snapshot() {
    let bench = Bench::new(with_worker());
    tell(&bench, "stop");
    bench.until(|| status(&bench) == "Stopped");
    write(&bench);
    let digest = bench.simulator.digest();
    assert_eq!(bench.control("POST", "/snapshot", None).status, 200);
    tell(&bench, "start");
    assert_ne!(bench.simulator.digest(), digest);
    bench.until(|| status(&bench) == "Running");
    bench.control("POST", "/tick", None);
    assert_eq!(processed(&bench), 1);
    assert_eq!(bench.control("POST", "/restore", None).status, 200);
    assert_eq!(bench.simulator.digest(), digest);
    assert_eq!((status(&bench).as_str(), bench.simulator.report().messages.waiting), ("Stopped", 1));
}
