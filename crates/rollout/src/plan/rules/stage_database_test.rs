use super::super::case::DecisionInput;
use crate::facts::TAG;

#[test]
fn only_the_database_of_this_upgrade_may_be_there() {
    let mut case = DecisionInput::prepared();
    case.passes("stage-database");
    case.stage().tags.insert(TAG.to_owned(), "8".to_owned());
    assert_eq!(
        case.blocked_by("stage-database"),
        "stage database `rg/sql-2/shop` exists and belongs to upgrade `8`; this is upgrade `7`: Azure would answer that \
         \"the destination database name 'shop' already exists on the server 'sql-2'\""
    );
    assert_eq!(
        case.finds("stage-database").unwrap().hint,
        "to go on with upgrade `8` pass `upgrade-id: 8` (`upgrade-status --subscription-id <id> --profile rg/contoso` \
         shows where it stands); otherwise finish it, or run rollback and cleanup for it; or pass another \
         `stage-server`"
    );
    case.stage().tags.clear();
    assert!(case.blocked_by("stage-database").contains("exists and carries no `rolling-upgrade` tag"));
    assert_eq!(
        case.finds("stage-database").unwrap().hint,
        "if it is the copy of an upgrade that has begun, pass the `upgrade-id` of that upgrade (`upgrade-status \
         --subscription-id <id> --profile rg/contoso` shows it); otherwise pass another `stage-server`, or delete that \
         database if it is unused: a geo-secondary needs a free name"
    );
}
