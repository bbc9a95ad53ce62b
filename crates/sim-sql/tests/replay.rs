//! The log: replayed on a copy, it gives the same bytes.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use proptest::prelude::*;
use sim_sql::{Access, Change, Store};
use support::{Answer, World, errors, ok, value};

/// Brings a copy up to date.
fn catch_up(from: &Store, to: &Store) {
    for commit in from.commits_after(to.position()) {
        to.apply(&commit).unwrap();
    }
}

fn assert_equal(a: &Store, b: &Store) {
    assert_eq!((a.position(), a.access(), a.digest(&|_| false)), (b.position(), b.access(), b.digest(&|_| false)));
}

#[test]
fn a_copy_follows_data_definitions_and_options() {
    let world = World::new();
    let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE p (id uniqueidentifier DEFAULT NEWID() PRIMARY KEY, n int IDENTITY, at datetime2 DEFAULT SYSUTCDATETIME(), t AS (n + 1))",
    );
    ok(&mut session, "CREATE TABLE #t (a int) INSERT #t VALUES (1), (2), (3)");
    ok(
        &mut session,
        "INSERT p (at) SELECT DATEADD(day, a, GETDATE()) FROM #t; UPDATE p SET id = NEWID() WHERE n = 2; DELETE p WHERE n = 1",
    );
    ok(
        &mut session,
        "ALTER TABLE p ADD s nvarchar(20) NOT NULL DEFAULT 'x', r float NULL; UPDATE p SET r = RAND(), s = CAST(@@SPID AS nvarchar(9))",
    );
    ok(
        &mut session,
        "CREATE TABLE c (id int PRIMARY KEY, p uniqueidentifier REFERENCES p (id) ON DELETE CASCADE); INSERT c SELECT n, id FROM p; DELETE p WHERE n = 2",
    );
    ok(
        &mut session,
        "BEGIN TRAN INSERT p (s) VALUES ('gone') ROLLBACK; CREATE UNIQUE INDEX i ON c (p); EXEC sp_rename 'p.s', 'words', 'COLUMN'; EXEC sp_rename 'c', 'd'",
    );
    ok(&mut session, "ALTER TABLE d ADD CONSTRAINT ck CHECK (id > 0); ALTER TABLE p DROP COLUMN r");
    ok(&mut session, "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK IMMEDIATE");
    catch_up(&world.store, &copy);
    assert_equal(&world.store, &copy);
    assert_eq!(copy.access(), Access::ReadOnly);
    let second = copy.copy_to(&world.folder.path().join("second.db")).unwrap();
    ok(&mut session, "ALTER DATABASE shop SET READ_WRITE");
    catch_up(&world.store, &copy);
    catch_up(&copy, &second);
    assert_equal(&world.store, &second);
    let independent = World::of(second, tempfile::tempdir().unwrap());
    let mut there = independent.admin();
    assert_eq!(errors(&mut there, "INSERT d VALUES (50, NEWID())"), [547]);
    ok(&mut there, "INSERT p DEFAULT VALUES");
    assert_eq!(value(&mut there, "SELECT MAX(n), MAX(t) FROM p"), "4|5");
}

#[test]
fn commits_are_known_by_their_identity() {
    let world = World::new();
    let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
    let mut session = world.admin();
    assert_eq!(session.last_commit(), None);
    ok(&mut session, "CREATE TABLE dbo.T (a int); INSERT t VALUES (1)");
    let commit = session.last_commit().unwrap();
    assert!(world.store.contains(&commit) && !copy.contains(&commit));
    ok(&mut session, "SELECT 1; UPDATE t SET a = 2 WHERE 1 = 0; BEGIN TRAN; INSERT t VALUES (9); ROLLBACK");
    assert_eq!(session.last_commit(), Some(commit));
    assert_eq!(world.store.position(), 2);
    let tables: Vec<Vec<String>> = world.store.commits_after(0).iter().map(|commit| commit.tables.clone()).collect();
    assert_eq!(tables, [["dbo.t"], ["dbo.t"]]);
    let told = world.server.changes.lock().unwrap().iter().filter(|change| matches!(change, Change::Committed { database, application, .. } if database == "shop" && application == "tests")).count();
    assert_eq!(told, 2);
    let last = world.store.commits_after(1).remove(0);
    assert!(copy.apply(&last).is_err());
    catch_up(&world.store, &copy);
    assert!(copy.contains(&commit));
    let loaded = Store::load(&world.folder.path().join("copy.db"), "shop").unwrap();
    assert_eq!((loaded.position(), loaded.contains(&commit)), (2, true));
}

#[test]
fn a_copy_holds_what_is_committed_and_no_more() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int); INSERT t VALUES (1); BEGIN TRAN; INSERT t VALUES (2)");
    let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
    ok(&mut session, "COMMIT");
    let mut there = World::of(Arc::clone(&copy), tempfile::tempdir().unwrap()).admin();
    assert_eq!(value(&mut there, "SELECT COUNT(*) FROM t"), "1");
    drop(there);
    catch_up(&world.store, &copy);
    assert_equal(&world.store, &copy);
    assert_eq!(world.store.digest(&|table| table == "dbo.t"), copy.digest(&|table| table == "dbo.t"));
    ok(&mut session, "UPDATE t SET a = 5");
    assert_ne!(world.store.digest(&|_| false), copy.digest(&|_| false));
    assert_eq!(world.store.digest(&|table| table == "dbo.t"), copy.digest(&|table| table == "dbo.t"));
}

