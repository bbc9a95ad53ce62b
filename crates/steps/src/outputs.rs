//! What a step that changes something passes on, besides its outcome.

use rollout::{Policy, Step, Upgrade, World, durations, script_seconds};
use serde_json::{Value, json};

/// Outputs by name.
pub type Outputs = Vec<(&'static str, Value)>;

/// The outputs of a step that succeeded.
pub fn of_step(step: Step, upgrade: &Upgrade, world: &World, policy: &Policy) -> Outputs {
    match step {
        Step::Prepare => of_stage(upgrade),
        Step::Migrate => vec![
            ("scripts-digest", json!(policy.digest_of_scripts())),
            ("script-seconds", json!(script_seconds(upgrade, world))),
        ],
        Step::Switch | Step::Rollback => of_durations(upgrade, world),
        Step::Freeze | Step::Terminate | Step::Cleanup => Outputs::new(),
    }
}

fn of_stage(upgrade: &Upgrade) -> Outputs {
    let stage = &upgrade.stage;
    vec![
        ("stage-database", json!(stage.database)),
        ("stage-site", json!(stage.site)),
        ("stage-endpoint", json!(stage.endpoint)),
    ]
}

/// The four durations, once the read-only time of users is over.
pub fn of_durations(upgrade: &Upgrade, world: &World) -> Outputs {
    let Some(durations) = durations(upgrade, world) else { return Outputs::new() };
    vec![
        ("read-only-seconds", json!(durations.read_only_seconds)),
        ("script-seconds", json!(durations.script_seconds)),
        ("overhead-seconds", json!(durations.overhead_seconds)),
        ("tail-seconds", json!(durations.tail_seconds)),
    ]
}
