//! Sessions among each other: writers, `SET READ_ONLY`, kills, application locks. Threads wait for conditions.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    thread::{self, JoinHandle},
};

use sim_sql::{Access, Change, Ended, Host, Role, Session, SessionHandle};
use support::{Answer, World, admin, app, errors, eventually, ok, value};

/// Runs a batch on a thread of its own; gives the session back with its answer.
fn run(mut session: Session, batch: &'static str) -> JoinHandle<(Session, Answer)> {
    thread::spawn(move || {
        let answer = Answer::of(&mut session, batch);
        (session, answer)
    })
}

fn shop() -> World {
    let world = World::new();
    ok(
        &mut world.admin(),
        "CREATE TABLE dbo.T (a int NOT NULL PRIMARY KEY, b int NULL); INSERT T VALUES (1, 0), (2, 0)",
    );
    world
}

/// Waits until the session is inside a batch.
fn until_running(handle: &SessionHandle) {
    eventually(|| handle.is_running());
}

#[test]
fn a_second_writer_waits_and_readers_do_not() {
    let world = shop();
    let (mut first, second, mut reader) = (world.admin(), world.admin(), world.admin());
    ok(&mut first, "BEGIN TRAN UPDATE T SET b = 1 WHERE a = 1");
    let handle = second.handle();
    let waiting = run(second, "UPDATE T SET b = b + 10 WHERE a = 1");
    until_running(&handle);
    assert_eq!(value(&mut reader, "SELECT b FROM T WHERE a = 1"), "0");
    assert!(!waiting.is_finished());
    ok(&mut first, "COMMIT");
    assert!(waiting.join().unwrap().1.errors.is_empty());
    assert_eq!(value(&mut reader, "SELECT b FROM T WHERE a = 1"), "11");
}

#[test]
fn a_transaction_has_an_id_of_its_own_as_long_as_it_lives() {
    const ID: &str = "SELECT CURRENT_TRANSACTION_ID()";
    let world = shop();
    let (mut first, mut second) = (world.admin(), world.admin());
    ok(&mut first, "BEGIN TRAN");
    ok(&mut second, "BEGIN TRAN");
    let (one, other) = (value(&mut first, ID), value(&mut second, ID));
    assert_ne!(one, other);
    ok(&mut first, "BEGIN TRAN DELETE T COMMIT SAVE TRAN s ROLLBACK TRAN s");
    assert_eq!(value(&mut first, ID), one, "neither a nested one nor a savepoint is another transaction");
    for end in ["COMMIT", "ROLLBACK"] {
        let before = value(&mut first, ID);
        ok(&mut first, &format!("{end} TRAN BEGIN TRAN"));
        assert_ne!(value(&mut first, ID), before, "{end}");
    }
    ok(&mut second, "COMMIT");
    assert_ne!(value(&mut second, ID), value(&mut second, ID), "each statement is one of its own outside of any");
    ok(&mut first, "SET NOEXEC ON");
    assert!(Answer::of(&mut first, ID).rows().is_empty());
    ok(&mut first, "SET NOEXEC OFF");
    assert_eq!(value(&mut first, "SELECT @@TRANCOUNT"), "1");
}

#[test]
fn a_lock_timeout_ends_the_wait() {
    let world = shop();
    let (mut first, mut second) = (world.admin(), world.admin());
    ok(&mut first, "BEGIN TRAN DELETE T");
    let answer = Answer::of(&mut second, "SET LOCK_TIMEOUT 10; UPDATE T SET b = 5; SELECT 'on'");
    assert_eq!((answer.numbers(), answer.rows()), (vec![1222], vec![vec!["on".to_owned()]]));
}

