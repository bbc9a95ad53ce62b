//! A simulated Azure on loopback for tests and rehearsals of a rolling upgrade: Azure Resource Manager, logical SQL
//! servers with geo-replication, App Service sites, Traffic Manager, and users who notice what goes wrong.

mod access;
mod arm;
mod azure;
mod background;
mod capture;
mod changes;
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
mod ledger;
mod lock;
mod queue;
mod random;
mod replication;
mod scenario;
mod scenario_resources;
mod scenario_sign_in;
mod secrets;
mod service;
mod sign_in;
mod simulator;
mod site;
mod snapshot;
mod sql;
mod state_dump;
mod storage;
mod tokens;
mod users;
mod wait;
mod world;

pub use scenario::{
    AlterOnGeoPrimary, CopySync, Cut, CutBatch, ForeignEndpoint, ProductionSite, Redirect, Scenario, SqlLogin, Unlink,
    WriteMeasure,
};
pub use scenario_resources::{AppLogIn, FirewallRule, ProductionDatabase, RoleAssignment, ServerSettings};
pub use scenario_sign_in::SignIn;
pub use sim_control::{
    Broken, Credentials, Fault, Faulted, Hand, Invariants, Messages, Place, Protocol, Reads, RecordedRequest, Report,
    RequestKey, Serving, SignIns, What, Writes,
};
pub use simulator::{Addresses, Simulator, Snapshot};
