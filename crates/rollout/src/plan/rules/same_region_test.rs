use super::super::case::DecisionInput;
use crate::{facts::EndpointKind, plan::stage_kind};

#[test]
fn a_second_web_app_of_the_region_becomes_an_external_endpoint() {
    let case = DecisionInput::fresh();
    assert_eq!(stage_kind(&case.world, &case.upgrade.stage.site, "westeurope"), EndpointKind::External);
    assert_eq!(
        case.remarked_by("same-region"),
        "profile `rg/contoso` has an Azure endpoint of a web site in West Europe already, and Azure allows one per region \
         (\"Multiple domains point to region\"): `contoso-2` is added as an external endpoint"
    );
}

#[test]
fn one_of_another_region_stays_an_azure_endpoint() {
    let mut case = DecisionInput::fresh();
    case.world.stage.site.as_mut().unwrap().location = "northeurope".to_owned();
    case.passes("same-region");
    case.world.profile.endpoints[0].location = None;
    case.remarked_by("same-region");
}
