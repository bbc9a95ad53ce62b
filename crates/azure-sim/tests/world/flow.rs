//! The road of an upgrade, by hand.

use azure_sim::{AlterOnGeoPrimary, CopySync, Scenario};
use serde_json::json;

use crate::bench::{Bench, PATIENCE, SQL, Sql, small};

const WAIT: &str = "DECLARE @r int; EXEC @r = sys.sp_wait_for_database_copy_sync @target_server = N'contoso-sql-2', @target_database = N'shop'; SELECT @r;";
const READ_ONLY: &str = "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE";
const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE";
const REMOVE: &str = "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2]";

fn orders(sql: &mut Sql) -> i32 {
    sql.value("SELECT COUNT(*) FROM dbo.Orders")
}

#[test]
fn a_secondary_follows_its_source_and_becomes_independent() {
    let bench = Bench::new(Scenario { lag_ms: 400, ..small() });
    bench.make_stage();
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    assert_eq!(production.value::<i32>(WAIT), 0);
    let mut stage = bench.sql("contoso-sql-2", "shop");
    assert_eq!(orders(&mut stage), 1);
    assert_eq!(stage.error("DELETE dbo.Orders"), 3906);
    production.ok(READ_ONLY);
    assert_eq!(production.value::<i32>(WAIT), 0);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    let mut stage = bench.sql("contoso-sql-2", "shop");
    assert!(stage.value::<bool>("SELECT is_read_only FROM sys.databases WHERE name = N'shop'"));
    stage.ok(READ_WRITE);
    stage.ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'y')");
    assert_eq!((orders(&mut stage), orders(&mut production)), (2, 1));
    let links = bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-2")), SQL);
    assert_eq!(links["value"], json!([]));
}

#[test]
fn both_sides_show_the_link() {
    let bench = Bench::new(Scenario { lag_null_polls: 2, ..small() });
    bench.make_stage();
    let mut production = bench.sql("contoso-sql-1", "shop");
    let lag = "SELECT replication_lag_sec FROM sys.dm_geo_replication_link_status";
    assert_eq!(production.maybe::<i32>(lag), None);
    assert_eq!(production.maybe::<i32>(lag), None);
    assert_eq!(production.maybe::<i32>(lag), Some(0));
    production.ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    assert_eq!(production.value::<i32>(WAIT), 0);
    let last = "SELECT CONVERT(nvarchar(40), last_commit, 121) FROM sys.dm_geo_replication_link_status";
    let here: String = production.value::<String>(last);
    assert_eq!(here, bench.sql("contoso-sql-2", "shop").value::<String>(last));
    let mut master = bench.sql("contoso-sql-1", "master");
    assert_eq!(master.value::<String>("SELECT partner_server FROM sys.geo_replication_links"), "contoso-sql-2");
    let links = bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-2")), SQL);
    assert_eq!(links["value"][0]["properties"]["role"], "Secondary");
    assert_eq!(links["value"][0]["properties"]["partnerServer"], "contoso-sql-1");
    assert_eq!(links["value"][0]["properties"]["replicationState"], "CATCH_UP");
}

#[test]
fn last_commit_is_equal_where_nothing_was_written_since_seeding() {
    let bench = Bench::small();
    bench.make_stage();
    let last = "SELECT CONVERT(nvarchar(40), last_commit, 121) FROM sys.dm_geo_replication_link_status";
    let here: String = bench.sql("contoso-sql-1", "shop").value(last);
    assert_eq!(here, bench.sql("contoso-sql-2", "shop").value::<String>(last));
}

/// An hour of lag: what was not received when the link ends is not there.
#[test]
fn removing_the_secondary_does_not_drain() {
    let bench = Bench::new(Scenario { lag_ms: 3_600_000, ..small() });
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    bench.finish(&accepted);
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    let lag: i32 = production.value("SELECT replication_lag_sec FROM sys.dm_geo_replication_link_status");
    assert!(lag >= 1);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    assert_eq!((orders(&mut production), orders(&mut bench.sql("contoso-sql-2", "shop"))), (1, 0));
}

