use jiff::{SignedDuration, Timestamp};

use super::*;

fn side(partner: &str, role: &str, commit: Option<i64>) -> SqlState {
    let lag = (role == "PRIMARY").then_some(SignedDuration::ZERO);
    let link = LinkStatus {
        partner_server: partner.to_owned(),
        partner_database: "shop".to_owned(),
        state: "CATCH_UP".to_owned(),
        role: role.to_owned(),
        lag,
        last_commit: commit.map(|second| Timestamp::from_second(second).unwrap()),
    };
    SqlState {
        now: Timestamp::UNIX_EPOCH,
        read_only: true,
        updateable: false,
        links: vec![link],
        schema: Some(1),
        fence_table: true,
        fences: Vec::new(),
        journal: Vec::new(),
        folder: Vec::new(),
        workers: Vec::new(),
        hooks: Vec::new(),
        upgrades: Vec::new(),
        packages: Vec::new(),
        milestones: Vec::new(),
    }
}

fn ids() -> (DatabaseId, DatabaseId) {
    ("rg/a/shop".parse().unwrap(), "rg/b/shop".parse().unwrap())
}

#[test]
fn only_equal_last_commits_without_lag_prove_synchronisation() {
    let (source, target) = ids();
    let is = |primary: &SqlState, secondary: &SqlState| synchronised(primary, secondary, &source, &target);
    let (primary, secondary) = (side("b", "PRIMARY", Some(7)), side("a", "SECONDARY", Some(7)));
    assert!(is(&primary, &secondary));
    assert!(!is(&primary, &side("a", "SECONDARY", Some(6))), "the last commits differ");
    assert!(!is(&side("b", "PRIMARY", None), &side("a", "SECONDARY", None)), "nothing is known");
    let mut unknown_lag = primary.clone();
    unknown_lag.links[0].lag = None;
    assert!(!is(&unknown_lag, &secondary), "the lag is not known");
    let mut suspended = primary.clone();
    suspended.links[0].state = "SUSPENDED".to_owned();
    assert!(!is(&suspended, &secondary), "replication is suspended");
    assert!(!is(&side("c", "PRIMARY", Some(7)), &secondary), "the link leads elsewhere");
}
