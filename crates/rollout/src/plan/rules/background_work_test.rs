use super::super::case::DecisionInput;
use crate::background::WebJobs;

#[test]
fn what_is_stopped_and_what_cannot_be_is_told() {
    let mut case = DecisionInput::fresh();
    let jobs = case.world.production.webjobs.as_mut().unwrap().as_mut().unwrap();
    jobs.triggered = vec!["nightly".to_owned()];
    assert_eq!(
        case.remarked_by("background-work"),
        "background work: freeze stops WebJobs `fulfil` of site `rg/contoso-1`, and rollback starts them again; \
         triggered WebJobs `nightly` of site `rg/contoso-1` cannot be stopped by this software; prepare keeps WebJobs \
         `fulfil`, `retired`, `waiting` of stage site `rg-2/contoso-2` from running"
    );
}

#[test]
fn an_application_without_webjobs_passes() {
    let mut case = DecisionInput::fresh();
    for view in [&mut case.world.production, &mut case.world.stage] {
        view.webjobs = Some(Ok(WebJobs::default()));
    }
    case.passes("background-work");
    assert_eq!(case.finds("unseen"), None);
}

#[test]
fn webjobs_that_cannot_be_seen_are_told_as_that() {
    let mut case = DecisionInput::fresh();
    case.world.production.webjobs = Some(Err("403 `AuthorizationFailed`".to_owned()));
    let what = case.remarked_by("unseen");
    assert!(what.ends_with("WebJobs of site `rg/contoso-1` (403 `AuthorizationFailed`)"), "{what}");
}
