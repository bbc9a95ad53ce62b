use super::super::case::DecisionInput;
use crate::{
    facts::{HostName, TAG},
    site::{AppSetting, SiteModel, SiteOptions},
};

const PLANS: &str = "/subscriptions/s/resourceGroups/rg-plans/providers/Microsoft.Web/serverfarms/plan-1";

/// No stage site, and a plan for one.
fn creating() -> DecisionInput {
    let mut case = DecisionInput::fresh();
    (case.world.stage.site, case.world.stage.settings) = (None, Vec::new());
    case.world.production.site.as_mut().unwrap().plan = PLANS.to_owned();
    case.preflight.site_options = SiteOptions { plan: Some("rg-2/plan-2".parse().unwrap()), ..SiteOptions::default() };
    case.preflight.model = Some(SiteModel { kind: "app".to_owned(), ..SiteModel::default() });
    case
}

fn creating_in(plan: &str) -> DecisionInput {
    let mut case = creating();
    case.preflight.site_options.plan = Some(plan.parse().unwrap());
    case
}

fn hint(case: &DecisionInput, rule: &str) -> String {
    case.finds(rule).unwrap().hint
}

#[test]
fn a_plan_elsewhere_is_fine_and_certain_is_nothing() {
    let case = creating();
    assert!(case.all().iter().all(|finding| !finding.blocks), "{:#?}", case.all());
    assert_eq!(
        case.remarked_by("new-site"),
        "prepare creates site `rg-2/contoso-2` in plan `rg-2/plan-2` and binds `www.contoso.example` to it: another resource \
         group makes another scale unit likely, not certain, and in production's own Azure refuses the binding; nothing is \
         deployed to it without `package`: deploy V2 to it before freeze"
    );
    assert_eq!(
        hint(&case, "new-site"),
        "create the TXT records `asuid.www.contoso.example` of the domain, and put the certificate into stage's \
         resource group; a refused binding does no harm, because nothing is read-only before freeze"
    );
    assert!(case.remarked_by("same-region").ends_with("`contoso-2` is added as an external endpoint"));
}

#[test]
fn the_plan_of_production_and_any_other_of_its_group_are_refused() {
    assert_eq!(
        creating_in("RG-plans/Plan-1").blocked_by("stage-plan"),
        "plan `RG-plans/Plan-1` is the plan of production's site `rg/contoso-1` (`rg-plans/plan-1`): a site in it would be in \
         the same scale unit, where it cannot have production's host names"
    );
    assert_eq!(
        creating_in("rg-plans/plan-9").blocked_by("stage-plan"),
        "plan `rg-plans/plan-9` is in the resource group of the plan of production's site `rg/contoso-1` (`rg-plans/plan-1`): \
         a site in it would be in the same scale unit, where it cannot have production's host names"
    );
}

#[test]
fn a_plan_that_cannot_hold_the_site_is_refused() {
    let mut case = creating();
    case.preflight.stage_plan.as_mut().unwrap().linux = true;
    assert_eq!(case.blocked_by("stage-plan"), "plan `rg-2/plan-2` is for Linux, production's for Windows");
    case.preflight.stage_plan.as_mut().unwrap().location = "North Europe".to_owned();
    assert_eq!(
        case.blocked_by("stage-plan"),
        "plan `rg-2/plan-2` is in North Europe, production's site in West Europe"
    );
    case.preflight.stage_plan.as_mut().unwrap().tier = "Basic".to_owned();
    case.blocked_by("site-tier");
    case.preflight.stage_plan = None;
    assert_eq!(case.blocked_by("stage-plan"), "plan `rg-2/plan-2` does not exist, or this identity may not read it");
}

#[test]
fn a_slot_and_an_application_without_a_name_of_its_own_are_refused() {
    let mut case = creating();
    case.world.production.site.as_mut().unwrap().host_names.truncate(1);
    assert_eq!(
        case.blocked_by("stage-plan"),
        "users come to `rg/contoso-1` by the profile's own name, which a site of an external endpoint cannot have"
    );
    case.upgrade.stage.site = "rg-2/contoso-2/next".parse().unwrap();
    assert_eq!(
        case.blocked_by("stage-plan"),
        "stage site `rg-2/contoso-2/next` does not exist, and prepare does not create deployment slots"
    );
}

