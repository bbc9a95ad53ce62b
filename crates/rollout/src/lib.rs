//! The decisions of a rolling upgrade, and nothing else: identifiers, what was observed, what to do.
//!
//! No async, no network, no clock, no environment: everything here is a plain function over plain data, so every
//! decision can be read, enumerated and tested without a cloud.

pub mod connect_to;
pub mod facts;
pub mod ids;

pub use connect_to::ConnectTo;
pub use ids::{DatabaseId, EndpointId, ProfileId, ServerId, SiteId, UpgradeId};
