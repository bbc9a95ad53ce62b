use super::*;

fn detour(rules: &[&str], url: &str, host: &str) -> Result<Option<ConnectOverride>, Cause> {
    let rules: Vec<ConnectTo> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    ConnectOverride::of(&rules, &Url::parse(url).unwrap(), host)
}

fn to(name: &str, address: &str, port: u16) -> ConnectOverride {
    ConnectOverride { name: name.into(), address: address.into(), port }
}

#[test]
fn only_a_rule_or_another_host_makes_a_detour() {
    assert_eq!(detour(&[], "https://a.example/x", "a.example").unwrap(), None);
    assert_eq!(detour(&["b.example:::9"], "https://a.example/", "a.example").unwrap(), None);
    let rule = [":443:127.0.0.1:8443"];
    assert_eq!(detour(&rule, "https://a.example/", "a.example").unwrap(), Some(to("a.example", "127.0.0.1", 8443)));
    assert_eq!(detour(&rule, "https://a.example:444/", "a.example").unwrap(), None);
    assert_eq!(detour(&[], "https://www.example/", "a.example").unwrap(), Some(to("www.example", "a.example", 443)));
    let rules = ["a.example::::", "a.example:443:127.0.0.1:8443"];
    assert!(rules[0].parse::<ConnectTo>().is_err());
    let by_site = ["a.example:443:127.0.0.1:8443"];
    assert_eq!(
        detour(&by_site, "https://www.example/", "a.example").unwrap(),
        Some(to("www.example", "127.0.0.1", 8443))
    );
}

#[test]
fn an_address_can_change_its_port_alone() {
    assert_eq!(detour(&["[::1]:443::8443"], "https://[::1]/", "::1").unwrap(), Some(to("::1", "::1", 8443)));
    let refused = detour(&[":443:127.0.0.2:8443"], "https://127.0.0.1/", "127.0.0.1").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a `connect-to` rule sends `127.0.0.1` elsewhere, but it is an address, not a name"
    );
}

#[test]
fn host_says_what_the_url_said() {
    let rewrite = |url: &str| {
        let (url, host) = to("a.example", "127.0.0.1", 8443).rewrite(&Url::parse(url).unwrap());
        (url.to_string(), host)
    };
    assert_eq!(rewrite("https://a.example/x?y=1"), ("https://a.example:8443/x?y=1".into(), "a.example".into()));
    assert_eq!(rewrite("https://a.example:444/"), ("https://a.example:8443/".into(), "a.example:444".into()));
}
