//! Sessions against a scripted server, for what a proper server does seldom or never.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "a test hands itself a file's path through the environment")]

mod wire;

use std::time::Duration;

use retry::RetryPolicy;
use tsql::{
    LONGEST_WAIT, Session, SqlError,
    error::{Kind, Place},
    split::split,
};
use wire::{Door, HOST, LIMIT, Reply, Server, connect, identity, tokens::*, trusting};

fn tokens(parts: &[Vec<u8>]) -> Reply {
    Reply::Tokens(parts.concat())
}

fn one() -> Reply {
    Reply::Tokens(one_row(&["x"], &[Cell::Integer(1)]))
}

/// Whether the session still answers, with the right answer.
async fn answers(session: &mut Session) -> bool {
    matches!(session.query("look", "one", LIMIT).await, Ok(answer) if answer.row().unwrap().integer("x") == Ok(1))
}

#[test]
fn several_result_sets_and_messages_come_in_order() {
    trusting("several_result_sets_and_messages_come_in_order", async {
        let server = Server::start(&[], |_| {
            let numbers = rows(&["x"], &[&[Cell::Integer(1)], &[Cell::Integer(-2)]]);
            let first = [print("one"), numbers, done(DONE_MORE), rows(&["y"], &[]), done(DONE_MORE)];
            tokens(&[first.concat(), print("two"), one_row(&["z"], &[Cell::Text("käse 🧀")])])
        });
        let mut session = server.session().await;
        let answer = session.query("look", "all", LIMIT).await.unwrap();
        let integers: Vec<_> = answer.set(0).unwrap().iter().map(|row| row.integer("x").unwrap()).collect();
        assert_eq!((integers, answer.set(1).unwrap().len()), (vec![1, -2], 0));
        assert_eq!(answer.set(2).unwrap()[0].text("z").unwrap(), "käse 🧀");
        assert_eq!(answer.messages, ["one", "two"]);
        let seen = server.seen.lock().unwrap();
        assert_eq!(seen.batches, ["all"]);
        let login = &seen.logins[0];
        assert_eq!((login.server.as_str(), login.database.as_str(), login.user.as_str()), (HOST, "shop", "app"));
        assert_eq!(login.application, "rolling-upgrade/plan/1");
    });
}

#[test]
fn an_error_behind_a_result_set_is_seen_and_leaves_the_session_usable() {
    trusting("an_error_behind_a_result_set_is_seen_and_leaves_the_session_usable", async {
        let server = Server::start(&[], |sql| match sql {
            "one" => one(),
            _ => tokens(&[
                rows(&["x"], &[&[Cell::Integer(7)]]),
                done(DONE_MORE),
                error(5070, 16, "Others are using it.", "", 1),
                done(DONE_ERROR | DONE_MORE),
                error(5069, 16, "ALTER DATABASE statement failed.", "", 1),
                done(DONE_ERROR),
            ]),
        });
        let mut session = server.session().await;
        let error = session.query("set it", "late", LIMIT).await.unwrap_err();
        assert_eq!((error.kind, error.number()), (Kind::Server, Some(5070)));
        let text = format!("cannot set it in `shop` on `{HOST}`: error 5070 (class 16, state 1): Others are using it");
        assert_eq!(error.to_string(), text);
        assert!(answers(&mut session).await);
    });
}

#[test]
fn an_error_of_a_script_has_the_line_of_its_file() {
    trusting("an_error_of_a_script_has_the_line_of_its_file", async {
        let server = Server::start(&[], |sql| match sql.contains("exec") {
            true => tokens(&[error(50000, 16, "no", "dbo.p", 3), done(DONE_ERROR)]),
            false => tokens(&[error(207, 16, "Invalid column name 'x'.", "", 2), done(DONE_ERROR)]),
        });
        let mut session = server.session().await;
        let batches = split("-- a\nGO\n\nselect\n x\nGO\nexec p").unwrap();
        let place = |error: SqlError| error.server.unwrap().place.unwrap();
        let error = session.run("run `1.sql`", &batches[1], LIMIT).await.unwrap_err();
        assert_eq!(place(error), Place::Line(4));
        let error = session.run("run `1.sql`", &batches[2], LIMIT).await.unwrap_err();
        assert_eq!(place(error), Place::Procedure("dbo.p".into(), 3));
    });
}

