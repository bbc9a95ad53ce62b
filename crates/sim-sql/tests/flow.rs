//! Control flow, errors and their reach, transactions, procedures.
#![allow(clippy::unwrap_used)]

mod support;

use sim_sql::{Environment, Event};
use support::{Answer, World, app, errors, ok, value};

#[test]
fn variables_conditions_and_loops() {
    let world = World::new();
    let mut session = world.admin();
    for (batch, expected) in [
        ("DECLARE @a int = 1, @b nvarchar(3) = N'abcdef'; SET @a += 4; SELECT @a, @b", "5|abc"),
        (
            "DECLARE @i int = 0 WHILE @i < 10 BEGIN SET @i = @i + 1 IF @i = 3 CONTINUE IF @i > 5 BREAK END SELECT @i",
            "6",
        ),
        ("DECLARE @x int IF @x IS NULL SELECT 'null' ELSE SELECT 'not'", "null"),
        ("IF EXISTS (SELECT 1 WHERE 1 = 0) BEGIN SELECT 1 END ELSE IF 2 > 1 SELECT 2; ELSE SELECT 3", "2"),
        ("DECLARE @n int, @s nvarchar(10) SELECT @n = 5, @s = 'x' SELECT @n, @s", "5|x"),
        (
            "DECLARE @t TABLE (a int PRIMARY KEY, b nvarchar(5) DEFAULT 'z') INSERT @t (a) VALUES (1), (2) SELECT COUNT(*), MAX(b) FROM @t",
            "2|z",
        ),
        ("DECLARE @d datetime2(3) = '2020-01-01'; SELECT DATEADD(day, 1, @d)", "2020-01-02 00:00:00.000"),
        ("SELECT 1 RETURN SELECT 2", "1"),
    ] {
        assert_eq!(value(&mut session, batch), expected, "{batch}");
    }
}

#[test]
fn a_syntax_error_stops_the_batch_before_anything_runs() {
    let world = World::new();
    let mut session = world.admin();
    for (batch, number, near) in [
        ("SELECT 1\nSELECT FROM WHERE", 156, "'FROM'"),
        ("SELECT 1\nGO", 102, "'GO'"),
        ("SELECT (1", 102, ""),
        ("SELECT 'abc", 105, ""),
        ("SELECT 1 /* abc", 113, ""),
        ("CREATE TABLE t (a int,, b int)", 102, "','"),
        ("SELECT 1; frobnicate it", 102, "'frobnicate'"),
        ("SELECT 1 CREATE VIEW v AS SELECT 1 AS a", 111, "CREATE VIEW"),
        ("IF 1 = 1", 102, ""),
        ("BEGIN SELECT 1", 102, ""),
        ("DECLARE @a int IF 1 = 0 DECLARE @A int", 134, "@A"),
    ] {
        let answer = Answer::of(&mut session, batch);
        assert_eq!(answer.numbers(), [number], "{batch}");
        assert!(answer.errors[0].text.contains(near), "{batch}: {:?}", answer.errors);
        assert!(answer.results.is_empty(), "{batch}");
    }
    let second_line = Answer::of(&mut session, "SELECT 1\nSELECT FROM WHERE");
    assert_eq!(second_line.errors[0].line, 2);
}

#[test]
fn parseonly_reads_and_runs_nothing() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "SET PARSEONLY ON;");
    assert!(ok(&mut session, "SELECT 1 AS ran;").results.is_empty());
    assert!(ok(&mut session, "DROP TABLE nothing").errors.is_empty());
    assert_eq!(errors(&mut session, "SELECT FROM"), [156]);
    ok(&mut session, "SET PARSEONLY OFF;");
    assert!(ok(&mut session, "SET NOEXEC ON SELECT 1 DROP TABLE nothing SET NOEXEC OFF").results.is_empty());
    assert_eq!(value(&mut session, "SELECT 1"), "1");
}

