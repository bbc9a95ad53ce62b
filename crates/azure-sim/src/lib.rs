//! A simulated Azure on loopback for tests and rehearsals of a rolling upgrade: Azure Resource Manager, logical SQL
//! servers with geo-replication, App Service sites, Traffic Manager, and users who notice what goes wrong.

mod report;
mod scenario;
mod simulator;

pub use report::{Broken, Invariants, Reads, Report, Serving, Writes};
pub use scenario::{AlterOnGeoPrimary, CopySync, Scenario, SqlLogin};
pub use simulator::{Addresses, Credentials, Simulator, Snapshot};