#[test]
fn a_cancelled_batch_stops_and_its_session_goes_on() {
    let world = shop();
    let mut first = world.admin();
    ok(&mut first, "BEGIN TRAN DELETE T");
    for batch in [
        "UPDATE T SET b = 5",
        "WAITFOR DELAY '01:00'",
        "WHILE 1 = 1 SELECT 1 WHERE 1 = 0",
        "WITH c (n) AS (SELECT 1 UNION ALL SELECT n + 0 FROM c) SELECT COUNT(*) FROM c WHERE n < 0",
    ] {
        let session = world.admin();
        let handle = session.handle();
        let running = run(session, batch);
        until_running(&handle);
        handle.cancel();
        let (mut session, answer) = running.join().unwrap();
        assert_eq!(answer.ended, Some(Ended::Cancelled), "{batch}");
        assert_eq!(value(&mut session, "SELECT 1"), "1", "{batch}");
    }
    let mut session = world.admin();
    let handle = session.handle();
    handle.cancel();
    assert_eq!(Answer::of(&mut session, "SELECT 1").ended, Some(Ended::Cancelled));
    handle.cancel();
    handle.forget_cancel();
    assert_eq!(value(&mut session, "SELECT 1"), "1");
}

#[test]
fn a_killed_session_loses_its_transaction_and_its_locks() {
    let world = shop();
    let (mut idle, mut other) = (world.admin(), world.admin());
    ok(&mut idle, "BEGIN TRAN DELETE T DECLARE @r int EXEC @r = sp_getapplock 'x', 'Exclusive', 'Session'");
    assert_eq!(world.store.sessions().len(), 2);
    idle.handle().kill();
    assert_eq!(world.store.sessions().len(), 1);
    assert_eq!(Answer::of(&mut idle, "SELECT 1").ended, Some(Ended::Killed));
    ok(&mut other, "UPDATE T SET b = 3");
    assert_eq!(value(&mut other, "SELECT COUNT(*) FROM T"), "2");
    let running = world.admin();
    let handle = running.handle();
    let waiting = run(running, "WAITFOR DELAY '01:00'");
    until_running(&handle);
    world.store.kill(handle.id());
    assert_eq!(waiting.join().unwrap().1.ended, Some(Ended::Killed));
    eventually(|| world.store.sessions().len() == 1);
}

#[test]
fn read_only_refuses_writes_and_nothing_else() {
    let world = shop();
    let mut session = world.admin();
    ok(&mut session, "ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK AFTER 5 SECONDS;");
    for batch in [
        "INSERT T VALUES (3, 0)",
        "UPDATE T SET b = 9",
        "DELETE T",
        "CREATE TABLE u (a int)",
        "DROP TABLE T",
        "TRUNCATE TABLE T",
        "ALTER TABLE T ADD c int NULL",
        "EXEC ('CREATE SCHEMA s')",
        "SELECT * INTO copy FROM T",
    ] {
        let answer = Answer::of(&mut session, batch);
        assert_eq!(answer.numbers(), [3906], "{batch}");
        assert_eq!(answer.errors[0].text, "Failed to update database \"shop\" because the database is read-only.");
        assert_eq!(answer.errors[0].class, 16);
    }
    ok(&mut session, "CREATE TABLE #t (a int) INSERT #t SELECT a FROM T BEGIN TRAN INSERT #t VALUES (9) ROLLBACK");
    assert_eq!(
        value(
            &mut session,
            "SELECT is_read_only, (SELECT COUNT(*) FROM T), CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(60)) FROM sys.databases WHERE name = DB_NAME()"
        ),
        "1|2|READ_ONLY"
    );
    ok(&mut session, "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE");
    ok(&mut session, "DELETE T");
    let altered: Vec<Access> = world
        .server
        .changes
        .lock()
        .unwrap()
        .iter()
        .filter_map(|change| match change {
            Change::Altered { access, .. } => Some(*access),
            Change::Committed { .. } => None,
        })
        .collect();
    assert_eq!(altered, [Access::ReadOnly, Access::ReadWrite]);
}

#[test]
fn a_secondary_refuses_writes_whatever_its_option_says() {
    let world = shop();
    *world.server.role.lock().unwrap() = Role::Secondary;
    let mut session = world.admin();
    assert_eq!(errors(&mut session, "DELETE T"), [3906]);
    assert_eq!(
        value(
            &mut session,
            "SELECT CAST(DATABASEPROPERTYEX('shop', 'Updateability') AS nvarchar(60)), is_read_only FROM sys.databases WHERE database_id = DB_ID()"
        ),
        "READ_ONLY|0"
    );
}

