use super::super::case::DecisionInput;

#[test]
fn digest_uploads_block() {
    let mut case = DecisionInput::fresh();
    case.preflight.digest_uploads = Ok(true);
    assert_eq!(
        case.blocked_by("ledger"),
        "production database `rg/sql-1/shop` uploads ledger digests: Azure would answer 400 `LedgerNoDropLink` to the end of \
         replication"
    );
}

#[test]
fn what_cannot_be_seen_is_told_elsewhere() {
    let mut case = DecisionInput::fresh();
    case.preflight.digest_uploads = Err("no".to_owned());
    case.passes("ledger");
    assert!(case.remarked_by("unseen").contains("ledger digest uploads"));
}
