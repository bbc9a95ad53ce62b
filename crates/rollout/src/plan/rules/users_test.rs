use super::{super::case::DecisionInput, *};

const NOW: &str = "users-on-production";
const THEN: &str = "users-on-stage";

/// Another endpoint of the profile, enabled and Online.
fn another(case: &mut DecisionInput, name: &str, priority: u32) {
    let production = case.world.profile.endpoints[0].clone();
    let id = case.upgrade.production.endpoint.profile_id().endpoint(name);
    let endpoint = Endpoint { id, kind: EndpointKind::External, priority: Some(priority), site: None, ..production };
    case.world.profile.endpoints.push(endpoint);
}

/// Stage's endpoint as prepare adds it, with this number.
fn stage(case: &mut DecisionInput, priority: u32) {
    let endpoint = planned(&case.upgrade.stage, priority);
    case.world.profile.endpoints.push(endpoint);
}

fn hint(case: &DecisionInput, rule: &str) -> String {
    case.finds(rule).unwrap().hint
}

const COMMAND: &str = "az network traffic-manager endpoint update --resource-group rg --profile-name contoso";

#[test]
fn users_who_are_elsewhere_block() {
    let mut case = DecisionInput::fresh();
    case.passes(NOW);
    another(&mut case, "standby", 7);
    case.world.profile.endpoints[0].monitor = MonitorStatus::Stopped;
    assert_eq!(
        case.blocked_by(NOW),
        "users are sent to `standby` now, and not to production's endpoint `contoso-1` alone"
    );
    case.world.profile.endpoints[1].monitor = MonitorStatus::Other("Overheated".to_owned());
    case.world.profile.endpoints[1].priority = Some(0);
    case.world.profile.endpoints[0].monitor = MonitorStatus::Online;
    assert!(case.blocked_by(NOW).starts_with("users are sent to one of `standby`, `contoso-1` now"));
    case.world.profile.enabled = false;
    case.passes(NOW);
}

#[test]
fn a_sorry_page_behind_is_no_matter_and_one_between_blocks() {
    let mut case = DecisionInput::fresh();
    another(&mut case, "sorry", 9);
    case.passes(THEN);
    case.world.profile.endpoints[1].priority = Some(2);
    assert_eq!(
        case.blocked_by(THEN),
        "after the switch users would be sent to `sorry`, and not to stage's endpoint `contoso-2` alone: the priority \
         numbers of the enabled endpoints and of stage's are `contoso-1 1`, `sorry 2`, `contoso-2 3`"
    );
    assert_eq!(
        hint(&case, THEN),
        format!(
            "give it a greater priority number than stage's endpoint: `{COMMAND} --type externalEndpoints --name sorry \
             --priority 4`; or disable it for the upgrade"
        )
    );
    case.world.profile.endpoints[1].enabled = false;
    case.passes(THEN);
}

/// What is stopped or degraded now may be well by then.
#[test]
fn one_between_that_is_not_well_blocks_too() {
    for monitor in [MonitorStatus::Stopped, MonitorStatus::Degraded, MonitorStatus::Other("Overheated".to_owned())] {
        let mut case = DecisionInput::fresh();
        another(&mut case, "standby", 2);
        case.world.profile.endpoints[1].monitor = monitor;
        case.passes(NOW);
        case.blocked_by(THEN);
    }
}

#[test]
fn a_stage_endpoint_that_is_there_has_its_own_number() {
    let mut case = DecisionInput::fresh();
    stage(&mut case, 5);
    case.passes(THEN);
    another(&mut case, "standby", 3);
    another(&mut case, "sorry", 4);
    assert!(case.blocked_by(THEN).ends_with("`contoso-1 1`, `standby 3`, `sorry 4`, `contoso-2 5`"));
    assert_eq!(
        hint(&case, THEN),
        format!(
            "give stage's endpoint the priority number directly after production's: `{COMMAND} --type \
             externalEndpoints --name contoso-2 --priority 2`"
        )
    );
    case.world.profile.endpoints[2].priority = Some(2);
    assert_eq!(
        hint(&case, THEN),
        format!(
            "give them a greater priority number than stage's endpoint: `{COMMAND} --type externalEndpoints --name \
             standby --priority 6`, `{COMMAND} --type externalEndpoints --name sorry --priority 7`; or disable them \
             for the upgrade"
        )
    );
}

#[test]
fn a_stage_endpoint_in_front_of_production_blocks() {
    let mut case = DecisionInput::fresh();
    case.world.profile.endpoints[0].priority = Some(3);
    stage(&mut case, 1);
    assert_eq!(
        case.blocked_by(THEN),
        "users would be sent to `contoso-2` as soon as stage's endpoint `contoso-2 1` is enabled, while production is still in use"
    );
    assert_eq!(
        hint(&case, THEN),
        format!(
            "give stage's endpoint the priority number directly after production's: `{COMMAND} --type \
             externalEndpoints --name contoso-2 --priority 4`"
        )
    );
}

#[test]
fn without_a_number_behind_production_there_is_no_stage() {
    let mut case = DecisionInput::fresh();
    case.world.profile.endpoints[0].priority = Some(1000);
    assert_eq!(
        case.blocked_by(THEN),
        "no priority number after that of production's endpoint `contoso-1 1000` is free for stage's endpoint: the \
         numbers go from 1 to 1000"
    );
    assert_eq!(
        hint(&case, THEN),
        format!(
            "give production's endpoint a smaller priority number that is still smaller than those of the other \
             endpoints: `{COMMAND} --type azureEndpoints --name contoso-1 --priority 999`"
        )
    );
}
