//! Whom a logical server lets in from the network, before anybody says who he is.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde_json::{Value, json};

use super::{Name, Refusal, Server};

/// Where a client comes from, as a server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Through a private endpoint: neither rules nor `publicNetworkAccess` count.
    Network,
    /// From an address of Azure's, as sites do.
    Azure(Ipv4Addr),
    /// From any other address.
    Internet(Ipv4Addr),
}

/// Why a client stays outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// `publicNetworkAccess` is Disabled.
    Public,
    /// No rule has its address.
    Address(Ipv4Addr),
}

/// A server-level firewall rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) start: Ipv4Addr,
    pub(crate) end: Ipv4Addr,
    /// From when on it lets somebody in. What it does not let in any more stays outside at once: Azure may take as long for
    /// that, and nobody can rely on it.
    pub(crate) effective_at: f64,
}

impl Rule {
    /// One that was there before anything else.
    pub(crate) fn since_ever(start: Ipv4Addr, end: Ipv4Addr) -> Self {
        Self { start, end, effective_at: 0.0 }
    }

    /// `0.0.0.0` alone stands for all of Azure, and for nobody else.
    fn has(&self, origin: Origin) -> bool {
        let within = |address: Ipv4Addr| (self.start..=self.end).contains(&address);
        match origin {
            Origin::Network => true,
            Origin::Azure(address) => within(address) || (self.start, self.end) == ALL_OF_AZURE,
            Origin::Internet(address) => within(address),
        }
    }
}

/// What the portal's switch "Allow Azure services and resources to access this server" adds as `AllowAllWindowsAzureIps`.
const ALL_OF_AZURE: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);

/// "Maximum number of server-level firewall rules" (documentation of the limits of a logical server).
const MOST_RULES: usize = 256;
/// "FirewallRuleNameTooLong"; the length is that of Azure's naming rules for `servers/firewallRules`.
const LONGEST_NAME: usize = 128;
/// Characters that those rules exclude.
const FORBIDDEN: &str = "<>*%&:;\\/?";

/// The rules of a server by their names.
pub(crate) type Rules = BTreeMap<Name, Rule>;

impl Server {
    /// Lets a client in, or says why not.
    pub(crate) fn admit(&self, origin: Origin, now: f64) -> Result<(), Closed> {
        match origin {
            Origin::Network => Ok(()),
            Origin::Azure(_) | Origin::Internet(_) if self.settings.no_public_access => Err(Closed::Public),
            Origin::Azure(address) | Origin::Internet(address) => {
                let open = self.rules.values().any(|rule| rule.effective_at <= now && rule.has(origin));
                if open { Ok(()) } else { Err(Closed::Address(address)) }
            }
        }
    }

    /// Makes a rule, or puts other addresses into one. A rule that is sent again as it is goes on as before.
    pub(crate) fn put_rule(&mut self, name: &str, body: &Value, effective_at: f64) -> Result<(), Refusal> {
        self.check_rules_can_change()?;
        check_name(name)?;
        let (start, end) = (address(body, "startIpAddress")?, address(body, "endIpAddress")?);
        if start > end {
            let text = "The start IP address of the firewall rule exceeds its end IP address.";
            return Err(Refusal::bad_request("FirewallRuleInvalidRange", text));
        }
        let name = Name::from(name);
        if !self.rules.contains_key(&name) && self.rules.len() >= MOST_RULES {
            let text = format!("The server has {MOST_RULES} firewall rules already.");
            return Err(Refusal::bad_request("TooManyFirewallRules", text));
        }
        let as_before = self.rules.get(&name).filter(|rule| (rule.start, rule.end) == (start, end));
        let effective_at = as_before.map_or(effective_at, |rule| rule.effective_at);
        self.rules.insert(name, Rule { start, end, effective_at });
        Ok(())
    }

    /// Takes a rule away; false if there is none of this name.
    pub(crate) fn remove_rule(&mut self, name: &str) -> Result<bool, Refusal> {
        self.check_rules_can_change()?;
        Ok(self.rules.remove(&Name::from(name)).is_some())
    }

    /// "Any attempts to add, remove, or edit any firewall rules will be denied" (documentation of the connectivity settings);
    /// the code is that of the specification, `FirewallRules.json`.
    fn check_rules_can_change(&self) -> Result<(), Refusal> {
        if !self.settings.no_public_access {
            return Ok(());
        }
        let text = "Unable to create or modify firewall rules when public network interface for the server is disabled. To \
                    manage server or database level firewall rules, please enable the public network interface.";
        Err(Refusal::bad_request("DenyPublicEndpointEnabled", text))
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.chars().count() > LONGEST_NAME {
        let text = "The provided firewall rule name is too long.";
        return Err(Refusal::bad_request("FirewallRuleNameTooLong", text));
    }
    if name.contains(|c: char| c.is_control() || FORBIDDEN.contains(c)) || name.ends_with('.') {
        let text = format!("The firewall rule name '{name}' has characters that a name cannot have.");
        return Err(Refusal::bad_request("InvalidServerFirewallRuleResourceParameters", text));
    }
    Ok(())
}

fn address(body: &Value, property: &str) -> Result<Ipv4Addr, Refusal> {
    let text = body.pointer(&format!("/properties/{property}")).and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(|_| {
        let text = format!("The provided firewall rule address '{text}' is not an IPv4 address.");
        Refusal::bad_request("FirewallRuleNotIPv4Address", text)
    })
}

/// Recording `sql_firewall_2023`, 11 to 21.
pub(crate) fn show(server_id: &str, name: &Name, rule: &Rule) -> Value {
    json!({
        "properties": {"startIpAddress": rule.start.to_string(), "endIpAddress": rule.end.to_string()},
        "id": format!("{server_id}/firewallRules/{name}"),
        "name": name.as_str(),
        "type": "Microsoft.Sql/servers/firewallRules",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(start: [u8; 4], end: [u8; 4]) -> Rule {
        Rule { start: start.into(), end: end.into(), effective_at: 0.0 }
    }

    #[test]
    fn a_rule_has_its_ends_and_the_zero_address_is_azure_alone() {
        let (azure, runner) = (Origin::Azure([20, 0, 0, 1].into()), Origin::Internet([203, 0, 113, 7].into()));
        let office = rule([203, 0, 113, 7], [203, 0, 113, 9]);
        assert!(office.has(runner) && office.has(Origin::Internet([203, 0, 113, 9].into())));
        assert!(!office.has(Origin::Internet([203, 0, 113, 10].into())) && !office.has(azure));
        let all_of_azure = rule([0, 0, 0, 0], [0, 0, 0, 0]);
        assert!(all_of_azure.has(azure) && !all_of_azure.has(runner));
        let everybody = rule([0, 0, 0, 0], [255, 255, 255, 255]);
        assert!(everybody.has(azure) && everybody.has(runner));
    }
}
