use super::super::case::DecisionInput;
use crate::facts::MonitorStatus;

#[test]
fn an_endpoint_that_is_not_online_or_a_site_that_is_stopped_blocks() {
    let mut case = DecisionInput::fresh();
    case.world.profile.endpoints[0].monitor = MonitorStatus::Unmonitored;
    case.passes("production-answers");
    case.world.profile.endpoints[0].monitor = MonitorStatus::Degraded;
    assert_eq!(
        case.blocked_by("production-answers"),
        "production's endpoint `rg/contoso/contoso-1` is Degraded: it must be enabled and Online"
    );
    let mut case = DecisionInput::fresh();
    case.world.production.site.as_mut().unwrap().running = false;
    case.blocked_by("production-answers");
}

#[test]
fn a_database_that_takes_no_writes_blocks() {
    let mut case = DecisionInput::fresh();
    case.world.production.sql.as_mut().unwrap().read_only = true;
    assert_eq!(case.blocked_by("production-writable"), "production database `rg/sql-1/shop` takes no writes");
    let mut case = DecisionInput::fresh();
    case.world.production.sql.as_mut().unwrap().updateable = false;
    case.blocked_by("production-writable");
    case.world.production.sql = None;
    case.blocked_by("production-writable");
}
