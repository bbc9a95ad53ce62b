//! Changes of a server's firewall, and a look at it.

use azure::sql;
use rollout::{facts::FirewallRule, firewall::Change};

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
};

/// Azure refuses this whatever the address is.
const PUBLIC_ACCESS_DISABLED: &str = "DenyPublicEndpointEnabled";

/// Makes the change. That Azure has taken it in does not mean that it has an effect yet.
///
/// # Errors
/// Azure refused it.
pub async fn apply(cloud: &Cloud, change: &Change) -> Result<(), Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    match change {
        Change::Open { server, rule, address } => {
            let (name, address) = (rule.clone(), address.to_string());
            let rule = FirewallRule { name, start: address.clone(), end: address };
            arm.send(&sql::put_firewall_rule(scope, server, &rule)).await.map(drop)
        }
        Change::Close { server, rule } => arm.send(&sql::delete_firewall_rule(scope, server, rule)).await,
    }
    .map_err(refused)
}

fn refused(error: azure::Error) -> Failure {
    let hint = match error.code() {
        Some(PUBLIC_ACCESS_DISABLED) => {
            "the server's public network access is disabled: use a runner inside the network, and `connect-to` for its private \
             endpoint"
        }
        _ if error.forbidden() => {
            "assign the role of `docs/roles/firewall.json` on the resource group of the server; or ask an \
             administrator to add the rule, or use a runner inside the network"
        }
        _ => return failed_at_azure(error),
    };
    Failure::refused(error, hint)
}
