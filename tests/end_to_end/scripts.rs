//! Scripts: their order, what becomes of one that ends its transaction, and the journal that outlives upgrades.

use azure_sim::{Cut, CutBatch, Scenario};
use tempfile::TempDir;

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    refused::refused,
    sql::Client,
};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

/// A folder of these files.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn plan_prints_the_order_as_a_numbered_list() {
    let shop = TestUpgrade::open(Scenario { users: 0, ..scenario() });
    let names = ["V1__init.sql", "V1.1__patch.sql", "V1.2.sql", "V1.2.10.sql", "upgrade-fix.sql", "upgrade2.sql"];
    let files: Vec<_> = names.iter().map(|name| (*name, "SELECT 1;")).collect();
    let (scripts, checks) = (folder(&files), folder(&[("10.sql", "SELECT 1;"), ("9.sql", "SELECT 1;")]));
    let inputs = [("scripts", scripts.path().to_str().unwrap()), ("checks", checks.path().to_str().unwrap())];
    let plan = shop.run_with("plan", &inputs);
    assert_eq!(plan.outcome(), "done", "{plan:#?}");
    let listed = "Scripts, in this order:\n\n1. `upgrade-fix.sql`\n1. `upgrade2.sql`\n1. `V1__init.sql`\n1. `V1.1__patch.sql`\n\
                  1. `V1.2.sql`\n1. `V1.2.10.sql`\n\nChecks, in this order:\n\n1. `9.sql`\n1. `10.sql`\n";
    assert!(plan.summary.contains(listed), "{}", plan.summary);
}

/// A script that ends its transaction after a part of its work.
const HALF: &str = "CREATE TABLE dbo.Half (Id int NOT NULL);\nGO\nINSERT INTO dbo.Half VALUES (1);\nCOMMIT TRANSACTION;\nGO\n\
                    INSERT INTO dbo.Half VALUES (2);\nGO\nINSERT INTO dbo.Half VALUES (3);\n";
const HALF_RUN: &str = "`99.sql` of upgrade `run-1` began and did not finish: it ended the transaction that it ran in, \
                        and a part of it is committed\n\
                        hint: run rollback: it gives production its write access back, and keeps stage for the \
                        analysis";

/// Whatever is asked again, half a script never goes live, and V1 comes back.
#[track_caller]
fn never_goes_live(shop: &TestUpgrade) {
    for _ in 0..2 {
        let again = shop.run("migrate");
        assert_eq!((again.outcome(), again.why().as_str()), ("broken", HALF_RUN), "{again:#?}");
    }
    let digest = shop.known("scripts-digest");
    let switch = refused(shop, "switch", &[("scripts-digest", &digest)]);
    assert_eq!(
        switch.why(),
        "cannot switch users from `contoso-rg/contoso-1` to `contoso-stage-rg/contoso-2`: `99.sql` ended the \
         transaction that it ran in: only a part of it is in `contoso-rg/contoso-sql-2/shop`\n\
         hint: run rollback: the rest of that script can no longer run (upgrade `run-1` stands at `broken`, `rollback` \
         comes next)"
    );
    let status = shop.run("status");
    assert_eq!((status.outputs["state"].as_str(), status.outputs["next"].as_str()), ("broken", "rollback"));
    let back = shop.run("rollback");
    assert_eq!(back.outcome(), "done", "{back:#?}");
    shop.assert_writes_arrive("contoso-1");
}

#[test]
fn half_a_script_never_counts_as_run() {
    let shop = TestUpgrade::open(scenario()).with_another_script(HALF);
    shop.upgrade_through(&ROAD[..4]);
    let ended = shop.run("migrate");
    assert_eq!(ended.outcome(), "broken", "{ended:#?}");
    let why = "`99.sql` ends or nests the transaction that it runs in, in the batch that begins in line 3";
    assert!(ended.why().starts_with(why), "{}", ended.why());
    never_goes_live(&shop);
}

#[test]
fn half_a_script_never_counts_as_run_when_the_connection_broke_behind_its_commit() {
    let cut = CutBatch {
        containing: "VALUES (1);\nCOMMIT TRANSACTION".to_owned(),
        application: "rolling-upgrade/migrate/".to_owned(),
        when: Cut::After,
    };
    let shop = TestUpgrade::open(Scenario { cut_batch: Some(cut), ..scenario() }).with_another_script(HALF);
    shop.upgrade_through(&ROAD[..4]);
    let ended = shop.run("migrate");
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    never_goes_live(&shop);
}

/// A script that fails when it is run a second time.
const ONCE: &str = "CREATE TABLE dbo.MadeOnce (Id int NOT NULL);";

