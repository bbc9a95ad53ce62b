//! What a step passes on: every output that there is, and those of a step that changes something.

use clap::ValueEnum;
use rollout::{Policy, Step, Upgrade, World, durations, script_seconds};
use serde_json::{Value, json};

/// An output. The variant is its name, in kebab-case, and the comment is its meaning: `action.yml` and its documentation
/// are written from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// How the step ended: `done`, `already-done`, `refused`, `interrupted`, `broken` or `stuck`.
    Outcome,
    /// All outputs as one JSON object, with `message` and `hint` of a failure.
    Result,
    /// Name of the upgrade.
    UpgradeId,
    /// Digest of what was planned.
    PlanDigest,
    /// Digest of the upgrade scripts and checks; `status`: of those that ran, once some did.
    ScriptsDigest,
    /// SHA-256 of V2's package; empty without one.
    PackageDigest,
    /// Name of the connection string setting.
    ConnectionName,
    /// Production's database: `<resource-group>/<server>/<database>`.
    ProductionDatabase,
    /// Production's site: `<resource-group>/<site>[/<slot>]`.
    ProductionSite,
    /// Production's endpoint: `<resource-group>/<profile>/<endpoint>`.
    ProductionEndpoint,
    /// Stage's database: `<resource-group>/<server>/<database>`.
    StageDatabase,
    /// Stage's site: `<resource-group>/<site>[/<slot>]`.
    StageSite,
    /// Stage's endpoint: `<resource-group>/<profile>/<endpoint>`.
    StageEndpoint,
    /// What plan found that needs attention: a JSON array of `rule`, `what` and `hint`.
    Findings,
    /// How long users could not write, once production is given back or users are on V2.
    ReadOnlySeconds,
    /// Run time of the upgrade scripts.
    ScriptSeconds,
    /// Read-only time beyond the scripts.
    OverheadSeconds,
    /// How long DNS answers may keep users on V1.
    TailSeconds,
    /// What V2 had taken and `accept-loss` gave up.
    GivenUp,
    /// Where the upgrade stands, such as `prepared`, `frozen` or `switched`.
    State,
    /// The step that comes next, or `nothing`.
    Next,
    /// Why that step comes next.
    Why,
    /// The command line of the next step, with all identifiers.
    Command,
    /// Why the next step would refuse.
    Obstacle,
    /// What a rollback would do: `possible`, `nothing-to-do`, `with-loss` or `refused`.
    Rollback,
    /// Since when users can only read.
    ReadOnlySince,
    /// When production must have its write access back.
    Deadline,
    /// `true` once that deadline has passed.
    Overdue,
    /// Who holds the lock: a JSON object of `step`, `upgrade-id`, `program`, `login`, `host` and `since`.
    Lock,
}

/// Outputs with their values.
pub type Outputs = Vec<(Output, Value)>;

impl Output {
    /// Its name in kebab-case.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it means.
    pub fn meaning(self) -> String {
        let help = self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        help.unwrap_or_default()
    }

    /// Whether this step may set it.
    pub fn is_of(self, step: &str) -> bool {
        match self {
            Self::Outcome | Self::Result => true,
            Self::PlanDigest | Self::PackageDigest | Self::Findings => step == "plan",
            Self::UpgradeId
            | Self::ConnectionName
            | Self::ProductionDatabase
            | Self::ProductionSite
            | Self::ProductionEndpoint => matches!(step, "plan" | "status"),
            Self::StageDatabase | Self::StageSite | Self::StageEndpoint => {
                matches!(step, "plan" | "prepare" | "status")
            }
            Self::ScriptsDigest => matches!(step, "plan" | "migrate" | "status"),
            // A step that its deadline passes in gives production back, so these are its outputs too.
            Self::ReadOnlySeconds | Self::ScriptSeconds | Self::OverheadSeconds | Self::TailSeconds => {
                matches!(step, "freeze" | "terminate" | "migrate" | "switch" | "rollback")
            }
            Self::GivenUp => step == "rollback",
            Self::State
            | Self::Next
            | Self::Why
            | Self::Command
            | Self::Obstacle
            | Self::Rollback
            | Self::ReadOnlySince
            | Self::Deadline
            | Self::Overdue
            | Self::Lock => step == "status",
        }
    }
}

/// The outputs of a step that succeeded.
pub fn of_step(step: Step, upgrade: &Upgrade, world: &World, policy: &Policy) -> Outputs {
    match step {
        Step::Prepare => of_stage(upgrade),
        Step::Migrate => vec![
            (Output::ScriptsDigest, json!(policy.digest_of_scripts())),
            (Output::ScriptSeconds, json!(script_seconds(upgrade, world))),
        ],
        Step::Switch | Step::Rollback => of_durations(upgrade, world),
        Step::Freeze | Step::Terminate | Step::Cleanup => Outputs::new(),
    }
}

/// What leads to both slots.
pub fn of_slots(upgrade: &Upgrade) -> Outputs {
    let Upgrade { id, production, connection_name, .. } = upgrade;
    let mut outputs = vec![
        (Output::UpgradeId, json!(id)),
        (Output::ConnectionName, json!(connection_name)),
        (Output::ProductionDatabase, json!(production.database)),
        (Output::ProductionSite, json!(production.site)),
        (Output::ProductionEndpoint, json!(production.endpoint)),
    ];
    outputs.extend(of_stage(upgrade));
    outputs
}

fn of_stage(upgrade: &Upgrade) -> Outputs {
    let stage = &upgrade.stage;
    vec![
        (Output::StageDatabase, json!(stage.database)),
        (Output::StageSite, json!(stage.site)),
        (Output::StageEndpoint, json!(stage.endpoint)),
    ]
}

/// The four durations, once the read-only time of users is over.
pub fn of_durations(upgrade: &Upgrade, world: &World) -> Outputs {
    let Some(durations) = durations(upgrade, world) else { return Outputs::new() };
    vec![
        (Output::ReadOnlySeconds, json!(durations.read_only_seconds)),
        (Output::ScriptSeconds, json!(durations.script_seconds)),
        (Output::OverheadSeconds, json!(durations.overhead_seconds)),
        (Output::TailSeconds, json!(durations.tail_seconds)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_has_a_name_a_meaning_and_a_step() {
        for output in Output::value_variants() {
            assert!(!output.name().is_empty() && !output.meaning().is_empty(), "{output:?}");
            assert!(crate::interface::STEPS.iter().any(|step| output.is_of(step)), "{output:?}");
        }
        assert_eq!(Output::ReadOnlySince.name(), "read-only-since");
        assert_eq!(Output::Overdue.meaning(), "`true` once that deadline has passed");
    }

    #[test]
    fn an_output_of_another_step_is_known_as_such() {
        assert!(Output::GivenUp.is_of("rollback") && !Output::GivenUp.is_of("switch"));
        assert!(Output::Outcome.is_of("firewall") && !Output::Lock.is_of("firewall"));
    }
}
