//! The simulator as a library.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{Report, Scenario};

/// A running simulated Azure. Dropping it ends it and removes its files.
pub struct Simulator {
    addresses: Addresses,
    credentials: Credentials,
}

/// Where the simulator listens: 127.0.0.1 only.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Azure Resource Manager and sites, told apart by SNI and Host.
    pub https: SocketAddr,
    /// All logical SQL servers, told apart by SNI or by the server name of the log-in.
    pub tds: SocketAddr,
    /// The control interface, plain HTTP.
    pub control: SocketAddr,
    /// The certificate of the authority that signed the server certificates, PEM.
    pub ca_file: PathBuf,
    /// How to reach the simulated hosts, as curl's `--connect-to` takes it; the first match counts.
    pub connect_to: Vec<String>,
}

/// The secrets of this world. All of them are made from the seed.
#[derive(Clone)]
pub struct Credentials {
    /// The subscription.
    pub subscription_id: String,
    /// Bearer token for Azure Resource Manager.
    pub arm_token: String,
    /// Access token for SQL: the Microsoft Entra administrator of every server.
    pub sql_token: String,
    /// The administrator's SQL log-in on every server.
    pub sql_user: String,
    /// Its password.
    pub sql_password: String,
    /// Everything that must never be shown: tokens, passwords, connection strings.
    pub secrets: Vec<String>,
}

/// A saved state of the world; see [`Simulator::snapshot`].
pub struct Snapshot {}

impl Simulator {
    /// Starts a world and its fronts.
    ///
    /// # Errors
    /// A file of the scenario cannot be read, its T-SQL fails, or no port can be opened.
    pub fn start(scenario: Scenario) -> anyhow::Result<Self> {
        anyhow::bail!("the fronts are not built in yet (seed {})", scenario.seed)
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// How to sign in.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What users saw so far. Checks the invariants once more.
    pub fn report(&self) -> Report {
        unreachable!()
    }

    /// A hash over everything that is not volatile: no times, no identifiers drawn at random, no state of a monitor; with
    /// the content of every database.
    pub fn digest(&self) -> String {
        unreachable!()
    }

    /// Saves the whole world: resources, databases, users, ledger.
    pub fn snapshot(&self) -> Snapshot {
        unreachable!()
    }

    /// Puts a saved world in the place of the present one. Every SQL session ends.
    pub fn restore(&self, _snapshot: &Snapshot) {
        unreachable!()
    }

    /// Waits until a condition holds: `link-catch-up`, `endpoint-online:<name>`, `idle`. False if it does not in time, or
    /// if there is no such condition.
    pub fn wait(&self, _condition: &str, _timeout: Duration) -> bool {
        unreachable!()
    }
}
