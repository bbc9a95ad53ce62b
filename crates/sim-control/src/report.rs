//! What a run looked like to the users.

use serde::{Deserialize, Serialize};

/// The report, as `GET /report` and the simulator's last line give it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`](crate::SCHEMA)
    pub schema: u32,
    /// The users' writes.
    pub writes: Writes,
    /// The users' reads.
    pub reads: Reads,
    /// The work that users' writes passed on to WebJobs.
    pub messages: Messages,
    /// Seconds from the moment when production's endpoint was disabled to the last request that a user sent to its
    /// site; `None` while it is enabled.
    pub tail_seconds: Option<f64>,
    /// The invariants.
    pub invariants: Invariants,
    /// What serves users now.
    pub serving: Serving,
    /// The sign-ins.
    pub sign_ins: SignIns,
}

/// What was issued to whoever signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns {
    /// Assertions of GitHub's.
    pub assertions: u64,
    /// Tokens for Azure Resource Manager.
    pub arm_tokens: u64,
    /// Tokens for Azure SQL.
    pub sql_tokens: u64,
    /// Exchanges that Microsoft Entra ID refused.
    pub refused: u64,
}

/// Writes by their outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// The user was told that the write is done.
    pub acknowledged: u64,
    /// Acknowledged, and not in the database that serves users now.
    pub lost: u64,
    /// Refused with error 3906.
    pub refused_read_only: u64,
    /// Any other answer but 200.
    pub failed: u64,
}

/// Reads by their outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Answered with 200.
    pub answered: u64,
    /// Any other answer, or none.
    pub failed: u64,
}

/// Messages of the queue that the application's WebJobs work off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// Put into the queue by a user's write.
    pub queued: u64,
    /// Worked off.
    pub processed: u64,
    /// Tries that failed; such a message comes again.
    pub failed: u64,
    /// Given up after too many tries.
    pub lost: u64,
    /// Still in the queue.
    pub waiting: u64,
}

/// The invariants and how often they were judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Invariants {
    /// How many times the whole set was checked.
    pub checked: u64,
    /// Those that did not hold, each once.
    pub broken: Vec<Broken>,
    /// Those that do not hold because of a hand, and have not been whole since.
    #[serde(default)]
    pub excused: Vec<u8>,
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its number in the design: 1, 2, 3, 4, 6, 7 or 8.
    pub number: u8,
    /// What was seen.
    pub what: String,
    /// The request, statement or event after which it was seen first.
    pub cause: String,
}

/// What a user who asks for the application's name reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// Name of the site; `None` if the name does not resolve to a site.
    pub site: Option<String>,
    /// `server/database` that this site uses.
    pub database: Option<String>,
    /// Version of the application there.
    pub version: Option<String>,
}
