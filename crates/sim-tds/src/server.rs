//! Accepting connections.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use crate::{Service, backend::Gate, connection, tls};

/// Pause after the operating system had no file descriptor for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Serves clients until the future is dropped, which closes every connection and kills every session.
///
/// Only the certificates, their resolver and the crypto provider of `tls` are used: the handshake is always TLS 1.2, as
/// TDS 7.x has it. The runtime needs its I/O and time drivers.
///
/// # Errors
/// The listener does not work any more.
pub async fn serve(listener: TcpListener, tls: Arc<ServerConfig>, service: Arc<dyn Service>) -> io::Result<()> {
    accept(listener, &tls, Arc::new(service)).await
}

pub(crate) async fn accept(listener: TcpListener, tls: &ServerConfig, gate: Arc<dyn Gate>) -> io::Result<()> {
    let tls = tls::tls12(tls).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => drop(connections.spawn(client(socket, peer, Arc::clone(&tls), Arc::clone(&gate)))),
                Err(error) => survive(error).await?,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn client(socket: TcpStream, peer: SocketAddr, tls: Arc<ServerConfig>, gate: Arc<dyn Gate>) {
    match connection::serve(socket, peer, tls, gate).await {
        Ok(()) => tracing::trace!(%peer, "a connection has ended"),
        Err(error) => tracing::debug!(%peer, %error, "a connection has failed"),
    }
}

/// An error of one connection, or a passing shortage, does not end the server.
#[expect(clippy::disallowed_methods, reason = "nothing tells when the system has file descriptors again")]
async fn survive(error: io::Error) -> io::Result<()> {
    const TOO_MANY_FILES: [i32; 2] = [23, 24]; // ENFILE, EMFILE
    match error.kind() {
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted => Ok(()),
        _ if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            sleep(EXHAUSTED_PAUSE).await;
            Ok(())
        }
        _ => Err(error),
    }
}
