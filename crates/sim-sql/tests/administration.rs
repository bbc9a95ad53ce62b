//! The statements that an upgrade tool sends around a rolling upgrade, with what they answer here.
#![allow(clippy::unwrap_used)]

mod support;

use sim_sql::{ColumnType, LinkRow, Value};
use support::{Answer, World, ok, value};

const STATE: &str = "\
SELECT SYSUTCDATETIME() AS now, d.is_read_only, CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60)) AS updateability,
    l.partner_server, l.partner_database, l.replication_state_desc, l.role_desc, l.replication_lag_sec, l.last_commit
FROM sys.databases AS d LEFT JOIN sys.dm_geo_replication_link_status AS l ON 1 = 1
WHERE d.name = DB_NAME();
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NOT NULL SELECT run, opened_at FROM rolling_upgrade.fence ORDER BY opened_at
ELSE SELECT CAST(NULL AS int) AS run WHERE 1 = 0;";

fn link() -> LinkRow {
    LinkRow {
        database: "shop".to_owned(),
        guid: "6f9619ff-8b86-d011-b42d-00c04fc964ff".to_owned(),
        partner_server: "contoso-sql-2".to_owned(),
        partner_database: "shop".to_owned(),
        state: 2,
        role: 0,
        started: 1_600_000_000.0,
        modified: 1_600_000_100.0,
        last_replication: Some(1_600_000_200.0),
        lag_seconds: Some(0),
        last_commit: Some(1_600_000_150.25),
    }
}

#[test]
fn the_state_of_a_database_is_one_row_with_its_link() {
    let world = World::new();
    let mut session = world.admin();
    let alone = ok(&mut session, STATE);
    assert_eq!((alone.results.len(), alone.results[1].1.len()), (2, 0));
    let row: Vec<String> = alone.results[0].1[0].iter().skip(1).map(support::show).collect();
    assert_eq!(row, ["0", "READ_WRITE", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"]);
    world.server.links.lock().unwrap().push(link());
    let linked = ok(&mut session, STATE);
    let row: Vec<String> = linked.results[0].1[0].iter().skip(3).map(support::show).collect();
    assert_eq!(row, ["contoso-sql-2", "shop", "CATCH_UP", "PRIMARY", "0", "2020-09-13 12:29:10.2500000"]);
    assert_eq!(linked.results[0].0[8].kind, ColumnType::DateTime2(7));
    let mut master = world.master(support::admin());
    let links = "SELECT CAST(l.link_guid AS nvarchar(36)) AS link_guid, l.partner_server, l.role_desc, l.replication_state_desc FROM sys.geo_replication_links AS l JOIN sys.databases AS d ON d.database_id = l.database_id WHERE d.name = N'shop' ORDER BY l.partner_server";
    assert_eq!(value(&mut master, links), "6F9619FF-8B86-D011-B42D-00C04FC964FF|contoso-sql-2|PRIMARY|CATCH_UP");
    assert_eq!(value(&mut master, "SELECT COUNT(*) FROM sys.dm_geo_replication_link_status"), "0");
}

#[test]
fn the_secondary_knows_neither_lag_nor_last_replication() {
    let world = World::new();
    world.server.links.lock().unwrap().push(LinkRow { role: 1, ..link() });
    let mut session = world.admin();
    let row = ok(
        &mut session,
        "SELECT role_desc, last_replication, replication_lag_sec FROM sys.dm_geo_replication_link_status",
    )
    .results[0]
        .1[0]
        .clone();
    assert_eq!(row, [Value::Text("SECONDARY".to_owned()), Value::Null, Value::Null]);
}

#[test]
fn the_upgrade_s_own_schema_is_made_once_and_removed() {
    let world = World::new();
    let mut session = world.admin();
    let ensure = "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
IF SCHEMA_ID(N'rolling_upgrade') IS NULL EXEC (N'CREATE SCHEMA rolling_upgrade');
IF OBJECT_ID(N'rolling_upgrade.version', N'U') IS NULL
BEGIN
    CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL);
    EXEC (N'INSERT INTO rolling_upgrade.version ([schema]) VALUES (1)');
END;
IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NULL
    CREATE TABLE rolling_upgrade.fence (
        run nvarchar(64) NOT NULL CONSTRAINT pk_fence PRIMARY KEY,
        opened_at datetime2(3) NOT NULL,
        deadline datetime2(3) NOT NULL,
        closed_at datetime2(3) NULL);
COMMIT TRANSACTION;";
    ok(&mut session, ensure);
    ok(&mut session, ensure);
    let position = world.store.position();
    assert_eq!(position, 1);
    let fence = "\
SET XACT_ABORT ON;
BEGIN TRANSACTION;
DECLARE @now datetime2(3) = SYSUTCDATETIME();
DELETE FROM rolling_upgrade.fence WHERE run = N'r1';
INSERT INTO rolling_upgrade.fence (run, opened_at, deadline, closed_at) VALUES (N'r1', @now, DATEADD(second, 600, @now), NULL);
COMMIT TRANSACTION;
SELECT run, DATEDIFF(second, opened_at, deadline), closed_at FROM rolling_upgrade.fence WHERE run = N'r1';";
    assert_eq!(value(&mut session, fence), "r1|600|NULL");
    let touched = world.store.commits_after(position).remove(0);
    assert_eq!(touched.tables, ["rolling_upgrade.fence"]);
    ok(
        &mut session,
        "UPDATE rolling_upgrade.fence SET closed_at = SYSUTCDATETIME() WHERE run = N'r1' AND closed_at IS NULL;",
    );
    ok(
        &mut session,
        "DROP TABLE rolling_upgrade.fence; DROP TABLE rolling_upgrade.version; IF SCHEMA_ID(N'rolling_upgrade') IS NOT NULL EXEC (N'DROP SCHEMA rolling_upgrade');",
    );
    assert_eq!(value(&mut session, "SELECT SCHEMA_ID(N'rolling_upgrade')"), "NULL");
}

#[test]
fn a_script_s_transaction_is_watched_by_its_lock() {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE dbo.t (a int); SET XACT_ABORT ON; BEGIN TRANSACTION; DECLARE @l int; EXEC @l = sp_getapplock @Resource = N'script', @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 0; INSERT t VALUES (1)",
    );
    let same = "\
DECLARE @released int = -999;
IF @@TRANCOUNT > 0
BEGIN TRY
    EXEC @released = sp_releaseapplock @Resource = N'script', @LockOwner = N'Transaction';
END TRY
BEGIN CATCH
    SET @released = -999;
END CATCH;
SELECT @@TRANCOUNT AS depth, @released AS released;";
    assert_eq!(value(&mut session, same), "1|0");
    ok(&mut session, "COMMIT TRANSACTION; BEGIN TRANSACTION");
    let other = Answer::of(&mut session, same);
    assert_eq!(other.rows(), [["1", "-999"]]);
    ok(&mut session, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;");
}
