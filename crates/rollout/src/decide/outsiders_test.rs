//! Who else is there: clients on production before the freeze, a stage server that keeps us out, rules of runners that are gone.

use super::{model::preflight, *};
use crate::{
    NoLogIn,
    facts::{FirewallRule, OtherSession},
    firewall::ServerFirewall,
    plan::Seen,
};

fn prepared() -> (World, Policy) {
    let mut world = fresh();
    let planned = policy(&world);
    run(Step::Prepare, &mut world, &planned);
    (world, planned)
}

fn freeze(world: &World, policy: &Policy, sessions: Seen<Vec<OtherSession>>) -> Result<Vec<Effect>, Refusal> {
    let preflight = Preflight { sessions, ..preflight() };
    decide(Step::Freeze, &DecisionInput { upgrade: &upgrade(), world, policy, preflight: Some(&preflight) })
}

fn report_of(login: &str) -> OtherSession {
    OtherSession { id: 60, program: "Reports".to_owned(), host: "vm-7".to_owned(), login: login.to_owned() }
}

#[test]
fn another_client_keeps_production_from_being_frozen_until_it_is_accepted() {
    let (world, planned) = prepared();
    let sessions = vec![report_of("app"), report_of("reporting"), report_of("reporting")];
    let refusal = freeze(&world, &planned, Ok(sessions.clone())).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot freeze `rg/sql-1/shop`: other clients work on `rg/sql-1/shop`: program `Reports` on host `vm-7` as `reporting` \
         (2 sessions)"
    );
    assert_eq!(
        refusal.hint,
        "stop them: after the switch they would still work on V1. Or accept each by program, host or log-in: `accept-client: \
         reporting`"
    );
    let accepting = Policy { accept_client: vec!["Reporting".to_owned()], ..planned };
    assert!(freeze(&world, &accepting, Ok(sessions)).is_ok());
}

#[test]
fn nobody_is_seen_where_nobody_can_look() {
    let (world, planned) = prepared();
    let refusal = freeze(&world, &planned, Err("it takes VIEW DATABASE STATE".to_owned())).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot freeze `rg/sql-1/shop`: this identity cannot see which other clients work on `rg/sql-1/shop` (it takes \
         VIEW DATABASE STATE)"
    );
}

#[test]
fn a_stage_database_that_takes_no_log_in_keeps_production_from_being_frozen() {
    let (mut world, planned) = prepared();
    world.stage.sql = None;
    world.stage.no_log_in = Some(NoLogIn { why: "cannot log in to it".to_owned(), hint: "open it".to_owned() });
    let refusal = freeze(&world, &planned, Ok(Vec::new())).unwrap_err();
    assert_eq!(refusal, Refusal::new("freeze `rg/sql-1/shop`", "cannot log in to it", "open it"));
}

/// V2 serves users: without it V1 stays, and so does what cleanup is known by.
#[test]
fn v1_is_not_removed_while_v2_cannot_be_seen() {
    let planned = policy(&fresh());
    let (_, mut world) = states().into_iter().find(|(name, _)| *name == "switched").unwrap();
    (world.stage.database, world.stage.sql) = (None, None);
    let policy = cleaning(planned, &upgrade().production.database);
    let refusal = decided(Step::Cleanup, &world, &policy).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot remove V1 (`rg/sql-1/shop`): Azure does not find `rg/sql-2/shop`, the database that serves users"
    );
    assert_eq!(refusal.hint, "cleanup does not remove V1 without V2: check that database, then run cleanup again");
}

/// What the copy holds is known from a log-in alone: without one no step that needs to know goes on, or advises anything but
/// that log-in.
#[test]
fn a_copy_that_nobody_can_look_into_is_not_guessed_at() {
    let planned = policy(&fresh());
    let of = |state: &str| states().into_iter().find(|(name, _)| *name == state).unwrap().1;
    let mut unsealed = of("terminated");
    unsealed.profile.tags.remove(labels::SYNCHRONISED);
    for (step, mut world) in
        [(Step::Terminate, unsealed), (Step::Migrate, of("terminated")), (Step::Switch, of("migrated"))]
    {
        world.stage.sql = None;
        world.stage.no_log_in = Some(NoLogIn { why: "cannot log in to it".to_owned(), hint: "open it".to_owned() });
        let refusal = decided(step, &world, &planned).unwrap_err();
        assert_eq!(
            (refusal.why.as_str(), refusal.hint.as_str()),
            ("cannot log in to it", "open it"),
            "{}",
            step.name()
        );
    }
}

#[test]
fn cleanup_takes_the_upgrades_own_firewall_rules_away_last() {
    let (mut world, planned) = prepared();
    let rule =
        |name: &str| FirewallRule { name: name.to_owned(), start: "1.2.3.4".to_owned(), end: "1.2.3.4".to_owned() };
    let name = |id: &str| format!("rolling-upgrade-{id}-1-2-3-4");
    let own = name(upgrade().id.as_str());
    let rules = vec![rule("office"), rule(&own), rule(&name("another"))];
    world.firewalls = vec![ServerFirewall::new("rg/sql-2".parse().unwrap(), rules)];
    let cleaning = cleaning(planned, &upgrade().stage.database);
    let effects = decided(Step::Cleanup, &world, &cleaning).unwrap();
    let rules: Vec<_> = effects.iter().filter(|effect| matches!(effect, Effect::Firewall(..))).collect();
    assert_eq!(rules, [effects.last().unwrap()]);
    assert_eq!(rules[0].to_string(), format!("delete firewall rule `{own}` of server `rg/sql-2`"));
}
