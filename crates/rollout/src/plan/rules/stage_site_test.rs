use super::super::case::DecisionInput;

#[test]
fn a_site_that_is_not_there_or_lacks_the_setting_blocks() {
    let mut case = DecisionInput::fresh();
    case.world.stage.settings.clear();
    assert_eq!(case.blocked_by("stage-site"), "stage site `rg-2/contoso-2` has no connection string `Shop`");
    case.world.stage.site = None;
    assert_eq!(case.blocked_by("stage-site"), "stage site `rg-2/contoso-2` does not exist");
}

#[test]
fn one_plan_for_both_blocks_and_another_region_is_told() {
    let mut case = DecisionInput::fresh();
    case.world.stage.site.as_mut().unwrap().location = "northeurope".to_owned();
    assert_eq!(
        case.remarked_by("scale-unit"),
        "stage site `rg-2/contoso-2` is in northeurope, production in West Europe"
    );
    case.world.stage.site.as_mut().unwrap().plan = "P1".to_owned();
    assert_eq!(
        case.blocked_by("scale-unit"),
        "sites `rg/contoso-1` and `rg-2/contoso-2` are in one App Service plan, so they cannot share a host name"
    );
}

#[test]
fn a_name_without_its_certificate_blocks() {
    let mut case = DecisionInput::fresh();
    case.world.stage.site.as_mut().unwrap().host_names[1].tls = false;
    assert_eq!(
        case.blocked_by("host-names"),
        "stage site `rg-2/contoso-2` is not bound to `www.contoso.example` with a certificate as production is: users would \
         get an error after the switch"
    );
    case.world.production.site.as_mut().unwrap().host_names[1].tls = false;
    case.passes("host-names");
}
