use super::super::case::DecisionInput;
use crate::facts::TAG;

#[test]
fn the_tag_of_the_upgrade_needs_room() {
    let mut case = DecisionInput::fresh();
    case.production().tags = (0..49).map(|number| (format!("t{number}"), String::new())).collect();
    case.production().tags.insert(TAG.to_owned(), "an earlier one".to_owned());
    case.passes("tag-count");
    case.production().tags.insert("t49".to_owned(), String::new());
    assert_eq!(
        case.blocked_by("tag-count"),
        "production database `rg/sql-1/shop` has 50 tags, a resource has 50 at most, and prepare copies them to the stage \
         database and adds `rolling-upgrade`"
    );
}
