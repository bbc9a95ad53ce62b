//! What plan has shown and people have approved: a step that guards by its digest does not go on without it.

use super::DecisionInput;
use crate::{Refusal, ids::DROPPED};

/// The digest in `input`; an empty one is none.
pub(super) fn digest<'d>(input: &str, given: Option<&'d String>, attempt: &str) -> Result<&'d str, Refusal> {
    given.map(|digest| digest.trim()).filter(|digest| !digest.is_empty()).ok_or_else(|| {
        let why = format!("`{input}` was not given: {DROPPED}");
        Refusal::new(attempt, why, format!("pass the output `{input}` of plan"))
    })
}

/// The scripts at hand are those of the plan.
pub(super) fn require_planned_scripts(case: &DecisionInput<'_>, attempt: &str, hint: &str) -> Result<(), Refusal> {
    let here = case.digest_of_scripts();
    let planned = digest("scripts-digest", case.policy.scripts_digest.as_ref(), attempt).map_err(|refusal| {
        let hint = format!("{}; the scripts in this job have the digest `{here}`", refusal.hint);
        Refusal { hint, ..refusal }
    })?;
    super::require(planned == here, || {
        let why = format!("the scripts in this job have the digest `{here}`, but the plan covers `{planned}`");
        Refusal::new(attempt, why, hint)
    })
}

#[cfg(test)]
#[path = "approved_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
