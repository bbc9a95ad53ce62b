//! A tick: every user reads once and writes once.

use std::{cell::Cell, sync::Mutex};

use crate::{
    azure::Azure,
    clock,
    http::{Reply, SiteRequest},
    lock::lock,
    site::{Sites, work},
    world::{Name, World},
};

/// The name that users type.
pub(crate) const HOST: &str = "www.contoso.example";

/// Everybody, with what they have cached.
#[derive(Debug, Clone)]
pub(crate) struct Users(Vec<User>);

#[derive(Debug, Clone)]
struct User {
    number: i64,
    sequence: i64,
    /// How many times the answer's time to live this user keeps an answer.
    patience: f64,
    cached: Option<Cached>,
}

/// An answer of Traffic Manager.
#[derive(Debug, Clone)]
struct Cached {
    address: String,
    until: f64,
}

thread_local! {
    /// Set while this thread is in a tick: what a tick does never starts another one.
    static TICKING: Cell<bool> = const { Cell::new(false) };
}

impl Users {
    /// `count` users, of whom the last `stale_dns` keep an answer for twice its time to live.
    pub(crate) fn new(count: u32, stale_dns: u32) -> Self {
        let user = |number: u32| User {
            number: i64::from(number) + 1,
            sequence: 0,
            patience: if number + stale_dns >= count { 2.0 } else { 1.0 },
            cached: None,
        };
        Self((0..count).map(user).collect())
    }

    /// The addresses that somebody would still go to without asking.
    pub(crate) fn cached(&self, now: f64) -> Vec<String> {
        let mut addresses: Vec<String> = self
            .0
            .iter()
            .filter_map(|user| user.cached.as_ref())
            .filter(|cached| cached.until > now)
            .map(|cached| cached.address.clone())
            .collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }
}

/// Every user reads and writes. Waits for a tick that is running on another thread; within a tick it does nothing. Answers
/// which messages WebJobs have worked off twice meanwhile.
pub(crate) fn tick(users: &Mutex<Users>, sites: &Sites<'_>) -> Vec<String> {
    if TICKING.get() {
        return Vec::new();
    }
    let mut users = lock(users);
    TICKING.set(true);
    for user in &mut users.0 {
        act(user, sites);
    }
    let twice = work(sites);
    TICKING.set(false);
    twice
}

fn act(user: &mut User, sites: &Sites<'_>) {
    let read = request(user, sites, "GET", "/read");
    lock(sites.ledger).count_read(read.as_ref());
    user.sequence += 1;
    let write = request(user, sites, "POST", "/write");
    lock(sites.ledger).count_write(write.as_ref());
}

fn request(user: &mut User, sites: &Sites<'_>, method: &str, path: &str) -> Option<Reply> {
    let address = address(user, sites.azure)?;
    let world = sites.azure.world();
    let site = world.site_of_address(&address).map(|site| (site.name.clone(), site.unit.clone()));
    let production = world.production_site.clone();
    drop(world);
    let (name, unit) = site?;
    if name == production {
        lock(sites.ledger).last_at_production = Some(clock::now());
    }
    let request = SiteRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        user: user.number,
        sequence: user.sequence,
        token: sites.azure.random.guid(),
    };
    Some(sites.serve(&unit, HOST, &request))
}

/// The cached address, or a fresh one from Traffic Manager.
fn address(user: &mut User, azure: &Azure) -> Option<String> {
    let now = clock::now();
    if let Some(cached) = user.cached.as_ref().filter(|cached| cached.until > now) {
        return Some(cached.address.clone());
    }
    let (address, ttl) = resolve(&azure.world())?;
    let ttl = azure.scenario.ttl_seconds.unwrap_or(ttl);
    user.cached = Some(Cached { address: address.clone(), until: now + ttl * user.patience });
    Some(address)
}

/// The address that the application's name leads to now, and how long that answer may be kept, in seconds.
pub(crate) fn resolve(world: &World) -> Option<(String, f64)> {
    let profile = world.profiles.get(&Name::from("contoso"))?;
    Some((profile.resolve()?.target.clone(), profile.ttl as f64))
}
