//! `connect-to`: reach a host and port at another address, as curl's `--connect-to` does.

use std::{fmt, str::FromStr};

/// One rule `host:port:address:port`. An empty host or port matches any, an empty target keeps what was asked for.
/// The name that was asked for stays the one in TLS (SNI), in `Host` and in certificate checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    /// The host to match; `None` for any.
    pub host: Option<String>,
    /// The port to match; `None` for any.
    pub port: Option<u16>,
    /// The host name or address to connect to; `None` keeps the host.
    pub target_host: Option<String>,
    /// The port to connect to; `None` keeps the port.
    pub target_port: Option<u16>,
}

impl ConnectTo {
    /// Where to connect for `host` and `port`: the first rule that matches decides, without one they stay as they are.
    pub fn resolve(rules: &[Self], host: &str, port: u16) -> (String, u16) {
        let rule = rules.iter().find(|rule| rule.matches(host, port));
        let target_host = rule.and_then(|rule| rule.target_host.clone());
        let target_port = rule.and_then(|rule| rule.target_port);
        (target_host.unwrap_or_else(|| host.to_owned()), target_port.unwrap_or(port))
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        let host_matches = self.host.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(host));
        host_matches && self.port.is_none_or(|wanted| wanted == port)
    }
}

/// The text is not of the form `host:port:address:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a `connect-to` rule: expected `host:port:address:port`, each may be empty, IPv6 in brackets")]
pub struct ConnectToError(String);

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, ConnectToError> {
        let refused = || ConnectToError(text.to_owned());
        let fields = fields(text).ok_or_else(refused)?;
        let [host, port, target_host, target_port] = fields.as_slice() else { return Err(refused()) };
        let name = |field: &String| (!field.is_empty()).then(|| field.clone());
        let number = |field: &String| match field.as_str() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| refused()),
        };
        Ok(Self {
            host: name(host),
            port: number(port)?,
            target_host: name(target_host),
            target_port: number(target_port)?,
        })
    }
}

/// Splits at colons outside of brackets, and takes the brackets of an IPv6 address off.
fn fields(text: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut bracketed = false;
    for c in text.chars() {
        match c {
            '[' if !bracketed => bracketed = true,
            ']' if bracketed => bracketed = false,
            ':' if !bracketed => fields.push(String::new()),
            c if c.is_whitespace() || c == '[' || c == ']' => return None,
            c => fields.last_mut()?.push(c),
        }
    }
    (!bracketed).then_some(fields)
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |name: &Option<String>| match name.as_deref() {
            Some(name) if name.contains(':') => format!("[{name}]"),
            name => name.unwrap_or_default().to_owned(),
        };
        let number = |port: Option<u16>| port.map(|port| port.to_string()).unwrap_or_default();
        let (host, target) = (name(&self.host), name(&self.target_host));
        write!(f, "{host}:{}:{target}:{}", number(self.port), number(self.target_port))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(texts: &[&str]) -> Vec<ConnectTo> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_first_matching_rule_decides() {
        let rules = rules(&["a.example:443:127.0.0.1:8443", ":443:127.0.0.1:9443", "::[::1]:"]);
        let resolve = |host, port| ConnectTo::resolve(&rules, host, port);
        assert_eq!(resolve("A.example", 443), ("127.0.0.1".into(), 8443));
        assert_eq!(resolve("b.example", 443), ("127.0.0.1".into(), 9443));
        assert_eq!(resolve("b.example", 1433), ("::1".into(), 1433));
        assert_eq!(ConnectTo::resolve(&[], "b.example", 1433), ("b.example".into(), 1433));
    }

    #[test]
    fn refuses_what_is_no_rule() {
        for text in ["", "a:1", "a:1:b:2:c", "a:x:b:1", "a:1:[::1:2", "a b:1:c:2", "a:70000:b:1"] {
            assert_eq!(
                text.parse::<ConnectTo>().unwrap_err().to_string(),
                format!(
                    "`{text}` is not a `connect-to` rule: expected `host:port:address:port`, each may be empty, IPv6 in brackets"
                )
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed(host in "[a-z.]{0,9}", port in proptest::option::of(0u16..), six in any::<bool>()) {
            let target_host = six.then(|| "::1".to_owned());
            let rule = ConnectTo { host: (!host.is_empty()).then_some(host), port, target_host, target_port: port };
            prop_assert_eq!(rule.to_string().parse::<ConnectTo>().unwrap(), rule);
        }
    }
}
