use super::{case::DecisionInput, *};

#[test]
fn an_upgrade_in_order_has_nothing_but_what_cannot_be_compared_the_region_and_its_workers() {
    let rules: Vec<_> =
        DecisionInput::fresh().all().into_iter().map(|finding| (finding.rule, finding.blocks)).collect();
    assert_eq!(rules, [("same-region", false), ("background-work", false), ("other-differences", false)]);
}

#[test]
fn names_are_told_apart() {
    let mut names = names();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// `docs/preflight.md` has a row for every rule, and none for a rule that is not there. Rows below the heading "Refused
/// before" are about discovery, which has rules of its own.
#[test]
fn every_rule_has_its_row_in_the_documentation() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/preflight.md")).unwrap();
    let table = page.split("## Refused before").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut documented: Vec<_> = rows.map(|(name, _)| name).collect();
    let mut known = names();
    documented.sort_unstable();
    known.sort_unstable();
    assert_eq!(documented, known);
}
