use super::*;

fn grant(actions: &[&str], not_actions: &[&str]) -> Grant {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Grant { actions: texts(actions), not_actions: texts(not_actions) }
}

#[test]
fn a_star_stands_for_any_text_and_case_does_not_count() {
    let write = "Microsoft.Sql/servers/databases/write";
    for pattern in
        ["*", "Microsoft.Sql/*", "microsoft.sql/servers/databases/WRITE", "*/write", "Microsoft.Sql/*/write*"]
    {
        assert!(grant(&[pattern], &[]).allows(write), "{pattern}");
    }
    for pattern in ["", "*/read", "Microsoft.Sql/servers/write", "Microsoft.Sql", "Microsoft.Web/*", "*/databases/writ"]
    {
        assert!(!grant(&[pattern], &[]).allows(write), "{pattern}");
    }
    assert!(!grant(&["ä*"], &[]).allows(write));
}

#[test]
fn what_one_entry_takes_out_another_may_give() {
    let contributor = grant(&["*"], &["Microsoft.Authorization/*/Write"]);
    let action = "Microsoft.Authorization/roleAssignments/write";
    assert!(!contributor.allows(action) && contributor.allows(READ_PERMISSIONS));
    assert!(granted(&[contributor, grant(&["Microsoft.Authorization/*"], &[])], action));
    assert!(!granted(&[], action));
}

#[test]
fn plan_only_reads() {
    let reads = |action: &str| action.ends_with("/read") || action == "Microsoft.Web/sites/config/list/action";
    for (on, actions) in of_plan() {
        assert!(actions.iter().all(|action| reads(action)), "{on:?} {actions:?}");
    }
}

#[test]
fn an_upgrade_deletes_nothing() {
    let upgrade = of_upgrade();
    assert!(upgrade.iter().all(|(_, action)| !action.ends_with("/delete")), "{upgrade:?}");
    assert!(upgrade.contains(&(Resource::StageServer, "Microsoft.Sql/servers/databases/write")));
    let cleanup = of_step(Step::Cleanup);
    assert!(cleanup.iter().any(|(on, actions)| *on == Resource::StageServer && actions[0].ends_with("/delete")));
}
