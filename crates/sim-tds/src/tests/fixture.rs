//! A server on loopback whose sessions do what the test says, and clients of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Condvar, Mutex, OnceLock,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use sim_sql::{Column, ColumnType, Ended, Event, Message, Value};
use tiberius::{AuthMethod, Client, Config};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::{
    Greeting, Login, Verdict,
    backend::{Backend, Control, Gate},
    server,
};

pub(super) const SERVER: &str = "contoso-sql-1.database.windows.net";
pub(super) const PASSWORD: &str = "pa55 ]';wörd€";
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Tls {
    pub(super) server: Arc<ServerConfig>,
    pub(super) ca: String,
}

/// A CA of the tests' own and a server certificate of it.
pub(super) fn tls() -> &'static Tls {
    static TLS: OnceLock<Tls> = OnceLock::new();
    TLS.get_or_init(|| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec![SERVER.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        Tls { server: Arc::new(server), ca: ca.pem() }
    })
}

/// What a scripted session has been told, and whether it is still there.
#[derive(Default)]
pub(super) struct State {
    told: Mutex<Told>,
    changed: Condvar,
    id: i32,
}

#[derive(Default, Clone, Copy)]
pub(super) struct Told {
    pub(super) running: bool,
    pub(super) cancelled: bool,
    pub(super) killed: bool,
    pub(super) dropped: bool,
}

impl State {
    pub(super) fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap());
        self.changed.notify_all();
    }

    /// Waits, on this thread, until the condition holds.
    pub(super) fn wait(&self, condition: impl Fn(Told) -> bool) {
        let told = self.told.lock().unwrap();
        let waited = self.changed.wait_timeout_while(told, PATIENCE, |told| !condition(*told)).unwrap();
        assert!(!waited.1.timed_out(), "the session was never told what the test waits for");
    }

    /// How a batch ends that has been waiting for its end.
    pub(super) fn wait_for_the_end(&self) -> Ended {
        self.wait(|told| told.cancelled || told.killed);
        if self.told.lock().unwrap().killed { Ended::Killed } else { Ended::Cancelled }
    }
}

impl Control for State {
    fn id(&self) -> i32 {
        self.id
    }
    fn cancel(&self) {
        self.tell(|told| told.cancelled = true);
    }
    fn forget_cancel(&self) {
        self.tell(|told| told.cancelled = false);
    }
    fn kill(&self) {
        self.tell(|told| told.killed = true);
    }
    fn is_killed(&self) -> bool {
        self.told.lock().unwrap().killed
    }
}

pub(super) type Run = dyn Fn(&str, &State, &mut dyn FnMut(Event)) -> Ended + Send + Sync;
type LogIn = dyn Fn(&Login) -> Result<(), Message> + Send + Sync;

/// The scripted service.
pub(super) struct Script {
    run: Arc<Run>,
    log_in: Box<LogIn>,
    verdict: Verdict,
    greeting: Greeting,
    next_id: AtomicI32,
    seen: Arc<Seen>,
}

/// What has come through the wire.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) logins: Mutex<Vec<Login>>,
    pub(super) batches: Mutex<Vec<String>>,
    pub(super) runs: Mutex<Vec<String>>,
    pub(super) ran: Mutex<usize>,
    pub(super) sessions: Mutex<Vec<Arc<State>>>,
}

impl Seen {
    /// The session that was opened as the `index`-th, once it is there.
    pub(super) fn session(&self, index: usize) -> Arc<State> {
        Arc::clone(&self.sessions.lock().unwrap()[index])
    }
}

impl Script {
    pub(super) fn new(run: impl Fn(&str, &State, &mut dyn FnMut(Event)) -> Ended + Send + Sync + 'static) -> Self {
        Self {
            run: Arc::new(run),
            log_in: Box::new(|_| Ok(())),
            verdict: Verdict::Run,
            greeting: Greeting::Open,
            next_id: AtomicI32::new(51),
            seen: Arc::default(),
        }
    }

    pub(super) fn log_in(self, log_in: impl Fn(&Login) -> Result<(), Message> + Send + Sync + 'static) -> Self {
        Self { log_in: Box::new(log_in), ..self }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    pub(super) fn greeting(self, greeting: Greeting) -> Self {
        Self { greeting, ..self }
    }

    pub(super) async fn serve(self) -> Fixture {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::clone(&self.seen));
        let server =
            tokio::spawn(async move { server::accept(listener, &tls().server, Arc::new(self)).await.unwrap() });
        Fixture { address, seen, server }
    }
}

