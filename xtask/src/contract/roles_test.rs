use super::*;

fn needs(step: &'static str, names: &[&str]) -> Needs {
    let actions = names.iter().map(|name| Action { name: (*name).to_owned(), slot: None });
    Needs { arm: BTreeMap::from([(step, actions.collect())]), ..Needs::default() }
}

fn role(file: &str) -> &'static Role {
    ROLES.iter().find(|role| role.file == file).unwrap()
}

#[test]
fn a_role_has_the_actions_of_its_steps_and_what_goes_with_them() {
    let needs = needs("migrate", &["Microsoft.Web/sites/stop/action", "Microsoft.Web/sites/read"]);
    let actions: Vec<String> = role("upgrade").actions(&needs).into_iter().collect();
    let expected = ["Microsoft.Web/sites/read", "Microsoft.Web/sites/start/action", "Microsoft.Web/sites/stop/action"];
    assert_eq!(actions, expected);
    assert!(role("plan").actions(&needs).is_empty());
}

#[test]
fn what_only_an_input_asks_for_is_in_no_role() {
    let needs = needs("terminate", &["Microsoft.Sql/servers/databases/replicationLinks/delete"]);
    assert!(ROLES.iter().all(|role| role.actions(&needs).is_empty()));
}

#[test]
fn what_a_stage_site_takes_that_is_created_is_in_a_role_of_its_own() {
    let needs = needs("prepare", &["Microsoft.Web/sites/write", "Microsoft.Web/sites/read"]);
    let actions = |file| role(file).actions(&needs).into_iter().collect::<Vec<_>>();
    assert_eq!(actions("upgrade"), ["Microsoft.Web/sites/read"]);
    assert_eq!(actions("site"), ["Microsoft.Web/serverfarms/join/action", "Microsoft.Web/sites/write"]);
}

#[test]
fn each_step_has_a_role() {
    for step in super::super::capture::STEPS {
        assert!(ROLES.iter().any(|role| role.steps.contains(&step)), "{step}");
    }
}

#[test]
fn a_difference_names_the_lines() {
    let file = Path::new("docs/roles/plan.json");
    assert_eq!(difference(file, "a\nb\n", "a\nb\n"), None);
    let told = difference(file, "a\nold\n", "a\nnew\n").unwrap();
    assert!(told.starts_with("`docs/roles/plan.json` is not what the traffic shows"), "{told}");
    assert!(told.ends_with("\n    - old\n    + new"), "{told}");
}