#[test]
fn altering_needs_the_database_for_itself() {
    let world = shop();
    let (mut session, other) = (world.admin(), world.admin());
    let answer = Answer::of(&mut session, "ALTER DATABASE shop SET READ_ONLY WITH NO_WAIT");
    assert_eq!(answer.numbers(), [5070, 5069]);
    assert_eq!(world.store.access(), Access::ReadWrite);
    let handle = session.handle();
    let waiting = run(session, "ALTER DATABASE shop SET READ_ONLY");
    until_running(&handle);
    assert!(!waiting.is_finished());
    drop(other);
    assert!(waiting.join().unwrap().1.errors.is_empty());
    assert_eq!(world.store.access(), Access::ReadOnly);
}

#[test]
fn rollback_immediate_kills_everybody_else() {
    let world = shop();
    let (mut session, mut idle, busy) = (world.admin(), world.session(app()), world.session(app()));
    ok(&mut idle, "BEGIN TRAN DELETE T");
    let handle = busy.handle();
    let waiting = run(busy, "UPDATE T SET b = 77");
    until_running(&handle);
    ok(&mut session, "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK IMMEDIATE");
    assert_eq!(Answer::of(&mut idle, "SELECT 1").ended, Some(Ended::Killed));
    assert_eq!(waiting.join().unwrap().1.ended, Some(Ended::Killed));
    assert_eq!(value(&mut session, "SELECT COUNT(*), MAX(b) FROM T"), "2|0");
    assert_eq!(world.store.sessions().len(), 1);
}

#[test]
fn rollback_after_gives_others_time() {
    let world = shop();
    let (mut session, mut other) = (world.admin(), world.admin());
    ok(&mut other, "BEGIN TRAN UPDATE T SET b = 1");
    let handle = session.handle();
    let altering = thread::spawn(move || {
        ok(&mut session, "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK AFTER 60 SECONDS");
        session
    });
    until_running(&handle);
    ok(&mut other, "COMMIT");
    drop(other);
    let mut session = altering.join().unwrap();
    assert_eq!(value(&mut session, "SELECT MAX(b) FROM T"), "1");
    let mut late = world.admin();
    ok(&mut session, "ALTER DATABASE shop SET READ_WRITE WITH ROLLBACK AFTER 0 SECONDS");
    assert_eq!(Answer::of(&mut late, "SELECT 1").ended, Some(Ended::Killed));
}

#[test]
fn log_ins_wait_for_the_alter() {
    let world = Arc::new(shop());
    let (session, other) = (world.admin(), world.admin());
    let handle = session.handle();
    let altering = run(session, "ALTER DATABASE shop SET READ_ONLY");
    until_running(&handle);
    let (sender, receiver) = mpsc::channel();
    let late = {
        let world = Arc::clone(&world);
        thread::spawn(move || {
            let mut session = world.admin();
            sender.send(value(&mut session, "SELECT is_read_only FROM sys.databases WHERE name = 'shop'")).unwrap();
        })
    };
    drop(other);
    drop(altering.join().unwrap());
    assert_eq!(receiver.recv().unwrap(), "1");
    late.join().unwrap();
}

#[test]
fn an_alter_can_be_cancelled_and_leaves_no_trace() {
    let world = shop();
    let (session, mut other) = (world.admin(), world.admin());
    let handle = session.handle();
    let waiting = run(session, "ALTER DATABASE shop SET READ_ONLY");
    until_running(&handle);
    handle.cancel();
    assert_eq!(waiting.join().unwrap().1.ended, Some(Ended::Cancelled));
    assert_eq!(world.store.access(), Access::ReadWrite);
    ok(&mut other, "DELETE T");
    ok(&mut world.admin(), "SELECT 1");
}

