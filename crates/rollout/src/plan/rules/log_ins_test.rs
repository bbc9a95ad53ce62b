use super::super::case::{DecisionInput, log_in};

/// The site logs in as `app`, whose user has another name.
fn case() -> DecisionInput {
    let mut case = DecisionInput::fresh();
    let principals = &mut case.preflight.principals;
    principals.users = Ok(vec![log_in("shop app", "0xAA"), log_in("reports", "0xBB")]);
    principals.production = Ok(vec![log_in("app", "0xAA"), log_in("reports", "0xbb")]);
    principals.stage = Ok(vec![log_in("app", "0xaa"), log_in("reports", "0xBB")]);
    case
}

#[test]
fn log_ins_of_the_same_sid_pass() {
    case().passes("site-log-in");
    case().passes("other-log-ins");
}

#[test]
fn the_user_of_the_site_blocks_and_the_hint_has_its_sid() {
    let mut case = case();
    case.preflight.principals.stage = Ok(vec![log_in("reports", "0xBB")]);
    assert_eq!(
        case.blocked_by("site-log-in"),
        "production's site logs in as `app`, whose user `shop app` has SID 0xAA, and stage server `rg/sql-2` has no such \
         log-in: V2 could not log in (error 18456 or 4060)"
    );
    assert_eq!(
        case.finds("site-log-in").unwrap().hint,
        "connect to `master` of `rg/sql-2` and run: CREATE LOGIN [app] WITH PASSWORD = '<the same>', SID = 0xAA"
    );
    case.passes("other-log-ins");
}

#[test]
fn the_same_name_with_another_sid_is_another_log_in() {
    let mut case = case();
    case.preflight.principals.stage = Ok(vec![log_in("app", "0xCC"), log_in("reports", "0xBB")]);
    assert!(case.blocked_by("site-log-in").contains("has a log-in of that name with another SID"));
    assert!(
        case.finds("site-log-in")
            .unwrap()
            .hint
            .starts_with("connect to `master` of `rg/sql-2`, drop that log-in and run: ")
    );
}

#[test]
fn other_users_are_told() {
    let mut case = case();
    case.preflight.principals.stage = Ok(vec![log_in("app", "0xAA")]);
    assert_eq!(
        case.remarked_by("other-log-ins"),
        "users of `rg/sql-1/shop` whose log-ins stage server `rg/sql-2` does not have: `reports` (SID 0xBB)"
    );
}

#[test]
fn a_user_without_a_log_in_in_production_is_nobody() {
    let mut case = case();
    case.preflight.principals.production = Ok(vec![log_in("app", "0xAA")]);
    case.preflight.principals.stage = Ok(vec![log_in("app", "0xAA")]);
    case.passes("other-log-ins");
}

#[test]
fn where_the_log_ins_of_production_cannot_be_seen_the_name_counts() {
    let mut case = case();
    let principals = &mut case.preflight.principals;
    principals.production = Err("not visible".to_owned());
    principals.users = Ok(vec![log_in("APP", "0xAA")]);
    principals.stage = Ok(Vec::new());
    assert!(case.blocked_by("site-log-in").contains("whose user `APP` has SID 0xAA"));
    assert!(case.remarked_by("unseen").contains("log-ins of server `rg/sql-1` (not visible)"));
}
