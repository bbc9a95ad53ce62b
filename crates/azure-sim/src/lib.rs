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
mod http;
mod initial_world;
mod invariants;

mod random;
mod replication;
mod scenario;
mod scenario_resources;
mod sign_in;
mod simulator;
mod site;
mod snapshot;
mod sql;
mod state_dump;
mod storage;
mod users;

mod world;

pub use scenario::{
    AlterOnGeoPrimary, CopySync, Cut, CutBatch, ForeignEndpoint, ProductionSite, Redirect, Scenario, SqlLogin, Unlink,
    WriteMeasure,
};
pub use scenario_resources::{AppLogIn, FirewallRule, ProductionDatabase, RoleAssignment, ServerSettings};
pub use sign_in::SignIn;
pub use sim_control::{
    Broken, Fault, Faulted, Hand, Invariants, Messages, Place, Protocol, Reads, RecordedRequest, Report, RequestKey,
    Serving, SignIns, What, Writes,
};
pub use simulator::{Addresses, Credentials, Simulator, Snapshot};
