use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::facts::FolderRow;

fn run_id() -> UpgradeId {
    "u2".parse().unwrap()
}

fn script(name: &str, digest: &str) -> ScriptName {
    ScriptName { name: name.to_owned(), digest: digest.to_owned() }
}

fn row(run: &str, name: &str, digest: &str) -> JournalRow {
    JournalRow {
        run: run.to_owned(),
        script: name.to_uppercase(),
        digest: digest.to_owned(),
        finished: true,
        took: SignedDuration::ZERO,
    }
}

fn half(row: JournalRow) -> JournalRow {
    JournalRow { finished: false, ..row }
}

fn runs(scripts: &[ScriptName], journal: &[JournalRow]) -> Result<Vec<String>, String> {
    let found = ran(scripts, journal, &run_id()).map_err(|mismatch| mismatch.to_string())?;
    Ok(found.into_iter().map(|row| row.map_or("-", |row| &row.run).to_owned()).collect())
}

#[test]
fn what_any_upgrade_has_run_is_not_run_again() {
    let scripts = [script("1.sql", "a"), script("2.sql", "b"), script("10.sql", "c")];
    assert_eq!(runs(&scripts, &[]).unwrap(), ["-", "-", "-"]);
    let journal = [row("u1", "1.sql", "a"), row("u2", "2.sql", "b")];
    assert_eq!(runs(&scripts, &journal).unwrap(), ["u1", "u2", "-"]);
    let twice = [row("u0", "1.sql", "old"), row("u1", "1.sql", "a")];
    assert_eq!(runs(&scripts, &twice).unwrap(), ["u1", "-", "-"], "an older release ran it again with other contents");
}

#[test]
fn a_changed_vanished_or_half_committed_script_is_refused() {
    let scripts = [script("1.sql", "a"), script("2.sql", "b")];
    let why = |journal: &[JournalRow]| runs(&scripts, journal).unwrap_err();
    assert!(why(&[row("u2", "2.sql", "x")]).starts_with("`2.sql` has changed since it ran: its digest was x and is b"));
    assert_eq!(
        why(&[row("u1", "2.sql", "x")]),
        "`2.sql` ran in upgrade `u1` with other contents: its digest was x and is b now"
    );
    assert!(why(&[row("u2", "3.sql", "c")]).starts_with("`3.SQL` has run but is no longer among the scripts"));
    assert_eq!(runs(&scripts, &[row("u1", "3.sql", "c")]).unwrap(), ["-", "-"], "another folder of another upgrade");
    let half = half(row("u2", "1.sql", "a"));
    assert!(why(&[half]).starts_with("`1.SQL` of upgrade `u2` began and did not finish"));
}

fn copy(schema: i32, journal: Vec<JournalRow>, folder: &[(&str, &str, bool)]) -> SqlState {
    let kept = |&(name, digest, is_check): &(&str, &str, bool)| FolderRow {
        run: "u2".to_owned(),
        script: script(name, digest),
        is_check,
    };
    SqlState {
        now: Timestamp::UNIX_EPOCH,
        read_only: false,
        updateable: true,
        links: Vec::new(),
        schema: Some(schema),
        fence_table: true,
        fences: Vec::new(),
        journal,
        folder: folder.iter().map(kept).collect(),
        workers: Vec::new(),
        hooks: Vec::new(),
        upgrades: Vec::new(),
        packages: Vec::new(),
        milestones: Vec::new(),
    }
}

#[test]
fn the_digest_is_that_of_the_folder_once_each_script_is_finished() {
    let folder = [("1.sql", "a", false), ("2.sql", "b", false), ("c.sql", "c", true)];
    let planned = of_folders(&[script("1.sql", "a"), script("2.sql", "b")], &[script("c.sql", "c")]);
    let of =
        |journal: &[JournalRow], folder: &[(&str, &str, bool)]| digest(&copy(3, journal.to_vec(), folder), &run_id());
    let (first, second) = (row("u1", "1.sql", "a"), row("u2", "2.sql", "b"));
    assert_eq!(of(&[first.clone(), second.clone()], &folder), Some(planned));
    assert_eq!(of(&[first.clone(), second.clone()], &[]), None, "migrate is not through");
    assert_eq!(of(std::slice::from_ref(&second), &folder), None, "a script has no row");
    assert_eq!(of(&[first.clone(), row("u2", "2.sql", "x")], &folder), None, "another script of that name ran");
    assert_eq!(of(&[first, half(second)], &folder), None);
}

#[test]
fn a_copy_of_the_release_before_has_the_digest_of_what_its_upgrade_ran() {
    let journal = vec![row("u1", "1.sql", "a"), JournalRow { script: "2.sql".to_owned(), ..row("u2", "", "b") }];
    assert_eq!(digest(&copy(2, journal, &[]), &run_id()), Some(of_scripts([("2.sql", "b")])));
    assert_eq!(digest(&copy(2, Vec::new(), &[]), &run_id()), None);
}