/// One statement of a random script, over two tables that are always there.
fn statement() -> impl Strategy<Value = String> {
    let key = 0..12_i32;
    prop_oneof![
        (key.clone(), "[a-c]{0,3}").prop_map(|(key, text)| format!("INSERT a (id, s) VALUES ({key}, '{text}')")),
        (key.clone(), key.clone()).prop_map(|(key, parent)| format!("INSERT b (id, a) VALUES ({key}, {parent})")),
        key.clone().prop_map(|key| format!("INSERT a (id) SELECT TOP (3) id + {key} FROM a ORDER BY NEWID()")),
        key.clone().prop_map(|key| format!("UPDATE a SET id = id + {key}, at = SYSUTCDATETIME()")),
        key.clone().prop_map(|key| format!("UPDATE b SET g = NEWID(), a = {key} WHERE id % 2 = 0")),
        key.clone().prop_map(|key| format!("UPDATE b SET f = RAND() FROM b JOIN a ON a.id = b.a WHERE a.id > {key}")),
        key.clone().prop_map(|key| format!("DELETE a WHERE id = {key}")),
        key.clone().prop_map(|key| format!("DELETE TOP (2) b WHERE id > {key}")),
        key.clone().prop_map(|key| format!("ALTER TABLE b ADD x{key} int NOT NULL DEFAULT {key}")),
        key.clone().prop_map(|key| format!("ALTER TABLE b DROP COLUMN x{key}")),
        key.clone().prop_map(|key| format!("ALTER TABLE b ADD CONSTRAINT k{key} CHECK (id <> {key})")),
        key.clone().prop_map(|key| format!("ALTER TABLE b DROP CONSTRAINT k{key}")),
        key.clone().prop_map(|key| format!("CREATE UNIQUE INDEX i{key} ON b (g)")),
        key.clone().prop_map(|key| format!("DROP INDEX i{key} ON b")),
        key.clone().prop_map(|key| format!(
            "CREATE TABLE t{key} (n int IDENTITY, g uniqueidentifier DEFAULT NEWID()); INSERT t{key} DEFAULT VALUES"
        )),
        key.prop_map(|key| format!("DROP TABLE t{key}")),
        Just("BEGIN TRAN".to_owned()),
        Just("COMMIT".to_owned()),
        Just("ROLLBACK".to_owned()),
        Just("SAVE TRAN s".to_owned()),
        Just("ROLLBACK TRAN s".to_owned()),
        Just("TRUNCATE TABLE b".to_owned()),
        Just("SELECT id INTO #s FROM a; INSERT a (id) SELECT -id FROM #s; DROP TABLE #s".to_owned()),
        Just("ALTER TABLE a ALTER COLUMN s nvarchar(30) NULL".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_script_replays_to_the_same_bytes(script in proptest::collection::vec(statement(), 1..40)) {
        let world = World::new();
        let copy = world.store.copy_to(&world.folder.path().join("copy.db")).unwrap();
        let mut session = world.admin();
        ok(&mut session, "CREATE TABLE a (id int PRIMARY KEY, s nvarchar(20) NULL, at datetime2 DEFAULT SYSUTCDATETIME()); CREATE TABLE b (id int PRIMARY KEY, a int NULL REFERENCES a (id) ON DELETE SET NULL ON UPDATE CASCADE, g uniqueidentifier DEFAULT NEWID(), f float NULL)");
        for statement in &script {
            let answer = Answer::of(&mut session, statement);
            prop_assert!(!answer.numbers().contains(&40510), "{statement}: {:?}", answer.errors);
        }
        drop(session);
        catch_up(&world.store, &copy);
        assert_equal(&world.store, &copy);
    }
}

#[test]
fn contents_are_told_object_by_object_without_what_is_volatile() {
    let contents = |at: &str, other: &str| {
        let world = World::new();
        let mut session = world.admin();
        ok(&mut session, "CREATE TABLE t (id int PRIMARY KEY, at datetime2 NULL); CREATE TABLE u (a int)");
        ok(&mut session, "CREATE VIEW v AS SELECT id FROM t");
        ok(&mut session, &format!("INSERT t VALUES (1, {at}); INSERT u VALUES ({other})"));
        world.store.contents(&|table, column| (table, column) == ("dbo.t", "at")).unwrap()
    };
    let one = contents("'2026-11-22'", "1");
    assert_eq!(one.keys().filter(|key| !key.starts_with("schema ")).collect::<Vec<_>>(), ["dbo.t", "dbo.u", "dbo.v"]);
    assert!(one.contains_key("schema dbo"));
    assert_eq!(one, contents("'2026-11-23'", "1"));
    let null = contents("NULL", "1")["dbo.t"].clone();
    assert_eq!((one["dbo.t"].rows == null.rows, one["dbo.t"].nulls["at"], null.nulls["at"]), (true, 0, 1));
    let other = contents("'2026-11-22'", "2");
    assert_eq!((one["dbo.t"] == other["dbo.t"], one["dbo.u"].definition == other["dbo.u"].definition), (true, true));
    assert_ne!(one["dbo.u"].rows, other["dbo.u"].rows);
    assert_eq!(one["dbo.v"].rows, None);
}

#[test]
fn the_file_of_a_passing_store_goes_with_it() {
    let world = World::new();
    let files = |name: &str| {
        let all = std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().file_name());
        all.filter(|file| file.to_string_lossy().starts_with(name)).count()
    };
    let kept = world.store.copy_to(&world.folder.path().join("kept.db")).unwrap();
    let passing = world.store.copy_to(&world.folder.path().join("passing.db")).unwrap();
    passing.make_passing();
    drop((kept, passing));
    assert_eq!((files("kept.db") > 0, files("passing.db")), (true, 0));
}
