use super::super::case::DecisionInput;
use crate::facts::FirewallRule;

fn rule(name: &str, start: &str, end: &str) -> FirewallRule {
    FirewallRule { name: name.to_owned(), start: start.to_owned(), end: end.to_owned() }
}

#[test]
fn what_cannot_be_compared_is_always_told() {
    assert_eq!(
        DecisionInput::fresh().remarked_by("other-differences"),
        "other differences between `rg/sql-1/shop` and `rg/sql-2/shop`: not replicated and not compared: backup retention \
         (starts at 7 days), long-term retention, auditing, alerts, locks, role assignments, private endpoints, virtual \
         network rules"
    );
}

#[test]
fn what_differs_is_listed_in_one_finding() {
    let mut case = DecisionInput::fresh();
    case.production().tags.insert("cost".to_owned(), "42".to_owned());
    case.preflight.production_firewall =
        Ok(vec![rule("office", "192.0.2.1", "192.0.2.9"), rule("all", "0.0.0.0", "0.0.0.0")]);
    case.preflight.stage_firewall = Ok(vec![rule("azure", "0.0.0.0", "0.0.0.0")]);
    case.preflight.production_server.administrator = Some("dba@contoso.example".to_owned());
    let stage = case.preflight.stage_server.as_mut().unwrap();
    (stage.minimal_tls, stage.public_access_disabled) = (None, true);
    let what = case.remarked_by("other-differences");
    let (listed, _) = what.split_once("; not replicated").unwrap();
    assert_eq!(
        listed,
        "other differences between `rg/sql-1/shop` and `rg/sql-2/shop`: tags `cost`, which prepare copies; server firewall \
         rules that stage lacks: `office` (192.0.2.1 to 192.0.2.9); minimal TLS version `1.2`, on stage none; public network \
         access `Enabled`, on stage `Disabled`; Microsoft Entra administrator `dba@contoso.example`, on stage none"
    );
}

#[test]
fn firewall_rules_that_cannot_be_seen_are_told_elsewhere() {
    let mut case = DecisionInput::fresh();
    case.preflight.production_firewall = Ok(vec![rule("office", "192.0.2.1", "192.0.2.9")]);
    case.preflight.stage_firewall = Err("403".to_owned());
    assert!(!case.remarked_by("other-differences").contains("firewall rules that"));
    assert!(case.remarked_by("unseen").contains("firewall rules of server `rg/sql-2` (403)"));
}