#[test]
fn a_call_that_takes_too_long_is_cancelled_and_the_session_closed() {
    trusting("a_call_that_takes_too_long_is_cancelled_and_the_session_closed", async {
        let server = Server::start(&[], |_| Reply::Silence);
        let mut session = server.session().await;
        let error = session.query("look", "slow", Duration::from_millis(50)).await.unwrap_err();
        assert_eq!((error.kind, error.outcome_unknown(), session.is_open().await), (Kind::Timeout, true, false));
        assert!(error.to_string().ends_with(": no complete answer within 50ms; it was cancelled"), "{error}");
        server.attentions.recv_timeout(LIMIT).unwrap();
        let error = session.query("look again", "one", LIMIT).await.unwrap_err();
        assert_eq!(error.kind, Kind::Closed);
        assert_eq!(server.batches(), ["slow"]);
    });
}

#[test]
fn whoever_stops_waiting_leaves_a_closed_session() {
    trusting("whoever_stops_waiting_leaves_a_closed_session", async {
        let server = Server::start(&[], |_| Reply::Silence);
        let mut session = server.session().await;
        let stopped = tokio::time::timeout(Duration::from_millis(50), session.query("look", "slow", LIMIT)).await;
        assert!(stopped.is_err() && !session.is_open().await);
        server.attentions.recv_timeout(LIMIT).expect("the server is asked to stop working on it");
        assert_eq!(session.query("look again", "one", LIMIT).await.unwrap_err().kind, Kind::Closed);
    });
}

#[test]
fn a_cut_connection_is_lost_with_the_servers_last_words() {
    trusting("a_cut_connection_is_lost_with_the_servers_last_words", async {
        let server = Server::start(&[], |sql| match sql {
            "silently" => Reply::CutAfter(rows(&["x"], &[&[Cell::Integer(1)]])),
            _ => Reply::CutAfter(error(596, 21, "Cannot continue the execution.", "", 1)),
        });
        let mut first = server.session().await;
        let error = first.query("look", "silently", LIMIT).await.unwrap_err();
        assert_eq!((error.kind, error.outcome_unknown(), first.is_open().await), (Kind::Lost, true, false));
        assert_eq!(server.batches(), ["silently"], "nothing is sent twice");
        let mut second = server.session().await;
        let error = second.query("look", "loudly", LIMIT).await.unwrap_err();
        assert_eq!(error.kind, Kind::Lost);
        assert!(error.message.ends_with("; before, the server said: Cannot continue the execution"), "{error}");
    });
}

#[test]
fn a_fatal_error_closes_the_session() {
    trusting("a_fatal_error_closes_the_session", async {
        let server = Server::start(&[], |_| tokens(&[error(596, 21, "Killed.", "", 1), done(DONE_ERROR)]));
        let mut session = server.session().await;
        let error = session.query("look", "x", LIMIT).await.unwrap_err();
        assert_eq!((error.kind, error.number(), session.is_open().await), (Kind::Lost, Some(596), false));
    });
}

#[test]
fn a_redirect_is_followed_to_where_connect_to_says() {
    trusting("a_redirect_is_followed_to_where_connect_to_says", async {
        let target = Server::start(&[], |_| one());
        let server = Server::start(&[Door::Redirect("worker-1.database.windows.net", 11042)], |_| Reply::Silence);
        let rules = [
            format!(":1433:127.0.0.1:{}", server.port),
            format!("worker-1.database.windows.net:11042:127.0.0.1:{}", target.port),
        ];
        let mut session = Session::connect(&connect(&rules)).await.unwrap();
        assert!(answers(&mut session).await);
        assert_eq!(target.seen.lock().unwrap().logins[0].server, "worker-1.database.windows.net");
    });
}

#[test]
fn three_redirects_are_followed_and_a_closed_port_behind_one_is_told() {
    trusting("three_redirects_are_followed_and_a_closed_port_behind_one_is_told", async {
        let worker = "Worker-1.database.windows.net";
        let server = Server::start(&vec![Door::Redirect(worker, 11042); 3], |_| one());
        let everywhere = format!("::127.0.0.1:{}", server.port);
        let mut session = Session::connect(&connect(&[everywhere])).await.unwrap();
        assert!(answers(&mut session).await);
        assert_eq!(server.seen.lock().unwrap().logins.len(), 4);

        let server = Server::start(&[Door::Redirect(worker, 11042)], |_| one());
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let rules = [format!(":1433:127.0.0.1:{}", server.port), format!(":11042:127.0.0.1:{closed}")];
        let error = Session::connect(&connect(&rules)).await.err().unwrap();
        assert!(
            error.message.starts_with(&format!("no connection to 127.0.0.1, port {closed}: "))
                && error.message.ends_with("; the server redirected to `worker-1.database.windows.net`, port 11042"),
            "{error}"
        );
        assert!(error.hint().unwrap().starts_with("open ports 11000 to 11999"));
    });
}

