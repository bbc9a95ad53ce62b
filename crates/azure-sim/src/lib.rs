//! A simulated Azure on loopback for tests and rehearsals of a rolling upgrade: Azure Resource Manager, logical SQL
//! servers with geo-replication, App Service sites, Traffic Manager, and users who notice what goes wrong.

mod arm;
mod background;
mod capture;
mod clock;
mod cloud;
mod data;
mod deploy;
mod estate;
mod faults;
mod front;
mod hands;
mod picture;
mod random;
mod replication;
mod report;
mod scenario;
mod seeded;
mod sign_in;
mod simulator;
mod site;
mod snapshot;
mod sql;
mod storage;
mod users;
mod watch;
mod world;

pub use estate::{AppLogIn, FirewallRule, ProductionDatabase, RoleAssignment, ServerSettings};
pub use faults::{Fault, Faulted, Meeting, Place, Protocol, Spot, What};
pub use hands::Hand;
pub use report::{Broken, Invariants, Messages, Reads, Report, Serving, SignIns, Writes};
pub use scenario::{
    AlterOnGeoPrimary, CopySync, Cut, CutBatch, ForeignEndpoint, ProductionSite, Redirect, Scenario, SqlLogin, Unlink,
    WriteMeasure,
};
pub use sign_in::SignIn;
pub use simulator::{Addresses, Credentials, Simulator, Snapshot};
