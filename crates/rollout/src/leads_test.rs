use super::*;
use crate::{
    DecisionInput, Step,
    decide::{
        decide,
        tests::{model::*, states},
    },
};

fn named(name: &str) -> World {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

fn retargeted(mut world: World, slot: &Slot, target: &str) -> World {
    let endpoint = world.profile.endpoints.iter_mut().find(|endpoint| endpoint.id == slot.endpoint).unwrap();
    (endpoint.site, endpoint.target) = (None, target.to_owned());
    world
}

fn refusal(step: Step, world: &World) -> String {
    let policy = policy(world);
    let case = DecisionInput { upgrade: &upgrade(), world, policy: &policy, preflight: None };
    decide(step, &case).unwrap_err().to_string()
}

#[test]
fn an_endpoint_leads_where_its_target_is_not_where_its_name_says() {
    let (upgrade, world) = (upgrade(), named("migrated"));
    assert!(world.astray(&upgrade).is_none());
    let same = retargeted(world.clone(), &upgrade.stage, "CONTOSO-2.azurewebsites.net.");
    assert!(same.astray(&upgrade).is_none());
    let foreign = retargeted(world.clone(), &upgrade.stage, "sorry.example");
    let (endpoint, place) = foreign.astray(&upgrade).unwrap();
    assert_eq!((endpoint.target.as_str(), &place.site), ("sorry.example", &upgrade.stage.site));
    let why = "endpoint `rg/contoso/contoso-2` points to `sorry.example`, not to site `rg-2/contoso-2`";
    assert!(refusal(Step::Switch, &foreign).contains(why), "{}", refusal(Step::Switch, &foreign));
    let terminated = retargeted(named("terminated"), &upgrade.production, "sorry.example");
    assert!(refusal(Step::Migrate, &terminated).contains("endpoint `rg/contoso/contoso-1` points to `sorry.example`"));
}

#[test]
fn production_has_to_work_on_its_database() {
    let mut moved = named("frozen");
    moved.production.settings = vec![setting("elsewhere")];
    let why = "connection string `Shop` of V1's site `rg/contoso-1` does not point to `rg/sql-1/shop`";
    assert!(refusal(Step::Terminate, &moved).contains(why), "{}", refusal(Step::Terminate, &moved));
}
