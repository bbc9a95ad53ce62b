//! V2's package is the one that was approved.
//!
//! Seen in the package itself, which plan and prepare read or fetch. What is deployed already is not fetched again: the label
//! of the profile and the site's list of deployments say what it is.

use super::{Found, blocking};
use crate::{Upgrade, World, plan::Preflight};

/// The digest is that of the plan.
pub(super) fn check(_: &Upgrade, _: &World, preflight: &Preflight) -> Option<Found> {
    let (found, approved) = (preflight.package.as_ref()?, preflight.site_options.package.as_ref()?);
    if found == approved {
        return None;
    }
    let what = format!("V2's package has the digest `{found}`, and `{approved}` was given as `package-digest`");
    blocking(what, "pass the package that was planned, or plan again with this one")
}

#[cfg(test)]
#[path = "package_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