#[test]
fn altering_is_refused_with_the_reason() {
    let world = shop();
    let mut session = world.admin();
    assert_eq!(errors(&mut session, "BEGIN TRAN ALTER DATABASE shop SET READ_ONLY"), [226]);
    ok(&mut session, "ROLLBACK");
    assert_eq!(errors(&mut session, "ALTER DATABASE nowhere SET READ_ONLY"), [5011, 5069]);
    let unknown = Answer::of(&mut session, "ALTER DATABASE shop SET RECURSIVE_TRIGGERS ON");
    assert_eq!(unknown.numbers(), [40510]);
    assert!(unknown.errors[0].text.contains("ALTER DATABASE shop SET"), "{:?}", unknown.errors);
    world.server.refuse_alter.store(true, Ordering::SeqCst);
    assert_eq!(errors(&mut session, "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK IMMEDIATE"), [1468, 5069]);
    let mut owner = world.session(sim_sql::Principal {
        server_admin: false,
        database_roles: vec!["db_owner".to_owned()],
        ..admin()
    });
    world.server.refuse_alter.store(false, Ordering::SeqCst);
    ok(&mut owner, "ALTER DATABASE shop SET READ_WRITE");
}

#[test]
fn application_locks_answer_with_their_codes() {
    let world = shop();
    let (mut first, mut second) = (world.admin(), world.admin());
    let take = "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'rolling_upgrade', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0; SELECT @r AS result";
    assert_eq!(value(&mut first, take), "0");
    assert_eq!(value(&mut second, take), "-1");
    assert_eq!(value(&mut second, "SELECT APPLOCK_TEST('public', 'rolling_upgrade', 'Shared', 'Session')"), "0");
    let holder = "SELECT s.program_name, s.login_name, l.request_mode FROM sys.dm_tran_locks AS l JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id WHERE l.resource_type = N'APPLICATION' AND l.resource_database_id = DB_ID() AND l.request_status = N'GRANT' AND l.resource_description LIKE N'%rolling_upgrade%'";
    assert_eq!(value(&mut second, holder), "tests|sqladmin|X");
    let handle = second.handle();
    let waiting =
        run(second, "DECLARE @r int; EXEC @r = sp_getapplock 'rolling_upgrade', 'Exclusive', 'Session'; SELECT @r");
    until_running(&handle);
    assert_eq!(
        value(
            &mut first,
            "DECLARE @r int; EXEC @r = sp_releaseapplock @Resource = N'rolling_upgrade', @LockOwner = N'Session'; SELECT @r"
        ),
        "0"
    );
    let (second, answer) = waiting.join().unwrap();
    assert!(["0", "1"].contains(&answer.rows()[0][0].as_str()), "{:?}", answer.rows());
    drop(second);
    assert_eq!(value(&mut first, take), "0");
    let unheld = Answer::of(&mut first, "DECLARE @r int; EXEC @r = sp_releaseapplock 'other', 'Session'; SELECT @r");
    assert_eq!((unheld.numbers(), unheld.rows()), (vec![1223], vec![vec!["-999".to_owned()]]));
    assert_eq!(
        value(
            &mut first,
            "BEGIN TRAN DECLARE @r int; EXEC @r = sp_getapplock 't', 'Shared'; COMMIT; SELECT @r, (SELECT COUNT(*) FROM sys.dm_tran_locks)"
        ),
        "0|1"
    );
}

#[test]
fn a_killed_waiter_leaves_the_queue() {
    let world = shop();
    let mut first = world.admin();
    ok(&mut first, "DECLARE @r int EXEC @r = sp_getapplock 'x', 'Exclusive', 'Session'");
    let second = world.admin();
    let handle = second.handle();
    let waiting = run(second, "DECLARE @r int EXEC @r = sp_getapplock 'x', 'Exclusive', 'Session'");
    until_running(&handle);
    handle.kill();
    assert_eq!(waiting.join().unwrap().1.ended, Some(Ended::Killed));
}

