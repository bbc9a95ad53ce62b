//! The firewalls of the SQL servers.

use azure::sql;
use futures_util::future::try_join_all;
use rollout::{ServerId, Upgrade, firewall::ServerFirewall};

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
};

/// The firewalls of both servers, as far as this identity may see them; a server that is gone has no rules.
///
/// # Errors
/// A list could not be read for another reason.
pub async fn of_both_servers(cloud: &Cloud, upgrade: &Upgrade) -> Result<Vec<ServerFirewall>, Failure> {
    let servers = [&upgrade.production, &upgrade.stage].map(|slot| slot.database.server_id());
    let looks = servers.map(|server| async move {
        match of_server(cloud, server.clone()).await {
            Err(error) if error.forbidden() => {
                cloud.notice(format!(
                    "this step could not check server `{server}` for firewall rules that runners left: {error}"
                ));
                Ok(None)
            }
            Err(error) => Err(failed_at_azure(error)),
            Ok(watch) => Ok(watch),
        }
    });
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
}

/// The firewall of a server, `None` where there is no such server.
///
/// # Errors
/// It could not be read.
pub async fn of_server(cloud: &Cloud, server: ServerId) -> Result<Option<ServerFirewall>, azure::Error> {
    match cloud.arm.send(&sql::firewall_rules(cloud.arm.scope(), &server)).await {
        Ok(rules) => Ok(Some(ServerFirewall::new(server, rules))),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}
