//! Certificates, names and addresses: who is asked, under which name, and what is believed.
//!
//! A test cannot change its own environment, so the ones that need `SSL_CERT_FILE` run again as a child process.

use std::{
    env,
    net::SocketAddr,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use azure::{Client, LONGEST_WAIT, Look, Options, Probe, Prober, Reach, Scope, sql};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use retry::RetryPolicy;
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::scripted::{Act, Stage, answer};

const NAMES: [&str; 3] = ["www.contoso.example", "contoso-2.azurewebsites.example", "arm.example"];

/// A server certificate for these names, and a file with the one authority that vouches for it.
fn certificate(names: &[&str]) -> (Arc<ServerConfig>, NamedTempFile) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let server = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![server.der().clone()], private);
    (Arc::new(config.unwrap()), file)
}

/// Serves the script over TLS at a loopback address.
async fn serve(config: Arc<ServerConfig>, script: Vec<Act>) -> (SocketAddr, Stage) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stage, acceptor) = (listener.local_addr().unwrap(), Stage::new(script), TlsAcceptor::from(config));
    let serving = stage.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, serving) = (acceptor.clone(), serving.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let sni = stream.get_ref().1.server_name().map(str::to_owned);
                serving.converse(stream, String::new(), sni).await;
            });
        }
    });
    (address, stage)
}

/// Runs the ignored test `name` of this binary as a process that trusts `authority` alone.
async fn child(name: &str, address: SocketAddr, authority: &NamedTempFile) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]).env("SSL_CERT_FILE", authority.path());
    command.env("AZURE_TEST_ADDRESS", address.to_string());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn passed(output: &Output) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// The address of the parent's server; `None` where somebody runs the ignored tests by hand.
#[expect(clippy::disallowed_methods, reason = "a child process of a test gets the address of its server this way")]
fn address_of_parent() -> Option<u16> {
    let address: SocketAddr = env::var("AZURE_TEST_ADDRESS").ok()?.parse().unwrap();
    Some(address.port())
}

fn probe(host: &str) -> Probe {
    let connect_host = "contoso-2.azurewebsites.example".to_owned();
    Probe { connect_host, host: host.to_owned(), path: "/health?deep=1".into(), timeout: Duration::from_secs(10) }
}

fn prober(port: u16) -> Prober {
    let rule = format!("contoso-2.azurewebsites.example:443:127.0.0.1:{port}");
    Prober::new(vec![rule.parse().unwrap()], Duration::from_secs(10), "rolling-upgrade/test")
}

#[tokio::test]
async fn a_site_is_seen_under_the_name_of_its_users_at_its_own_address() {
    let (config, authority) = certificate(&NAMES);
    let script = vec![answer(200, &[], ""), answer(404, &[], ""), answer(200, &[], ""), answer(200, &[], "")];
    let (address, stage) = serve(config, script).await;
    passed(&child("health::child_sees_a_site", address, &authority).await);
    let asked = stage.asked();
    assert_eq!(asked.len(), 4, "one look, then until it is healthy twice in a row");
    for one in &asked {
        assert_eq!((one.method.as_str(), one.target.as_str()), ("GET", "/health?deep=1"));
        assert_eq!(
            (one.sni.as_deref(), one.header("host")),
            (Some("www.contoso.example"), Some("www.contoso.example"))
        );
        assert_eq!(one.header("user-agent"), Some("rolling-upgrade/test"));
        assert_eq!(one.header("authorization"), None);
    }
}

#[tokio::test]
#[ignore = "runs as a child of `a_site_is_seen_under_the_name_of_its_users_at_its_own_address`"]
async fn child_sees_a_site() {
    let Some(port) = address_of_parent() else { return };
    let (prober, probe) = (prober(port), probe("www.contoso.example"));
    assert_eq!(prober.look(&probe).await, Look::Answered(200));
    prober.healthy_in_a_row(&probe, 2, Duration::from_millis(1), Duration::from_secs(20)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_no_health() {
    let (config, authority) = certificate(&["contoso-2.azurewebsites.example"]);
    let (address, stage) = serve(config, vec![answer(200, &[], ""); 9]).await;
    passed(&child("health::child_sees_a_wrong_name", address, &authority).await);
    assert!(stage.asked().is_empty());
}

#[tokio::test]
#[ignore = "runs as a child of `a_certificate_for_another_name_is_no_health`"]
async fn child_sees_a_wrong_name() {
    let Some(port) = address_of_parent() else { return };
    let limit = Duration::from_secs(1);
    let looked = prober(port).healthy_in_a_row(&probe("www.contoso.example"), 1, Duration::from_millis(1), limit).await;
    let text = looked.unwrap_err().to_string();
    assert!(
        text.contains("`https://www.contoso.example/health?deep=1` at `contoso-2.azurewebsites.example`"),
        "{text}"
    );
    assert!(text.contains("certificate not valid for name"), "{text}");
}

fn arm_at(port: u16) -> Client {
    let rule = format!("arm.example:443:127.0.0.1:{port}");
    let retry = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, Duration::from_secs(20));
    let endpoint = Url::parse("https://arm.example").unwrap();
    let options = Options::new(endpoint, "sub", "token-6f1c".into());
    let (poll_interval, connect_to) = (Duration::from_millis(1), vec![rule.parse().unwrap()]);
    Client::new(Options { reach: Reach { retry, connect_to, ..Reach::default() }, poll_interval, ..options }).unwrap()
}

fn server() -> azure::Request<Option<rollout::facts::Server>> {
    sql::server(&Scope::new("sub"), &"rg/srv".parse().unwrap())
}

#[tokio::test]
async fn a_rule_leaves_the_name_in_tls_and_host() {
    let (config, authority) = certificate(&NAMES);
    let operation = [("azure-asyncoperation", "https://arm.example/async")];
    let script = vec![
        answer(404, &[], ""),
        answer(202, &operation, ""),
        answer(200, &[("retry-after-ms", "1")], r#"{"status":"Succeeded"}"#),
    ];
    let (address, stage) = serve(config, script).await;
    passed(&child("health::child_asks_arm", address, &authority).await);
    let asked = stage.asked();
    assert_eq!(asked.len(), 3);
    for one in asked {
        assert_eq!((one.sni.as_deref(), one.header("host")), (Some("arm.example"), Some("arm.example")));
        assert_eq!(one.header("authorization"), Some("Bearer token-6f1c"));
    }
}

#[tokio::test]
#[ignore = "runs as a child of `a_rule_leaves_the_name_in_tls_and_host`"]
async fn child_asks_arm() {
    let Some(port) = address_of_parent() else { return };
    let mut client = arm_at(port);
    assert_eq!(client.send(&server()).await.unwrap(), None);
    let delete = sql::delete_database(client.scope(), &"rg/srv/shop".parse().unwrap());
    client = arm_at(port);
    client.run(&delete, Duration::from_secs(20)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_token_and_no_second_attempt() {
    let (config, _) = certificate(&NAMES);
    let (address, stage) = serve(config, vec![answer(200, &[], "")]).await;
    let error = arm_at(address.port()).send(&server()).await.unwrap_err();
    assert_eq!(error.attempts, 1, "{error:?}");
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn what_cannot_be_looked_at_says_why() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let Look::Failed(why) = prober(free.port()).look(&probe("www.contoso.example")).await else { panic!("seen") };
    assert!(why.contains("refused") && !why.contains("https://"), "{why}");
    let Look::Failed(why) = prober(free.port()).look(&probe("no host")).await else { panic!("seen") };
    assert!(why.contains("no host"), "{why}");
}
