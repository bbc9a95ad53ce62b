//! What somebody else does meanwhile, and whose fault it is.

use azure_sim::{Fault, Hand, Place, Scenario, What};
use serde_json::json;

use crate::bench::{Bench, PATIENCE, SQL, TRAFFIC, small};

const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE";
const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]";

fn prepared() -> Bench {
    let bench = Bench::new(Scenario { users: 2, ttl_seconds: Some(0.05), ..small() });
    bench.make_stage();
    bench.add_stage();
    bench
}

fn endpoints(bench: &Bench) -> Vec<String> {
    let profile = bench.get(&bench.id("Microsoft.Network/trafficManagerProfiles/contoso"), TRAFFIC);
    let shown = |endpoint: &serde_json::Value| {
        let (name, own) = (endpoint["name"].as_str().unwrap(), &endpoint["properties"]);
        format!("{} {} {}", own["priority"], name, own["endpointStatus"].as_str().unwrap())
    };
    let mut all: Vec<String> = profile["properties"]["endpoints"].as_array().unwrap().iter().map(shown).collect();
    all.sort();
    all
}

#[test]
fn each_hand_on_endpoints_does_what_it_says() {
    let bench = prepared();
    let saved = bench.simulator.snapshot().unwrap();
    for (hand, expected) in [
        (Hand::EnableStage, vec!["1 contoso-1 Enabled", "2 contoso-2 Enabled"]),
        (Hand::DisableProduction, vec!["1 contoso-1 Disabled", "2 contoso-2 Disabled"]),
        (Hand::DeleteProduction, vec!["2 contoso-2 Disabled"]),
        (Hand::DeleteStage, vec!["1 contoso-1 Enabled"]),
        (Hand::ProductionLast, vec!["2 contoso-2 Disabled", "3 contoso-1 Enabled"]),
        (Hand::StageFirst, vec!["1 contoso-2 Disabled", "2 contoso-1 Enabled"]),
        (Hand::StrangerFirst, vec!["1 stranger Enabled", "2 contoso-1 Enabled", "3 contoso-2 Disabled"]),
        (Hand::StrangerBetween, vec!["1 contoso-1 Enabled", "2 stranger Enabled", "3 contoso-2 Disabled"]),
        (Hand::StageAlias, vec!["1 contoso-1 Enabled", "2 v2 Enabled", "3 contoso-2 Disabled"]),
        (Hand::StageTarget, vec!["1 contoso-1 Enabled", "2 contoso-2 Disabled"]),
    ] {
        bench.simulator.restore(&saved).unwrap();
        bench.simulator.act_by_hand(hand).unwrap();
        assert_eq!(endpoints(&bench), expected, "{hand:?}");
    }
    bench.simulator.restore(&saved).unwrap();
    let nothing = bench.simulator.act_by_hand(Hand::DisableStage).unwrap_err().to_string();
    assert_eq!(nothing, "`contoso-2` is so already");
}

