//! What tells whether anybody has written: usage of indexes, the age of the instance, the end of the log.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::Ordering;

use sim_sql::{Role, Session};
use support::{World, app, errors, ok, value};

const START: &str = "SELECT i.sqlserver_start_time FROM sys.dm_os_sys_info AS i;";
const USAGE: &str = "SELECT s.name, t.name, u.index_id, u.user_updates FROM sys.dm_db_index_usage_stats AS u JOIN sys.tables AS t ON \
     t.object_id = u.object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE u.database_id = DB_ID();";
const SUM: &str = "SELECT t.name, SUM(u.user_updates) AS n FROM sys.dm_db_index_usage_stats AS u JOIN sys.tables AS t ON \
     t.object_id = u.object_id WHERE u.database_id = DB_ID() GROUP BY t.name ORDER BY t.name";
const LOG: &str = "SELECT l.log_end_lsn FROM sys.dm_db_log_stats(DB_ID()) AS l;";
const READ_ONLY: &str = "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE";
const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE";

/// A table with a clustered key, an index on `n`, and a heap.
fn world() -> (World, Session) {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE t (id int PRIMARY KEY, n int, s int); CREATE INDEX i ON t (n); CREATE TABLE h (a int)",
    );
    (world, session)
}

fn usage(session: &mut Session) -> Vec<String> {
    ok(session, USAGE).rows().iter().map(|row| row.join(" ")).collect()
}

#[test]
fn each_statement_counts_once_on_each_index_that_it_changes() {
    let (_world, mut session) = world();
    assert_eq!(usage(&mut session), Vec::<String>::new(), "an index that nobody used is not there");
    ok(&mut session, "INSERT t VALUES (1, 1, 1), (2, 2, 2)");
    assert_eq!(usage(&mut session), ["dbo t 1 1", "dbo t 2 1"]);
    ok(&mut session, "UPDATE t SET s = 7");
    assert_eq!(usage(&mut session), ["dbo t 1 2", "dbo t 2 1"]);
    ok(&mut session, "UPDATE t SET n = 7 WHERE id = 1; DELETE t WHERE id = 2; INSERT h VALUES (1)");
    assert_eq!(usage(&mut session), ["dbo t 1 4", "dbo t 2 3", "dbo h 0 1"]);
    assert_eq!(ok(&mut session, SUM).rows(), [["h", "1"], ["t", "7"]]);
}

#[test]
fn reading_counts_as_no_write_and_what_was_rolled_back_does() {
    let (_world, mut session) = world();
    ok(&mut session, "SELECT * FROM t");
    assert_eq!(usage(&mut session), ["dbo t 1 0"]);
    ok(&mut session, "BEGIN TRAN; UPDATE t SET s = 1; ROLLBACK");
    assert_eq!(usage(&mut session), ["dbo t 1 1"]);
    ok(&mut session, "CREATE TABLE #t (a int); INSERT #t VALUES (1)");
    assert_eq!(usage(&mut session).len(), 1);
}

#[test]
fn an_instance_that_starts_anew_has_counted_nothing() {
    let (world, mut session) = world();
    ok(&mut session, "INSERT t VALUES (1, 1, 1)");
    let started = value(&mut session, START);
    assert_eq!(value(&mut session, START), started);
    let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
    copy.continue_instance_of(&world.store);
    let mut there = World::of(copy, tempfile::tempdir().unwrap()).admin();
    assert_eq!((value(&mut there, START), usage(&mut there).len()), (started.clone(), 2));
    support::eventually(|| {
        world.store.restart_instance();
        value(&mut session, START) != started
    });
    assert_eq!(usage(&mut session), Vec::<String>::new());
}

#[test]
fn replay_moves_the_log_and_counts_for_nobody() {
    let (world, mut session) = world();
    let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
    let there = World::of(copy.clone(), tempfile::tempdir().unwrap());
    *there.server.role.lock().unwrap() = Role::Secondary;
    let mut reader = there.admin();
    let before = value(&mut reader, LOG);
    assert_eq!(value(&mut reader, LOG), before);
    ok(&mut session, "INSERT t VALUES (1, 1, 1)");
    world.store.commits_after(copy.position()).iter().for_each(|commit| copy.apply(commit).unwrap());
    assert!(value(&mut reader, LOG) > before);
    assert_eq!(usage(&mut reader), Vec::<String>::new());
}

#[test]
fn the_log_of_a_read_only_database_stands_still() {
    let (_world, mut session) = world();
    let writable = value(&mut session, LOG);
    let later = value(&mut session, LOG);
    assert!(later > writable, "the system writes by itself while the database takes writes");
    ok(&mut session, READ_ONLY);
    let frozen = value(&mut session, LOG);
    assert!(frozen > later);
    ok(&mut session, "SELECT * FROM t");
    assert_eq!(value(&mut session, LOG), frozen);
    ok(&mut session, READ_WRITE);
    ok(&mut session, READ_ONLY);
    assert!(value(&mut session, LOG) > frozen, "a moment of write access is seen");
}

#[test]
fn it_is_shown_to_owners_where_the_tier_shows_it() {
    let (world, mut session) = world();
    let mut site = world.session(app());
    for question in [START, USAGE, LOG] {
        assert_eq!(errors(&mut site, question), [262]);
    }
    world.server.refuse_state.store(true, Ordering::SeqCst);
    for question in [START, USAGE, LOG] {
        assert_eq!(errors(&mut session, question), [300]);
    }
    let caught = "BEGIN TRY SELECT l.log_end_lsn FROM sys.dm_db_log_stats(DB_ID()) AS l; END TRY BEGIN CATCH SELECT ERROR_NUMBER(); END CATCH";
    assert_eq!(value(&mut session, caught), "300");
}
