//! What statements do with answers that are hard to get from a proper server: locks in other hands, refusals, and
//! connections that break while a script runs.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "a test hands itself a file's path through the environment")]

mod wire;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rollout::UpgradeId;
use tsql::{
    Script,
    error::Kind,
    script::script,
    statements::{
        access::{self, Access, Changed},
        copy_sync::{self, CopySync},
        journal::{self, Ran, ScriptFailure},
        lock::{self, Lock},
        parse_only, schema,
    },
};
use wire::{LIMIT, Reply, Server, tokens::*, trusting};

fn result(number: i64) -> Reply {
    Reply::Tokens(one_row(&["result"], &[Cell::Integer(number)]))
}

fn nothing() -> Reply {
    Reply::Tokens(done(DONE_FINAL))
}

fn refuse(number: u32, text: &str) -> Reply {
    Reply::Tokens(refusal(number, text))
}

#[test]
fn a_lock_in_other_hands_is_told_with_its_holder() {
    trusting("a_lock_in_other_hands_is_told_with_its_holder", async {
        let names = ["program_name", "host_name", "login_name", "login_time"];
        let server = Server::start(&[], move |sql| match sql.contains("sp_getapplock") {
            true => result(-1),
            false => {
                let cells = ["rolling-upgrade/freeze/42", "runner-7", "app"].map(Cell::Text);
                Reply::Tokens(one_row(&names, &[&cells[..], &[Cell::Time(0, 300)]].concat()))
            }
        });
        let Lock::Held { by: Some(holder) } = lock::take(&mut server.session().await, LIMIT).await.unwrap() else {
            panic!("the lock was not told to be held");
        };
        assert_eq!((holder.program.as_str(), holder.login.as_str()), ("rolling-upgrade/freeze/42", "app"));
        assert_eq!(holder.since, "1900-01-01T00:00:01Z".parse().unwrap());
    });
}

#[test]
fn a_lock_is_held_also_where_its_holder_may_not_be_seen() {
    trusting("a_lock_is_held_also_where_its_holder_may_not_be_seen", async {
        let server = Server::start(&[], |sql| match sql.contains("sp_getapplock") {
            true => result(-1),
            false => refuse(300, "VIEW DATABASE STATE permission was denied."),
        });
        let mut session = server.session().await;
        assert_eq!(lock::take(&mut session, LIMIT).await.unwrap(), Lock::Held { by: None });
        assert!(session.is_open().await);
        let server = Server::start(&[], |_| result(-999));
        let error = lock::take(&mut server.session().await, LIMIT).await.unwrap_err();
        assert_eq!(error.message, "sp_getapplock answered -999");
    });
}

/// Says that the database is writable, and answers the statements that alter it with these errors, then well.
fn altered(errors: &'static [u32]) -> Server {
    let next = AtomicUsize::new(0);
    Server::start(&[], move |sql| match sql.starts_with("ALTER DATABASE") {
        false => Reply::Tokens(one_row(&["name", "is_read_only"], &[Cell::Text("shop"), Cell::Bit(true)])),
        true => errors.get(next.fetch_add(1, Ordering::SeqCst)).map_or_else(nothing, |number| refuse(*number, "no")),
    })
}

const READ_WRITE: &str = "ALTER DATABASE [shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE;";

#[test]
fn a_session_in_the_way_is_no_reason_to_give_up() {
    trusting("a_session_in_the_way_is_no_reason_to_give_up", async {
        let server = altered(&[5061, 5070]);
        let changed = access::set(&mut server.session().await, Access::ReadWrite, LIMIT).await.unwrap();
        assert_eq!(changed, Changed::Now);
        assert_eq!(server.batches()[1..], [READ_WRITE; 3]);

        let server = altered(&[5070, 5070, 5070]);
        let limit = Duration::from_millis(400);
        let error = access::set(&mut server.session().await, Access::ReadWrite, limit).await.unwrap_err();
        assert_eq!(error.number(), Some(5070));
    });
}

#[test]
fn what_is_set_already_or_refused_for_good_is_not_sent_again() {
    trusting("what_is_set_already_or_refused_for_good_is_not_sent_again", async {
        let server = altered(&[1468]);
        let mut session = server.session().await;
        let read_only = Access::ReadOnly { grace: Duration::from_secs(5) };
        assert_eq!(access::set(&mut session, read_only, LIMIT).await.unwrap(), Changed::Before);
        let error = access::set(&mut session, Access::ReadWrite, LIMIT).await.unwrap_err();
        assert_eq!(error.number(), Some(1468));
        assert_eq!(server.batches().iter().filter(|sql| sql.starts_with("ALTER")).count(), 1);
    });
}

