//! Azure Resource Manager, as far as a rolling upgrade needs it.
//!
//! Requests are built and answers are read without I/O ([`sql`], [`traffic_manager`], [`web`],
//! [`webjobs`], [`site_model`], [`new_site`], [`deployments`], [`authorization`]); one place
//! sends them ([`Client::send`]) and owns retry and log; [`sign_in`] gets its tokens; long operations are followed by [`Client::wait`]. [`health`]
//! looks at web sites as their users see them. The environment is never read here, apart from the proxy variables,
//! which are reqwest's own.
//!
//! Sources of the shapes: Azure/azure-rest-api-specs (Microsoft.Sql 2021-11-01, trafficmanager 2022-04-01,
//! Microsoft.Web 2023-12-01) and recordings of real traffic in azure-cli's tests.

#[cfg(test)]
mod arbitrary_json;
mod arm_error;
pub mod arm_id;
mod attempts;
pub mod authorization;
mod client;
mod connect;
pub mod deployments;
mod error;
pub mod health;
mod json;
pub mod new_site;
pub mod operation;
mod package;
mod pages;
mod proved;
pub mod request;
mod response;
pub mod sign_in;
pub mod site_model;
pub mod sql;
mod trace;
pub mod traffic_manager;
mod wait;
pub mod web;
pub mod webjobs;
mod worth;

pub use arm_error::ArmError;
pub use arm_id::{ArmId, Scope};
pub use attempts::Unsent;
pub use client::{Client, Options};
pub use connect::Reach;
pub use error::{Answer, Cause, Error};
pub use health::{Look, Probe, Prober, Unhealthy};
pub use json::ReadError;
pub use operation::{Outcome, Started};
pub use package::{PackageAddress, is_zip};
pub use request::Request;
pub use response::Response;
pub use sign_in::{Application, AssertionSource, Proof, SignIn, SignInRefusal, TokenSource, scope_of};
pub use trace::Trace;
pub use worth::LONGEST_WAIT;
