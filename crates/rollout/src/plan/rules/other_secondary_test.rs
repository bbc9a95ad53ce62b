use super::super::case::DecisionInput;

#[test]
fn another_secondary_of_production_blocks_and_ours_does_not() {
    let case = DecisionInput::fresh().with_secondary_on("sql-2");
    case.passes("other-secondary");
    assert_eq!(
        case.with_secondary_on("sql-dr").blocked_by("other-secondary"),
        "`rg/sql-1/shop` has another geo-secondary, on server `sql-dr`: the server may refuse to give write access back \
         (error 1468) while that link is there"
    );
}

#[test]
fn a_secondary_of_the_copy_blocks() {
    let mut case = DecisionInput::fresh().with_secondary_on("sql-dr");
    case.world.stage.links = std::mem::take(&mut case.world.production.links);
    assert!(
        case.blocked_by("other-secondary").starts_with("`rg/sql-2/shop` has another geo-secondary, on server `sql-dr`")
    );
}
