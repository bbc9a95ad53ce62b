//! The wire and the engine together, as a real driver sees them.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "the driver itself is what the server is tried with")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use rcgen::CertifiedKey;
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use sim_sql::{Access, Change, DatabaseRow, Host, LinkRow, Message, Principal, Role, Session, Stop, Store};
use sim_tds::{Login, Service};
use tiberius::{AuthMethod, Client, ColumnData, Config, error::Error, numeric::Numeric};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

const SERVER: &str = "contoso-sql-1.database.windows.net";

/// A logical server with one database, `shop`.
struct Server {
    store: Arc<Store>,
}

impl Host for Server {
    fn databases(&self) -> Vec<DatabaseRow> {
        let store = Arc::clone(&self.store);
        vec![DatabaseRow { name: "shop".into(), id: 5, store, role: Role::Standalone, online: true }]
    }
    fn links(&self) -> Vec<LinkRow> {
        vec![]
    }
    fn remove_secondary(&self, _: &str, _: &str) -> Result<(), Message> {
        Err(Message::new(40510, 16, "no link here"))
    }
    fn wait_for_copy_sync(&self, _: &str, _: &str, _: &str, _: &Stop) -> Result<i32, Message> {
        Err(Message::new(40510, 16, "no link here"))
    }
    fn may_alter(&self, _: &str, _: Access) -> Result<(), Message> {
        Ok(())
    }
    fn changed(&self, _: &Change) {}
}

struct Logins(Arc<Server>);

impl Service for Logins {
    fn login(&self, login: &Login) -> Result<Session, Message> {
        if login.password != "right" && login.token.as_deref() != Some("a token") {
            return Err(Message::new(18456, 14, format!("Login failed for user '{}'.", login.user)));
        }
        let who = Principal {
            login: login.user.clone(),
            server_admin: true,
            application: login.application.clone(),
            host: login.host.clone(),
            ..Principal::default()
        };
        let store = (login.database == "shop").then(|| Arc::clone(&self.0.store));
        Session::open(Arc::clone(&self.0) as Arc<dyn Host>, store, who)
    }
}

type Tiberius = Client<Compat<TcpStream>>;

struct Fixture {
    address: SocketAddr,
    ca: Vec<u8>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("shop.db"), "shop").unwrap();
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(vec![SERVER.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Arc::new(Logins(Arc::new(Server { store: Arc::clone(&store) })));
        tokio::spawn(sim_tds::serve(listener, Arc::new(tls), service));
        Self { address, ca: cert.pem().into_bytes(), store, _folder: folder }
    }

    async fn try_connect(&self, method: AuthMethod) -> tiberius::Result<Tiberius> {
        let mut config = Config::new();
        config.host(SERVER);
        config.database("shop");
        config.application_name("engine test");
        config.authentication(method);
        config.trust_cert_ca_bundle(self.ca.clone());
        Client::connect(config, TcpStream::connect(self.address).await.unwrap().compat_write()).await
    }

    async fn connect(&self) -> Tiberius {
        self.try_connect(AuthMethod::sql_server("app", "right")).await.unwrap()
    }
}

/// Runs a batch to its end and gives the first row's values of each result set.
async fn run(client: &mut Tiberius, sql: &str) -> tiberius::Result<Vec<Vec<ColumnData<'static>>>> {
    let results = client.simple_query(sql).await?.into_results().await?;
    let first =
        |rows: &Vec<tiberius::Row>| rows.first().map(|row| row.cells().map(|(_, value)| value.clone()).collect());
    Ok(results.iter().map(|rows| first(rows).unwrap_or_default()).collect())
}

fn code(error: &Error) -> u32 {
    match error {
        Error::Server(error) => error.code(),
        other => panic!("expected an error of the server, got {other}"),
    }
}

async fn until(mut condition: impl FnMut() -> bool) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(tokio::time::Instant::now() < patience, "the test has waited long enough");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn passwords_and_tokens_log_in_and_others_do_not() {
    let fixture = Fixture::start().await;
    for method in [AuthMethod::sql_server("app", "right"), AuthMethod::aad_token("a token")] {
        let mut client = fixture.try_connect(method).await.unwrap();
        assert_eq!(run(&mut client, "SELECT 1").await.unwrap(), [[ColumnData::I32(Some(1))]]);
    }
    let refused = fixture.try_connect(AuthMethod::sql_server("app", "wrong")).await.unwrap_err();
    assert_eq!(code(&refused), 18456);
}

