//! The control interface of the simulated Azure: what is asked and answered over plain HTTP, and the line that the
//! simulator prints when it is ready. `azure-sim` and whoever drives it share these types; both know nothing else of
//! each other.

mod fault;
mod hand;
pub mod path;
mod ready;
mod recorded;
mod report;
mod request;

pub use fault::{Fault, Place, Protocol, RequestKey, What};
pub use hand::Hand;
pub use ready::{Credentials, Ready};
pub use recorded::{Faulted, RecordedRequest};
pub use report::{Broken, Invariants, Messages, Reads, Report, Serving, SignIns, Writes};
pub use request::{Act, AskForState, Output, Runner, StateDump, Wait};

/// Version of every JSON document of this interface, its field `schema`.
pub const SCHEMA: u32 = 1;
