use super::super::case::DecisionInput;

#[test]
fn a_fifth_secondary_blocks_and_ours_does_not_count() {
    let case = DecisionInput::fresh()
        .with_secondary_on("a")
        .with_secondary_on("b")
        .with_secondary_on("c")
        .with_secondary_on("sql-2");
    case.passes("secondary-count");
    assert_eq!(
        case.with_secondary_on("d").blocked_by("secondary-count"),
        "`rg/sql-1/shop` has 4 geo-secondaries, and Azure allows four: it would answer 400 `GeoReplicaLimitReached`"
    );
}

#[test]
fn the_link_that_makes_production_a_secondary_is_none_of_them() {
    let mut case = DecisionInput::fresh()
        .with_secondary_on("a")
        .with_secondary_on("b")
        .with_secondary_on("c")
        .with_secondary_on("d");
    case.world.production.links[0].role = "Secondary".to_owned();
    case.passes("secondary-count");
}
