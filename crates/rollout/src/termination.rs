//! How replication is ended: the ways there are, and those that the user allows.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{Effect, ids::DatabaseId};

/// A way to end a replication link. Only [`TerminationMethod::Unlink`] is documented to send what is still on its way first, so before
/// any of them it is proved that nothing is (facts: the commands' documentation, and the recorded `ForceStopDatabaseCopy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminationMethod {
    /// `ALTER DATABASE … REMOVE SECONDARY ON SERVER …` in `master` of the primary's server.
    TSql,
    /// `POST …/replicationLinks/{linkId}/unlink` (Microsoft.Sql 2014-04-01), the friendly one, until that version retires.
    Unlink,
    /// `DELETE …/replicationLinks/{linkId}`, which Azure carries out as a forced stop.
    Delete,
}

impl fmt::Display for TerminationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TSql => "T-SQL",
            Self::Unlink => "ARM's unlink",
            Self::Delete => "ARM's DELETE",
        })
    }
}

/// The input `termination`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Termination {
    /// T-SQL; where that is not permitted `unlink`; where that is not permitted or retired, DELETE.
    #[default]
    Auto,
    /// This way alone.
    Only(TerminationMethod),
}

impl Termination {
    /// The ways that may be tried, in their order.
    pub fn methods(self) -> Vec<TerminationMethod> {
        match self {
            Self::Auto => vec![TerminationMethod::TSql, TerminationMethod::Unlink, TerminationMethod::Delete],
            Self::Only(method) => vec![method],
        }
    }
}

impl FromStr for Termination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "t-sql" => Ok(Self::Only(TerminationMethod::TSql)),
            "unlink" => Ok(Self::Only(TerminationMethod::Unlink)),
            "delete" => Ok(Self::Only(TerminationMethod::Delete)),
            other => Err(format!("`{other}` is not a way to end replication; write auto, t-sql, unlink or delete")),
        }
    }
}

/// How a link is ended: way after way, until one is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The secondary on the other side.
    pub partner: DatabaseId,
    /// The ways, in their order. The next one is tried only where one is not permitted or not there.
    pub methods: Vec<TerminationMethod>,
    /// What must be proved again before each further way. None where the secondary may lose writes.
    pub proofs: Vec<Effect>,
}

/// A way that this identity cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// Which.
    pub method: TerminationMethod,
    /// Why, as it was answered when it was tried.
    pub why: String,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.method, self.why)
    }
}

/// The first way that is not closed.
pub fn first_open(termination: Termination, closed: &[Unavailable]) -> Option<TerminationMethod> {
    termination.methods().into_iter().find(|method| closed.iter().all(|closed| closed.method != *method))
}

/// What to tell people when the first way is closed and another is open.
pub fn detour(termination: Termination, closed: &[Unavailable]) -> Option<String> {
    let method = first_open(termination, closed).filter(|_| !closed.is_empty())?;
    let reasons: Vec<_> = closed.iter().map(ToString::to_string).collect();
    Some(format!("terminate will end replication by {method}, because other ways are closed ({})", reasons.join("; ")))
}

#[cfg(test)]
#[path = "termination_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
