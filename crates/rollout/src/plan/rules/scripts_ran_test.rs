use jiff::SignedDuration;

use super::*;

fn script(name: &str, digest: &str) -> ScriptName {
    ScriptName { name: name.to_owned(), digest: digest.to_owned() }
}

fn row(run: &str, name: &str, digest: &str) -> JournalRow {
    JournalRow {
        run: run.to_owned(),
        script: name.to_owned(),
        digest: digest.to_owned(),
        finished: true,
        took: SignedDuration::ZERO,
    }
}

fn found(scripts: &[ScriptName], journal: &[JournalRow]) -> Vec<(bool, String)> {
    let run: UpgradeId = "u2".parse().expect("an id");
    check_scripts(scripts, journal, &run).into_iter().map(|finding| (finding.blocks, finding.what)).collect()
}

#[test]
fn a_cumulative_folder_goes_with_the_journal() {
    let scripts = [script("1.sql", "a"), script("2.sql", "b")];
    assert_eq!(found(&scripts, &[row("u1", "1.sql", "a")]), []);
}

#[test]
fn a_changed_script_blocks() {
    let why = "`1.sql` ran in upgrade `u1` with other contents: its digest was x and is a now";
    assert_eq!(found(&[script("1.sql", "a")], &[row("u1", "1.sql", "x")]), [(true, why.to_owned())]);
}

#[test]
fn a_half_committed_script_blocks() {
    let half = JournalRow { finished: false, ..row("u1", "0.sql", "z") };
    assert!(matches!(found(&[script("1.sql", "a")], &[half]).as_slice(), [(true, _)]));
}

#[test]
fn renamed_and_missing_scripts_are_told() {
    let names = ["0.sql", "3.sql", "4.sql", "5.sql", "6.sql", "7.sql"];
    let mut journal: Vec<_> = names.iter().map(|name| row("u1", name, name)).collect();
    journal.push(row("u1", "1.sql", "a"));
    let described = found(&[script("01.sql", "a")], &journal);
    let renamed = "`01.sql` has the contents of `1.sql`, which ran in upgrade `u1`: under its new name it runs again";
    let missing = "`0.sql`, `3.sql`, `4.sql`, `5.sql`, `6.sql` and 1 more ran in earlier upgrades, and the folder does not have them";
    assert_eq!(described, [(false, renamed.to_owned()), (false, missing.to_owned())]);
}
