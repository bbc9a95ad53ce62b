//! Transparent data encryption by a customer-managed key.
//!
//! Seen in `keyId` of the servers (`Servers.json`, 2021-11-01). The stage server needs the key of production's server: prepare
//! would get 400 `SameKeyMaterialNotFoundOnRemoteServer`, "secondary server does not have the key material of the primary
//! server's encryption protector". A chain behind it (a standby of stage) is refused with `SecurityAzureKeyVaultGeoChainError`.
//! The same key material in another vault has another `keyId`, and cannot be told from another key here: the stage server can
//! have several keys, of which Azure shows the protector alone.

use super::{Found, blocking};
use crate::{ids::eq_azure_name, plan::Preflight, upgrade::Upgrade, world::World};

/// Both servers are protected by one key, where production's is not the service's own.
pub(super) fn check(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let (production, stage) = (&preflight.production_server, preflight.stage_server.as_ref()?);
    let key = production.key.as_ref()?;
    if stage.key.as_ref().is_some_and(|own| eq_azure_name(own, key)) {
        return None;
    }
    let other = stage.key.as_ref().map_or("a key that Azure manages".to_owned(), |own| format!("key `{own}`"));
    let what = format!(
        "server `{}` is encrypted with the customer-managed key `{key}`, server `{}` with {other}: Azure would answer 400 \
         `SameKeyMaterialNotFoundOnRemoteServer`",
        production.id, stage.id
    );
    let hint = "give the stage server's identity access to that key (get, wrapKey, unwrapKey) and make it the server's \
                encryption protector";
    blocking(what, hint)
}

#[cfg(test)]
#[path = "customer_managed_key_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