#[test]
fn a_hand_on_a_database_is_carried_out_and_refused_as_azure_does() {
    let bench = prepared();
    let access = |server: &str| -> String {
        bench.sql(server, "shop").value("SELECT CAST(DATABASEPROPERTYEX(N'shop', 'Updateability') AS nvarchar(60))")
    };
    bench.simulator.act_by_hand(Hand::StageReadOnly).unwrap_err();
    bench.simulator.act_by_hand(Hand::ProductionReadOnly).unwrap();
    assert_eq!(access("contoso-sql-1"), "READ_ONLY");
    bench.simulator.act_by_hand(Hand::ProductionReadWrite).unwrap();
    assert_eq!(access("contoso-sql-1"), "READ_WRITE");
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    bench.simulator.act_by_hand(Hand::RemoveLink).unwrap();
    assert_eq!(bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-1")), SQL)["value"], json!([]));
    bench.simulator.act_by_hand(Hand::StageReadOnly).unwrap();
    assert_eq!(access("contoso-sql-2"), "READ_ONLY");
}

#[test]
fn a_connection_string_leads_to_another_database_or_to_none() {
    let bench = prepared();
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    let health = || bench.page("GET", "contoso-2.azurewebsites.net", "/health").status;
    let saved = bench.simulator.snapshot().unwrap();
    bench.simulator.act_by_hand(Hand::StageElsewhere).unwrap();
    bench.until(|| health() == 200);
    bench.sql("contoso-sql-2", "shop").ok("ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE");
    assert_eq!(bench.page("POST", "contoso-2.azurewebsites.net", "/write").status, 200);
    bench.simulator.restore(&saved).unwrap();
    bench.simulator.act_by_hand(Hand::StageNowhere).unwrap();
    bench.until(|| health() == 503);
}

/// What a hand has broken is nobody's fault, until it was whole again.
#[test]
fn a_hand_is_blamed_for_what_it_breaks_and_for_nothing_else() {
    let bench = prepared();
    bench.control("POST", "/hand", Some(json!({"hand": "disable-production"})));
    let report = bench.simulator.report();
    assert_eq!((report.invariants.broken, report.invariants.excused), (vec![], vec![3]));
    bench.enable("AzureEndpoints", "contoso-1", true);
    assert_eq!(bench.simulator.report().invariants.excused, [0; 0]);
    bench.enable("AzureEndpoints", "contoso-1", false);
    assert_eq!(bench.broken().iter().map(|broken| broken.0).collect::<Vec<_>>(), [3]);
}

/// What users lose is counted whoever was the cause.
#[test]
fn writes_on_both_sides_of_a_link_are_lost_whoever_has_ended_it() {
    let bench = prepared();
    bench.simulator.act_by_hand(Hand::RemoveLink).unwrap();
    bench.simulator.tick();
    bench.put_stage_online();
    bench.simulator.act_by_hand(Hand::DisableProduction).unwrap();
    assert!(bench.simulator.report().writes.lost > 0);
}

#[test]
fn a_hand_acts_just_before_a_request() {
    let bench = prepared();
    let at = |number, hand| Some(Fault { at: Place::Number(number), what: What::Hand(hand) });
    bench.simulator.set_fault(at(2, Hand::WipeTags)).unwrap();
    let profile = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
    let tags = || bench.get(&profile, TRAFFIC)["tags"].clone();
    bench.arm("PATCH", &profile, TRAFFIC, Some(json!({"tags": {"a": "b"}})));
    assert_eq!(tags(), json!({}));
    let faulted = bench.simulator.faulted();
    assert_eq!((faulted.fired.map(|recorded| recorded.number), faulted.idle_hand), (Some(2), None));
    bench.simulator.set_fault(at(2, Hand::ProductionReadOnly)).unwrap();
    assert_eq!(
        bench.sql("contoso-sql-1", "shop").error("UPDATE dbo.Customer SET Name = N'x'"),
        596,
        "its session ends"
    );
    assert_eq!(bench.sql("contoso-sql-1", "shop").error("UPDATE dbo.Customer SET Name = N'x'"), 3906);
    bench.sql("contoso-sql-1", "shop").ok(READ_WRITE);
    bench.simulator.set_fault(at(1, Hand::StageOutOfReach)).unwrap();
    let known = bench.simulator.credentials();
    assert!(bench.log_in("contoso-sql-2", "shop", &known.sql_user, &known.sql_password).is_err());
    bench.simulator.set_fault(at(1, Hand::EnableProduction)).unwrap();
    bench.get(&profile, TRAFFIC);
    assert_eq!(bench.simulator.faulted().idle_hand.as_deref(), Some("`contoso-1` is so already"));
}

/// For whoever acts from outside: the request waits for him.
#[test]
fn a_request_waits_until_it_is_released() {
    let bench = Bench::small();
    bench.simulator.set_fault(Some(Fault { at: Place::Number(1), what: What::Hand(Hand::Pause) })).unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            assert!(bench.simulator.wait("fault", PATIENCE));
            bench.simulator.act_by_hand(Hand::WipeTags).unwrap();
            bench.simulator.release();
        });
        bench.get(&bench.id("Microsoft.Network/trafficManagerProfiles/contoso"), TRAFFIC);
        asked.join().unwrap();
    });
}