#[test]
fn sessions_are_listed_to_those_who_may_see_them() {
    let world = shop();
    let (mut owner, mut user) = (world.admin(), world.session(app()));
    let list = "SELECT s.program_name, s.host_name, s.login_name, s.open_transaction_count FROM sys.dm_exec_sessions AS s WHERE s.is_user_process = 1 AND s.session_id <> @@SPID AND s.database_id = DB_ID()";
    assert_eq!(value(&mut owner, list), "site|there|app|0");
    assert!(ok(&mut user, list).rows().is_empty());
    ok(&mut user, "BEGIN TRAN");
    assert_eq!(value(&mut owner, list), "site|there|app|1");
    assert!(world.store.sessions().iter().any(|row| row.open_transaction && row.application == "site"));
}

#[test]
fn master_administers_and_keeps_nothing() {
    let world = shop();
    let mut master = world.master(admin());
    ok(&mut master, "ALTER DATABASE [shop] REMOVE SECONDARY ON SERVER [contoso-sql-2];");
    assert_eq!(*world.server.removed.lock().unwrap(), [("shop".to_owned(), "contoso-sql-2".to_owned())]);
    assert_eq!(value(&mut master, "SELECT DB_NAME(), COUNT(*) FROM sys.databases"), "master|2");
    assert_eq!(value(&mut master, "SELECT COUNT(*) FROM sys.geo_replication_links"), "0");
    assert_eq!(
        value(&mut master, "SELECT COALESCE(IS_ROLEMEMBER(N'dbmanager'), 0), COALESCE(IS_ROLEMEMBER(N'db_owner'), 0)"),
        "0|1"
    );
    assert_eq!(errors(&mut master, "CREATE TABLE t (a int)"), [262]);
    let mut nobody = world.master(app());
    assert_eq!(errors(&mut nobody, "ALTER DATABASE shop REMOVE SECONDARY ON SERVER x"), [15247, 5069]);
    let mut manager = world.master(sim_sql::Principal { master_roles: vec!["dbmanager".to_owned()], ..app() });
    ok(&mut manager, "ALTER DATABASE shop REMOVE SECONDARY ON SERVER x");
    let mut user = world.admin();
    assert_eq!(errors(&mut user, "ALTER DATABASE shop REMOVE SECONDARY ON SERVER x"), [40511, 5069]);
    assert_eq!(
        value(
            &mut user,
            "DECLARE @r int; EXEC @r = sys.sp_wait_for_database_copy_sync @target_server = N'contoso-sql-2', @target_database = N'shop'; SELECT @r AS result"
        ),
        "0"
    );
    assert_eq!(errors(&mut user, "EXEC sys.sp_wait_for_database_copy_sync 'nobody', 'shop'"), [40631]);
}

#[test]
fn a_look_from_outside_sees_what_is_committed_and_is_no_session() {
    let world = shop();
    let store = world.server.databases().remove(0).store;
    let mut writer = world.admin();
    ok(&mut writer, "BEGIN TRAN UPDATE T SET b = NULL WHERE a = 2");
    let rows = || store.rows("dbo.t").unwrap();
    assert_eq!((rows().len(), rows()[1]["b"].as_str()), (2, "0"));
    ok(&mut writer, "COMMIT");
    assert_eq!((rows()[1]["a"].as_str(), rows()[1].get("b")), ("2", None));
    assert_eq!(store.rows("dbo.nothing"), None);
    assert_eq!(store.sessions().len(), 1);
}

#[test]
fn the_holder_of_a_lock_is_known_from_outside() {
    let world = shop();
    let store = world.server.databases().remove(0).store;
    let mut first = world.admin();
    assert_eq!(store.lock_holder("rolling_upgrade"), None);
    ok(&mut first, "DECLARE @r int EXEC @r = sp_getapplock 'rolling_upgrade', 'Exclusive', 'Session'");
    assert_eq!(store.lock_holder("rolling_upgrade"), store.sessions().first().map(|session| session.id));
    drop(first);
    assert_eq!(store.lock_holder("rolling_upgrade"), None);
}
