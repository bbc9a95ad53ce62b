//! Packets and messages (2.2.3), prelogin (2.2.6.5), TLS inside packets, and the log-in record (2.2.6.4).

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub const SQL_BATCH: u8 = 0x01;
pub const TABULAR_RESULT: u8 = 0x04;
pub const ATTENTION: u8 = 0x06;
pub const LOGIN7: u8 = 0x10;
pub const PRELOGIN: u8 = 0x12;

const HEADER: usize = 8;
const LAST: u8 = 0x01;
const PAYLOAD: usize = 4096 - HEADER;

/// A whole message: its type and its packets' payloads put together.
pub fn receive(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut body = Vec::new();
    loop {
        let (kind, status, payload) = receive_packet(stream)?;
        body.extend(payload);
        if status & LAST != 0 {
            return Ok((kind, body));
        }
    }
}

fn receive_packet(stream: &mut impl Read) -> io::Result<(u8, u8, Vec<u8>)> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let mut payload = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - HEADER];
    stream.read_exact(&mut payload)?;
    Ok((header[0], header[1], payload))
}

pub fn send(stream: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    let mut parts = body.chunks(PAYLOAD).peekable();
    while let Some(part) = parts.next() {
        stream.write_all(&packet(kind, if parts.peek().is_none() { LAST } else { 0 }, part))?;
    }
    stream.flush()
}

/// One packet that is not the last of its message.
pub fn send_part(stream: &mut impl Write, body: &[u8]) -> io::Result<()> {
    stream.write_all(&packet(TABULAR_RESULT, 0, body))?;
    stream.flush()
}

fn packet(kind: u8, status: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + HEADER).unwrap().to_be_bytes();
    [&[kind, status, length[0], length[1], 0, 0, 1, 0], payload].concat()
}

/// VERSION and ENCRYPTION: required, or not supported.
pub fn prelogin(encrypted: bool) -> Vec<u8> {
    let encryption = if encrypted { 0x03 } else { 0x02 };
    vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 12, 0, 0x07, 0xD0, 0, 0, encryption]
}

/// The handshake travels in prelogin packets, all that follows on the socket itself.
pub fn tls(mut stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        let (_, payload) = receive(&mut stream)?;
        let mut rest = payload.as_slice();
        while !rest.is_empty() {
            tls.read_tls(&mut rest)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        let mut out = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut out)?;
        }
        send(&mut stream, PRELOGIN, &out)?;
    }
    Ok(StreamOwned::new(tls, stream))
}

/// The text of a batch, behind its headers (2.2.6.7).
pub fn batch_text(body: &[u8]) -> String {
    let headers = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
    text(&body[headers..])
}

fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16(&units).unwrap()
}

/// What a log-in record says.
#[derive(Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub application: String,
    pub server: String,
    pub database: String,
}

impl Login {
    /// The record has offset and length of each text at a fixed place.
    pub fn read(body: &[u8]) -> Self {
        let number = |at: usize| usize::from(u16::from_le_bytes([body[at], body[at + 1]]));
        let field = |at: usize| text(&body[number(at)..number(at) + 2 * number(at + 2)]);
        Self { user: field(40), application: field(48), server: field(52), database: field(68) }
    }
}
