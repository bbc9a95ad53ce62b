use super::super::case::DecisionInput;

#[test]
fn a_database_of_a_pool_blocks() {
    let mut case = DecisionInput::fresh();
    case.production().elastic_pool =
        Some("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-1/elasticPools/pool-1".to_owned());
    assert_eq!(
        case.blocked_by("elastic-pool"),
        "production database `rg/sql-1/shop` is in elastic pool `pool-1`: a geo-secondary is in a pool of its own server or in \
         none, and prepare makes one of the primary's own size only"
    );
}
