//! Messages in and out of a stream.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

use crate::{
    packet::{Assembler, DEFAULT_SIZE, Message, Packetizer},
    read::Malformed,
};

/// How much is read at once, at least.
const READ_SIZE: usize = 16 * 1024;

/// Why no message comes any more, apart from the client having closed the connection between two messages.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the client breaks the protocol: {0}")]
    Malformed(#[from] Malformed),
}

/// The messages of a client.
pub(crate) struct Incoming<R> {
    stream: R,
    assembler: Assembler,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    /// Messages longer than `limit` bytes are refused.
    pub(crate) fn new(stream: R, limit: usize) -> Self {
        Self { stream, assembler: Assembler::new(limit) }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.assembler.set_limit(limit);
    }

    /// The next message, `None` at the end of the stream. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<Message>, Broken> {
        loop {
            if let Some(message) = self.assembler.next()? {
                return Ok(Some(message));
            }
            self.assembler.buffer.reserve(READ_SIZE);
            match self.stream.read_buf(&mut self.assembler.buffer).await {
                Ok(0) => return self.at_end(),
                // Many clients close the socket without saying good-bye in TLS first.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return self.at_end(),
                read => read?,
            };
        }
    }

    fn at_end(&self) -> Result<Option<Message>, Broken> {
        if self.assembler.is_between_messages() {
            return Ok(None);
        }
        Err(Broken::Io(io::ErrorKind::UnexpectedEof.into()))
    }

    #[cfg(test)]
    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.stream
    }

    /// The stream itself, for whoever goes on reading it in another way; what was read beyond the last message would be
    /// lost, so there must be none.
    pub(crate) fn into_stream(self) -> Result<R, Malformed> {
        match self.assembler.is_between_messages() {
            true => Ok(self.stream),
            false => Err(Malformed::new("the client goes on before it has been answered")),
        }
    }
}

/// What the writer of a connection is told.
#[derive(Debug, Clone)]
pub(crate) enum Out {
    /// The next tokens of the message.
    Tokens(Bytes),
    /// The message ends here.
    End,
    /// These bytes, whatever they are.
    Raw(Bytes),
    /// Packets of this size from the next message on.
    PacketSize(usize),
    /// Packets name this session from now on.
    Session(u16),
}

/// Writes what comes out of the queue until everybody who could fill it is gone.
pub(crate) async fn write(mut stream: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Out>) -> io::Result<()> {
    let mut packets = Packetizer::new(DEFAULT_SIZE);
    let mut wire = BytesMut::new();
    while let Some(out) = queue.recv().await {
        match out {
            Out::Tokens(tokens) => packets.push(&tokens, &mut wire),
            Out::End => packets.end(&mut wire),
            Out::Raw(bytes) => wire.extend_from_slice(&bytes),
            Out::PacketSize(size) => packets.set_size(size),
            Out::Session(session) => packets.set_session(session),
        }
        stream.write_all_buf(&mut wire).await?;
        stream.flush().await?;
    }
    stream.shutdown().await
}
