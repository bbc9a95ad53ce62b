use super::super::case::DecisionInput;

#[test]
fn a_disabled_profile_answers_nobody() {
    let mut case = DecisionInput::fresh();
    case.world.profile.enabled = false;
    assert_eq!(
        case.blocked_by("profile-enabled"),
        "profile `rg/contoso` is disabled: Azure answers no DNS query for it"
    );
}

#[test]
fn a_minute_is_short_enough_and_more_is_told() {
    let mut case = DecisionInput::fresh();
    case.world.profile.ttl = jiff::SignedDuration::from_secs(60);
    case.passes("dns-time-to-live");
    case.world.profile.ttl = jiff::SignedDuration::from_secs(300);
    assert_eq!(
        case.remarked_by("dns-time-to-live"),
        "DNS answers of profile `rg/contoso` have a TTL of 300 s: users stay on V1 that long after the switch"
    );
}
