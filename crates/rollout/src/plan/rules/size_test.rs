use super::super::case::DecisionInput;

#[test]
fn a_stage_database_of_another_tier_blocks() {
    let mut case = DecisionInput::prepared();
    case.passes("tier");
    case.stage().sku_tier = "BusinessCritical".to_owned();
    assert_eq!(
        case.blocked_by("tier"),
        "stage database `rg/sql-2/shop` is of tier BusinessCritical, production of GeneralPurpose: both sides of a \
         link must be of one tier, and Azure refuses a change with 409 `UnableToAlterDatabaseInReplication`"
    );
}

#[test]
fn a_dedicated_pool_blocks() {
    let mut case = DecisionInput::fresh();
    case.production().sku_tier = "DataWarehouse".to_owned();
    assert_eq!(case.blocked_by("tier"), "`rg/sql-1/shop` is a dedicated SQL pool, which has no geo-secondaries");
}

#[test]
fn a_smaller_stage_database_is_told() {
    let mut case = DecisionInput::prepared();
    case.passes("size");
    case.production().sku_capacity = Some(8);
    assert_eq!(
        case.remarked_by("size"),
        "stage database `rg/sql-2/shop` (GP_Gen5 2, 32 GB at most) is smaller than production (GP_Gen5 8, 32 GB at \
         most): Azure slows production's log down to what the copy keeps up with (wait \
         `HADR_THROTTLE_LOG_RATE_MISMATCHED_SLO`), and V2 would have less capacity for users"
    );
    let mut case = DecisionInput::prepared();
    case.stage().max_size = Some(1 << 30);
    case.remarked_by("size");
    case.stage().max_size = None;
    case.passes("size");
}
