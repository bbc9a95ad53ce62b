//! The ways back that a step takes by itself: a freeze that is undone, and production given back at the deadline.

use jiff::{SignedDuration, Timestamp};

use super::{DecisionInput, Step, background, rollback, terminate};
use crate::{Effect, Refusal};

/// Until when production must have its write access back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// As the fence row has it, by the server's clock.
    pub at: Timestamp,
    /// How far off it was by the same clock when the live state was looked at; not positive once it has passed.
    pub left: SignedDuration,
}

/// The deadline that a step has to keep: production is read-only by this upgrade, and users are still on it. Prepare has
/// nothing to do with it, and rollback and cleanup are not to be stopped by it.
pub fn deadline(step: Step, case: &DecisionInput<'_>) -> Option<Deadline> {
    let keeps =
        matches!(step, Step::Freeze | Step::Terminate | Step::Migrate | Step::Switch) && !case.policy.past_deadline;
    let (production, now) = (&case.world.production, case.world.now()?);
    let waiting = keeps && production.read_only() && !case.world.point_of_no_return_passed(case.upgrade);
    let fence = production.open_fence(case.upgrade).filter(|_| waiting)?;
    Some(Deadline { at: fence.deadline, left: fence.deadline.duration_since(now) })
}

/// What takes a freeze back: production's write access and then its background work, because prepare's work stays good. `None`
/// once terminate has begun: from there on only rollback knows the way. Of the live state it takes the profile and production.
pub fn unfreeze(case: &DecisionInput<'_>) -> Option<Vec<Effect>> {
    if terminate::begun(case) {
        return None;
    }
    let background = if rollback::has_access(case) { background::resume_at_once(case) } else { Vec::new() };
    Some(rollback::give_back(case).into_iter().chain(background).collect())
}

/// What gives production back when the deadline has passed in this step: a rollback, or less where less is enough.
///
/// # Errors
/// A guard of rollback fails.
pub fn give_back(step: Step, case: &DecisionInput<'_>) -> Result<Vec<Effect>, Refusal> {
    let undone = if step == Step::Freeze { unfreeze(case) } else { None };
    undone.map_or_else(|| rollback::decide(case), Ok)
}
