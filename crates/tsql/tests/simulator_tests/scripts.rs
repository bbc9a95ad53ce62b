//! Scripts, their journal, and checks.

use rollout::ScriptName;
use tsql::statements::{
    check::{self, CheckFailure},
    folder,
    journal::{self, Ran, ScriptFailure},
};

use super::*;

/// What the first release made: it gets what it lacks, and keeps what it has.
#[test]
fn a_schema_of_the_first_release_is_brought_up_to_date() {
    const FIRST: [&str; 4] = [
        "CREATE SCHEMA rolling_upgrade",
        "CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL)",
        "INSERT INTO rolling_upgrade.version ([schema]) VALUES (1)",
        "CREATE TABLE rolling_upgrade.fence (run nvarchar(64) NOT NULL PRIMARY KEY, opened_at datetime2(3) NOT NULL, \
         deadline datetime2(3) NOT NULL, closed_at datetime2(3) NULL)",
    ];
    trusting("scripts::a_schema_of_the_first_release_is_brought_up_to_date", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        for statement in FIRST {
            session.query("make it", statement, LIMIT).await.unwrap();
        }
        let opened = fence::open(session, &run_id(), Duration::from_secs(90), LIMIT).await.unwrap();
        assert!(state::read(session, LIMIT).await.unwrap().lacks_schema());
        for _ in 0..2 {
            schema::ensure(session, LIMIT).await.unwrap();
        }
        let found = state::read(session, LIMIT).await.unwrap();
        assert!(!found.lacks_schema());
        assert_eq!((found.schema, found.fences), (Some(schema::VERSION), vec![opened]));
        background::note_hook(session, &run_id(), Hook::Quiesce, LIMIT).await.unwrap();
    });
}

/// The release before wrote a script's row as finished when it began, and could not leave that open.
#[test]
fn a_journal_of_the_second_release_is_read_and_brought_up_to_date() {
    const SECOND: [&str; 5] = [
        "CREATE SCHEMA rolling_upgrade",
        "CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL)",
        "INSERT INTO rolling_upgrade.version ([schema]) VALUES (2)",
        "CREATE TABLE rolling_upgrade.journal (ran int IDENTITY(1, 1) NOT NULL, run nvarchar(64) NOT NULL, script nvarchar(260) \
         NOT NULL, digest nvarchar(64) NOT NULL, finished_at datetime2(3) NOT NULL, took_ms bigint NOT NULL, PRIMARY KEY (run, script))",
        "INSERT INTO rolling_upgrade.journal (run, script, digest, finished_at, took_ms) VALUES (N'u0', N'1.sql', N'd', SYSUTCDATETIME(), 7)",
    ];
    trusting("scripts::a_journal_of_the_second_release_is_read_and_brought_up_to_date", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        for statement in SECOND {
            session.query("make it", statement, LIMIT).await.unwrap();
        }
        let before = state::read(session, LIMIT).await.unwrap();
        assert!(before.lacks_schema() && !before.fence_table);
        assert_eq!((before.journal.len(), before.journal[0].finished, before.folder.len()), (1, true, 0));
        for _ in 0..2 {
            schema::ensure(session, LIMIT).await.unwrap();
        }
        let after = state::read(session, LIMIT).await.unwrap();
        assert_eq!((after.schema, after.fence_table, &after.journal), (Some(schema::VERSION), true, &before.journal));
        let ran = journal::run(session, &run_id(), &upgrade("2.sql", "SELECT 1;"), LIMIT).await.unwrap();
        assert!(matches!(ran, Ran::Now { .. }));
    });
}

#[test]
fn the_journal_outlives_the_tables_of_an_upgrade() {
    trusting("scripts::the_journal_outlives_the_tables_of_an_upgrade", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        schema::ensure(session, LIMIT).await.unwrap();
        journal::run(session, &run_id(), &upgrade("1.sql", "SELECT 1;"), LIMIT).await.unwrap();
        let file = |name: &str| ScriptName { name: name.to_owned(), digest: format!("d of {name}") };
        let (scripts, checks) = ([file("1.sql"), file("it's.sql")], [file("c.sql")]);
        for _ in 0..2 {
            folder::keep(session, &run_id(), &scripts, &checks, LIMIT).await.unwrap();
        }
        let kept = state::read(session, LIMIT).await.unwrap();
        let files: Vec<_> = kept.folder.iter().map(|row| (&row.script, row.is_check)).collect();
        assert_eq!(files, [(&scripts[0], false), (&scripts[1], false), (&checks[0], true)]);
        for _ in 0..2 {
            schema::remove(session, LIMIT).await.unwrap();
        }
        let left = state::read(session, LIMIT).await.unwrap();
        assert_eq!((left.schema, left.fence_table, left.folder.len()), (Some(schema::VERSION), false, 0));
        assert_eq!(left.journal, kept.journal);
        schema::ensure(session, LIMIT).await.unwrap();
        assert_eq!(state::read(session, LIMIT).await.unwrap().journal, kept.journal);
    });
}

