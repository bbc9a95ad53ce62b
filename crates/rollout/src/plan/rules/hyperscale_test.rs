use super::super::case::DecisionInput;

fn hyperscale() -> DecisionInput {
    let mut case = DecisionInput::fresh();
    case.production().sku_tier = "Hyperscale".to_owned();
    case
}

#[test]
fn the_first_secondary_is_remarked() {
    assert_eq!(
        hyperscale().remarked_by("hyperscale"),
        "`rg/sql-1/shop` is a Hyperscale database: the stage copy takes its only generally available geo-secondary"
    );
    hyperscale().with_secondary_on("sql-2").remarked_by("hyperscale");
}

#[test]
fn a_second_one_blocks() {
    assert_eq!(
        hyperscale().with_secondary_on("sql-3").blocked_by("hyperscale"),
        "`rg/sql-1/shop` is a Hyperscale database and has a geo-secondary already: Azure would answer 400 \
         `GeoReplicaLimitReached`, because more than one is a preview feature"
    );
}

#[test]
fn other_tiers_may_have_several() {
    DecisionInput::fresh().with_secondary_on("sql-3").passes("hyperscale");
}
