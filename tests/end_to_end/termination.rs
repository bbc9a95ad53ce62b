//! The ways of ending replication: each by itself, each fall from one to the next, each refusal.

use azure_sim::{AlterOnGeoPrimary, Cut, CutBatch, Scenario, SqlLogin, Unlink};

use crate::{
    harness::{Ended, TestUpgrade, scenario},
    refused::refused,
};

const PASSWORD: &str = "Pa55-of-the-upgrader";
/// A log-in that owns the database and may do nothing in `master`.
const UPGRADER: [(&str, &str); 3] = [("sql-token", ""), ("sql-user", "upgrader"), ("sql-password", PASSWORD)];
const END: &str = "end replication from `contoso-rg/contoso-sql-1/shop` to `contoso-rg/contoso-sql-2/shop`";
const NO_ROLE: &str = "the role dbmanager in `master` of server `contoso-sql-1` is missing";

fn with_upgrader(unlink: Unlink) -> Scenario {
    let upgrader = SqlLogin {
        name: "upgrader".to_owned(),
        password: PASSWORD.to_owned(),
        servers: Vec::new(),
        master_roles: Vec::new(),
        database_roles: vec!["db_owner".to_owned()],
    };
    Scenario { logins: vec![upgrader], unlink, ..scenario() }
}

fn by_upgrader<'v>(more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
    UPGRADER.iter().chain(more).copied().collect()
}

/// Runs a step that does what it is for.
#[track_caller]
fn done(shop: &TestUpgrade, step: &str, more: &[(&str, &str)]) -> Ended {
    let ended = shop.run_with(step, more);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    ended
}

/// The line of the report about the end of replication.
#[track_caller]
fn line(ended: &Ended) -> String {
    let lines = ended.result()["done"].as_array().unwrap().clone();
    let line = lines.iter().find(|line| line["what"].as_str().unwrap().starts_with(END));
    line.unwrap_or_else(|| panic!("{ended:#?}"))["what"].as_str().unwrap().to_owned()
}

/// How many times production was proved to be read-only before the link ended.
fn proofs(ended: &Ended) -> usize {
    let proof = "prove that `contoso-rg/contoso-sql-1/shop` is the primary and READ_ONLY ...";
    ended.stderr.lines().filter(|line| line.contains(proof)).count()
}