#[test]
fn a_silent_session_gives_signs_of_life_and_one_that_died_is_found_out() {
    trusting("a_silent_session_gives_signs_of_life_and_one_that_died_is_found_out", async {
        let server = Server::start(&[], |sql| if sql == "die" { Reply::Silence } else { one() });
        let every = Duration::from_millis(20);
        let mut session = Session::connect(&tsql::Connect { keep_alive: every, ..server.connect() }).await.unwrap();
        assert!(answers(&mut session).await);
        until(|| server.batches().iter().filter(|sql| sql.contains("alive")).count() > 2).await;
        assert!(session.is_open().await && answers(&mut session).await);

        let dead = Server::start(&[], |_| Reply::CutAfter(Vec::new()));
        let session = Session::connect(&tsql::Connect { keep_alive: every, ..dead.connect() }).await.unwrap();
        until(|| !dead.batches().is_empty()).await;
        assert!(!session.is_open().await);
        assert_eq!(dead.batches().len(), 1, "nothing more is sent");
    });
}

/// Looks until something is so.
async fn until(condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "it did not come");
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_redirect_in_a_circle_ends() {
    trusting("a_redirect_in_a_circle_ends", async {
        let server = Server::start(&vec![Door::Redirect(HOST, 1433); 9], |_| Reply::Silence);
        let error = Session::connect(&server.connect()).await.err().unwrap();
        let text = format!(
            "cannot log in to `shop` on `{HOST}`: the server redirected more than 3 times; the server redirected to \
             `{HOST}`, port 1433, then to `{HOST}`, port 1433, then to `{HOST}`, port 1433, then to `{HOST}`, port 1433"
        );
        assert_eq!(error.to_string(), text);
        assert!(error.hint().unwrap().contains("ports 11000 to 11999"));
        assert_eq!(server.seen.lock().unwrap().logins.len(), 4);
    });
}

#[test]
fn a_refused_log_in_is_told_with_a_hint_and_a_transient_one_tried_again() {
    trusting("a_refused_log_in_is_told_with_a_hint_and_a_transient_one_tried_again", async {
        let server = Server::start(&[Door::Refuse(18456, "Login failed for user 'app'.")], |_| one());
        let error = Session::connect(&server.connect()).await.err().unwrap();
        let text = format!(
            "cannot log in to `shop` on `{HOST}`: error 18456 (class 14, state 1): Login failed for user 'app'"
        );
        assert_eq!((error.kind, error.to_string()), (Kind::Login, text));
        assert!(error.hint().unwrap().starts_with("check user and password"));

        let doors = [Door::Refuse(40613, "Database is not currently available."), Door::Refuse(40613, "Still not.")];
        let server = Server::start(&doors, |_| one());
        let policy = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, LIMIT);
        let mut session = Session::connect_patiently(&server.connect(), policy).await.unwrap();
        assert!(answers(&mut session).await);
        assert_eq!(server.seen.lock().unwrap().logins.len(), 3);
    });
}

#[test]
fn nothing_is_said_to_a_server_without_a_trusted_certificate_or_without_tls() {
    trusting("nothing_is_said_to_a_server_without_a_trusted_certificate_or_without_tls", async {
        let _trusted = Server::start(&[], |_| one());
        let (stranger, _) = identity();
        let server = Server::with_tls(Some(stranger), &[], |_| one());
        let error = Session::connect(&server.connect()).await.err().unwrap();
        assert_eq!(error.kind, Kind::Tls, "{error}");
        assert!(!error.to_string().contains("To connect anyway"), "{error}");
        assert!(server.seen.lock().unwrap().logins.is_empty());

        let plain = Server::with_tls(None, &[], |_| one());
        let error = Session::connect(&plain.connect()).await.err().unwrap();
        assert_eq!(error.kind, Kind::Unexpected, "{error}");
        assert!(plain.seen.lock().unwrap().logins.is_empty());
    });
}