#[test]
fn a_copy_wait_that_is_refused_is_told_from_one_that_takes_too_long() {
    trusting("a_copy_wait_that_is_refused_is_told_from_one_that_takes_too_long", async {
        let server = Server::start(&[], |sql| match sql {
            sql if sql.contains("N'it''s'") => result(0),
            sql if sql.contains("N'refusing'") => refuse(40869, "Not now."),
            _ => Reply::Silence,
        });
        let mut session = server.session().await;
        assert_eq!(copy_sync::wait(&mut session, "it's", "shop", LIMIT).await.unwrap(), CopySync::Synchronised);
        let refused = CopySync::Refused { number: 40869, message: "Not now".into() };
        assert_eq!(copy_sync::wait(&mut session, "refusing", "shop", LIMIT).await.unwrap(), refused);
        let late = copy_sync::wait(&mut session, "silent", "shop", Duration::from_millis(50)).await.unwrap();
        assert_eq!((late, session.is_open().await), (CopySync::TimedOut, false));
        let error = copy_sync::wait(&mut session, "it's", "shop", LIMIT).await.unwrap_err();
        assert_eq!(error.kind, Kind::Closed);
    });
}

#[test]
fn a_schema_of_a_newer_release_is_left_alone() {
    trusting("a_schema_of_a_newer_release_is_left_alone", async {
        let server = Server::start(&[], |_| Reply::Tokens(one_row(&["schema"], &[Cell::Integer(4)])));
        let error = schema::ensure(&mut server.session().await, LIMIT).await.unwrap_err();
        assert!(
            error.to_string().ends_with(
                "it is there in version 4, and this release knows only 3: use the newer release that wrote it"
            )
        );
        assert_eq!(server.batches().len(), 1);
    });
}

fn run_id() -> UpgradeId {
    "u1".parse().unwrap()
}

fn upgrade() -> Script {
    script("1.sql".into(), b"first\nGO 2\nsecond\n").unwrap()
}

const ID: i64 = 4711;

fn in_transaction(depth: i64, id: i64) -> Reply {
    Reply::Tokens(one_row(&["depth", "id"], &[Cell::Integer(depth), Cell::Integer(id)]))
}

fn begun() -> Reply {
    Reply::Tokens(one_row(&["id"], &[Cell::Integer(ID)]))
}

/// A server on which a script runs well, but for the batch that `change` answers.
fn running(change: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(&[], move |sql| match change(sql) {
        Some(reply) => reply,
        None if sql.contains("AS depth") => in_transaction(1, ID),
        None if sql.contains("BEGIN TRANSACTION;") => begun(),
        None if sql.starts_with("first") => Reply::Tokens([print("said"), done(DONE_FINAL)].concat()),
        None => nothing(),
    })
}

/// The batches in short: what kind each was.
fn kinds(server: &Server) -> Vec<&'static str> {
    let kind = |sql: &String| match sql.as_str() {
        sql if sql.contains("BEGIN TRANSACTION;") => "begin",
        sql if sql.contains("COMMIT TRANSACTION;") => "commit",
        sql if sql.contains("ROLLBACK TRANSACTION;") => "rollback",
        sql if sql.contains("AS depth") => "check",
        sql if sql.starts_with("SELECT run") => "read",
        sql if sql.starts_with("first") => "first",
        _ => "second",
    };
    server.batches().iter().map(kind).collect()
}

#[test]
fn a_script_runs_in_one_transaction_that_is_watched() {
    trusting("a_script_runs_in_one_transaction_that_is_watched", async {
        let server = running(|_| None);
        let mut session = server.session().await;
        let ran = journal::run(&mut session, &run_id(), &upgrade(), LIMIT).await.unwrap();
        assert!(matches!(ran, Ran::Now { messages, .. } if messages == ["said", "said"]));
        assert_eq!(kinds(&server), ["begin", "first", "check", "first", "check", "second", "check", "commit"]);
        assert!(session.is_open().await);
    });
}

#[test]
fn a_script_that_fails_is_rolled_back_and_its_session_not_used_again() {
    trusting("a_script_that_fails_is_rolled_back_and_its_session_not_used_again", async {
        let server = running(|sql| sql.starts_with("second").then(|| refuse(208, "Invalid object name 'x'.")));
        let mut session = server.session().await;
        let failure = journal::run(&mut session, &run_id(), &upgrade(), LIMIT).await.unwrap_err();
        let text = "cannot run `1.sql` in `shop` on `contoso-sql-1.database.windows.net`: error 208 (class 16, state 1) \
                    in line 3: Invalid object name 'x'";
        assert_eq!(failure.to_string(), text);
        assert_eq!(kinds(&server), ["begin", "first", "check", "first", "check", "second", "rollback"]);
        assert!(!session.is_open().await);
    });
}

