use super::super::case::DecisionInput;

#[test]
fn a_server_that_is_not_there_blocks() {
    let mut case = DecisionInput::fresh();
    case.preflight.stage_server = None;
    assert_eq!(case.blocked_by("stage-server"), "stage server `rg/sql-2` does not exist");
}

#[test]
fn one_of_another_region_blocks_however_it_is_written() {
    let mut case = DecisionInput::fresh();
    case.preflight.stage_server.as_mut().unwrap().location = "West Europe".to_owned();
    case.passes("server-region");
    case.preflight.stage_server.as_mut().unwrap().location = "northeurope".to_owned();
    assert_eq!(case.blocked_by("server-region"), "stage server `rg/sql-2` is in northeurope, production in westeurope");
}

#[test]
fn a_closed_server_is_told() {
    let mut case = DecisionInput::fresh();
    case.preflight.stage_server.as_mut().unwrap().public_access_disabled = true;
    assert_eq!(case.remarked_by("public-access"), "server `rg/sql-2` refuses public network access");
}
