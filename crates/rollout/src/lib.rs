//! The decisions of a rolling upgrade, and nothing else: identifiers, what was observed, what to do.
//!
//! No async, no network, no clock, no environment: everything here is a plain function over plain data, so every
//! decision can be read, enumerated and tested without a cloud.

pub mod actions;
pub mod background;
pub mod clients;
pub mod connect_to;
pub mod connection;
pub mod decide;
pub mod digest;
mod durations;
pub mod effect;
mod evidence;
pub mod facts;
pub mod firewall;
pub mod history;
pub mod ids;
pub mod labels;
pub mod leads;
pub mod measure;
pub mod plan;
mod policy;
mod refusal;
pub mod rows;
pub mod served;
pub mod site;
pub mod status;
mod termination;
mod upgrade;
mod world;

pub use connect_to::ConnectTo;
pub use decide::{Deadline, DecisionInput, Step, deadline, decide, give_back, give_back_by_sql, unfreeze};
pub use durations::{Durations, durations, script_seconds};
pub use effect::{
    AccessEffect, Effect, FenceEffect, OtherEndpoint, RecordEffect, RemovalEffect, ReplicationEffect, Resource,
    RunHook, ScriptsEffect, SiteEffect, TrafficEffect, WebJobsEffect,
};
pub use evidence::Exposure;
pub use ids::{DatabaseId, EndpointId, PlanId, ProfileId, ServerId, SiteId, UpgradeId};
pub use policy::{CATCH_UP_READINGS, Hooks, Policy, ScriptName};
pub use refusal::{Outcome, Refusal};
pub use served::{Served, Unserved, served, served_if};
pub use status::{Status, status};
pub use termination::{Ending, Termination, TerminationMethod, Unavailable, detour, first_open};
pub use upgrade::{Slot, Upgrade};
pub use world::{NoLogIn, Permissions, SlotView, World};
