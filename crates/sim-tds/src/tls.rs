//! TLS as TDS 7.x does it: the handshake travels inside packets of the prelogin type, everything after it is plain TLS
//! records on the socket (MS-TDS 2.2.6.5, 3.3.5.3).

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::packet::{self, HEADER, kind};

/// The socket below TLS.
pub(crate) struct Wrapped<S> {
    socket: S,
    handshake: bool,
    header: [u8; HEADER],
    header_length: usize,
    payload_left: usize,
    flight: BytesMut,
    wire: BytesMut,
}

/// The same certificates with TLS 1.2 alone, the version that TDS 7.x is spoken over: with 1.3 the two sides would not
/// agree on the byte where the handshake ends and its packets stop.
pub(crate) fn tls12(config: &ServerConfig) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(config.crypto_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])?;
    Ok(Arc::new(builder.with_no_client_auth().with_cert_resolver(Arc::clone(&config.cert_resolver))))
}

/// A connection inside TLS.
pub(crate) type Secured = TlsStream<Wrapped<TcpStream>>;

/// Shakes hands as the server. The host name that the client asked for, if it did, is the session's `server_name`.
pub(crate) async fn accept<S>(socket: S, config: Arc<ServerConfig>) -> io::Result<TlsStream<Wrapped<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = TlsAcceptor::from(config).accept(Wrapped::new(socket)).await?;
    stream.get_mut().0.end_handshake();
    Ok(stream)
}

impl<S> Wrapped<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self {
            socket,
            handshake: true,
            header: [0; HEADER],
            header_length: 0,
            payload_left: 0,
            flight: BytesMut::new(),
            wire: BytesMut::new(),
        }
    }

    /// From here on bytes pass as they are.
    pub(crate) fn end_handshake(&mut self) {
        self.handshake = false;
    }
}

impl<S: AsyncRead + Unpin> Wrapped<S> {
    /// Reads up to the payload of the next packet that has one; false at the end of the stream.
    fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.payload_left == 0 {
            let mut buffer = ReadBuf::new(&mut self.header[self.header_length..]);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer))?;
            let read = buffer.filled().len();
            if read == 0 {
                return Poll::Ready(Ok(false));
            }
            self.header_length += read;
            if self.header_length == HEADER {
                self.header_length = 0;
                self.payload_left = handshake_payload(&self.header)?;
            }
        }
        Poll::Ready(Ok(true))
    }
}

fn handshake_payload(header: &[u8; HEADER]) -> io::Result<usize> {
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    match header[0] {
        kind::PRELOGIN if length >= HEADER => Ok(length - HEADER),
        kind => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a packet of type 0x{kind:02x} and length {length} stands where the TLS handshake should go on"),
        )),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wrapped<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.handshake {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        if !ready!(self.poll_packet(cx))? {
            return Poll::Ready(Ok(()));
        }
        let room = self.payload_left.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        self.payload_left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wrapped<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.handshake {
            return Pin::new(&mut self.socket).poll_write(cx, bytes);
        }
        self.flight.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.flight.is_empty() {
            let flight = this.flight.split();
            this.wire.unsplit(packet::pack(kind::PRELOGIN, &flight));
        }
        while this.wire.has_remaining() {
            let written = ready!(Pin::new(&mut this.socket).poll_write(cx, &this.wire))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.wire.advance(written);
        }
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
