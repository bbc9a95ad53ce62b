//! A log-in that is tried only to see whether the server lets this runner in.

use std::net::Ipv4Addr;

use rollout::ServerId;

use crate::{
    cloud::{Cloud, NotConnected},
    failure::Failure,
};

/// What came of a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The firewall let it through.
    In,
    /// The firewall refused it, because of this address.
    Refused(Ipv4Addr),
}

/// The database that every server has.
pub const MASTER: &str = "master";

/// Tries to log in. Firewalls are asked first: whoever has no user in `master`, which not every upgrade needs, got there.
///
/// # Errors
/// The server was not reached, or refused this for a reason that no firewall rule can help.
pub async fn probe_login(cloud: &Cloud, server: &ServerId, database: &str) -> Result<Answer, Failure> {
    let error = match cloud.connect(&server.database(database)).await {
        Ok(_) => return Ok(Answer::In),
        Err(NotConnected::Sql(error)) => error,
        Err(error) => return Err(error.into()),
    };
    match error.refused_address() {
        Some(address) => Ok(Answer::Refused(address)),
        None if database == MASTER && error.unknown_there() => Ok(Answer::In),
        None => Err(NotConnected::Sql(error).into()),
    }
}
