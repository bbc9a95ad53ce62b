use super::super::case::DecisionInput;

#[test]
fn everything_that_was_not_checked_is_told_with_its_reason() {
    let mut case = DecisionInput::fresh();
    case.passes("unseen");
    case.preflight.principals.stage = Err("error 18456".to_owned());
    case.preflight.principals.dbmanager = Err("error 18456".to_owned());
    assert_eq!(
        case.remarked_by("unseen"),
        "not checked, because this identity cannot see it: log-ins of server `rg/sql-2` (error 18456); roles in `master` of \
         server `rg/sql-1` (error 18456)"
    );
}
