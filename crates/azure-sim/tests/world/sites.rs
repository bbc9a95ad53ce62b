//! Sites: whom they answer, and with what.

use azure_sim::Scenario;
use serde_json::json;

use crate::bench::{Bench, PATIENCE, WEB, small};

const ONE: &str = "contoso-1.azurewebsites.net";
const TWO: &str = "contoso-2.azurewebsites.net";

#[test]
fn a_site_serves_its_pages_from_its_own_database() {
    let bench = Bench::small();
    for (method, path) in [("GET", "/"), ("GET", "/health"), ("GET", "/read"), ("POST", "/write?user=2&sequence=1")] {
        let answer = bench.page(method, ONE, path);
        assert_eq!((answer.status, answer.header("x-app-version")), (200, "1"), "{path}: {}", answer.text);
    }
    assert_eq!(bench.sql("contoso-sql-1", "shop").value::<i32>("SELECT COUNT(*) FROM dbo.Orders"), 1);
    assert_eq!(bench.page("GET", ONE, "/nothing").status, 404);
    assert_eq!(bench.simulator.report().writes.acknowledged, 1);
}

#[test]
fn without_a_database_it_says_why() {
    let bench = Bench::small();
    let answer = bench.page("GET", TWO, "/health");
    assert_eq!((answer.status, answer.json()["error"]["number"].as_u64()), (503, Some(40532)), "{}", answer.text);
}

#[test]
fn an_unknown_host_gets_the_platforms_page() {
    let bench = Bench::small();
    let answer = bench.page("GET", "nobody.azurewebsites.net", "/");
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("404 Web Site not found"));
    let answer = bench.send("GET", &format!("https://{ONE}/"), &[("host", "www.fabrikam.example")], None);
    assert_eq!(answer.status, 404);
}

#[test]
fn the_users_name_leads_to_the_site_whose_address_was_dialled() {
    let bench = Bench::small();
    let under = |address: &str| {
        let answer = bench.send("GET", &format!("https://{address}/"), &[("host", "www.contoso.example")], None);
        answer.header("x-app-version").to_owned()
    };
    assert_eq!((under(ONE), under(TWO)), ("1".into(), "2".into()));
    assert_eq!(bench.page("GET", "www.contoso.example", "/").header("x-app-version"), "1");
}

#[test]
fn stopped_and_starting() {
    let bench = Bench::new(Scenario { site_start_ms: 1_000, ..small() });
    let site = bench.id("Microsoft.Web/sites/contoso-1");
    assert_eq!(bench.page("GET", ONE, "/read").status, 200);
    assert_eq!(bench.arm("POST", &format!("{site}/stop"), WEB, None).status, 200);
    let stopped = bench.page("GET", ONE, "/");
    assert_eq!(stopped.status, 403);
    assert!(stopped.text.contains("This web app is stopped."));
    assert_eq!(bench.get(&site, WEB)["properties"]["state"], "Stopped");
    let sessions = "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE host_name = N'contoso-1'";
    bench.until(|| bench.sql("contoso-sql-1", "shop").value::<i32>(sessions) == 0);
    assert_eq!(bench.arm("POST", &format!("{site}/start"), WEB, None).status, 200);
    assert_eq!(bench.page("GET", ONE, "/").status, 503);
    assert!(bench.simulator.wait("idle", PATIENCE));
    assert_eq!(bench.page("GET", ONE, "/read").status, 200);
}

#[test]
fn settings_are_replaced_as_a_whole_and_read_at_start() {
    let bench = Bench::small();
    bench.make_stage();
    bench.point_stage_site();
    let answer = bench.page("GET", TWO, "/health");
    assert_eq!((answer.status, answer.header("x-app-version")), (200, "2"), "{}", answer.text);
    let settings = bench.stage_id("Microsoft.Web/sites/contoso-2/config/appsettings");
    let put = bench.arm("PUT", &settings, WEB, Some(json!({"properties": {"ONLY": "this"}})));
    assert_eq!((put.status, put.json()["properties"].clone()), (200, json!({"ONLY": "this"})));
    assert_eq!(bench.arm("POST", &format!("{settings}/list"), WEB, None).json()["properties"], json!({"ONLY": "this"}));
}

#[test]
fn a_killed_session_is_replaced() {
    let bench = Bench::small();
    assert_eq!(bench.page("GET", ONE, "/read").status, 200);
    bench.sql("contoso-sql-1", "shop").ok("ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE");
    assert_eq!(bench.page("GET", ONE, "/read").status, 200);
    let refused = bench.page("POST", ONE, "/write");
    assert_eq!((refused.status, refused.json()["error"]["number"].as_u64()), (503, Some(3906)));
}

#[test]
fn tags_travel_in_a_put() {
    let bench = Bench::small();
    let path = bench.stage_id("Microsoft.Web/sites/contoso-2");
    let mut site = bench.get(&path, WEB);
    site["tags"] = json!({"rolling-upgrade": "42"});
    let body = json!({"location": site["location"], "tags": site["tags"]});
    assert_eq!(bench.arm("PUT", &path, WEB, Some(body)).status, 200);
    assert_eq!(bench.get(&path, WEB)["tags"], json!({"rolling-upgrade": "42"}));
}

#[test]
fn a_deleted_site_can_leave_its_plan() {
    let bench = Bench::small();
    let site = bench.stage_id("Microsoft.Web/sites/contoso-2");
    let plan = bench.stage_id("Microsoft.Web/serverfarms/contoso-plan-2");
    assert_eq!(bench.arm("DELETE", &format!("{site}?deleteEmptyServerFarm=false"), WEB, None).status, 200);
    assert_eq!(bench.get(&plan, WEB)["properties"]["numberOfSites"], 0);
    assert_eq!(bench.arm("DELETE", &site, WEB, None).status, 204);
    let bench = Bench::small();
    assert_eq!(bench.arm("DELETE", &bench.stage_id("Microsoft.Web/sites/contoso-2"), WEB, None).status, 200);
    assert_eq!(bench.arm("GET", &bench.stage_id("Microsoft.Web/serverfarms/contoso-plan-2"), WEB, None).status, 404);
}
