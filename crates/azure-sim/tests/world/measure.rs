//! What tells whether anybody has written, as a client over the wire sees it.

use azure_sim::{Fault, Place, Scenario, What, WriteMeasure};

use crate::bench::{Bench, small};

const START: &str = "SELECT CONVERT(nvarchar(40), i.sqlserver_start_time, 121) FROM sys.dm_os_sys_info AS i;";
const UPDATES: &str = "SELECT CAST(COALESCE(SUM(u.user_updates), 0) AS int) FROM sys.dm_db_index_usage_stats AS u WHERE u.database_id = DB_ID();";
const LOG: &str = "SELECT l.log_end_lsn FROM sys.dm_db_log_stats(DB_ID()) AS l;";
const READ_ONLY: &str = "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE";
const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE";
const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]";

fn updates(bench: &Bench, server: &str) -> i32 {
    bench.sql(server, "shop").value(UPDATES)
}

fn log(bench: &Bench, server: &str) -> String {
    bench.sql(server, "shop").value::<String>(LOG)
}

fn started(bench: &Bench) -> String {
    bench.sql("contoso-sql-2", "shop").value::<String>(START)
}

/// Users write through V1, their writes travel to the copy, and the copy has counted none of them.
#[test]
fn a_copy_counts_what_its_own_users_write() {
    let bench = Bench::new(Scenario { users: 2, ..small() });
    bench.make_stage();
    bench.simulator.tick();
    assert!(updates(&bench, "contoso-sql-1") > 0);
    bench.until(|| bench.simulator.wait("link-catch-up", std::time::Duration::ZERO));
    assert_eq!(updates(&bench, "contoso-sql-2"), 0);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.point_stage_site();
    assert_eq!(updates(&bench, "contoso-sql-2"), 0);
    bench.page("POST", "contoso-2.azurewebsites.net", "/write?user=1");
    assert!(updates(&bench, "contoso-sql-2") > 0);
}

#[test]
fn a_failover_forgets_and_a_restored_world_does_not() {
    let bench = Bench::new(Scenario { users: 1, ..small() });
    bench.make_stage();
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.point_stage_site();
    bench.page("POST", "contoso-2.azurewebsites.net", "/write?user=1");
    let (start, count) = (started(&bench), updates(&bench, "contoso-sql-2"));
    let saved = bench.simulator.snapshot().unwrap();
    bench.simulator.restore(&saved).unwrap();
    assert_eq!((started(&bench), updates(&bench, "contoso-sql-2")), (start.clone(), count));
    bench.simulator.set_fault(Some(Fault { at: Place::Number(2), what: What::Failover })).unwrap();
    bench.sql("contoso-sql-2", "shop").run("SELECT 1").unwrap_err();
    bench.simulator.set_fault(None).unwrap();
    assert_ne!(started(&bench), start);
    assert_eq!(updates(&bench, "contoso-sql-2"), 0);
}

#[test]
fn the_log_of_a_frozen_production_stands_still_also_in_a_restored_world() {
    let bench = Bench::new(Scenario { users: 2, ..small() });
    bench.open_fence(60);
    let before = log(&bench, "contoso-sql-1");
    bench.sql("contoso-sql-1", "shop").ok(READ_ONLY);
    let end = log(&bench, "contoso-sql-1");
    assert!(end > before);
    bench.simulator.tick();
    let saved = bench.simulator.snapshot().unwrap();
    bench.simulator.restore(&saved).unwrap();
    assert_eq!(log(&bench, "contoso-sql-1"), end);
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_WRITE);
    production.ok(READ_ONLY);
    drop(production);
    assert!(log(&bench, "contoso-sql-1") > end);
}

#[test]
fn a_small_tier_refuses() {
    let bench = Bench::new(Scenario { write_measure: WriteMeasure::Refused, ..small() });
    for question in [START, UPDATES, LOG] {
        assert_eq!(bench.sql("contoso-sql-1", "shop").error(question), 300, "{question}");
    }
}
