use super::super::case::DecisionInput;

const KEY: &str = "https://vault-1.vault.azure.net/keys/tde/1";

fn keys(production: Option<&str>, stage: Option<&str>) -> DecisionInput {
    let mut case = DecisionInput::fresh();
    case.preflight.production_server.key = production.map(str::to_owned);
    case.preflight.stage_server.as_mut().unwrap().key = stage.map(str::to_owned);
    case
}

#[test]
fn the_stage_server_needs_the_key_of_production() {
    assert_eq!(
        keys(Some(KEY), None).blocked_by("customer-managed-key"),
        "server `rg/sql-1` is encrypted with the customer-managed key `https://vault-1.vault.azure.net/keys/tde/1`, server \
         `rg/sql-2` with a key that Azure manages: Azure would answer 400 `SameKeyMaterialNotFoundOnRemoteServer`"
    );
    assert!(keys(Some(KEY), Some("other")).blocked_by("customer-managed-key").contains("with key `other`"));
}

#[test]
fn one_key_for_both_passes_and_so_does_none_in_production() {
    keys(Some(KEY), Some(&KEY.to_uppercase())).passes("customer-managed-key");
    keys(None, Some(KEY)).passes("customer-managed-key");
}