/// Runs a check on a session of its own, as migrate does.
async fn checked(world: &World, text: &str) -> Result<Vec<String>, CheckFailure> {
    check::run(world.production().await, &upgrade("c.sql", text), LIMIT).await
}

#[test]
fn a_check_changes_nothing_and_its_rows_are_counted() {
    trusting("scripts::a_check_changes_nothing_and_its_rows_are_counted", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        session.query("make", "CREATE TABLE dbo.T (id int NOT NULL, said nvarchar(max) NULL);", LIMIT).await.unwrap();
        session
            .query(
                "fill",
                "INSERT INTO dbo.T VALUES (1, N'one'), (2, NULL), (3, REPLICATE(N'x', 90)), (4, N''), (5, N'');",
                LIMIT,
            )
            .await
            .unwrap();
        let good = "DELETE FROM dbo.T;\nPRINT N'looked';\nGO 2\nSELECT id FROM dbo.T;";
        assert_eq!(checked(&world, good).await.unwrap(), ["looked", "looked"], "it sees what it has done itself");
        assert_eq!(number(session, "SELECT COUNT(*) AS n FROM dbo.T;").await, 5);
        let found = checked(&world, "PRINT N'a';\nGO\nSELECT * FROM dbo.T ORDER BY id;").await.unwrap_err();
        let text = format!(
            "the check `c.sql` found 5 rows in the batch of line 3: (id: 1, said: 'one'), (id: 2, said: NULL), (id: 3, said: '{}…) and 2 more",
            "x".repeat(39)
        );
        assert_eq!(found.to_string(), text);
        let failed = checked(&world, "PRINT N'a';\nGO\n\nSELECT nothing FROM dbo.T;").await.unwrap_err();
        assert!(failed.to_string().contains("error 207") && failed.to_string().contains("in line 4"), "{failed}");
        let twice = checked(
            &world,
            "INSERT INTO dbo.T VALUES (6, N'');\nSELECT id FROM dbo.T WHERE id = 6 AND (SELECT COUNT(*) FROM dbo.T WHERE id = 6) = 2;\nGO 2",
        );
        assert!(
            matches!(twice.await.unwrap_err(), CheckFailure::Rows { rows: 2, first_line: 1, .. }),
            "`GO 2` runs it twice"
        );
        assert_eq!(number(session, "SELECT COUNT(*) AS n FROM dbo.T;").await, 5);
    });
}

#[test]
fn a_check_that_cannot_be_relied_on_is_found_out() {
    trusting("scripts::a_check_that_cannot_be_relied_on_is_found_out", async {
        let world = World::start(Scenario::default());
        for text in ["BEGIN TRAN;", "COMMIT;", "ROLLBACK;", "COMMIT;\nBEGIN TRAN;", "ROLLBACK;\nBEGIN TRAN;"] {
            let failure = checked(&world, &format!("SELECT 1 WHERE 1 = 0;\nGO\n{text}")).await.unwrap_err();
            assert_eq!(failure, CheckFailure::Transaction { check: "c.sql".into(), first_line: 3 }, "{text}");
        }
        let failure = checked(&world, "SET NOEXEC ON;\nGO\nSELECT 1;").await.unwrap_err();
        assert_eq!(failure, CheckFailure::Silenced { check: "c.sql".into(), first_line: 1 });
    });
}

/// Of 10,000 rows three are kept.
#[test]
fn a_check_that_matches_a_big_table_is_counted_to_its_end() {
    trusting("scripts::a_check_that_matches_a_big_table_is_counted_to_its_end", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        session.query("make", "CREATE TABLE dbo.Ten (i int NOT NULL);", LIMIT).await.unwrap();
        session
            .query("fill", "INSERT INTO dbo.Ten VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10);", LIMIT)
            .await
            .unwrap();
        let many =
            "SELECT a.i FROM dbo.Ten AS a CROSS JOIN dbo.Ten AS b CROSS JOIN dbo.Ten AS c CROSS JOIN dbo.Ten AS d;";
        let failure = checked(&world, many).await.unwrap_err();
        let CheckFailure::Rows { rows, shown, .. } = failure else { panic!("{failure}") };
        assert_eq!((rows, shown.len()), (10_000, 3));
    });
}

