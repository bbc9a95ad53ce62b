//! The steps of a whole upgrade, each from the state before it to the state after it.

use sim_control::Ready;

use crate::{
    outputs::Outputs,
    rehearse::{
        fixtures::Fixtures,
        inputs::{self, Input},
        stage::StageSite,
    },
};

/// A step from one state of the upgrade to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepStep {
    /// Its name in a case's id.
    pub name: &'static str,
    /// The step.
    pub step: &'static str,
    /// The state before it.
    pub from: &'static str,
    /// The state after it.
    pub to: &'static str,
    /// How replication is to be ended, where it is not left to the step.
    termination: Option<&'static str>,
    /// The output of plan that names what cleanup removes.
    remove: Option<&'static str>,
    /// In which world: where the stage site comes from.
    pub stage: StageSite,
    /// Who sweeps it. One that nobody sweeps is gone through once.
    swept: Swept,
    /// Its run is killed once this request has had its effect: the state after it is that of a step that died.
    pub dies_after: Option<&'static str>,
}

/// Who sweeps a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Swept {
    /// Faults at every request of it, and hands.
    Fully,
    /// Hands alone: that the step before it died is fault enough.
    ByHands,
    Never,
}

/// The state in which nothing of the upgrade is there yet.
pub const START: &str = "start";

/// The state in which production is read-only and the last writes are still on their way to the copy.
pub const FROZEN: &str = "frozen";

const fn step(name: &'static str, from: &'static str, to: &'static str) -> SweepStep {
    SweepStep {
        name,
        step: name,
        from,
        to,
        termination: None,
        remove: None,
        stage: StageSite::Adopted,
        swept: Swept::Fully,
        dies_after: None,
    }
}

/// The same where there is no stage site before.
const fn created(name: &'static str, station: SweepStep) -> SweepStep {
    SweepStep { name, stage: StageSite::Created, ..station }
}

const fn terminate(name: &'static str, termination: &'static str) -> SweepStep {
    SweepStep { name, termination: Some(termination), ..step("terminate", FROZEN, "terminated") }
}

const fn rollback(name: &'static str, from: &'static str, to: &'static str) -> SweepStep {
    SweepStep { name, ..step("rollback", from, to) }
}

const fn cleanup(name: &'static str, from: &'static str, to: &'static str, remove: &'static str) -> SweepStep {
    SweepStep { name, remove: Some(remove), ..step("cleanup", from, to) }
}

/// A cleanup of stage as any other, from another state.
const fn once(name: &'static str, from: &'static str) -> SweepStep {
    SweepStep { swept: Swept::Never, ..cleanup(name, from, "stage-removed", "stage-database") }
}

/// A switch that dies after it has let users come to stage.
const fn half_switch() -> SweepStep {
    SweepStep {
        name: "switch-dies",
        swept: Swept::Never,
        dies_after: Some("/ExternalEndpoints/"),
        ..step("switch", "migrated", HALF_SWITCHED)
    }
}

/// The same with hands alone.
const fn by_hands(station: SweepStep) -> SweepStep {
    SweepStep { swept: Swept::ByHands, ..station }
}

/// The rollback, whatever state it is run in.
pub const ROLLBACK: SweepStep = rollback("rollback", "", "");

/// The state after a switch that died: both endpoints are enabled.
const HALF_SWITCHED: &str = "half-switched";

/// All of them, each after the one that makes the state before it.
pub const ALL: [SweepStep; 24] = [
    step("plan", START, START),
    step("prepare", START, "prepared"),
    step("freeze", "prepared", FROZEN),
    step("terminate", FROZEN, "terminated"),
    terminate("terminate-by-unlink", "unlink"),
    terminate("terminate-by-delete", "delete"),
    step("migrate", "terminated", "migrated"),
    step("switch", "migrated", "switched"),
    cleanup("cleanup-v1", "switched", "v1-removed", "production-database"),
    rollback("rollback-prepared", "prepared", "back-from-prepared"),
    rollback("rollback-frozen", FROZEN, "back-from-frozen"),
    rollback("rollback-terminated", "terminated", "back-from-terminated"),
    rollback("rollback-migrated", "migrated", "back-from-migrated"),
    half_switch(),
    by_hands(SweepStep { name: "switch-again", ..step("switch", HALF_SWITCHED, "switched-again") }),
    by_hands(rollback("rollback-half-switched", HALF_SWITCHED, "back-from-half-switched")),
    cleanup("cleanup-stage", "back-from-migrated", "stage-removed", "stage-database"),
    cleanup("cleanup-linked-stage", "back-from-prepared", "stage-removed", "stage-database"),
    once("cleanup-frozen-stage", "back-from-frozen"),
    once("cleanup-cut-off-stage", "back-from-terminated"),
    created("plan-created", step("plan", START, START)),
    created("prepare-created", step("prepare", START, "prepared")),
    created("rollback-created", rollback("", "prepared", "back-from-prepared")),
    created("cleanup-created", cleanup("", "back-from-prepared", "stage-removed", "stage-database")),
];

