//! The stage site that prepare creates, and the package that it deploys, on the model.

use super::{
    super::*,
    cleaning,
    creating::{around_of, policy_that_creates, without_site},
    decided, model, run, states_from,
};
use crate::{
    Outcome, SiteEffect,
    facts::{TAG, Tags},
    labels,
    site::SiteOptions,
};
use model::{fresh, policy, upgrade};

/// What a rollback leaves of stage: an adopted site with its own setting, a created one that is stopped.
pub fn assert_left_as_it_should_be(world: &World, planned: &Policy) {
    let created = world.stage.site_is_created_by(&upgrade());
    match &world.stage.site {
        None => assert!(planned.site.plan.is_some(), "an adopted site is never deleted"),
        Some(site) if created => {
            assert!(!site.running && world.stage.webjobs_are_held(), "the created site is stopped")
        }
        Some(_) => assert_eq!(world.stage.settings.len(), 1, "the adopted site has its own setting back"),
    }
}

fn words(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(ToString::to_string).collect()
}

fn prepared() -> (World, Policy) {
    let planned = policy_that_creates(&without_site());
    let (_, world) = states_from(without_site(), &planned).into_iter().find(|(state, _)| *state == "prepared").unwrap();
    (world, planned)
}

#[test]
fn prepare_creates_the_site_once_the_copy_can_be_read() {
    let world = without_site();
    let effects = decided(Step::Prepare, &world, &policy_that_creates(&world)).unwrap();
    assert_eq!(
        words(&effects[4..]),
        [
            "wait until `rg/sql-2/shop` is seeded and in CATCH_UP",
            "create site `rg-2/contoso-2` in plan `rg-2/plan-2` like `rg/contoso-1`",
            "copy the connection strings of site `rg/contoso-1` to `rg-2/contoso-2`, `Shop` pointed at `rg/sql-2/shop`",
            "bind host name `www.contoso.example` with its certificate to site `rg-2/contoso-2`",
            "deploy package `p4ck` to site `rg-2/contoso-2`",
            "add endpoint `rg/contoso/contoso-2` for `contoso-2.azurewebsites.net`, disabled",
            "wait until `rg/sql-2/shop` is seeded and in CATCH_UP",
            "prove that site `rg-2/contoso-2` answers as `www.contoso.example` with its certificate",
        ]
    );
}

#[test]
fn the_new_site_carries_our_tag_and_no_running_webjob() {
    let mut world = without_site();
    let tags = [("owner", "shop"), (TAG, "an earlier one")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    world.production.site.as_mut().unwrap().tags = Tags::from(tags);
    let effects = decided(Step::Prepare, &world, &policy_that_creates(&world)).unwrap();
    let new = effects
        .iter()
        .find_map(|effect| if let Effect::Site(SiteEffect::Create(new)) = effect { Some(new) } else { None })
        .unwrap();
    assert_eq!(new.own_settings, [("WEBJOBS_STOPPED".to_owned(), "1".to_owned())]);
    assert_eq!(new.settings, ["Shop__Theme"], "what looks like a queue is not copied");
    let tags: Vec<_> = new.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(tags, ["owner=shop", "rolling-upgrade=7"]);
}

#[test]
fn nothing_of_it_touches_production_but_the_fence_table() {
    let world = without_site();
    let effects = decided(Step::Prepare, &world, &policy_that_creates(&world)).unwrap();
    let mut after = world.clone();
    effects.iter().for_each(|effect| model::apply(&mut after, effect));
    let site = |world: &World| format!("{:?} {:?}", world.production.site, world.production.database);
    assert_eq!(site(&after), site(&world));
}

#[test]
fn a_site_that_is_not_there_and_may_not_be_created_is_refused() {
    let refusal = decided(Step::Prepare, &without_site(), &policy(&without_site())).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot prepare the upgrade of `rg/sql-1/shop`: stage site `rg-2/contoso-2` does not exist"
    );
    assert_eq!(
        refusal.hint,
        "pass an App Service plan as `stage-plan`, in which prepare creates the site; or create the site and deploy V2 \
         to it yourself"
    );
}

