//! Ways of users past the profile: what their host names resolve to, and other profiles with the same sites. Looked at by plan alone.

use std::{io, net::SocketAddr, time::Duration};

use azure::traffic_manager;
use futures_util::future::join_all;
use rollout::{
    ConnectTo, World,
    ids::eq_azure_name,
    plan::{Elsewhere, Seen, users_hosts},
};
use tokio::{join, net::lookup_host, time::timeout};

use super::preflight::seen_at_azure;
use crate::{cloud::Cloud, failure::Failure};

/// Users come by HTTPS.
const PORT: u16 = 443;

/// Looks.
///
/// # Errors
/// The profiles could not be listed, for another reason than that this identity may not.
pub async fn look(cloud: &Cloud, world: &World) -> Result<Elsewhere, Failure> {
    let fqdn = &world.profile.fqdn;
    let hosts = users_hosts(world).into_iter().filter(|host| !eq_azure_name(host, fqdn));
    let looked = hosts.map(|host| async move {
        let addresses = addresses(cloud, &host).await;
        (host, addresses)
    });
    let list = traffic_manager::endpoints_of_all(cloud.arm.scope());
    let (hosts, profile, endpoints) = join!(join_all(looked), addresses(cloud, fqdn), cloud.arm.send(&list));
    Ok(Elsewhere { hosts, profile, endpoints: seen_at_azure(endpoints)? })
}

/// Where a connection to this host goes, by the inputs or by DNS. That it does not resolve is told, and no more.
async fn addresses(cloud: &Cloud, host: &str) -> Seen<Vec<String>> {
    let (target, port) = ConnectTo::resolve(cloud.connect_to(), host, PORT);
    let found = resolved(&target, port, cloud.pace.request).await.map_err(|error| error.to_string())?;
    let mut shown: Vec<_> = found.iter().map(shown).collect();
    shown.sort_unstable();
    shown.dedup();
    Ok(shown)
}

async fn resolved(host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    let found = timeout(limit, lookup_host((host, port))).await.map_err(|_| io::ErrorKind::TimedOut)??;
    Ok(found.collect())
}

fn shown(address: &SocketAddr) -> String {
    if address.port() == PORT { address.ip().to_string() } else { address.to_string() }
}