#[test]
fn scripts_run_once_each_whole_or_not_at_all() {
    trusting("scripts::scripts_run_once_each_whole_or_not_at_all", async {
        let world = World::start(Scenario::default());
        let mut session = world.production().await;
        schema::ensure(&mut session, LIMIT).await.unwrap();
        let good = upgrade(
            "1.sql",
            "CREATE TABLE dbo.Fresh (id int NOT NULL PRIMARY KEY IDENTITY, said nvarchar(20) NOT NULL);\nGO\n\
             INSERT INTO dbo.Fresh (said) VALUES (N'one');\nPRINT N'written';\nGO 3\n",
        );
        let ran = journal::run(&mut session, &run_id(), &good, LIMIT).await.unwrap();
        assert!(matches!(ran, Ran::Now { messages, .. } if messages == ["written"; 3]));
        assert_eq!(number(&mut session, "SELECT COUNT(*) AS n FROM dbo.Fresh;").await, 3);
        assert_eq!(journal::run(&mut session, &run_id(), &good, LIMIT).await.unwrap(), Ran::Before);
        assert_eq!(number(&mut session, "SELECT COUNT(*) AS n FROM dbo.Fresh;").await, 3);

        let bad = upgrade("2.sql", "DELETE FROM dbo.Fresh;\nGO\n\nSELECT nothing\nFROM dbo.Fresh;");
        let failure = journal::run(&mut session, &run_id(), &bad, LIMIT).await.unwrap_err();
        assert!(failure.to_string().contains("error 207") && failure.to_string().contains("in line 4"), "{failure}");
        let mut session = world.production().await;
        assert_eq!(number(&mut session, "SELECT COUNT(*) AS n FROM dbo.Fresh;").await, 3);
        let journal = state::read(&mut session, LIMIT).await.unwrap().journal;
        assert_eq!(journal, journal::read(&mut session, &run_id(), LIMIT).await.unwrap());
        assert_eq!((journal.len(), journal[0].digest.as_str()), (1, good.digest.as_str()));
    });
}

#[test]
fn a_script_that_touches_its_transaction_is_found_out() {
    trusting("scripts::a_script_that_touches_its_transaction_is_found_out", async {
        let world = World::start(Scenario::default());
        schema::ensure(&mut world.production().await, LIMIT).await.unwrap();
        for text in ["COMMIT;", "ROLLBACK;", "BEGIN TRANSACTION;", "COMMIT;\nBEGIN TRANSACTION;"] {
            let mut session = world.production().await;
            let failure = journal::run(&mut session, &run_id(), &upgrade("1.sql", text), LIMIT).await.unwrap_err();
            assert!(matches!(failure, ScriptFailure::Transaction { first_line: 1, .. }), "{text}: {failure}");
            assert!(!session.is_open().await);
            let committed = state::read(&mut world.production().await, LIMIT).await.unwrap().journal;
            assert!(committed.iter().all(|row| !row.finished), "{text}: {committed:?}");
            assert_eq!(committed.len(), usize::from(text.starts_with("COMMIT")), "{text}");
            let mut session = world.production().await;
            session.query("clean", "DELETE FROM rolling_upgrade.journal;", LIMIT).await.unwrap();
        }
    });
}

#[test]
fn a_second_run_of_a_script_waits_for_the_first_and_does_not_run_it_again() {
    trusting("scripts::a_second_run_of_a_script_waits_for_the_first_and_does_not_run_it_again", async {
        let world = World::start(Scenario::default());
        let (mut first, mut second) = (world.production().await, world.production().await);
        schema::ensure(&mut first, LIMIT).await.unwrap();
        let slow = upgrade("1.sql", "CREATE TABLE dbo.Fresh (id int NOT NULL);\nGO\nWAITFOR DELAY '00:00:00.300';");
        let id = run_id();
        let (one, two) =
            tokio::join!(journal::run(&mut first, &id, &slow, LIMIT), journal::run(&mut second, &id, &slow, LIMIT));
        let mut ran = [one.unwrap(), two.unwrap()];
        ran.sort_by_key(|ran| *ran == Ran::Before);
        assert!(matches!(ran, [Ran::Now { .. }, Ran::Before]), "{ran:?}");
    });
}