impl SweepStep {
    /// The station of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|station| station.name == name)
    }

    /// The plan in a world, whose outputs every other step needs.
    pub fn plan(stage: StageSite) -> Option<&'static Self> {
        ALL.iter().find(|station| station.stage == stage && station.step == "plan")
    }

    /// The stations that lead to the state before this one, in order.
    pub fn road(&self) -> Vec<&'static Self> {
        let mut road = Vec::new();
        let mut state = self.from;
        while state != START {
            let leads = |station: &&Self| station.stage == self.stage && station.to == state;
            let Some(before) = ALL.iter().find(leads) else { break };
            road.push(before);
            state = before.from;
        }
        road.reverse();
        road
    }

    /// The step's inputs, fed by the outputs of the ones before.
    pub fn inputs(&self, outputs: &Outputs, material: &Fixtures, ready: &Ready) -> anyhow::Result<Vec<Input>> {
        let mut inputs = match (self.step, self.remove) {
            ("plan", _) => inputs::of_plan(material),
            (_, Some(removed)) => inputs::of_cleanup(removed, outputs, material)?,
            (step, None) => inputs::of_step(step, outputs, material)?,
        };
        match self.step {
            "plan" => inputs.push(("upgrade-id", "sweep-1".to_owned())),
            "cleanup" => inputs.extend([("revert-window", "0s".to_owned()), ("remove-database", "true".to_owned())]),
            _ => {}
        }
        inputs.extend(self.stage.inputs(self.step, ready));
        inputs.extend(self.termination.map(|way| ("termination", way.to_owned())));
        inputs.extend(self.hooks().iter().map(|hook| (*hook, material.hook().display().to_string())));
        Ok(inputs)
    }

    /// The hooks that its step may run.
    pub fn hooks(&self) -> &'static [&'static str] {
        match self.step {
            "plan" | "freeze" => &["hook-quiesce", "hook-resume", "hook-activate"],
            "terminate" | "migrate" | "rollback" => &["hook-resume"],
            "switch" => &["hook-resume", "hook-activate"],
            _ => &[],
        }
    }

    /// Faults happen at each of its requests.
    pub fn is_swept_with_faults(&self) -> bool {
        self.swept == Swept::Fully
    }

    /// Hands act before it and during it.
    pub fn is_swept_by_hands(&self) -> bool {
        self.swept != Swept::Never
    }

    /// It is a rollback itself.
    pub fn is_rollback(&self) -> bool {
        self.step == "rollback"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_made_before_it_is_needed() {
        for stage in [StageSite::Adopted, StageSite::Created] {
            let mut made = vec![START];
            for station in ALL.iter().filter(|station| station.stage == stage) {
                assert!(made.contains(&station.from), "{}", station.name);
                made.push(station.to);
            }
        }
    }

    #[test]
    fn roads_lead_from_the_start() {
        let names = |name: &str| -> Vec<&str> {
            SweepStep::named(name).unwrap().road().iter().map(|station| station.name).collect()
        };
        assert_eq!(names("plan"), Vec::<&str>::new());
        assert_eq!(names("terminate-by-delete"), ["prepare", "freeze"]);
        assert_eq!(names("cleanup-created"), ["prepare-created", "rollback-created"]);
        assert_eq!(names("cleanup-stage"), ["prepare", "freeze", "terminate", "migrate", "rollback-migrated"]);
    }
}
