//! The life of a connection: handshake, log-in, requests one after the other, end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use rustls::ServerConfig;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Greeting, Login,
    backend::{Backend, Control, Gate},
    login,
    login7::{self, Login7},
    packet::{self, kind},
    prelogin::Prelogin,
    read::Malformed,
    session::Session,
    tls::{self, Secured},
    wire::{self, Broken, Incoming, Out},
};

/// Time for a client to get from its first byte to its log-in record.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);
/// Time for a client to read the last message before its connection is closed.
pub(crate) const FAREWELL_LIMIT: Duration = Duration::from_secs(1);
/// Messages for the writer that may wait.
const QUEUE: usize = 4;
/// The longest request, in bytes.
const LONGEST_REQUEST: usize = 64 * 1024 * 1024;

/// What stands in the place of tokens where an answer is garbled: a page of some box on the way.
pub(crate) const GARBAGE: &[u8] = b"<html><body>502 Bad Gateway</body></html>";

/// Why a connection ended otherwise than by the client's wish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the client did not log in within {} seconds", HANDSHAKE_LIMIT.as_secs())]
    Slow,
    #[error("the client cannot encrypt, and this server requires it")]
    Unencrypted,
    #[error("the session's thread has panicked: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::Broken(error.into())
    }
}

/// Serves a client until one side ends the connection.
pub(crate) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    tls: Arc<ServerConfig>,
    gate: Arc<dyn Gate>,
) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    let deadline = Instant::now() + HANDSHAKE_LIMIT;
    let stream = timeout_at(deadline, secure(socket, tls)).await.map_err(|_| Failure::Slow)??;
    let tls_name = stream.get_ref().1.server_name().map(str::to_owned);
    let (read, write) = tokio::io::split(stream);
    let mut incoming = Incoming::new(read, login7::LONGEST_MESSAGE);
    let record = timeout_at(deadline, incoming.next()).await.map_err(|_| Failure::Slow)??;
    let Some(message) = record else { return Ok(()) };
    let (out, queue) = mpsc::channel(QUEUE);
    let writer = Writer(tokio::spawn(wire::write(write, queue)));
    match admit(&message, tls_name, peer, &gate, &mut incoming).await? {
        Admission::Gone => Ok(()),
        Admission::Refused(answer) => refuse(answer, out, writer).await,
        Admission::Granted(guest) => {
            incoming.set_limit(LONGEST_REQUEST);
            let tokens = login::welcome(&guest.login, &guest.record, &guest.backend.database());
            welcome(tokens, guest.backend.control().id(), guest.record.packet_size, &out).await;
            Session::new(guest.login, gate, incoming, out, writer).serve(guest.backend).await
        }
    }
}

/// Prelogin, then TLS.
async fn secure(socket: TcpStream, tls: Arc<ServerConfig>) -> Result<Secured, Failure> {
    let mut incoming = Incoming::new(socket, packet::DEFAULT_SIZE);
    let Some(message) = incoming.next().await? else {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    };
    let mut socket = incoming.into_stream()?;
    let prelogin = expect(&message, kind::PRELOGIN).and_then(Prelogin::read)?;
    socket.write_all(&packet::pack(kind::ANSWER, &prelogin.answer())).await?;
    if !prelogin.can_encrypt {
        return Err(Failure::Unencrypted);
    }
    Ok(tls::accept(socket, tls).await?)
}

fn expect(message: &packet::Message, kind: u8) -> Result<&[u8], Malformed> {
    if message.kind == kind {
        return Ok(&message.payload);
    }
    Err(Malformed(format!("a message of type 0x{:02x} stands where one of type 0x{kind:02x} belongs", message.kind)))
}

/// What became of a log-in.
enum Admission {
    Granted(Box<Guest>),
    /// Told so, or told to go elsewhere.
    Refused(BytesMut),
    Gone,
}

/// A client that is logged in.
struct Guest {
    login: Login,
    record: Login7,
    backend: Box<dyn Backend>,
}

async fn admit(
    message: &packet::Message,
    tls_name: Option<String>,
    peer: SocketAddr,
    gate: &Arc<dyn Gate>,
    incoming: &mut Incoming<impl tokio::io::AsyncRead + Unpin>,
) -> Result<Admission, Failure> {
    let record = match expect(message, kind::LOGIN7).and_then(Login7::read) {
        Ok(record) => record,
        Err(error) => return Ok(Admission::Refused(login::refusal(&login::bad_record(&error), None))),
    };
    let login = match login::login(&record, tls_name, peer) {
        Ok(login) => login,
        Err(error) => return Ok(Admission::Refused(login::refusal(&error, None))),
    };
    match gate.greet(&login) {
        Greeting::Open => {}
        Greeting::Cut => return Ok(Admission::Gone),
        Greeting::Hold => return Ok(incoming.next().await.map(|_| Admission::Gone)?),
        Greeting::Garble => return Ok(Admission::Refused(GARBAGE.into())),
        Greeting::Refuse(error) => return Ok(Admission::Refused(login::refusal(&error, Some(&login)))),
    }
    if let Some(redirect) = gate.redirect(&login) {
        return Ok(Admission::Refused(login::redirection(&record, &redirect)));
    }
    let asked = spawn_blocking({
        let (gate, login) = (Arc::clone(gate), login.clone());
        move || gate.login(&login)
    });
    // A log-in may have to wait; a client that leaves meanwhile leaves nothing behind.
    tokio::select! {
        answer = asked => Ok(match answer? {
            Ok(backend) => Admission::Granted(Box::new(Guest { login, record, backend })),
            Err(error) => Admission::Refused(login::refusal(&error, Some(&login))),
        }),
        _ = incoming.next() => Ok(Admission::Gone),
    }
}

async fn welcome(tokens: BytesMut, session: i32, packet_size: usize, out: &mpsc::Sender<Out>) {
    let session = u16::try_from(session).unwrap_or_default();
    let messages = [Out::Session(session), Out::Tokens(tokens.freeze()), Out::End, Out::PacketSize(packet_size)];
    for message in messages {
        // A writer that is gone has seen the client go, which the next read tells.
        let _ = out.send(message).await;
    }
}

async fn refuse(answer: BytesMut, out: mpsc::Sender<Out>, writer: Writer) -> Result<(), Failure> {
    for message in [Out::Tokens(answer.freeze()), Out::End] {
        let _ = out.send(message).await;
    }
    drop(out);
    writer.finish().await;
    Ok(())
}

/// The task that writes to the client; it stops when this is dropped.
pub(crate) struct Writer(JoinHandle<io::Result<()>>);

impl Writer {
    /// Stops it in the middle of whatever it is writing.
    pub(crate) fn cut(&self) {
        self.0.abort();
    }

    /// Whether it has stopped, by itself only because the client does not take anything any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.is_finished()
    }

    /// Lets it write what is still in its queue, which nobody else may fill any more.
    pub(crate) async fn finish(mut self) {
        let _ = timeout(FAREWELL_LIMIT, &mut self.0).await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Kills a session whose connection is dropped while its batch runs.
pub(crate) struct Lifeline(pub(crate) Option<Arc<dyn Control>>);

impl Lifeline {
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        if let Some(control) = &self.0 {
            control.kill();
        }
    }
}