#[test]
fn settings_that_are_left_out_are_told_by_name() {
    let mut case = creating();
    let setting = |name: &str, value: &str| AppSetting { name: name.to_owned(), value: value.into() };
    let settings = vec![setting("OrderQueue", "contoso-orders"), setting("Theme", "autumn")];
    case.preflight.model.as_mut().unwrap().settings = settings;
    let copy = case.world.production.settings[0].clone();
    case.world.production.settings.push(crate::facts::ConnectionSetting { name: "Reports".to_owned(), ..copy });
    assert_eq!(
        case.remarked_by("settings"),
        "settings that the new site does not get: `OrderQueue` looks like a connection to a queue, a storage account \
         or a bus; `Reports` points to production's database"
    );
    case.preflight.site_options.shared = vec!["orderqueue".to_owned(), "Reports".to_owned()];
    case.passes("settings");
}

#[test]
fn each_difference_blocks_until_it_is_accepted_by_name() {
    let mut case = creating();
    let model = case.preflight.model.as_mut().unwrap();
    (model.identity, model.slots) = (Some("SystemAssigned".to_owned()), vec!["next".to_owned()]);
    let findings = |case: &DecisionInput| -> Vec<(bool, String)> {
        let all = case.all().into_iter().filter(|finding| finding.rule == "difference");
        all.map(|finding| (finding.blocks, finding.what.split(':').next().unwrap().to_owned())).collect()
    };
    assert_eq!(findings(&case), [(true, "difference `identity`".to_owned()), (true, "difference `slots`".to_owned())]);
    assert_eq!(
        hint(&case, "difference"),
        "create the site yourself with what V2 needs of it, or accept the difference: `accept-difference: identity`"
    );
    case.preflight.site_options.accepted = vec!["Identity".to_owned(), "slots".to_owned()];
    assert!(findings(&case).iter().all(|(blocks, _)| !blocks));
    assert_eq!(hint(&case, "difference"), "you accepted `identity`: before switch give stage what V2 needs of it");
}

#[test]
fn a_site_that_is_there_has_no_differences_and_needs_no_plan() {
    let mut case = creating_in("rg-plans/plan-1");
    case.preflight.model = None;
    case.world.stage.site = case.world.production.site.clone();
    for rule in ["stage-plan", "new-site", "settings", "difference"] {
        case.passes(rule);
    }
}

#[test]
fn the_tags_of_the_site_need_room() {
    let mut case = creating();
    let tags = (0..50).map(|number| (format!("t{number}"), String::new())).collect();
    case.world.production.site.as_mut().unwrap().tags = tags;
    assert_eq!(
        case.blocked_by("site-tag-count"),
        "production's site `rg/contoso-1` has 50 tags, a resource has 50 at most, and prepare copies them to the stage site and \
         adds `rolling-upgrade`"
    );
    case.preflight.model = None;
    case.passes("site-tag-count");
}

#[test]
fn a_site_that_another_upgrade_created_blocks_and_our_own_half_one_does_not() {
    let mut case = DecisionInput::fresh();
    let owned = |case: &mut DecisionInput, owner: &str| {
        let site = case.world.stage.site.as_mut().unwrap();
        site.tags.insert(TAG.to_owned(), owner.to_owned());
        site.host_names.retain(|HostName { name, .. }| name.ends_with(".azurewebsites.net"));
        case.world.stage.settings.clear();
    };
    owned(&mut case, "7");
    case.passes("stage-site");
    case.passes("host-names");
    owned(&mut case, "6");
    assert_eq!(
        case.blocked_by("stage-site"),
        "stage site `rg-2/contoso-2` was created by upgrade `6`, and this is upgrade `7`"
    );
    assert_eq!(
        hint(&case, "stage-site"),
        "to go on with upgrade `6` pass `upgrade-id: 6` (`upgrade-status --subscription-id <id> --profile rg/contoso` \
         shows where it stands); otherwise run cleanup with that id and `remove: rg/sql-2/shop`, or remove the tag \
         `rolling-upgrade` from the site if that upgrade no longer needs it"
    );
}