#[track_caller]
fn upgrades_to_the_end(shop: &TestUpgrade, more: &[(&str, &str)]) {
    for step in ["migrate", "switch"] {
        done(shop, step, more);
    }
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn each_way_by_itself() {
    for (word, way) in [("auto", "T-SQL"), ("t-sql", "T-SQL"), ("unlink", "ARM's unlink"), ("delete", "ARM's DELETE")] {
        let shop = TestUpgrade::open(scenario());
        shop.upgrade_through(&["plan", "prepare"]);
        done(&shop, "freeze", &[("termination", word)]);
        let ended = done(&shop, "terminate", &[("termination", word)]);
        assert_eq!((line(&ended), proofs(&ended)), (format!("{END}, by {way}"), 1));
        assert!(ended.summary.contains(&format!("{END}, by {way}")), "{}", ended.summary);
        upgrades_to_the_end(&shop, &[]);
    }
}

#[test]
fn a_missing_role_leads_to_unlink_and_freeze_says_so() {
    let shop = TestUpgrade::open(with_upgrader(Unlink::Works));
    shop.upgrade_through(&["plan", "prepare"]);
    let frozen = done(&shop, "freeze", &UPGRADER);
    let notice =
        format!("terminate will end replication by ARM's unlink, because other ways are closed (T-SQL: {NO_ROLE})");
    assert!(frozen.stderr.contains(&notice), "{}", frozen.stderr);
    let ended = done(&shop, "terminate", &UPGRADER);
    assert_eq!((line(&ended), proofs(&ended)), (format!("{END}, by ARM's unlink"), 2));
    let notice = "a way to end replication is closed: T-SQL: cannot remove the secondary of `shop` on server \
                  `contoso-sql-2` in `master` on `contoso-sql-1.database.windows.net`: error 15247 (class 16, state 1): \
                  User does not have permission to perform this action";
    assert!(ended.stderr.contains(notice), "{}", ended.stderr);
    upgrades_to_the_end(&shop, &UPGRADER);
}

#[test]
fn a_retired_or_forbidden_unlink_leads_to_delete() {
    let retired = "ARM's unlink: could not unlink the replication link `";
    for (unlink, reason) in [
        (Unlink::Retired, "Azure answered 400 `NoRegisteredProviderFound`: No registered resource provider found"),
        (Unlink::Forbidden, "Azure answered 403 `AuthorizationFailed`: The client 'rolling-upgrade'"),
    ] {
        let shop = TestUpgrade::open(with_upgrader(unlink));
        shop.upgrade_through(&["plan", "prepare"]);
        let frozen = done(&shop, "freeze", &UPGRADER);
        assert!(frozen.stderr.contains("terminate will end replication by ARM's DELETE"), "{}", frozen.stderr);
        let ended = done(&shop, "terminate", &UPGRADER);
        assert_eq!((line(&ended), proofs(&ended)), (format!("{END}, by ARM's DELETE"), 3));
        let told = ended.stderr.lines().any(|line| line.contains(retired) && line.contains(reason));
        assert!(told, "{}", ended.stderr);
        upgrades_to_the_end(&shop, &UPGRADER);
    }
}

#[test]
fn freeze_refuses_where_the_only_allowed_way_is_closed() {
    let shop = TestUpgrade::open(with_upgrader(Unlink::Retired));
    shop.upgrade_through(&["plan", "prepare"]);
    let hint = "hint: grant what is missing, then run freeze again: once production is read-only it would be too late \
                (upgrade `run-1` stands at `prepared`, `freeze` comes next)";
    assert_eq!(
        refused(&shop, "freeze", &by_upgrader(&[("termination", "t-sql")])).why(),
        format!(
            "cannot freeze `contoso-rg/contoso-sql-1/shop`: this identity lacks a way to end replication (T-SQL: \
             {NO_ROLE})\n{hint}"
        )
    );
    let why = refused(&shop, "freeze", &[("termination", "unlink")]).why();
    assert!(why.contains("lacks a way to end replication (ARM's unlink: could not unlink"), "{why}");
    assert!(why.contains("`NoRegisteredProviderFound`") && why.ends_with(hint), "{why}");
}

#[test]
fn a_role_that_was_lost_after_the_freeze_is_a_refusal_that_changes_nothing() {
    let shop = TestUpgrade::open(with_upgrader(Unlink::Works));
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    assert_eq!(
        refused(&shop, "terminate", &by_upgrader(&[("termination", "t-sql")])).why(),
        format!(
            "could not {END}: T-SQL: cannot remove the secondary of `shop` on server `contoso-sql-2` in `master` on \
             `contoso-sql-1.database.windows.net`: error 15247 (class 16, state 1): User does not have permission to \
             perform this action\n\
             hint: make the log-in a member of `dbmanager` in `master` of server `contoso-sql-1`, or give the identity \
             `Microsoft.Sql/servers/databases/replicationLinks/delete` there; then run this step again (upgrade `run-1` stands \
             at `frozen`, `terminate` comes next)"
        )
    );
    shop.upgrade_through(&["rollback"]);
    shop.assert_writes_arrive("contoso-1");
}

/// The answer never came: the link tells that it is gone, and no second way is tried.
#[test]
fn an_end_whose_answer_was_lost_is_found_done() {
    let cut_batch =
        Some(CutBatch { containing: "REMOVE SECONDARY".to_owned(), application: String::new(), when: Cut::After });
    let shop = TestUpgrade::open(Scenario { cut_batch, ..scenario() });
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let ended = done(&shop, "terminate", &[]);
    assert_eq!((line(&ended), proofs(&ended)), (format!("{END}, by T-SQL"), 1));
    upgrades_to_the_end(&shop, &[]);
}

/// The request was lost, or is still under way: nobody can tell, so no other way is tried.
#[test]
fn an_end_whose_outcome_is_unknown_is_no_reason_for_another_way() {
    let cut_batch =
        Some(CutBatch { containing: "REMOVE SECONDARY".to_owned(), application: String::new(), when: Cut::Before });
    let shop = TestUpgrade::open(Scenario { cut_batch, ..scenario() });
    shop.upgrade_through(&["plan", "prepare", "freeze"]);
    let ended = shop.run_with("terminate", &[("request-timeout", "500ms")]);
    assert_eq!((ended.outcome(), proofs(&ended)), ("interrupted", 1), "{ended:#?}");
    let expected = "cannot remove the secondary of `shop` on server `contoso-sql-2` in `master` on \
                    `contoso-sql-1.database.windows.net`: the connection broke";
    assert!(ended.why().starts_with(expected), "{}", ended.why());
    done(&shop, "terminate", &[]);
    upgrades_to_the_end(&shop, &[]);
}

#[test]
fn rollback_lets_the_link_go_by_the_same_ways() {
    for (more, way) in [(&UPGRADER[..], "ARM's unlink"), (&[("termination", "delete")][..], "ARM's DELETE")] {
        let alter_on_geo_primary = AlterOnGeoPrimary::RefuseReadWrite;
        let shop = TestUpgrade::open(Scenario { alter_on_geo_primary, ..with_upgrader(Unlink::Works) });
        shop.upgrade_through(&["plan", "prepare", "freeze"]);
        let ended = done(&shop, "rollback", more);
        let lines = ended.result()["done"].to_string();
        assert!(
            lines
                .contains(&format!("set `contoso-rg/contoso-sql-1/shop` READ_WRITE, once its link was ended by {way}")),
            "{lines}"
        );
        shop.assert_writes_arrive("contoso-1");
    }
}

#[test]
fn a_word_that_is_no_way_is_refused() {
    let shop = TestUpgrade::open(scenario());
    shop.upgrade_through(&["plan", "prepare"]);
    let ended = refused(&shop, "freeze", &[("termination", "force")]);
    assert_eq!(
        ended.why(),
        "cannot read the inputs: invalid value 'force' for '--termination <TERMINATION>': `force` is not a way to end \
         replication; write auto, t-sql, unlink or delete\n\
         hint: `upgrade-freeze --help` lists the inputs"
    );
}
