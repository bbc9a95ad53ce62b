use super::super::case::DecisionInput;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-1/failoverGroups/shop-dr";

#[test]
fn production_in_a_group_blocks() {
    let mut case = DecisionInput::fresh();
    case.production().failover_group = Some(GROUP.to_owned());
    assert_eq!(
        case.blocked_by("failover-group"),
        "database `rg/sql-1/shop` is in failover group `shop-dr`: Azure may answer 409 `FailoverGroupAlreadySetup` to \
         the end of a link, and a failover during the upgrade would swap the roles of the databases"
    );
}

#[test]
fn stage_in_a_group_blocks() {
    let mut case = DecisionInput::prepared();
    case.stage().failover_group = Some(GROUP.to_owned());
    assert!(case.blocked_by("failover-group").starts_with("database `rg/sql-2/shop` is in failover group `shop-dr`"));
}