impl Gate for Script {
    fn login(&self, login: &Login) -> Result<Box<dyn Backend>, Message> {
        self.seen.logins.lock().unwrap().push(login.clone());
        (self.log_in)(login)?;
        let state = Arc::new(State { id: self.next_id.fetch_add(1, Ordering::SeqCst), ..State::default() });
        self.seen.sessions.lock().unwrap().push(Arc::clone(&state));
        Ok(Box::new(Scripted { run: Arc::clone(&self.run), state, seen: Arc::clone(&self.seen), login: login.clone() }))
    }

    fn batch(&self, _: &Login, sql: &str) -> Verdict {
        self.seen.batches.lock().unwrap().push(sql.to_owned());
        self.verdict.clone()
    }

    fn greet(&self, _: &Login) -> Greeting {
        self.greeting.clone()
    }

    fn ran(&self, _: &Login) {
        *self.seen.ran.lock().unwrap() += 1;
    }
}

struct Scripted {
    run: Arc<Run>,
    state: Arc<State>,
    seen: Arc<Seen>,
    login: Login,
}

impl Backend for Scripted {
    fn run(&mut self, batch: &str, out: &mut dyn FnMut(Event)) -> Ended {
        self.seen.runs.lock().unwrap().push(batch.to_owned());
        self.state.tell(|told| told.running = true);
        let ended = (self.run)(batch, &self.state, out);
        self.state.tell(|told| told.running = false);
        ended
    }
    fn control(&self) -> Arc<dyn Control> {
        Arc::clone(&self.state) as Arc<dyn Control>
    }
    fn database(&self) -> String {
        self.login.database.clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.state.tell(|told| told.dropped = true);
    }
}

pub(super) struct Fixture {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    pub(super) server: JoinHandle<()>,
}

pub(super) type Tiberius = Client<Compat<TcpStream>>;

impl Fixture {
    pub(super) async fn connect_with(&self, adapt: impl FnOnce(&mut Config)) -> tiberius::Result<Tiberius> {
        let mut config = Config::new();
        config.host(SERVER);
        config.database("shop");
        config.application_name("the tests");
        config.trust_cert_ca_bundle(tls().ca.clone().into_bytes());
        config.authentication(AuthMethod::sql_server("app", PASSWORD));
        adapt(&mut config);
        let socket = TcpStream::connect(self.address).await.unwrap();
        Client::connect(config, socket.compat_write()).await
    }

    pub(super) async fn connect(&self) -> Tiberius {
        self.connect_with(|_| ()).await.unwrap()
    }

    /// Waits on a blocking thread until the session is as the condition says.
    pub(super) async fn session_is(&self, index: usize, condition: impl Fn(Told) -> bool + Send + 'static) {
        let state = self.seen.session(index);
        tokio::task::spawn_blocking(move || state.wait(condition)).await.unwrap();
    }
}

/// A log-in that came from nowhere.
pub(super) fn login() -> Login {
    Login {
        server: SERVER.to_owned(),
        database: "shop".to_owned(),
        user: "app".to_owned(),
        password: PASSWORD.to_owned(),
        token: None,
        application: String::new(),
        host: String::new(),
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
    }
}

/// A batch that returns one number.
pub(super) fn answer_number(number: i64, out: &mut dyn FnMut(Event)) -> Ended {
    result(&[("number", ColumnType::Int)], vec![vec![Value::Int(number)]], out);
    Ended::Completed
}

/// The beginning of a result set.
pub(super) fn start(columns: &[(&str, ColumnType)], out: &mut dyn FnMut(Event)) {
    out(Event::Columns(columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind }).collect()));
}

/// A result set.
pub(super) fn result(columns: &[(&str, ColumnType)], rows: Vec<Vec<Value>>, out: &mut dyn FnMut(Event)) {
    start(columns, out);
    let count = rows.len() as u64;
    rows.into_iter().for_each(|row| out(Event::Row(row)));
    out(Event::Done { rows: Some(count), error: false });
}

/// The number that a query of one number brings.
pub(super) async fn number(client: &mut Tiberius, sql: &str) -> tiberius::Result<i32> {
    let row = client.simple_query(sql).await?.into_row().await?.unwrap();
    Ok(row.get::<i32, _>(0).unwrap())
}

/// The error that a batch ends with.
pub(super) async fn failure(client: &mut Tiberius, sql: &str) -> tiberius::error::Error {
    match client.simple_query(sql).await {
        Ok(stream) => stream.into_results().await.unwrap_err(),
        Err(error) => error,
    }
}

/// The number of the server's error.
pub(super) fn code(error: &tiberius::error::Error) -> u32 {
    match error {
        tiberius::error::Error::Server(error) => error.code(),
        other => panic!("expected an error of the server, got {other}"),
    }
}
