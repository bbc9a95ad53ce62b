use super::*;

const RUNNER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

fn id(text: &str) -> UpgradeId {
    text.parse().unwrap()
}

fn rule(name: &str, address: &str) -> FirewallRule {
    FirewallRule { name: name.to_owned(), start: address.to_owned(), end: address.to_owned() }
}

fn watch(rules: &[FirewallRule], refused: &[Ipv4Addr]) -> ServerFirewall {
    let refused = refused.iter().copied().collect();
    ServerFirewall { refused, ..ServerFirewall::new("rg/sql-1".parse().unwrap(), rules.to_vec()) }
}

fn described(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_rule_is_named_after_the_upgrade_and_its_one_address() {
    assert_eq!(name(&id("run-1"), RUNNER), "rolling-upgrade-run-1-203-0-113-7");
    let longest = name(&id(&"x".repeat(64)), Ipv4Addr::new(255, 255, 255, 255));
    assert_eq!(longest.len(), 96);
    assert!(longest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
}

#[test]
fn only_rules_of_this_very_upgrade_are_its_own() {
    let own = |name: &str| address_of(&id("run-1"), &rule(name, "1.2.3.4"));
    assert_eq!(own("rolling-upgrade-run-1-203-0-113-7"), Some(RUNNER));
    assert_eq!(own("Rolling-Upgrade-RUN-1-203-0-113-7"), Some(RUNNER), "Azure compares names without case");
    for name in [
        "office",
        "rolling-upgrade-run-1",
        "rolling-upgrade-run-2-203-0-113-7",
        "rolling-upgrade-run-203-0-113-7",
        "rolling-upgrade-run-1-2-203-0-113-7",
        "rolling-upgrade-run-1-203-0-113-256",
        "rolling-upgrade-run-1-203-0-113",
        "rolling-upgrade-run-1-203-0-113-07",
        "x-rolling-upgrade-run-1-203-0-113-7",
        "",
    ] {
        assert_eq!(own(name), None, "{name}");
    }
    let ambiguous = rule("rolling-upgrade-run-1-2-3-4", "1.2.3.4");
    assert_eq!(address_of(&id("run"), &ambiguous), Some(Ipv4Addr::new(1, 2, 3, 4)));
    assert_eq!(address_of(&id("run-1"), &ambiguous), None);
}

#[test]
fn what_was_refused_and_has_no_rule_gets_one() {
    let changes = watch(&[rule("office", "203.0.113.7")], &[RUNNER]).missing(&id("run-1")).unwrap();
    assert_eq!(
        described(&changes),
        ["allow 203.0.113.7 on server `rg/sql-1` with firewall rule `rolling-upgrade-run-1-203-0-113-7`"]
    );
    assert_eq!(
        described(&[changes[0].undo().unwrap()]),
        ["delete firewall rule `rolling-upgrade-run-1-203-0-113-7` of server `rg/sql-1`"]
    );
    assert_eq!(watch(&[], &[]).missing(&id("run-1")).unwrap(), []);
}

#[test]
fn a_rule_that_is_there_is_waited_for_and_one_that_somebody_changed_is_put_right() {
    let there = rule("rolling-upgrade-run-1-203-0-113-7", "203.0.113.7");
    assert_eq!(watch(std::slice::from_ref(&there), &[RUNNER]).missing(&id("run-1")).unwrap(), []);
    let changed = FirewallRule { end: "203.0.113.255".to_owned(), ..there };
    assert_eq!(watch(&[changed], &[RUNNER]).missing(&id("run-1")).unwrap().len(), 1);
}

#[test]
fn a_change_that_was_made_is_seen() {
    let mut watch = watch(&[], &[RUNNER]);
    let change = watch.missing(&id("run-1")).unwrap().remove(0);
    watch.apply(&change);
    assert_eq!(watch.missing(&id("run-1")).unwrap(), []);
    watch.apply(&change.undo().unwrap());
    assert_eq!(watch.rules, []);
}

#[test]
fn four_addresses_are_let_in_and_not_five() {
    let pool: Vec<_> = (1..=5).map(|last| Ipv4Addr::new(203, 0, 113, last)).collect();
    assert_eq!(watch(&[], &pool[..4]).missing(&id("run-1")).unwrap().len(), 4);
    let refusal = watch(&[], &pool).missing(&id("run-1")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cannot open the firewall of server `rg/sql-1`: this runner comes from more than 4 addresses (203.0.113.1, \
         203.0.113.2, 203.0.113.3, 203.0.113.4, 203.0.113.5)"
    );
}

#[test]
fn an_address_that_one_closed_server_has_refused_counts_at_the_other_and_not_at_an_open_one() {
    let other = Ipv4Addr::new(203, 0, 113, 8);
    let mut watches = [watch(&[], &[RUNNER]), watch(&[], &[other]), watch(&[], &[])];
    share_refused(&mut watches);
    let refused = watches.map(|watch| watch.refused.into_iter().collect::<Vec<_>>());
    assert_eq!(refused, [vec![RUNNER, other], vec![RUNNER, other], vec![]]);
}

#[test]
fn rules_of_a_runner_before_this_one_are_left_over() {
    let rules = [
        rule("office", "192.0.2.1"),
        rule("rolling-upgrade-run-1-198-51-100-4", "198.51.100.4"),
        rule("rolling-upgrade-run-1-203-0-113-7", "203.0.113.7"),
        rule("rolling-upgrade-run-2-198-51-100-5", "198.51.100.5"),
    ];
    let left = watch(&rules, &[RUNNER]).left(&id("run-1"));
    assert_eq!(described(&left), ["delete firewall rule `rolling-upgrade-run-1-198-51-100-4` of server `rg/sql-1`"]);
    assert_eq!(watch(&rules, &[]).left(&id("run-1")), [], "nobody knows which of them this runner comes in by");
    let own = watch(&rules, &[]).own(&id("run-1"));
    assert_eq!(
        described(&own),
        [
            "delete firewall rule `rolling-upgrade-run-1-198-51-100-4` of server `rg/sql-1`",
            "delete firewall rule `rolling-upgrade-run-1-203-0-113-7` of server `rg/sql-1`"
        ]
    );
}
