//! The runner's way through the servers' firewalls: which rules an upgrade makes, which are its own, which were left behind.
//!
//! A rule lets exactly one address in, and its name says for whom: `rolling-upgrade-<upgrade-id>-203-0-113-7`. A rule of
//! any other name, of another upgrade too, is somebody else's and is never touched.

use std::{collections::BTreeSet, fmt, net::Ipv4Addr};

use serde::Serialize;

use crate::{
    Refusal,
    facts::{FirewallRule, TAG},
    ids::{ServerId, UpgradeId, eq_azure_name},
};

/// From more addresses than this, no runner is let into a server: who comes from a pool of them has no address of his own.
pub const MOST_ADDRESSES: usize = 4;

/// A change of a server's firewall.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Let one address in.
    Open {
        /// The server.
        server: ServerId,
        /// The rule to be.
        rule: String,
        /// The one address.
        address: Ipv4Addr,
    },
    /// Take a rule of this upgrade away.
    Close {
        /// The server.
        server: ServerId,
        /// The rule.
        rule: String,
    },
}

impl Change {
    /// What takes it back. A rule that is taken away was of use to nobody any more.
    pub fn undo(&self) -> Option<Self> {
        match self {
            Self::Open { server, rule, .. } => Some(Self::Close { server: server.clone(), rule: rule.clone() }),
            Self::Close { .. } => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { server, rule, address } => {
                write!(f, "allow {address} on server `{server}` with firewall rule `{rule}`")
            }
            Self::Close { server, rule } => write!(f, "delete firewall rule `{rule}` of server `{server}`"),
        }
    }
}

/// What was seen of a server's firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFirewall {
    /// The server.
    pub server: ServerId,
    /// Its rules.
    pub rules: Vec<FirewallRule>,
    /// The addresses that it refused this runner under (error 40615), or would: since the step began.
    pub refused: BTreeSet<Ipv4Addr>,
}

/// What one server has refused, every other one that refuses this runner will refuse too, when its next connection happens to
/// come from there: who comes from a pool of addresses finds that out before, not in the middle of an upgrade.
pub fn share_refused<'w>(watches: impl IntoIterator<Item = &'w mut ServerFirewall>) {
    let mut closed: Vec<_> = watches.into_iter().filter(|watch| !watch.refused.is_empty()).collect();
    let all: BTreeSet<_> = closed.iter().flat_map(|watch| watch.refused.iter().copied()).collect();
    closed.iter_mut().for_each(|watch| watch.refused.clone_from(&all));
}

impl ServerFirewall {
    /// A server with these rules, which has refused nobody yet.
    pub fn new(server: ServerId, rules: Vec<FirewallRule>) -> Self {
        Self { server, rules, refused: BTreeSet::new() }
    }

    /// The rules that are missing: one for each address that was refused and has none of this upgrade yet.
    ///
    /// # Errors
    /// The runner comes from too many addresses.
    pub fn missing(&self, upgrade: &UpgradeId) -> Result<Vec<Change>, Refusal> {
        if self.refused.len() > MOST_ADDRESSES {
            return Err(too_many(&self.server, &self.refused));
        }
        let open = |address: &Ipv4Addr| Change::Open {
            server: self.server.clone(),
            rule: name(upgrade, *address),
            address: *address,
        };
        Ok(self.refused.iter().filter(|address| !self.lets_in(upgrade, **address)).map(open).collect())
    }

    /// The rules of this upgrade that a runner before this one has left: for addresses that this one was not refused under.
    /// None while it was refused under no address, for then nobody can tell which its own are.
    pub fn left(&self, upgrade: &UpgradeId) -> Vec<Change> {
        let theirs = |rule: &&FirewallRule| {
            !self.refused.is_empty()
                && address_of(upgrade, rule).is_some_and(|address| !self.refused.contains(&address))
        };
        self.rules.iter().filter(theirs).map(|rule| self.close(rule)).collect()
    }

    /// All rules of this upgrade.
    pub fn own(&self, upgrade: &UpgradeId) -> Vec<Change> {
        let own = |rule: &&FirewallRule| address_of(upgrade, rule).is_some();
        self.rules.iter().filter(own).map(|rule| self.close(rule)).collect()
    }

    /// Notes that a change was made.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Open { rule, address, .. } => {
                let (start, end) = (address.to_string(), address.to_string());
                self.rules.retain(|other| !eq_azure_name(&other.name, rule));
                self.rules.push(FirewallRule { name: rule.clone(), start, end });
            }
            Change::Close { rule, .. } => self.rules.retain(|other| !eq_azure_name(&other.name, rule)),
        }
    }

    fn lets_in(&self, upgrade: &UpgradeId, address: Ipv4Addr) -> bool {
        let text = address.to_string();
        self.rules.iter().any(|rule| {
            eq_azure_name(&rule.name, &name(upgrade, address)) && (&rule.start, &rule.end) == (&text, &text)
        })
    }

    fn close(&self, rule: &FirewallRule) -> Change {
        Change::Close { server: self.server.clone(), rule: rule.name.clone() }
    }
}

/// The name of the rule that lets one address in: letters, digits, `-` and `_`, and 96 characters at most, where Azure takes
/// 128.
pub fn name(upgrade: &UpgradeId, address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("{TAG}-{upgrade}-{a}-{b}-{c}-{d}")
}

/// The address in the name of a rule of this upgrade, whatever its range is by now; `None` for anybody else's. The last
/// four parts are the address, so the id of one upgrade can be the beginning of another's.
fn address_of(upgrade: &UpgradeId, rule: &FirewallRule) -> Option<Ipv4Addr> {
    let mut parts = rule.name.rsplitn(5, '-');
    let mut octet = || parts.next()?.parse::<u8>().ok();
    let (d, c, b, a) = (octet()?, octet()?, octet()?, octet()?);
    let address = Ipv4Addr::new(a, b, c, d);
    eq_azure_name(&rule.name, &name(upgrade, address)).then_some(address)
}

fn too_many(server: &ServerId, addresses: &BTreeSet<Ipv4Addr>) -> Refusal {
    let list = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Refusal::new(
        format!("open the firewall of server `{server}`"),
        format!("this runner comes from more than {MOST_ADDRESSES} addresses ({list})"),
        "use a runner with an address of its own, add a rule for the whole range yourself, or use a runner inside the network",
    )
}

#[cfg(test)]
#[path = "firewall_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
