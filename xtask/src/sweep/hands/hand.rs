//! What somebody else does: in the simulated Azure, or with a step of ours.

use sim_control::Hand as ByHand;

use crate::sweep::sweep_step::SweepStep;

/// What hands there are in the simulated Azure.
const MODEL: [ByHand; 24] = [
    ByHand::EnableProduction,
    ByHand::DisableProduction,
    ByHand::DeleteProduction,
    ByHand::ProductionLast,
    ByHand::EnableStage,
    ByHand::DisableStage,
    ByHand::DeleteStage,
    ByHand::StageFirst,
    ByHand::StrangerFirst,
    ByHand::StrangerBetween,
    ByHand::StageTarget,
    ByHand::StageAlias,
    ByHand::ProductionNowhere,
    ByHand::WipeTags,
    ByHand::WipeAllTags,
    ByHand::StageElsewhere,
    ByHand::StageNowhere,
    ByHand::RemoveLink,
    ByHand::ProductionReadOnly,
    ByHand::ProductionReadWrite,
    ByHand::ProductionTouched,
    ByHand::StageReadOnly,
    ByHand::StageReadWrite,
    ByHand::StageOutOfReach,
];

/// Give V1's database its write access back, for good or for a moment.
pub const OPEN_PRODUCTION: [Hand; 2] =
    [Hand::Model(ByHand::ProductionReadWrite), Hand::Model(ByHand::ProductionTouched)];

/// Take V1's endpoint away, or its site's way to the database: users cannot be sent back to it.
pub const WITHOUT_V1: [Hand; 2] = [Hand::Model(ByHand::DeleteProduction), Hand::Model(ByHand::ProductionNowhere)];
/// Sends users back to V1.
pub const ENABLE_PRODUCTION: Hand = Hand::Model(ByHand::EnableProduction);
/// Sends users away from V1.
pub const DISABLE_PRODUCTION: Hand = Hand::Model(ByHand::DisableProduction);
/// Set a database READ_ONLY.
pub const READ_ONLY: [Hand; 2] = [Hand::Model(ByHand::StageReadOnly), Hand::Model(ByHand::ProductionReadOnly)];

/// The steps of an upgrade, in order.
pub const CHAIN: [&str; 5] = ["prepare", "freeze", "terminate", "migrate", "switch"];

/// How a step that is run as a hand differs from the step as the workflow runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// Not at all: "Re-run failed jobs".
    None,
    /// It has another upgrade's id.
    OtherId,
    /// Its two slots are swapped.
    Swapped,
}

/// One hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// In the simulated Azure.
    Model(ByHand),
    /// A step of ours.
    Step(&'static str, Slip),
}

impl Hand {
    /// All that can act around a step: those of the model, earlier steps of the chain again, and steps with wrong inputs.
    pub fn around(station: &SweepStep) -> Vec<Self> {
        let before = CHAIN.iter().position(|step| *step == station.step).unwrap_or(match station.from {
            "prepared" => 1,
            "frozen" => 2,
            "terminated" => 3,
            "migrated" => 4,
            _ => CHAIN.len(),
        });
        let again = CHAIN[..before].iter().map(|step| Self::Step(step, Slip::None));
        let slips = ["freeze", "switch", "rollback"]
            .into_iter()
            .flat_map(|step| [Slip::OtherId, Slip::Swapped].map(|slip| Self::Step(step, slip)));
        MODEL
            .map(Self::Model)
            .into_iter()
            .chain(again)
            .chain([Self::Step("rollback", Slip::None)])
            .chain(slips)
            .collect()
    }

    /// Its name in a case's id.
    pub fn name(self) -> String {
        match self {
            Self::Model(hand) => hand.to_string(),
            Self::Step(step, Slip::None) => format!("run-{step}"),
            Self::Step(step, Slip::OtherId) => format!("run-{step}-other-id"),
            Self::Step(step, Slip::Swapped) => format!("run-{step}-swapped"),
        }
    }

    /// What the simulator lets happen at a request: the hand itself, or a pause for it.
    pub fn at_request(self) -> ByHand {
        match self {
            Self::Model(hand) => hand,
            Self::Step(..) => ByHand::Pause,
        }
    }

    /// It lasts as long as the step: it cannot act before that has begun.
    pub fn needs_the_step(self) -> bool {
        self == Self::Model(ByHand::StageOutOfReach)
    }

    /// Parts of the name of the request by which a proof of switch sees what it has done; none where no proof looks for that.
    pub fn is_seen_by(self) -> Option<&'static [&'static str]> {
        let Self::Model(hand) = self else { return None };
        match hand {
            ByHand::DeleteStage
            | ByHand::DisableStage
            | ByHand::StageTarget
            | ByHand::StrangerFirst
            | ByHand::StrangerBetween => Some(&["GET ", "/trafficManagerProfiles/"]),
            ByHand::StageElsewhere | ByHand::StageNowhere => {
                Some(&["POST ", "/sites/contoso-2/config/connectionstrings/list"])
            }
            _ => None,
        }
    }

    /// It acts in the simulated Azure.
    pub fn is_of_the_model(self) -> bool {
        matches!(self, Self::Model(_))
    }
}
