//! The figures of a sweep.

use serde::Serialize;

/// What came of cases; figures of several are added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Cases, pairs among them.
    pub runs: u64,
    /// Cases whose fault has happened.
    pub fired: u64,
    /// Cases in which the step, by itself or run again, came to the golden end.
    pub converged: u64,
    /// Cases in which a rollback was run, and gave V1 back or refused where it has to. There is none where the step changed
    /// nothing, or did all: those worlds are golden ones.
    pub rolled_back: u64,
    /// Acknowledged writes that are gone.
    pub lost_writes: u64,
    /// Invariants that did not hold, but for the one about secrets.
    pub broken_invariants: u64,
    /// Runs that have shown a secret.
    pub leaked_secrets: u64,
    /// Cases in which a hand acted between a step's proofs and its request and broke something, which the step has told at once.
    pub raced: u64,
    /// Cases with something wrong in them.
    #[serde(skip)]
    pub failed: u64,
}

impl Tally {
    /// Adds the figures of others.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.fired += other.fired;
        self.converged += other.converged;
        self.rolled_back += other.rolled_back;
        self.lost_writes += other.lost_writes;
        self.broken_invariants += other.broken_invariants;
        self.leaked_secrets += other.leaked_secrets;
        self.raced += other.raced;
        self.failed += other.failed;
    }

    /// Nothing is wrong, and something was seen.
    pub fn is_good(&self) -> bool {
        let nothing = self.failed + self.lost_writes + self.broken_invariants + self.leaked_secrets == 0;
        nothing && self.runs > 0 && self.fired == self.runs && self.converged == self.runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Tally {
        Tally { runs: 2, fired: 2, converged: 2, rolled_back: 2, ..Tally::default() }
    }

    #[test]
    fn one_thing_wrong_is_too_much() {
        assert!(good().is_good());
        assert!(!Tally::default().is_good(), "nothing was seen");
        for bad in [
            Tally { fired: 1, ..good() },
            Tally { converged: 1, ..good() },
            Tally { lost_writes: 1, ..good() },
            Tally { broken_invariants: 1, ..good() },
            Tally { leaked_secrets: 1, ..good() },
            Tally { failed: 1, ..good() },
        ] {
            assert!(!bad.is_good(), "{bad:?}");
        }
    }

    #[test]
    fn figures_are_one_line() {
        let mut sum = good();
        sum.add(&good());
        assert_eq!(
            serde_json::to_string(&sum).unwrap(),
            r#"{"runs":4,"fired":4,"converged":4,"rolled_back":4,"lost_writes":0,"broken_invariants":0,"leaked_secrets":0,"raced":0}"#
        );
    }
}