#[test]
fn freeze_wants_the_site_whole() {
    let (world, planned) = prepared();
    let why = |change: fn(&mut World)| {
        let mut world = world.clone();
        change(&mut world);
        decided(Step::Freeze, &world, &planned).unwrap_err().why
    };
    assert_eq!(
        why(|world| world.stage.site.as_mut().unwrap().host_names.truncate(1)),
        "stage site `rg-2/contoso-2` is not bound to `www.contoso.example` yet"
    );
    assert_eq!(
        why(|world| world.stage.settings.clear()),
        "the connection string of stage site `rg-2/contoso-2` does not point to `rg/sql-2/shop`"
    );
    assert_eq!(
        why(|world| _ = world.profile.tags.remove(labels::PACKAGE)),
        "package `p4ck` is not the last deployment to stage site `rg-2/contoso-2`"
    );
}

#[test]
fn what_somebody_else_deployed_since_is_seen() {
    let (world, planned) = prepared();
    let preflight = crate::plan::Preflight {
        deployment: Some("deployment of somebody else".to_owned()),
        ..around_of(&world, &planned)
    };
    let upgrade = upgrade();
    let case = DecisionInput { upgrade: &upgrade, world: &world, policy: &planned, preflight: Some(&preflight) };
    assert!(decide(Step::Freeze, &case).unwrap_err().why.starts_with("package `p4ck` is not the last deployment"));
    let again: Vec<_> = decide(Step::Prepare, &case).unwrap().into_iter().filter(|effect| !effect.is_proof()).collect();
    assert_eq!(words(&again), ["deploy package `p4ck` to site `rg-2/contoso-2`"]);
}

#[test]
fn another_package_is_deployed_again_and_the_same_is_not() {
    let (mut world, planned) = prepared();
    assert_eq!(run(Step::Prepare, &mut world.clone(), &planned), Outcome::AlreadyDone);
    let site = SiteOptions { package: Some("0ther".to_owned()), ..planned.site.clone() };
    assert_eq!(run(Step::Prepare, &mut world, &Policy { site, ..planned }), Outcome::Done);
    assert!(labels::package(&world.profile, &upgrade()).unwrap().0 == "0ther");
}

#[test]
fn a_package_goes_to_an_adopted_site_too() {
    let world = fresh();
    let planned = policy_that_creates(&world);
    let effects = decided(Step::Prepare, &world, &planned).unwrap();
    let words = words(&effects);
    let place = |text: &str| words.iter().position(|word| word.starts_with(text)).unwrap();
    assert!(
        place("point connection string") < place("deploy package") && place("deploy package") < place("add endpoint")
    );
    assert!(!words.iter().any(|word| word.starts_with("create site")));
}

#[test]
fn cleanup_deletes_the_site_that_was_created_and_never_an_adopted_one() {
    let (mut world, planned) = prepared();
    run(Step::Rollback, &mut world, &planned);
    let cleaning = cleaning(planned.clone(), &upgrade().stage.database);
    let effects = words(&decided(Step::Cleanup, &world, &cleaning).unwrap());
    assert!(effects.contains(&"delete site `rg-2/contoso-2`".to_owned()), "{effects:?}");
    for owner in [None, Some("8")] {
        let tags = owner.map(|id| (TAG.to_owned(), id.to_owned())).into_iter().collect();
        let mut world = world.clone();
        world.stage.site.as_mut().unwrap().tags = tags;
        let effects = words(&decided(Step::Cleanup, &world, &cleaning).unwrap());
        assert!(!effects.iter().any(|effect| effect.starts_with("delete site")), "{owner:?}: {effects:?}");
    }
}

#[test]
fn after_the_switch_cleanup_of_v1_leaves_the_created_site_alone() {
    let planned = policy_that_creates(&without_site());
    let (_, world) =
        states_from(without_site(), &planned).into_iter().find(|(state, _)| *state == "v1-removed").unwrap();
    assert!(world.stage.site.is_some() && world.production.site.is_none());
    assert_eq!(world.profile.tags.keys().collect::<Vec<_>>(), ["owner"]);
}
