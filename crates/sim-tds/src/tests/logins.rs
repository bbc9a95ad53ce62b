use sim_sql::{Ended, Message};
use tiberius::{AuthMethod, EncryptionLevel, error::Error};

use super::fixture::{PASSWORD, SERVER, Script, answer_number, code, login, number};

fn script() -> Script {
    Script::new(|_, _, out| answer_number(7, out))
}

#[tokio::test]
async fn a_sql_password_logs_in_and_a_batch_is_answered() {
    let fixture = script().serve().await;
    let mut client = fixture.connect().await;
    assert_eq!(number(&mut client, "SELECT 7").await.unwrap(), 7);
    let login = fixture.seen.logins.lock().unwrap()[0].clone();
    assert_eq!((login.server.as_str(), login.database.as_str()), (SERVER, "shop"));
    assert_eq!((login.user.as_str(), login.password.as_str(), login.token), ("app", PASSWORD, None));
    assert_eq!(login.application, "the tests");
    assert!(!login.host.is_empty() && login.peer.ip().is_loopback());
    assert_eq!(*fixture.seen.batches.lock().unwrap(), ["SELECT 7"]);
}

#[tokio::test]
async fn an_access_token_of_any_length_logs_in() {
    let fixture = script().serve().await;
    for length in [1, 1500, 6000] {
        let token = "Zé€".repeat(length);
        let mut client =
            fixture.connect_with(|config| config.authentication(AuthMethod::aad_token(&token))).await.unwrap();
        assert_eq!(number(&mut client, "SELECT 7").await.unwrap(), 7);
        let login = fixture.seen.logins.lock().unwrap().pop().unwrap();
        assert_eq!((login.token, login.user, login.password), (Some(token), String::new(), String::new()));
    }
}

#[tokio::test]
async fn no_database_means_master_and_an_address_leaves_the_name_to_the_record() {
    let fixture = script().serve().await;
    let adapt = |config: &mut tiberius::Config| {
        config.host("127.0.0.1");
        config.database("");
    };
    fixture.connect_with(adapt).await.unwrap();
    let login = fixture.seen.logins.lock().unwrap()[0].clone();
    assert_eq!((login.server.as_str(), login.database.as_str()), ("127.0.0.1", "master"));
}

#[tokio::test]
async fn a_refused_login_tells_number_class_and_state() {
    let refusal = Message { state: 46, ..Message::new(18456, 14, "Login failed for user 'app'.") };
    let fixture = script().log_in(move |_| Err(refusal.clone())).serve().await;
    match fixture.connect_with(|_| ()).await.unwrap_err() {
        Error::Server(error) => {
            assert_eq!((error.code(), error.class(), error.state()), (18456, 14, 46));
            assert_eq!(error.message(), "Login failed for user 'app'.");
            assert_eq!(error.server(), "contoso-sql-1");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told_first() {
    let text = "Cannot open database \"shop\" requested by the login. The login failed.";
    let fixture = script().log_in(move |_| Err(Message::new(4060, 11, text))).serve().await;
    assert_eq!(code(&fixture.connect_with(|_| ()).await.unwrap_err()), 4060);
}

#[tokio::test]
async fn every_level_of_encryption_ends_up_encrypted() {
    let fixture = script().serve().await;
    for level in [EncryptionLevel::Off, EncryptionLevel::On, EncryptionLevel::Required] {
        let mut client = fixture.connect_with(|config| config.encryption(level)).await.unwrap();
        assert_eq!(number(&mut client, "SELECT 7").await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_client_without_tls_is_refused() {
    let fixture = script().serve().await;
    assert!(fixture.connect_with(|config| config.encryption(EncryptionLevel::NotSupported)).await.is_err());
    assert!(fixture.seen.logins.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_gets_nowhere() {
    let fixture = script().serve().await;
    let error = fixture.connect_with(|config| config.hostname_in_certificate("another.example")).await.unwrap_err();
    assert!(matches!(error, Error::Tls(_)), "{error}");
    assert!(fixture.seen.logins.lock().unwrap().is_empty());
}

#[tokio::test]
async fn two_clients_at_once_have_sessions_of_their_own() {
    let fixture = Script::new(|_, state, out| answer_number(i64::from(crate::backend::Control::id(state)), out));
    let fixture = fixture.serve().await;
    let (mut one, mut two) = tokio::join!(fixture.connect(), fixture.connect());
    let (first, second) = tokio::join!(number(&mut one, "SELECT @@SPID"), number(&mut two, "SELECT @@SPID"));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first, second);
    assert_eq!(number(&mut one, "SELECT @@SPID").await.unwrap(), first);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_sessions() {
    let fixture = Script::new(|_, state, _| state.wait_for_the_end()).serve().await;
    let (mut busy, idle) = (fixture.connect().await, fixture.connect().await);
    let batch = tokio::spawn(async move { busy.simple_query("WAITFOR DELAY '1'").await.map(drop) });
    fixture.session_is(0, |told| told.running).await;
    fixture.server.abort();
    fixture.session_is(0, |told| told.killed && told.dropped).await;
    fixture.session_is(1, |told| told.dropped).await;
    assert!(batch.await.unwrap().is_err());
    drop(idle);
}

#[test]
fn the_debug_form_of_a_login_has_no_secret() {
    let login = crate::Login { password: "s3cret-1".into(), token: Some("s3cret-2".into()), ..login() };
    assert!(!format!("{login:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_login_that_has_to_wait_ends_with_its_client() {
    let (entered, wait) = std::sync::mpsc::channel();
    let gate = std::sync::Mutex::new(std::sync::mpsc::channel::<()>());
    let release = gate.lock().unwrap().0.clone();
    let fixture = Script::new(|_, _, _| Ended::Completed)
        .log_in(move |_| {
            entered.send(()).unwrap();
            gate.lock().unwrap().1.recv().unwrap();
            Ok(())
        })
        .serve()
        .await;
    let address = fixture.address;
    let client = tokio::spawn(async move { super::raw::Raw::log_in(address, 4096).await });
    tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
    client.abort();
    let _ = client.await;
    release.send(()).unwrap();
    while fixture.seen.sessions.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    fixture.session_is(0, |told| told.dropped).await;
}
