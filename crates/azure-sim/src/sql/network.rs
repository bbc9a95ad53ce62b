//! Where clients come from, and what those hear who stay outside of a server's firewall.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use sim_sql::Message;

use crate::{
    clock,
    lock::lock,
    world::{Closed, Origin, Server, World},
};

/// The address that sites come from: `outboundIpAddresses` of every site.
const SITES: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The connections over the wire by their client's port, each with its number from 0.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<(usize, HashMap<SocketAddr, usize>)>);

impl Arrivals {
    /// Gives a new connection its number.
    pub(crate) fn note(&self, peer: SocketAddr) {
        let (next, numbers) = &mut *lock(&self.0);
        numbers.insert(peer, *next);
        *next += 1;
    }

    /// Where this connection comes from: the addresses of the runner take turns.
    pub(crate) fn origin(&self, world: &World, peer: SocketAddr) -> Origin {
        let number = lock(&self.0).1.get(&peer).copied().unwrap_or_default();
        let addresses = &world.runner;
        match addresses.len() {
            0 => Origin::Network,
            count => Origin::Internet(addresses[number % count]),
        }
    }
}

impl Origin {
    /// Sites come from Azure; through private endpoints where everybody does.
    pub(crate) fn of_sites(world: &World) -> Self {
        if world.runner.is_empty() { Self::Network } else { Self::Azure(SITES) }
    }
}

/// Refuses a client whom the server's firewall keeps out. Rules of single databases (`sp_set_database_firewall_rule`) are
/// not modelled: they would let somebody into one database, and not into `master`.
///
/// # Errors
/// 47073 no public access · 40615 no rule has the address.
pub(crate) fn admit(server: &Server, origin: Origin) -> Result<(), Message> {
    server.admit(origin, clock::now()).map_err(|closed| match closed {
        Closed::Public => no_public_access(),
        Closed::Address(address) => not_allowed(server.name.as_str(), address),
    })
}

/// As clients report it, with two blanks before the second and the third sentence (`Azure/sql-action` 174).
fn not_allowed(server: &str, address: Ipv4Addr) -> Message {
    let text = format!(
        "Cannot open server '{server}' requested by the login. Client with IP address '{address}' is not allowed to access \
         the server.  To enable access, use the Azure Management Portal or run sp_set_firewall_rule on the master database \
         to create a firewall rule for this IP address or address range.  It may take up to five minutes for this change to \
         take effect."
    );
    Message::new(40615, 14, text)
}

/// As the documentation of the connectivity settings has it; its class is not documented.
fn no_public_access() -> Message {
    let text = "Reason: An instance-specific error occurred while establishing a connection to SQL Server. The public network \
                interface on this server is not accessible. To connect to this server, use the Private Endpoint from inside \
                your virtual network.";
    Message::new(47073, 14, text)
}
