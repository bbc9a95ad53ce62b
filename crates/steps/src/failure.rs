//! Why a step ended without success, and what that means for the upgrade.

pub use rollout::Outcome;
use rollout::{Refusal, Status};
use tsql::{SqlError, error::Kind};

/// The end of a step that did not succeed.
#[derive(Debug)]
pub struct Failure {
    /// What it means: refused, interrupted, broken or stuck.
    pub outcome: Outcome,
    /// What was tried, and the chain of reasons.
    pub error: anyhow::Error,
    /// What to do next.
    pub hint: String,
}

/// What a step that stopped half-way advises.
const AGAIN: &str = "run this step again: it finds out how far it came and finishes; or run rollback";

impl Failure {
    /// Nothing was changed.
    pub fn refused(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, error: error.into(), hint: hint.into() }
    }

    /// The step stopped half-way.
    pub fn interrupted(error: impl Into<anyhow::Error>) -> Self {
        Self { outcome: Outcome::Interrupted, error: error.into(), hint: AGAIN.into() }
    }

    /// Stage cannot be used.
    pub fn broken(error: impl Into<anyhow::Error>) -> Self {
        let hint = "run rollback: it gives production its write access back, and keeps stage for the analysis";
        Self { outcome: Outcome::Broken, error: error.into(), hint: hint.into() }
    }

    /// The same reason, which makes stage unusable.
    #[must_use]
    pub fn into_broken(self) -> Self {
        Self::broken(self.error)
    }

    /// A refusal whose hint says too where the upgrade stands, and which step comes next. Before the live state was looked
    /// at, it names who can tell that.
    #[must_use]
    pub fn with_status(self, status: Option<&Status>) -> Self {
        if self.outcome != Outcome::Refused {
            return self;
        }
        let hint = match status {
            Some(status) => format!("{} ({status})", self.hint),
            None => format!("{}; `upgrade-status` shows where the upgrade stands", self.hint),
        };
        Self { hint, ..self }
    }

    /// The same reason, after something was changed that stays changed: what it advises comes before the next run, where it does not
    /// speak of that itself.
    #[must_use]
    pub fn into_interrupted(self) -> Self {
        let hint = if self.hint.contains("again") { self.hint } else { format!("{}; then {AGAIN}", self.hint) };
        Self { outcome: Outcome::Interrupted, hint, ..self }
    }

    /// The same, once something was changed: whatever cannot be seen then is no refusal any more.
    #[must_use]
    pub fn after_changes(self) -> Self {
        if self.outcome == Outcome::Refused { self.into_interrupted() } else { self }
    }

    /// The same, of an effect that changes something. Where Azure did not say no, nobody can tell whether it was changed: a
    /// request may have been carried out although its answer was lost, and what is looked at after it may not be seen.
    #[must_use]
    pub fn of_a_change(self) -> Self {
        let azure = self.error.downcast_ref::<azure::Error>();
        let unknown = azure.is_some_and(|error| error.status().is_none());
        if unknown { self.after_changes() } else { self }
    }

    /// The same of a step that is finished, or taken back, in another way.
    #[must_use]
    pub fn with_way_on(self, way_on: &str) -> Self {
        Self { hint: self.hint.replace(AGAIN, way_on), ..self }
    }

    /// Reason by reason, each once, on one line.
    pub fn message(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for cause in self.error.chain().map(ToString::to_string) {
            if parts.last().is_none_or(|last| !last.contains(&cause)) {
                parts.push(cause);
            }
        }
        parts.join(": ")
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let hint = refusal.hint.clone();
        Self::refused(refusal, hint)
    }
}

/// What an error of Azure means before anything was changed.
pub fn failed_at_azure(error: azure::Error) -> Failure {
    let lasting = matches!(error.status(), Some(400..=499)) && !matches!(error.status(), Some(408 | 409 | 429));
    match error.hint() {
        Some(hint) if lasting || error.status().is_none() => Failure::refused(error, hint),
        _ if lasting => Failure::refused(error, "resolve what Azure's answer reports, then run this step again"),
        _ => Failure::interrupted(error),
    }
}

/// What an error of a database means before anything was changed.
pub fn failed_at_sql(error: SqlError) -> Failure {
    let hint =
        error.hint().unwrap_or_else(|| "resolve what the server's answer reports, then run this step again".to_owned());
    let lasting = matches!(error.kind, Kind::Tls | Kind::Login | Kind::Server | Kind::Unexpected);
    if !lasting || error.connecting_again_may_help() {
        Failure::interrupted(error)
    } else {
        Failure::refused(error, hint)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn advice_comes_before_the_next_run() {
        let failure = Failure::refused(anyhow::anyhow!("no"), "check the names").into_interrupted();
        let hint =
            "check the names; then run this step again: it finds out how far it came and finishes; or run rollback";
        assert_eq!((failure.outcome, failure.hint.as_str()), (Outcome::Interrupted, hint));
        let failure = Failure::refused(anyhow::anyhow!("no"), "show it, then run prepare again").into_interrupted();
        assert_eq!(failure.hint, "show it, then run prepare again");
    }

    /// Only of Azure is it unknown: what a database has said no to is refused.
    #[test]
    fn a_change_that_was_refused_by_no_answer_of_azure_stays_refused() {
        let failure = Failure::refused(anyhow::anyhow!("no"), "look").of_a_change();
        assert_eq!(failure.outcome, Outcome::Refused);
    }
}
