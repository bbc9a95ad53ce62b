use super::super::case::DecisionInput;

#[test]
fn what_is_lacking_in_production_blocks() {
    let mut case = DecisionInput::fresh();
    case.preflight.principals.lacks = vec!["CREATE TABLE".to_owned(), "VIEW DATABASE STATE".to_owned()];
    assert_eq!(
        case.blocked_by("own-log-in"),
        "this identity lacks in production database `rg/sql-1/shop`: CREATE TABLE, VIEW DATABASE STATE"
    );
}

#[test]
fn a_missing_role_in_master_is_told() {
    let mut case = DecisionInput::fresh();
    case.passes("dbmanager");
    case.preflight.principals.dbmanager = Ok(false);
    assert_eq!(
        case.remarked_by("dbmanager"),
        "this identity is not in the role dbmanager in `master` of server `rg/sql-1`: `ALTER DATABASE … REMOVE SECONDARY` would \
         fail with error 15247"
    );
}