#[test]
fn an_error_reaches_as_far_as_its_kind() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int NOT NULL PRIMARY KEY)");
    let statement = Answer::of(&mut session, "INSERT t VALUES (1) INSERT t VALUES (1) SELECT @@ERROR, COUNT(*) FROM t");
    assert_eq!((statement.numbers(), statement.rows()), (vec![2627], vec![vec!["2627".to_owned(), "1".to_owned()]]));
    let scope = Answer::of(&mut session, "SELECT 1\nSELECT * FROM nowhere\nSELECT 2");
    assert_eq!((scope.numbers(), scope.results.len(), scope.errors[0].line), (vec![208], 1, 2));
    let conversion = Answer::of(&mut session, "BEGIN TRAN INSERT t VALUES (2) SELECT CAST('x' AS int) SELECT 3");
    assert_eq!(
        (conversion.numbers(), value(&mut session, "SELECT @@TRANCOUNT, COUNT(*) FROM t")),
        (vec![245], "0|1".to_owned())
    );
    let raised = Answer::of(&mut session, "RAISERROR('no %s of %d', 16, 3, 'way', 7) SELECT 'on'");
    assert_eq!(
        (raised.errors[0].number, raised.errors[0].state, raised.errors[0].text.as_str()),
        (50000, 3, "no way of 7")
    );
    assert_eq!(raised.rows(), [["on"]]);
    let thrown = Answer::of(&mut session, "THROW 51000, 'stop', 2; SELECT 'on'");
    assert_eq!((thrown.numbers(), thrown.results.len()), (vec![51000], 0));
    let info = ok(&mut session, "PRINT 'hello' RAISERROR('low', 10, 1) WITH NOWAIT");
    assert_eq!(
        info.infos.iter().map(|info| (info.class, info.text.as_str())).collect::<Vec<_>>(),
        [(0, "hello"), (10, "low")]
    );
}

#[test]
fn xact_abort_ends_batch_and_transaction() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int NOT NULL PRIMARY KEY); INSERT t VALUES (1)");
    let answer =
        Answer::of(&mut session, "SET XACT_ABORT ON BEGIN TRAN INSERT t VALUES (2) INSERT t VALUES (1) SELECT 'on'");
    assert_eq!((answer.numbers(), answer.results.len()), (vec![2627], 0));
    assert!(answer.events.iter().any(|event| matches!(event, Event::Environment(Environment::Rollback(_)))));
    assert_eq!(value(&mut session, "SELECT @@TRANCOUNT, COUNT(*) FROM t"), "0|1");
}

#[test]
fn catch_sees_the_error_and_a_doomed_transaction_stays_doomed() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int NOT NULL CONSTRAINT pk PRIMARY KEY); INSERT t VALUES (1)");
    let caught = "BEGIN TRY\n INSERT t VALUES (1)\n SELECT 'not here'\nEND TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_LINE(), ERROR_SEVERITY(), XACT_STATE(), LEFT(ERROR_MESSAGE(), 9) END CATCH SELECT ERROR_NUMBER()";
    let answer = ok(&mut session, caught);
    assert_eq!(answer.results.len(), 2);
    assert_eq!(
        answer.results[0].1[0].iter().map(support::show).collect::<Vec<_>>(),
        ["2627", "2", "14", "0", "Violation"]
    );
    assert_eq!(answer.rows(), [["NULL"]]);
    let doomed = "SET XACT_ABORT ON BEGIN TRAN BEGIN TRY INSERT t VALUES (1) END TRY BEGIN CATCH SELECT XACT_STATE() INSERT t VALUES (9) END CATCH";
    let answer = Answer::of(&mut session, doomed);
    assert_eq!((answer.rows(), answer.numbers()), (vec![vec!["-1".to_owned()]], vec![3930]));
    assert_eq!(value(&mut session, "SET XACT_ABORT OFF; SELECT @@TRANCOUNT"), "0");
    let end = Answer::of(
        &mut session,
        "BEGIN TRAN BEGIN TRY SELECT CAST('x' AS int) END TRY BEGIN CATCH PRINT 'caught' END CATCH",
    );
    assert_eq!((end.numbers(), end.infos.len()), (vec![3998], 1));
    let rethrown =
        Answer::of(&mut session, "BEGIN TRY\nINSERT t VALUES (1)\nEND TRY BEGIN CATCH THROW; END CATCH SELECT 1");
    assert_eq!((rethrown.numbers(), rethrown.errors[0].line, rethrown.results.len()), (vec![2627], 2, 0));
    assert_eq!(
        errors(&mut session, "BEGIN TRY SELECT * FROM nowhere END TRY BEGIN CATCH SELECT 'no' END CATCH"),
        [208]
    );
    assert_eq!(
        value(
            &mut session,
            "BEGIN TRY EXEC ('SELECT * FROM nowhere') END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"
        ),
        "208"
    );
}