#[tokio::test]
async fn every_type_of_the_engine_arrives() {
    let mut client = Fixture::start().await.connect_once().await;
    let sql = "SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-32768 AS smallint), CAST(-5 AS int),
        CAST(9223372036854775807 AS bigint), CAST(1.5 AS float), CAST('-12.50' AS decimal(10,2)), N'Grüße €😀',
        CAST(N'long' AS nvarchar(max)), 0x0102FF, CAST('01234567-89ab-cdef-0123-456789abcdef' AS uniqueidentifier),
        CAST('2024-02-29' AS date), CAST('12:30:01.5' AS time), CAST('2024-02-29 12:30:01.997' AS datetime),
        CAST('2024-02-29 12:30:01.123' AS datetime2(3)), CAST(NULL AS int)";
    let rows = run(&mut client.0, sql).await.unwrap();
    let date = tiberius::time::Date::new(738_944);
    let expected = [
        ColumnData::Bit(Some(true)),
        ColumnData::U8(Some(255)),
        ColumnData::I16(Some(-32768)),
        ColumnData::I32(Some(-5)),
        ColumnData::I64(Some(i64::MAX)),
        ColumnData::F64(Some(1.5)),
        ColumnData::Numeric(Some(Numeric::new_with_scale(-1250, 2))),
        ColumnData::String(Some("Grüße €😀".into())),
        ColumnData::String(Some("long".into())),
        ColumnData::Binary(Some(vec![1, 2, 255].into())),
        ColumnData::Guid(Some("01234567-89ab-cdef-0123-456789abcdef".parse().unwrap())),
        ColumnData::Date(Some(date)),
        ColumnData::Time(Some(tiberius::time::Time::new(450_015_000_000, 7))),
        ColumnData::DateTime(Some(tiberius::time::DateTime::new(45_349, 13_500_599))),
        ColumnData::DateTime2(Some(tiberius::time::DateTime2::new(date, tiberius::time::Time::new(45_001_123, 3)))),
        ColumnData::I32(None),
    ];
    assert_eq!(rows, [expected]);
}

impl Fixture {
    /// A client that keeps its server alive.
    async fn connect_once(self) -> (Tiberius, Self) {
        (self.connect().await, self)
    }
}

#[tokio::test]
async fn result_sets_before_an_error_arrive_and_so_does_the_error() {
    let (mut client, _fixture) = Fixture::start().await.connect_once().await;
    let sql = "SELECT 1\nPRINT 'between'\nSELECT 2\nSELECT * FROM nowhere";
    let mut stream = client.simple_query(sql).await.unwrap();
    let (mut numbers, mut error) = (vec![], None);
    while error.is_none() {
        match stream.try_next().await {
            Ok(Some(tiberius::QueryItem::Row(row))) => numbers.push(row.get::<i32, _>(0).unwrap()),
            Ok(Some(_)) => {}
            Ok(None) => panic!("the error was lost"),
            Err(found) => error = Some(found),
        }
    }
    assert_eq!(numbers, [1, 2]);
    match error.unwrap() {
        Error::Server(error) => assert_eq!((error.code(), error.line()), (208, 4)),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn transactions_of_the_driver_commit_and_roll_back() {
    let (mut client, fixture) = Fixture::start().await.connect_once().await;
    run(&mut client, "CREATE TABLE t (id int PRIMARY KEY, name nvarchar(20))").await.unwrap();
    client.begin_transaction().await.unwrap();
    assert_eq!(client.execute("INSERT INTO t VALUES (@P1, @P2)", &[&1i32, &"one"]).await.unwrap().rows_affected(), [1]);
    client.rollback_transaction().await.unwrap();
    client.begin_transaction().await.unwrap();
    client.execute("INSERT INTO t VALUES (@P1, @P2)", &[&2i32, &Option::<&str>::None]).await.unwrap();
    client.commit_transaction().await.unwrap();
    let mut other = fixture.connect().await;
    let rows = run(&mut other, "SELECT id, name FROM t").await.unwrap();
    assert_eq!(rows, [[ColumnData::I32(Some(2)), ColumnData::String(None)]]);
}

#[tokio::test]
async fn attention_ends_a_wait_and_keeps_the_transaction() {
    let (mut client, fixture) = Fixture::start().await.connect_once().await;
    run(&mut client, "BEGIN TRANSACTION").await.unwrap();
    tokio::select! {
        _ = client.simple_query("WAITFOR DELAY '00:10:00'") => panic!("the wait has ended by itself"),
        () = until(|| fixture.store.sessions().iter().any(|session| session.running)) => {}
    }
    client.cancel_query().await.unwrap();
    assert_eq!(run(&mut client, "SELECT @@TRANCOUNT").await.unwrap(), [[ColumnData::I32(Some(1))]]);
}

#[tokio::test]
async fn a_killed_session_is_told_or_finds_its_connection_closed() {
    let (mut busy, fixture) = Fixture::start().await.connect_once().await;
    let mut idle = fixture.connect().await;
    let store = Arc::clone(&fixture.store);
    let killer = tokio::spawn(async move {
        until(|| store.sessions().iter().any(|session| session.running)).await;
        store.kill_all();
    });
    assert_eq!(code(&run(&mut busy, "WAITFOR DELAY '00:10:00'").await.unwrap_err()), 596);
    killer.await.unwrap();
    assert!(run(&mut idle, "SELECT 1").await.is_err());
    until(|| fixture.store.sessions().is_empty()).await;
}

#[tokio::test]
async fn a_client_that_leaves_frees_what_it_held() {
    let (mut client, fixture) = Fixture::start().await.connect_once().await;
    run(&mut client, "CREATE TABLE t (id int)").await.unwrap();
    run(&mut client, "BEGIN TRANSACTION INSERT INTO t VALUES (1)").await.unwrap();
    drop(client);
    let mut other = fixture.connect().await;
    run(&mut other, "INSERT INTO t VALUES (2)").await.unwrap();
    assert_eq!(
        run(&mut other, "SELECT SUM(id), COUNT(*) FROM t").await.unwrap(),
        [[ColumnData::I32(Some(2)), ColumnData::I32(Some(1))]]
    );
    drop(other);
    until(|| fixture.store.sessions().is_empty()).await;
}
