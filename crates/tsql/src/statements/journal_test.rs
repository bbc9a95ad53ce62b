use super::*;
use crate::script::script;

fn run_id() -> UpgradeId {
    "u1".parse().unwrap()
}

fn scripts(names: &[&str]) -> Vec<Script> {
    names.iter().map(|name| script((*name).to_owned(), format!("-- {name}").as_bytes()).unwrap()).collect()
}

#[test]
fn the_journal_row_is_the_first_thing_in_the_transaction() {
    let script = &scripts(&["it's.sql"])[0];
    let sql = begin_sql(&run_id(), script);
    let (begin, insert) = (sql.find("BEGIN TRANSACTION").unwrap(), sql.find("INSERT INTO").unwrap());
    assert!(sql.find("XACT_ABORT ON").unwrap() < begin && begin < insert);
    assert!(sql.contains(&format!("VALUES (N'u1', N'it''s.sql', N'{}', NULL, 0);", script.digest)), "{sql}");
    assert!(commit_sql(&run_id(), script, Duration::from_millis(1500)).contains("took_ms = 1500\nWHERE run = N'u1'"));
}