#[test]
fn deleting_the_link_does_not_drain_either() {
    let bench = Bench::new(Scenario { lag_ms: 3_600_000, ..small() });
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    bench.finish(&accepted);
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    let links = format!("{}/replicationLinks", bench.database("contoso-sql-1"));
    let name = bench.get(&links, SQL)["value"][0]["name"].as_str().unwrap().to_owned();
    let accepted = bench.arm("DELETE", &format!("{links}/{name}"), SQL, None);
    assert_eq!(accepted.json()["operation"], "ForceStopDatabaseCopy");
    assert!(accepted.header("azure-asyncoperation").contains("/replicationLinksAzureAsyncOperation/"));
    bench.finish(&accepted);
    assert_eq!(orders(&mut bench.sql("contoso-sql-2", "shop")), 0);
}

/// The chained secondary follows the stage copy, before and after that is independent.
#[test]
fn a_secondary_of_a_secondary_follows_too() {
    let bench = Bench::new(Scenario { servers: vec!["contoso-sql-3".into()], ..small() });
    bench.make_stage();
    let mut body = bench.secondary();
    body["properties"]["sourceDatabaseId"] = json!(bench.database("contoso-sql-2"));
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-3"), SQL, Some(body));
    bench.finish(&accepted);
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    bench.sql("contoso-sql-1", "shop").ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (1, N'x')");
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    assert_eq!(orders(&mut bench.sql("contoso-sql-3", "shop")), 1);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    bench.sql("contoso-sql-2", "shop").ok("INSERT INTO dbo.Orders (CustomerId, Reference) VALUES (2, N'y')");
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    assert_eq!(orders(&mut bench.sql("contoso-sql-3", "shop")), 2);
    assert_eq!(orders(&mut bench.sql("contoso-sql-1", "shop")), 1);
}

#[test]
fn the_switches_for_what_is_not_established() {
    let refuse = |what| Bench::new(Scenario { alter_on_geo_primary: what, ..small() });
    let bench = refuse(AlterOnGeoPrimary::RefuseReadOnly);
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    production.ok(READ_WRITE);
    bench.make_stage();
    assert_eq!(bench.sql("contoso-sql-1", "shop").error(READ_ONLY), 1468);
    let bench = refuse(AlterOnGeoPrimary::RefuseReadWrite);
    bench.make_stage();
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    assert_eq!(production.error(READ_WRITE), 1468);
}

#[test]
fn the_copy_sync_of_a_read_only_database() {
    let frozen = |copy_sync| {
        let bench = Bench::new(Scenario { copy_sync_on_read_only: copy_sync, copy_sync_timeout_ms: 50, ..small() });
        bench.make_stage();
        bench.sql("contoso-sql-1", "shop").ok(READ_ONLY);
        bench
    };
    let bench = frozen(CopySync::Refused);
    assert_eq!(bench.sql("contoso-sql-1", "shop").error(WAIT), 3906);
    let bench = frozen(CopySync::TimesOut);
    assert_ne!(bench.sql("contoso-sql-1", "shop").value::<i32>(WAIT), 0);
}

#[test]
fn the_copy_can_come_up_writable() {
    let bench = Bench::new(Scenario { read_only_replicates: false, ..small() });
    bench.make_stage();
    let mut production = bench.sql("contoso-sql-1", "shop");
    production.ok(READ_ONLY);
    assert_eq!(production.value::<i32>(WAIT), 0);
    bench.sql("contoso-sql-1", "master").ok(REMOVE);
    let mut stage = bench.sql("contoso-sql-2", "shop");
    assert!(!stage.value::<bool>("SELECT is_read_only FROM sys.databases WHERE name = N'shop'"));
}

#[test]
fn no_link_no_sync_and_no_removal() {
    let bench = Bench::small();
    assert_ne!(bench.sql("contoso-sql-1", "shop").value::<i32>(WAIT), 0);
    assert_eq!(bench.sql("contoso-sql-1", "master").error(REMOVE), 40622);
}