/// Production as an earlier upgrade with the id `run-0` has left it: `99.sql` ran there, and cleanup has kept the journal.
fn upgraded_before(digest: &str) -> TestUpgrade {
    let shop = TestUpgrade::open(scenario()).with_another_script(ONCE);
    let mut production = Client::log_in(&shop, "contoso-sql-1", "shop", "an earlier upgrade");
    production.run("CREATE SCHEMA rolling_upgrade");
    production.run(
        "CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL);
         CREATE TABLE rolling_upgrade.journal (ran int IDENTITY(1, 1) NOT NULL, run nvarchar(64) NOT NULL,
             script nvarchar(260) NOT NULL, digest nvarchar(64) NOT NULL, finished_at datetime2(3) NULL, took_ms bigint NOT NULL,
             PRIMARY KEY (run, script));
         INSERT INTO rolling_upgrade.version ([schema]) VALUES (3);",
    );
    production.run(&format!(
        "INSERT INTO rolling_upgrade.journal (run, script, digest, finished_at, took_ms)
         VALUES (N'run-0', N'0.sql', N'gone', SYSUTCDATETIME(), 1), (N'run-0', N'99.sql', N'{digest}', SYSUTCDATETIME(), 1);"
    ));
    shop
}

fn found(ended: &Ended, rule: &str) -> Vec<String> {
    let all = ended.result()["findings"].as_array().unwrap().clone();
    let of_rule = all.iter().filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| finding["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_script_that_an_earlier_upgrade_ran_is_not_run_again() {
    let digest = rollout::digest::sha256(ONCE.as_bytes());
    let shop = upgraded_before(&digest);
    let plan = shop.run("plan");
    assert!(plan.summary.contains("1. `99.sql`: ran before, in upgrade `run-0`\n"), "{}", plan.summary);
    let missing = "`0.sql` ran in earlier upgrades, and the folder does not have them";
    assert_eq!(found(&plan, "scripts-ran"), [missing]);
    shop.upgrade_through(&ROAD[1..4]);
    let migrate = shop.run("migrate");
    assert_eq!(migrate.outcome(), "done", "{migrate:#?}");
    assert!(migrate.stderr.contains("`99.sql` ran before, in upgrade `run-0`"), "{}", migrate.stderr);
    assert_eq!(shop.sent("migrate", ONCE), 0);
    assert_eq!(shop.run("migrate").outcome(), "already-done");
    shop.upgrade_through(&ROAD[5..]);
    let ended = shop.clean_up("production");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    shop.assert_writes_arrive("contoso-2");
    let mut left = Client::log_in(&shop, "contoso-sql-2", "shop", "a look");
    let mut is_there = |table: &str| {
        left.number(&format!("SELECT CASE WHEN OBJECT_ID(N'rolling_upgrade.{table}', N'U') IS NULL THEN 0 ELSE 1 END;"))
    };
    let tables = ["version", "journal", "fence", "folder", "hook", "worker", "counted"].map(&mut is_there);
    assert_eq!(tables, [1, 1, 0, 0, 0, 0, 0], "version and journal stay");
    assert!(left.number("SELECT COUNT(*) FROM rolling_upgrade.journal WHERE run = N'run-1';") >= 3);
    assert_eq!(left.number("SELECT COUNT(*) FROM rolling_upgrade.journal WHERE script = N'99.sql';"), 1);
}

#[test]
fn a_script_that_has_changed_since_an_earlier_upgrade_is_refused() {
    let shop = upgraded_before("another");
    let digest = rollout::digest::sha256(ONCE.as_bytes());
    let why = refused(&shop, "plan", &[]).why();
    assert_eq!(
        why,
        format!(
            "cannot upgrade `contoso-rg/contoso-sql-1/shop`: `99.sql` ran in upgrade `run-0` with other contents: its \
             digest was another and is {digest} now\n\
             hint: a script runs once per database: restore its old contents and put the change into a new script; if \
             it is a new script that has an old name, rename it"
        )
    );
}

/// An upgrade that the release before has brought as far as the end of replication.
#[test]
fn a_copy_that_the_release_before_has_made_is_brought_up_to_date_before_the_first_script() {
    let shop = TestUpgrade::open(scenario()).with_another_script(ONCE);
    shop.upgrade_through(&ROAD[..4]);
    let mut copy = Client::log_in(&shop, "contoso-sql-2", "shop", "the release before");
    copy.run("ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE;");
    copy.run(
        "DROP TABLE rolling_upgrade.folder; ALTER TABLE rolling_upgrade.journal ALTER COLUMN finished_at datetime2(3) NOT NULL;
         UPDATE rolling_upgrade.version SET [schema] = 2;",
    );
    copy.run("ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE;");
    let migrate = shop.run("migrate");
    assert_eq!(migrate.outcome(), "done", "{migrate:#?}");
    let brought = migrate.place("bring schema `rolling_upgrade` in `contoso-rg/contoso-sql-2/shop` up to date");
    assert!(brought < migrate.place("run the upgrade scripts"), "{:#?}", migrate.done());
    shop.upgrade_through(&ROAD[5..]);
    shop.assert_writes_arrive("contoso-2");
}
