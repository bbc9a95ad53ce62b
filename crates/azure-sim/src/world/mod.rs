//! The model: plain data that can be cloned, and transitions that answer in the words of Azure Resource Manager.
//! Nothing here does I/O or asks for the time.

mod app;
mod connection;
mod database;
mod databases;
mod endpoints;
mod features;
mod firewall;
mod kudu;
mod link;
mod links;
mod lookup;
mod name;
mod operation;
mod refusal;
mod server;
mod sites;
mod traffic;
mod web;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

pub(crate) use app::{App, Failure};
pub(crate) use connection::{ConnectionText, sql_setting};
pub(crate) use database::{Database, DatabaseKey, Sku};
pub(crate) use databases::NewSecondary;
pub(crate) use endpoints::EndpointChange;
pub(crate) use firewall::{Closed, Origin, Rule, Rules, show as show_rule};
pub(crate) use kudu::{JobStatus, Kudu};
pub(crate) use link::{Link, LinkState, Parting};
pub(crate) use name::Name;
pub(crate) use operation::{Effect, Fate, Operation};
pub(crate) use refusal::Refusal;
pub(crate) use server::{Login, Server, User};
pub(crate) use traffic::{Endpoint, EndpointKind, Monitor, Probe, Profile};
pub(crate) use web::{ConnectionString, Deployment, Plan, Site};

/// Everything that is in the subscription.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) subscription: String,
    pub(crate) groups: Vec<Name>,
    pub(crate) servers: BTreeMap<Name, Server>,
    pub(crate) databases: BTreeMap<DatabaseKey, Database>,
    pub(crate) links: Vec<Link>,
    /// The links that have ended between two databases.
    pub(crate) partings: Vec<Parting>,
    pub(crate) operations: BTreeMap<String, Operation>,
    /// How the next operation goes on.
    pub(crate) next_fate: Fate,
    pub(crate) profiles: BTreeMap<Name, Profile>,
    pub(crate) plans: BTreeMap<(Name, Name), Plan>,
    pub(crate) sites: BTreeMap<Name, Site>,
    /// Resource groups with the thumbprints of the certificates in them.
    pub(crate) certificates: Vec<(Name, String)>,
    /// Long operations of Microsoft.Web: the site that is made, and when that is done.
    pub(crate) creations: BTreeMap<String, (Name, f64)>,
    /// The addresses that SQL clients come from over the wire, in turns; none: through private endpoints, as sites do then.
    pub(crate) runner: Vec<Ipv4Addr>,
    /// Hosts outside of Azure that endpoints lead to; they answer whatever they are asked.
    pub(crate) foreign_hosts: BTreeSet<String>,
    /// The site that served users when the world began.
    pub(crate) production_site: Name,
    /// The identity of the database that it used.
    pub(crate) production: String,
}