#[test]
fn a_script_that_ends_its_transaction_is_found_out_at_once() {
    trusting("a_script_that_ends_its_transaction_is_found_out_at_once", async {
        let (script, first_line) = ("1.sql".to_owned(), 1);
        let ended = ScriptFailure::Transaction { script: script.clone(), first_line };
        let silenced = ScriptFailure::Silenced { script, first_line };
        let answers: [fn() -> Reply; 4] =
            [|| in_transaction(0, 12), || in_transaction(2, ID), || in_transaction(1, ID + 1), nothing];
        for (answer, wanted) in answers.into_iter().zip([&ended, &ended, &ended, &silenced]) {
            let server = running(move |sql| sql.contains("AS depth").then(answer));
            let mut session = server.session().await;
            let failure = journal::run(&mut session, &run_id(), &upgrade(), LIMIT).await.unwrap_err();
            assert_eq!(failure, *wanted);
            assert_eq!(kinds(&server), ["begin", "first", "check", "rollback"]);
            assert!(!session.is_open().await);
        }
    });
}

#[test]
fn a_server_that_refuses_the_guard_itself_does_not_put_the_blame_on_the_script() {
    trusting("a_server_that_refuses_the_guard_itself_does_not_put_the_blame_on_the_script", async {
        let server =
            running(|sql| sql.contains("AS depth").then(|| refuse(1204, "The instance cannot obtain a LOCK.")));
        let mut session = server.session().await;
        let failure = journal::run(&mut session, &run_id(), &upgrade(), LIMIT).await.unwrap_err();
        let text = "cannot see whether the transaction is still open in `shop` on `contoso-sql-1.database.windows.net`: \
                    error 1204 (class 16, state 1): The instance cannot obtain a LOCK";
        assert_eq!(failure.to_string(), text);
    });
}

#[test]
fn a_script_whose_commit_was_not_answered_is_asked_for_not_run_again() {
    trusting("a_script_whose_commit_was_not_answered_is_asked_for_not_run_again", async {
        let begins = AtomicUsize::new(0);
        let server = running(move |sql| match sql {
            sql if sql.contains("COMMIT TRANSACTION;") => Some(Reply::CutAfter(vec![])),
            sql if sql.contains("BEGIN TRANSACTION;") && begins.fetch_add(1, Ordering::SeqCst) > 0 => {
                Some(refuse(2627, "Violation of PRIMARY KEY constraint."))
            }
            sql if sql.starts_with("SELECT run") => {
                let script = upgrade();
                let texts = ["u1", "1.sql", script.digest.as_str()].map(Cell::Text);
                let cells = [&texts[..], &[Cell::Time(0, 300), Cell::Integer(5)]].concat();
                Some(Reply::Tokens(one_row(&["run", "script", "digest", "finished_at", "took_ms"], &cells)))
            }
            _ => None,
        });
        let failure = journal::run(&mut server.session().await, &run_id(), &upgrade(), LIMIT).await.unwrap_err();
        assert!(matches!(&failure, ScriptFailure::Sql(error) if error.outcome_unknown()), "{failure}");

        let sent = server.batches().len();
        let ran = journal::run(&mut server.session().await, &run_id(), &upgrade(), LIMIT).await.unwrap();
        assert_eq!((ran, kinds(&server)[sent..].to_vec()), (Ran::Before, vec!["begin", "read"]));

        let changed = script("1.sql".into(), b"other").unwrap();
        let failure = journal::run(&mut server.session().await, &run_id(), &changed, LIMIT).await.unwrap_err();
        assert!(failure.to_string().starts_with("`1.sql` has changed since it ran: "), "{failure}");
    });
}

#[test]
fn scripts_are_parsed_and_every_slip_is_told() {
    trusting("scripts_are_parsed_and_every_slip_is_told", async {
        let server = Server::start(&[], |sql| match sql.contains("slip") {
            true => refuse(102, "Incorrect syntax near 'slip'."),
            false => nothing(),
        });
        let scripts =
            [script("1.sql".into(), b"good\nGO\nslip\nGO\nslip").unwrap(), script("2.sql".into(), b"good").unwrap()];
        let found = parse_only::check(server.session().await, &scripts, LIMIT).await.unwrap();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(told[1].ends_with("error 102 (class 16, state 1) in line 5: Incorrect syntax near 'slip'"), "{told:?}");
        assert_eq!(server.batches()[0], "SET PARSEONLY ON;");
    });
}

#[test]
fn nothing_is_parsed_on_a_server_that_would_run_it() {
    trusting("nothing_is_parsed_on_a_server_that_would_run_it", async {
        let server = Server::start(&[], |sql| match sql.starts_with("SELECT 1") {
            true => Reply::Tokens(one_row(&["ran"], &[Cell::Integer(1)])),
            false => nothing(),
        });
        let error = parse_only::check(server.session().await, &[upgrade()], LIMIT).await.unwrap_err();
        assert_eq!(error.message, "the server runs statements after `SET PARSEONLY ON`");
        assert_eq!(server.batches(), ["SET PARSEONLY ON;", "SELECT 1 AS ran;"]);
    });
}
