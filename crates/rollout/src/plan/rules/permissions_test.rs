use super::super::case::DecisionInput;
use crate::{
    actions::{Grant, Resource},
    plan::Granted,
};

fn granted(on: Resource, name: &str, actions: &[&str]) -> Granted {
    let actions = actions.iter().map(|action| (*action).to_owned()).collect();
    Granted { on, name: name.to_owned(), grants: Ok(vec![Grant { actions, not_actions: Vec::new() }]) }
}

#[test]
fn every_missing_action_is_named_with_its_resource() {
    let mut case = DecisionInput::fresh();
    case.preflight.granted = vec![
        granted(Resource::StageServer, "server `rg/sql-2`", &["*/read"]),
        granted(Resource::Profile, "profile `rg/contoso`", &["*"]),
        granted(Resource::ProductionDatabase, "database `rg/sql-1/shop`", &["Microsoft.Sql/*/read"]),
    ];
    assert_eq!(
        case.blocked_by("permissions"),
        "this identity may not do all that the upgrade does: on server `rg/sql-2` it lacks \
         `Microsoft.Sql/servers/databases/write`; on database `rg/sql-1/shop` it lacks \
         `Microsoft.Sql/servers/databases/write`. Azure would answer 403 `AuthorizationFailed`, and 400 \
         `InvalidAddSecondaryPermission` to a geo-secondary without rights on its source"
    );
}

#[test]
fn permissions_that_cannot_be_seen_are_told_elsewhere() {
    let mut case = DecisionInput::fresh();
    let unseen = Granted { grants: Err("403".to_owned()), ..granted(Resource::Profile, "profile `p`", &[]) };
    case.preflight.granted = vec![unseen];
    case.passes("permissions");
    assert!(case.remarked_by("unseen").contains("what this identity may do on profile `p` (403)"));
}
