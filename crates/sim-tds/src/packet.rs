//! Packets and the messages that they carry (MS-TDS 2.2.3).

use bytes::{Buf, BufMut, BytesMut};

use crate::read::Malformed;

/// Length of a packet's header.
pub(crate) const HEADER: usize = 8;
/// The packet size that both sides use until the log-in has agreed on another.
pub(crate) const DEFAULT_SIZE: usize = 4096;
const END_OF_MESSAGE: u8 = 0x01;
const IGNORE: u8 = 0x02;
const RESET: u8 = 0x08;
const RESET_KEEP_TRANSACTION: u8 = 0x10;

/// Packet types (MS-TDS 2.2.3.1.1).
pub(crate) mod kind {
    pub(crate) const SQL_BATCH: u8 = 0x01;
    pub(crate) const RPC: u8 = 0x03;
    pub(crate) const ANSWER: u8 = 0x04;
    pub(crate) const ATTENTION: u8 = 0x06;
    pub(crate) const BULK_LOAD: u8 = 0x07;
    pub(crate) const TRANSACTION_MANAGER: u8 = 0x0e;
    pub(crate) const LOGIN7: u8 = 0x10;
    pub(crate) const PRELOGIN: u8 = 0x12;
}

/// What a client asks of its session before a request is run, for the sake of connection pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    No,
    /// As if it had logged in anew.
    Session,
    /// The same, but an open transaction stays.
    KeepTransaction,
}

/// A whole message of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) reset: Reset,
    /// The client changed its mind while it sent it.
    pub(crate) ignored: bool,
    pub(crate) payload: BytesMut,
}

/// Puts messages together from bytes that arrive in pieces of any length.
pub(crate) struct Assembler {
    pub(crate) buffer: BytesMut,
    limit: usize,
    message: Option<Message>,
}

impl Assembler {
    /// Messages whose payload is longer than `limit` bytes are refused.
    pub(crate) fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), limit, message: None }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// No byte of a next message is here yet.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.buffer.is_empty() && self.message.is_none()
    }

    /// The next whole message, if the bytes that came so far complete one.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, Malformed> {
        while let Some(header) = self.header()? {
            if self.buffer.len() < header.length {
                return Ok(None);
            }
            self.buffer.advance(HEADER);
            let payload = self.buffer.split_to(header.length - HEADER);
            self.append(&header, payload)?;
            if header.status & END_OF_MESSAGE != 0 {
                return Ok(self.message.take());
            }
        }
        Ok(None)
    }

    fn header(&self) -> Result<Option<Header>, Malformed> {
        let Some(bytes) = self.buffer.first_chunk::<HEADER>() else { return Ok(None) };
        let header = Header::read(bytes)?;
        self.check_kind(header.kind)?;
        Ok(Some(header))
    }

    fn check_kind(&self, kind: u8) -> Result<(), Malformed> {
        match &self.message {
            Some(message) if message.kind != kind => Err(Malformed(format!(
                "a packet of type 0x{kind:02x} stands inside a message of type 0x{:02x}",
                message.kind
            ))),
            _ => Ok(()),
        }
    }

    fn append(&mut self, header: &Header, payload: BytesMut) -> Result<(), Malformed> {
        let message = self.message.get_or_insert_with(|| header.begin());
        if message.payload.len() + payload.len() > self.limit {
            return Err(Malformed(format!("a message is longer than the limit of {} bytes", self.limit)));
        }
        message.ignored |= header.status & IGNORE != 0;
        message.payload.unsplit(payload);
        Ok(())
    }
}

struct Header {
    kind: u8,
    status: u8,
    length: usize,
}

impl Header {
    fn read(bytes: &[u8; HEADER]) -> Result<Self, Malformed> {
        let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        if length < HEADER {
            return Err(Malformed(format!("a packet says that it is {length} bytes long, less than its header")));
        }
        Ok(Self { kind: bytes[0], status: bytes[1], length })
    }

    fn begin(&self) -> Message {
        let reset = match self.status {
            status if status & RESET_KEEP_TRANSACTION != 0 => Reset::KeepTransaction,
            status if status & RESET != 0 => Reset::Session,
            _ => Reset::No,
        };
        Message { kind: self.kind, reset, ignored: false, payload: BytesMut::new() }
    }
}

/// Cuts a message of the server into packets while it is being written.
pub(crate) struct Packetizer {
    size: usize,
    session: u16,
    number: u8,
    held: BytesMut,
}

impl Packetizer {
    /// Packets of at most `size` bytes with their header.
    pub(crate) fn new(size: usize) -> Self {
        Self { size, session: 0, number: 0, held: BytesMut::new() }
    }

    /// The id of the session that the packets name.
    pub(crate) fn set_session(&mut self, session: u16) {
        self.session = session;
    }

    /// Changes the size, between messages.
    pub(crate) fn set_size(&mut self, size: usize) {
        self.size = size;
    }

    /// More of the message; the packets that are full go to `wire`.
    pub(crate) fn push(&mut self, payload: &[u8], wire: &mut BytesMut) {
        self.held.extend_from_slice(payload);
        while self.held.len() > self.size - HEADER {
            let full = self.held.split_to(self.size - HEADER);
            self.packet(&full, 0, wire);
        }
    }

    /// The end of the message: its last packet goes to `wire`.
    pub(crate) fn end(&mut self, wire: &mut BytesMut) {
        let last = self.held.split();
        self.packet(&last, END_OF_MESSAGE, wire);
        self.number = 0;
    }

    fn packet(&mut self, payload: &[u8], status: u8, wire: &mut BytesMut) {
        self.number = self.number.wrapping_add(1);
        put_header(wire, kind::ANSWER, status, payload.len(), self.session, self.number);
        wire.extend_from_slice(payload);
    }
}

fn put_header(wire: &mut BytesMut, kind: u8, status: u8, payload: usize, session: u16, number: u8) {
    // No payload is longer than a packet, and no packet longer than 32,767 bytes.
    let length = u16::try_from(payload + HEADER).unwrap_or(u16::MAX);
    wire.reserve(payload + HEADER);
    wire.put_u8(kind);
    wire.put_u8(status);
    wire.put_u16(length);
    wire.put_u16(session);
    wire.put_u8(number);
    wire.put_u8(0);
}

/// A message of type `kind` in packets of the default size.
pub(crate) fn pack(kind: u8, payload: &[u8]) -> BytesMut {
    let mut wire = BytesMut::new();
    let parts = payload.chunks(DEFAULT_SIZE - HEADER);
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.enumerate() {
        let status = if index == last { END_OF_MESSAGE } else { 0 };
        let number = u8::try_from(index % 256).unwrap_or_default().wrapping_add(1);
        put_header(&mut wire, kind, status, part.len(), 0, number);
        wire.extend_from_slice(part);
    }
    wire
}
