//! A scripted TDS 7.4 server: it says exactly what a test tells it to, also what no proper server says. One thread per
//! connection, on 127.0.0.1. Sections are those of MS-TDS.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod packets;
pub mod tokens;

use std::{
    env,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, OnceLock, mpsc},
    time::Duration,
};

use packets::{ATTENTION, LOGIN7, Login, PRELOGIN, SQL_BATCH, TABULAR_RESULT, receive, send, tls};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer, version::TLS12};
use tsql::{Connect, Credentials, Session};

/// Longer than any answer takes that comes at all.
pub const LIMIT: Duration = Duration::from_secs(20);
/// The server that tests mean.
pub const HOST: &str = "contoso-sql-1.database.windows.net";

/// A log-in to [`HOST`] with these `connect-to` rules.
pub fn connect(rules: &[String]) -> Connect {
    Connect {
        server_fqdn: HOST.into(),
        port: 1433,
        database: "shop".into(),
        credentials: Credentials::Password { user: "app".into(), password: "hunter2".to_owned().into() },
        connect_to: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        application: "rolling-upgrade/plan/1".into(),
        connect_timeout: LIMIT,
        keep_alive: LIMIT,
    }
}

/// What the server does with a log-in.
#[derive(Clone)]
pub enum Door {
    Accept,
    /// ENVCHANGE 20: the client has to log in elsewhere.
    Redirect(&'static str, u16),
    /// An error of class 14.
    Refuse(u32, &'static str),
}

/// What the server does with a batch.
pub enum Reply {
    /// These tokens, and the end of the message.
    Tokens(Vec<u8>),
    /// Nothing, until the client gives up with an Attention.
    Silence,
    /// These tokens without an end, then the connection is cut.
    CutAfter(Vec<u8>),
}

/// What the server saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub logins: Vec<Login>,
    pub batches: Vec<String>,
}

/// A running server; it ends with the process.
pub struct Server {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
    /// One message per Attention.
    pub attentions: mpsc::Receiver<()>,
}

struct Script {
    doors: Mutex<Vec<Door>>,
    reply: Box<dyn Fn(&str) -> Reply + Send + Sync>,
    tls: Option<Arc<ServerConfig>>,
    seen: Arc<Mutex<Seen>>,
    attention: mpsc::Sender<()>,
}

impl Server {
    /// `doors` are for the first log-ins, all after them are accepted.
    pub fn start(doors: &[Door], reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_tls(Some(trusted().clone()), doors, reply)
    }

    pub fn with_tls(
        tls: Option<Arc<ServerConfig>>,
        doors: &[Door],
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, (attention, attentions)) = (listener.local_addr().unwrap().port(), mpsc::channel());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let doors = Mutex::new(doors.iter().rev().cloned().collect());
        let script = Arc::new(Script { doors, reply: Box::new(reply), tls, seen: seen.clone(), attention });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let script = script.clone();
                // A client that goes away ends its conversation, and a test looks at its own side of it.
                std::thread::spawn(move || stream.and_then(|stream| script.converse(stream)));
            }
        });
        Self { port, seen, attentions }
    }
}

impl Server {
    /// A log-in that leads here.
    pub fn connect(&self) -> Connect {
        connect(&[format!(":1433:127.0.0.1:{}", self.port)])
    }

    /// A session here.
    pub async fn session(&self) -> Session {
        Session::connect(&self.connect()).await.unwrap()
    }

    /// The batches it got, in order.
    pub fn batches(&self) -> Vec<String> {
        self.seen.lock().unwrap().batches.clone()
    }
}

impl Script {
    fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        assert_eq!(receive(&mut stream)?.0, PRELOGIN);
        send(&mut stream, TABULAR_RESULT, &packets::prelogin(self.tls.is_some()))?;
        match &self.tls {
            Some(config) => self.serve(&mut tls(stream, config.clone())?),
            None => self.serve(&mut stream),
        }
    }

    fn serve(&self, stream: &mut (impl Read + Write)) -> io::Result<()> {
        let (kind, body) = receive(stream)?;
        assert_eq!(kind, LOGIN7);
        self.seen.lock().unwrap().logins.push(Login::read(&body));
        let door = self.doors.lock().unwrap().pop().unwrap_or(Door::Accept);
        send(stream, TABULAR_RESULT, &door.tokens())?;
        loop {
            let (kind, body) = receive(stream)?;
            match kind {
                SQL_BATCH => self.answer(stream, &packets::batch_text(&body))?,
                ATTENTION => {
                    send(stream, TABULAR_RESULT, &tokens::done(tokens::DONE_ATTENTION))?;
                    self.attention.send(()).map_err(io::Error::other)?;
                }
                other => panic!("packet type {other}"),
            }
        }
    }

    fn answer(&self, stream: &mut (impl Read + Write), sql: &str) -> io::Result<()> {
        self.seen.lock().unwrap().batches.push(sql.to_owned());
        match (self.reply)(sql) {
            Reply::Tokens(tokens) => send(stream, TABULAR_RESULT, &tokens),
            Reply::Silence => Ok(()),
            Reply::CutAfter(tokens) => {
                packets::send_part(stream, &tokens)?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }
}

impl Door {
    fn tokens(&self) -> Vec<u8> {
        match self {
            Self::Accept => tokens::login_ack(),
            Self::Redirect(host, port) => tokens::redirect(host, *port),
            Self::Refuse(number, text) => {
                [tokens::error(*number, 14, text, "", 1), tokens::done(tokens::DONE_ERROR)].concat()
            }
        }
    }
}

const AUTHORITY: &str = "TSQL_TEST_AUTHORITY";

/// Runs a test's body in a process of its own that trusts the scripted server: tiberius takes its roots from
/// `SSL_CERT_FILE`, and no test may change the environment of the process that runs them all.
pub fn trusting(test: &str, body: impl Future<Output = ()>) {
    if env::var_os(AUTHORITY).is_some() {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    let mut child = Command::new(env::current_exe().unwrap());
    let child = child.args(["--exact", test, "--nocapture"]).env(AUTHORITY, &file).env("SSL_CERT_FILE", &file);
    let output = child.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// The identity that the process trusts.
fn trusted() -> &'static Arc<ServerConfig> {
    static TRUSTED: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    TRUSTED.get_or_init(|| {
        let (config, pem) = identity();
        trust(pem.as_bytes());
        config
    })
}

/// From now on the process trusts this authority, and no other.
pub fn trust(pem: &[u8]) {
    std::fs::write(PathBuf::from(env::var_os(AUTHORITY).unwrap()), pem).unwrap();
}

/// A self-signed identity for all servers of Azure, and its certificate.
pub fn identity() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(vec!["*.database.windows.net".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS12]).unwrap().with_no_client_auth();
    let config = builder.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (Arc::new(config), made.cert.pem())
}
