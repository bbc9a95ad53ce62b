use jiff::SignedDuration;

use super::*;
use crate::script::script;

fn run_id() -> UpgradeId {
    "u1".parse().unwrap()
}

fn scripts(names: &[&str]) -> Vec<Script> {
    names.iter().map(|name| script((*name).to_owned(), format!("-- {name}").as_bytes()).unwrap()).collect()
}

fn row(run: &str, script: &Script) -> JournalRow {
    JournalRow {
        run: run.to_owned(),
        script: script.name.to_uppercase(),
        digest: script.digest.clone(),
        took: SignedDuration::ZERO,
    }
}

fn names(scripts: Vec<&Script>) -> Vec<&str> {
    scripts.into_iter().map(|script| script.name.as_str()).collect()
}

#[test]
fn what_this_upgrade_has_run_is_not_pending_any_more() {
    let scripts = scripts(&["1.sql", "2.sql", "10.sql"]);
    assert_eq!(names(pending(&scripts, &[], &run_id()).unwrap()), ["1.sql", "2.sql", "10.sql"]);
    let journal = [row("u1", &scripts[0]), row("another", &scripts[1])];
    assert_eq!(names(pending(&scripts, &journal, &run_id()).unwrap()), ["2.sql", "10.sql"]);
}

#[test]
fn a_changed_or_vanished_script_is_refused() {
    let scripts = scripts(&["1.sql", "2.sql"]);
    let mut changed = row("u1", &scripts[1]);
    changed.digest = "0".repeat(64);
    let error = pending(&scripts, &[row("u1", &scripts[0]), changed], &run_id()).unwrap_err();
    assert!(error.to_string().starts_with("`2.sql` has changed since it ran: its digest was 0000"), "{error}");
    let error = pending(&scripts[1..], &[row("u1", &scripts[0])], &run_id()).unwrap_err();
    assert_eq!(error, Mismatch::Vanished("1.SQL".into()));
}

#[test]
fn the_journal_row_is_the_first_thing_in_the_transaction() {
    let script = &scripts(&["it's.sql"])[0];
    let sql = begin_sql(&run_id(), script);
    let (begin, insert) = (sql.find("BEGIN TRANSACTION").unwrap(), sql.find("INSERT INTO").unwrap());
    assert!(sql.find("XACT_ABORT ON").unwrap() < begin && begin < insert);
    assert!(
        sql.ends_with(&format!("VALUES (N'u1', N'it''s.sql', N'{}', SYSUTCDATETIME(), 0);", script.digest)),
        "{sql}"
    );
    assert!(commit_sql(&run_id(), script, Duration::from_millis(1500)).contains("took_ms = 1500\nWHERE run = N'u1'"));
}
