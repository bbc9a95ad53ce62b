use super::super::tests::{decided, model, states};
use crate::{Policy, Step, World};

/// What a workflow passes on, and what is left of it where GitHub has dropped it.
fn refused(step: Step, state: &str, spoil: Spoil) -> Option<(String, String)> {
    let world: World = states().into_iter().find(|(name, _)| *name == state).unwrap().1;
    let mut policy = model::policy(&model::fresh());
    spoil(&mut policy);
    decided(step, &world, &policy).err().map(|refusal| (refusal.why, refusal.hint))
}

const TRAP: &str = "was not given: GitHub drops a job output that contains a masked value, so look for a warning \"Skip output … \
                    since it may contain secret\" in the job before this one";

type Spoil = fn(&mut Policy);

#[test]
fn freeze_and_migrate_do_not_go_on_without_what_was_approved() {
    let (plan, scripts): ([Spoil; 3], [Spoil; 3]) = (
        [
            |policy| policy.plan_digest = None,
            |policy| policy.plan_digest = Some(String::new()),
            |policy| policy.plan_digest = Some(" ".to_owned()),
        ],
        [
            |policy| policy.scripts_digest = None,
            |policy| policy.scripts_digest = Some(String::new()),
            |policy| policy.scripts_digest = Some(" ".to_owned()),
        ],
    );
    let cases = [
        (Step::Freeze, "prepared", "plan-digest", plan),
        (Step::Freeze, "prepared", "scripts-digest", scripts),
        (Step::Migrate, "terminated", "scripts-digest", scripts),
    ];
    for (step, state, input, spoils) in cases {
        assert_eq!(refused(step, state, |_| ()), None, "{}", step.name());
        for spoil in spoils {
            let (why, hint) = refused(step, state, spoil).unwrap();
            assert_eq!(why, format!("`{input}` {TRAP}"), "{}", step.name());
            assert!(hint.starts_with(&format!("pass the output `{input}` of plan")), "{hint}");
        }
    }
}

/// What GitHub has dropped, or a job's environment does not have, is missing in what was approved.
#[test]
fn freeze_sees_by_the_plan_what_was_dropped() {
    let changed = "production or the inputs have changed since the plan";
    let spoils: [Spoil; 3] = [
        |policy| policy.hooks.quiesce = false,
        |policy| policy.hooks.resume = false,
        |policy| policy.hooks.activate = false,
    ];
    for spoil in spoils {
        let (why, _) = refused(Step::Freeze, "prepared", spoil).unwrap();
        assert!(why.starts_with(changed), "{why}");
    }
}
