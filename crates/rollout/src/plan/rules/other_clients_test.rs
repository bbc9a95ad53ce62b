use super::super::case::DecisionInput;
use crate::facts::OtherSession;

fn session(program: &str, login: &str) -> OtherSession {
    OtherSession { id: 60, program: program.to_owned(), host: "vm-7".to_owned(), login: login.to_owned() }
}

#[test]
fn the_site_and_we_ourselves_pass() {
    let mut case = DecisionInput::fresh();
    case.preflight.sessions =
        Ok(vec![session(".Net SqlClient Data Provider", "app"), session("rolling-upgrade/plan/1", "x")]);
    case.passes("other-clients");
}

#[test]
fn others_are_told_with_the_value_that_accepts_them() {
    let mut case = DecisionInput::fresh();
    case.preflight.sessions = Ok(vec![session("Reports", "reporting")]);
    assert_eq!(
        case.remarked_by("other-clients"),
        "other clients work on `rg/sql-1/shop`: program `Reports` on host `vm-7` as `reporting` (1 session)"
    );
    assert_eq!(
        case.finds("other-clients").unwrap().hint,
        "stop them before the freeze, or let freeze accept each by program, host or log-in: `accept-client: reporting`"
    );
}

#[test]
fn who_cannot_see_them_is_told_so() {
    let mut case = DecisionInput::fresh();
    case.preflight.sessions = Err("it takes VIEW DATABASE STATE".to_owned());
    case.passes("other-clients");
    let unseen = case.remarked_by("unseen");
    assert!(unseen.contains("sessions of other clients on `rg/sql-1/shop` (it takes VIEW DATABASE STATE)"), "{unseen}");
}
