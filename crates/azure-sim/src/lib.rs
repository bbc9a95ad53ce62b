//! A simulated Azure on loopback for tests and rehearsals of a rolling upgrade: Azure Resource Manager, logical SQL
//! servers with geo-replication, App Service sites, Traffic Manager, and users who notice what goes wrong.

mod arm;
mod background;
mod capture;
mod clock;
mod cloud;
mod data;
mod deploy;
mod faults;
mod front;
mod hands;
mod initial_world;
mod picture;
mod random;
mod replication;
mod report;
mod scenario;
mod scenario_resources;
mod sign_in;
mod simulator;
mod site;
mod snapshot;
mod sql;
mod storage;
mod users;
mod watch;
mod world;

pub use faults::{Fault, Faulted, Place, Protocol, RecordedRequest, RequestKey, What};
pub use hands::Hand;
pub use report::{Broken, Invariants, Messages, Reads, Report, Serving, SignIns, Writes};
pub use scenario::{
    AlterOnGeoPrimary, CopySync, Cut, CutBatch, ForeignEndpoint, ProductionSite, Redirect, Scenario, SqlLogin, Unlink,
    WriteMeasure,
};
pub use scenario_resources::{AppLogIn, FirewallRule, ProductionDatabase, RoleAssignment, ServerSettings};
pub use sign_in::SignIn;
pub use simulator::{Addresses, Credentials, Simulator, Snapshot};
