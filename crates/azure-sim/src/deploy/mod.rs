//! Packages and how they come to a site: by its publish API, or by Azure Resource Manager from an address.
//!
//! Nothing is fetched from a network: the one host that gives out packages is simulated too.

mod blob;
mod package;
mod publish;
mod queue;

pub(crate) use blob::{BLOB, Packages};
pub(crate) use package::pack;
pub(crate) use publish::{LARGEST_PACKAGE, PublishApi, publishes, unauthorized};
pub(crate) use queue::{Deployments, show};
