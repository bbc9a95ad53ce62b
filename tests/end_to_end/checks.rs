//! Checks of the upgraded copy: they change nothing, share nothing with us, and are part of what was planned.

use tempfile::TempDir;

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    refused::refused,
    scripts::folder,
    sql::Client,
};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

/// An upgrade with these checks that has come as far as the end of replication.
fn terminated(files: &[(&str, &str)]) -> (TestUpgrade, TempDir) {
    let checks = folder(files);
    let shop = TestUpgrade::open(scenario()).with_inputs(&[("checks", checks.path().to_str().unwrap())]);
    shop.upgrade_through(&ROAD[..4]);
    (shop, checks)
}

#[track_caller]
fn breaks(files: &[(&str, &str)], why: &str) -> Ended {
    let (shop, _checks) = terminated(files);
    for _ in 0..2 {
        let ended = shop.run("migrate");
        assert_eq!(ended.outcome(), "broken", "{ended:#?}");
        assert!(ended.why().starts_with(why), "{}", ended.why());
    }
    let back = shop.run("rollback");
    assert_eq!(back.outcome(), "done", "{back:#?}");
    shop.assert_writes_arrive("contoso-1");
    back
}

const MADE: &str = "IF OBJECT_ID(N'dbo.OfChecks', N'U') IS NULL CREATE TABLE dbo.OfChecks (Id int NOT NULL);\nGO\n\
                    INSERT INTO dbo.OfChecks VALUES (1);\nPRINT N'written';\nGO 2\nDELETE FROM dbo.OfChecks;\n";

#[test]
fn what_a_check_does_stays_with_it() {
    let (shop, _checks) = terminated(&[("1.sql", MADE), ("2.sql", "SET NOCOUNT ON;\nGO\nSELECT 1 WHERE 1 = 0;")]);
    let migrate = shop.run("migrate");
    assert_eq!(migrate.outcome(), "done", "{migrate:#?}");
    assert_eq!(migrate.stderr.matches("1.sql: written").count(), 2, "{}", migrate.stderr);
    let mut copy = Client::log_in(&shop, "contoso-sql-2", "shop", "a look");
    assert_eq!(copy.number("SELECT COUNT(*) FROM sys.tables WHERE name = N'OfChecks';"), 0);
    drop(copy);
    shop.upgrade_through(&ROAD[5..]);
    shop.assert_writes_arrive("contoso-2");
}

/// It would have taken our row counts with it, and switch would have had nothing to compare.
#[test]
fn a_check_that_leaves_a_transaction_open_proves_nothing() {
    breaks(
        &[("1.sql", "SELECT 1 WHERE 1 = 0;\nGO\nBEGIN TRAN;")],
        "the check `1.sql` begins or ends a transaction in the batch that begins in line 3: it runs in one that is always rolled back",
    );
}

#[test]
fn a_check_that_ends_its_transaction_proves_nothing() {
    breaks(
        &[("1.sql", "COMMIT; BEGIN TRAN;")],
        "the check `1.sql` begins or ends a transaction in the batch that begins in line 1",
    );
}

#[test]
fn a_check_that_silences_the_server_does_not_let_the_next_one_pass() {
    breaks(
        &[("1.sql", "SET NOEXEC ON;"), ("2.sql", "SELECT 1 AS found;")],
        "the check `1.sql` sets an option in the batch that begins in line 1, such as NOEXEC, and the server runs nothing after it",
    );
}

#[test]
fn the_first_rows_are_shown_and_all_are_counted() {
    let rows = "PRINT N'x';\nGO\n\nSELECT Id, Name FROM (VALUES (1, N'a'), (2, NULL), (3, N'c'), (4, N'd')) AS t (Id, Name) ORDER BY Id;";
    breaks(
        &[("1.sql", rows)],
        "the check `1.sql` found 4 rows in the batch of line 3: (Id: 1, Name: 'a'), (Id: 2, Name: NULL), (Id: 3, Name: 'c') and 1 more",
    );
}

#[test]
fn an_error_of_a_check_has_the_line_of_its_file() {
    let (shop, _checks) = terminated(&[("1.sql", "PRINT N'x';\nGO\n\nSELECT Nothing FROM dbo.Nowhere;")]);
    let ended = shop.run("migrate");
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    assert!(ended.why().contains("run the check `1.sql`") && ended.why().contains("in line 4"), "{}", ended.why());
}

#[test]
fn checks_are_part_of_what_was_planned() {
    let checks = folder(&[("1.sql", "SELECT 1 WHERE 1 = 0;")]);
    let shop = TestUpgrade::open(scenario()).with_inputs(&[("checks", checks.path().to_str().unwrap())]);
    shop.upgrade_through(&ROAD[..2]);
    let change = |text: &str| std::fs::write(checks.path().join("1.sql"), text).unwrap();
    change("SELECT 1 WHERE 1 = 2;");
    let why = refused(&shop, "freeze", &[]).why();
    assert!(
        why.starts_with("cannot freeze `contoso-rg/contoso-sql-1/shop`: the scripts in this job have the digest `"),
        "{why}"
    );
    assert!(refused(&shop, "freeze", &[("checks", "")]).why().contains("the scripts in this job have the digest `"));
    change("SELECT 1 WHERE 1 = 0;");
    shop.upgrade_through(&["freeze", "terminate"]);
    change("SELECT 1 WHERE 1 = 2;");
    assert!(refused(&shop, "migrate", &[]).why().contains("the scripts in this job have the digest `"));
    assert!(refused(&shop, "migrate", &[("checks", "")]).why().contains("the scripts in this job have the digest `"));
    change("SELECT 1 WHERE 1 = 0;");
    shop.upgrade_through(&["migrate", "switch"]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn a_folder_of_checks_that_cannot_be_used_is_refused() {
    let shop = TestUpgrade::open(scenario());
    let empty = tempfile::tempdir().unwrap();
    for path in [empty.path().to_path_buf(), empty.path().join("none")] {
        let why = refused(&shop, "plan", &[("checks", path.to_str().unwrap())]).why();
        assert!(why.ends_with("hint: correct the scripts: nothing was sent yet"), "{why}");
    }
}