#[test]
fn transactions_nest_save_and_roll_back() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int NOT NULL)");
    ok(&mut session, "BEGIN TRAN INSERT t VALUES (1) BEGIN TRAN INSERT t VALUES (2) COMMIT");
    assert_eq!(value(&mut session, "SELECT @@TRANCOUNT"), "1");
    ok(&mut session, "SAVE TRAN s INSERT t VALUES (3) CREATE TABLE u (b int) ROLLBACK TRAN s");
    assert_eq!(value(&mut session, "SELECT COUNT(*), @@TRANCOUNT, OBJECT_ID('u') FROM t"), "2|1|NULL");
    ok(&mut session, "CREATE TABLE u (c int) COMMIT TRAN");
    assert_eq!(value(&mut session, "SELECT COUNT(*), (SELECT COUNT(c) FROM u) FROM t"), "2|0");
    ok(&mut session, "BEGIN TRAN DELETE FROM t DROP TABLE u ALTER TABLE t ADD z int NULL ROLLBACK");
    assert_eq!(
        value(&mut session, "SELECT COUNT(*), (SELECT COUNT(*) FROM u), COL_LENGTH('t', 'z') FROM t"),
        "2|0|NULL"
    );
    assert_eq!(errors(&mut session, "COMMIT"), [3902]);
    assert_eq!(errors(&mut session, "ROLLBACK"), [3903]);
    assert_eq!(errors(&mut session, "SAVE TRAN x"), [628]);
    assert_eq!(errors(&mut session, "BEGIN TRAN outer_one ROLLBACK TRAN nobody"), [6401]);
    ok(&mut session, "ROLLBACK TRAN outer_one");
    let events = ok(&mut session, "BEGIN TRAN COMMIT").events;
    let environment: Vec<_> = events.iter().filter(|event| matches!(event, Event::Environment(_))).collect();
    assert_eq!(environment.len(), 2);
}

#[test]
fn procedures_take_arguments_and_return() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int IDENTITY, b nvarchar(10))");
    ok(
        &mut session,
        "CREATE PROCEDURE dbo.put @b nvarchar(10), @times int = 1, @last int OUTPUT AS\nBEGIN\n SET NOCOUNT ON;\n WHILE @times > 0 BEGIN INSERT t (b) VALUES (@b) SET @times = @times - 1 END\n SET @last = SCOPE_IDENTITY();\n RETURN 7;\nEND",
    );
    let call = "DECLARE @r int, @l int; EXEC @r = dbo.put @b = N'x', @times = 3, @last = @l OUTPUT; SELECT @r, @l, SCOPE_IDENTITY(), @@IDENTITY";
    assert_eq!(value(&mut session, call), "7|3|NULL|3");
    assert_eq!(value(&mut session, "DECLARE @l int EXEC put 'y', DEFAULT, @l OUT SELECT @l"), "4");
    assert_eq!(errors(&mut session, "EXEC put"), [201]);
    assert_eq!(errors(&mut session, "EXEC put 'a', 1, 2, 3"), [8144]);
    assert_eq!(errors(&mut session, "EXEC put @nope = 1"), [8145]);
    assert_eq!(errors(&mut session, "EXEC nothing"), [2812]);
    ok(&mut session, "CREATE PROC leaves AS BEGIN TRAN");
    assert_eq!(errors(&mut session, "EXEC leaves"), [266]);
    ok(&mut session, "ROLLBACK");
    ok(&mut session, "CREATE PROC fails AS\nSELECT 1\nINSERT t (b) VALUES ('far too long for it')");
    let answer = Answer::of(&mut session, "EXEC fails");
    assert_eq!(
        (answer.errors[0].number, answer.errors[0].line, answer.errors[0].procedure.as_str()),
        (2628, 3, "fails")
    );
    ok(&mut session, "ALTER PROC fails AS SELECT b, a FROM t WHERE a < 3");
    ok(&mut session, "CREATE TABLE copy (b nvarchar(10), a int) INSERT INTO copy (b, a) EXEC fails");
    assert_eq!(value(&mut session, "SELECT COUNT(*), MAX(a) FROM copy"), "2|2");
    ok(&mut session, "CREATE FUNCTION dbo.twice (@x int) RETURNS int AS BEGIN RETURN @x * 2 END");
    assert_eq!(value(&mut session, "SELECT SUM(dbo.twice(a)) FROM copy"), "6");
    ok(&mut session, "DROP PROCEDURE fails, put DROP FUNCTION dbo.twice");
    assert_eq!(errors(&mut session, "DROP PROC fails"), [3701]);
}

#[test]
fn text_is_run_with_parameters() {
    let world = World::new();
    let mut session = world.admin();
    assert_eq!(value(&mut session, "DECLARE @n varchar(9) = '2'; EXEC ('SELECT ' + @n)"), "2");
    let call = "DECLARE @out int; EXEC sp_executesql N'SELECT @y = @x * 2; SELECT @x + 1', N'@x int, @y int OUTPUT', @x = 20, @y = @out OUTPUT; SELECT @out";
    let answer = ok(&mut session, call);
    assert_eq!((answer.results.len(), answer.rows()), (2, vec![vec!["40".to_owned()]]));
    assert_eq!(errors(&mut session, "DECLARE @v int = 1; EXEC ('SELECT @v')"), [137]);
    assert_eq!(errors(&mut session, "EXEC ('SELECT FROM')"), [156]);
}

#[test]
fn temporary_tables_live_as_long_as_their_session() {
    let world = World::new();
    let (mut session, mut other) = (world.admin(), world.admin());
    ok(&mut session, "CREATE TABLE #t (a int IDENTITY PRIMARY KEY, b nvarchar(5)); INSERT #t (b) VALUES ('x'), ('y')");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM #t"), "2");
    assert_eq!(value(&mut session, "SELECT OBJECT_ID('tempdb..#t') - OBJECT_ID('tempdb..#t')"), "0");
    assert_eq!(errors(&mut other, "SELECT * FROM #t"), [208]);
    ok(
        &mut session,
        "SELECT a, b INTO #u FROM #t WHERE a = 1; UPDATE #t SET b = u.b FROM #t JOIN #u u ON u.a = 1; DELETE #u",
    );
    assert_eq!(value(&mut session, "SELECT MIN(b), MAX(b), (SELECT COUNT(*) FROM #u) FROM #t"), "x|x|0");
    ok(&mut session, "BEGIN TRAN INSERT #t (b) VALUES ('z') ROLLBACK");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM #t"), "2");
    ok(&mut session, "DROP TABLE #t");
    assert_eq!(errors(&mut session, "SELECT * FROM #t"), [208]);
    assert!(world.server.changes.lock().unwrap().is_empty());
}

#[test]
fn settings_that_do_nothing_here_are_accepted() {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS, ANSI_PADDING ON SET TRANSACTION ISOLATION LEVEL READ COMMITTED SET DATEFIRST 7 SET LANGUAGE us_english; SET LOCK_TIMEOUT 1000; SELECT @@LOCK_TIMEOUT",
    );
    assert_eq!(errors(&mut session, "USE master"), [40508]);
    ok(&mut session, "USE shop");
    let unknown = Answer::of(&mut session, "GRANT SELECT ON t TO app");
    assert_eq!(unknown.numbers(), [40510]);
    assert!(unknown.errors[0].text.contains("GRANT SELECT ON"), "{:?}", unknown.errors);
}

#[test]
fn roles_decide_what_a_user_may() {
    let world = World::new();
    let mut owner = world.admin();
    ok(&mut owner, "CREATE TABLE t (a int); INSERT t VALUES (1)");
    let mut user = world.session(app());
    ok(&mut user, "SELECT * FROM t UPDATE t SET a = 2 INSERT t VALUES (3) DELETE t WHERE a = 3");
    assert_eq!(errors(&mut user, "CREATE TABLE u (a int)"), [262]);
    assert_eq!(errors(&mut user, "ALTER TABLE t ADD b int"), [262]);
    assert_eq!(errors(&mut user, "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK IMMEDIATE"), [5011, 5069]);
    ok(&mut user, "CREATE TABLE #mine (a int)");
    let mut reader = world.session(sim_sql::Principal { database_roles: vec!["db_datareader".to_owned()], ..app() });
    let refused = Answer::of(&mut reader, "UPDATE t SET a = 5");
    assert_eq!(
        refused.errors[0].text,
        "The UPDATE permission was denied on the object 't', database 'shop', schema 'dbo'."
    );
    let mut nobody = world.session(sim_sql::Principal { database_roles: Vec::new(), ..app() });
    assert_eq!(errors(&mut nobody, "SELECT * FROM dbo.t"), [229]);
    assert_eq!(value(&mut nobody, "SELECT COUNT(*) FROM sys.databases"), "2");
}
