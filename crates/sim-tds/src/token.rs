//! The tokens of an answer (MS-TDS 2.2.7), apart from rows and their description.

use bytes::{BufMut, BytesMut};
use sim_sql::{Environment, Message};

use crate::prelogin::SERVER_VERSION;

/// `SQL_Latin1_General_CP1_CI_AS`, as a collation stands on the wire.
pub(crate) const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];
/// No message is longer, in UTF-16 units: `PRINT` cuts there too.
const LONGEST_MESSAGE: usize = 4000;
const LONGEST_NAME: usize = 128;
/// No host name is longer.
const LONGEST_HOST: usize = 255;

/// Bits of a DONE token's status (MS-TDS 2.2.7.6).
pub(crate) mod status {
    pub(crate) const MORE: u16 = 0x01;
    pub(crate) const ERROR: u16 = 0x02;
    pub(crate) const COUNT: u16 = 0x10;
    pub(crate) const ATTENTION: u16 = 0x20;
    pub(crate) const SERVER_ERROR: u16 = 0x100;
}

/// Which of the three DONE tokens it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoneKind {
    Batch = 0xfd,
    Procedure = 0xfe,
    InProcedure = 0xff,
}

/// A DONE token before it is known whether more follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) kind: DoneKind,
    pub(crate) status: u16,
    /// The token of the statement, 0xC1 for a SELECT, 0 where it is not known.
    pub(crate) command: u16,
    pub(crate) rows: u64,
}

impl Done {
    pub(crate) fn new(kind: DoneKind, status: u16) -> Self {
        Self { kind, status, command: 0, rows: 0 }
    }

    pub(crate) fn put(self, out: &mut BytesMut) {
        out.put_u8(self.kind as u8);
        out.put_u16_le(self.status);
        out.put_u16_le(self.command);
        out.put_u64_le(self.rows);
    }
}

/// ERROR for class 11 and above, INFO below.
pub(crate) fn put_message(out: &mut BytesMut, message: &Message, server: &str) {
    let mut body = BytesMut::new();
    body.put_u32_le(message.number);
    body.put_u8(message.state);
    body.put_u8(message.class);
    let text = units(&message.text, LONGEST_MESSAGE);
    body.put_u16_le(count16(text.len()));
    put_units(&mut body, &text);
    put_b_varchar(&mut body, server);
    put_b_varchar(&mut body, &message.procedure);
    body.put_u32_le(message.line);
    put_block(out, if message.class > 10 { 0xaa } else { 0xab }, &body);
}

/// ENVCHANGE of what the engine reports.
pub(crate) fn put_environment(out: &mut BytesMut, change: &Environment) {
    match change {
        Environment::Database { new, old } => put_text_change(out, 1, new, old),
        Environment::Begin(descriptor) => put_change(out, 8, &descriptor.to_le_bytes(), &[]),
        Environment::Commit(descriptor) => put_change(out, 9, &[], &descriptor.to_le_bytes()),
        Environment::Rollback(descriptor) => put_change(out, 10, &[], &descriptor.to_le_bytes()),
    }
}

/// ENVCHANGE: the session was reset as the client asked.
pub(crate) fn put_reset_done(out: &mut BytesMut) {
    put_change(out, 18, &[], &[]);
}

/// ENVCHANGE: language.
pub(crate) fn put_language(out: &mut BytesMut, language: &str) {
    put_text_change(out, 2, language, "");
}

/// ENVCHANGE: packet size, which holds from the next message on.
pub(crate) fn put_packet_size(out: &mut BytesMut, new: usize, old: usize) {
    put_text_change(out, 4, &new.to_string(), &old.to_string());
}

/// ENVCHANGE: collation of the current database.
pub(crate) fn put_collation(out: &mut BytesMut) {
    put_change(out, 7, &COLLATION, &[]);
}

/// ENVCHANGE: the client has to log in elsewhere. Protocol 0 is TCP (MS-TDS 2.2.7.9, type 20).
pub(crate) fn put_routing(out: &mut BytesMut, host: &str, port: u16) {
    let host = units(host, LONGEST_HOST);
    let mut route = BytesMut::new();
    route.put_u8(0);
    route.put_u16_le(port);
    route.put_u16_le(count16(host.len()));
    put_units(&mut route, &host);
    let mut body = BytesMut::new();
    body.put_u8(20);
    body.put_u16_le(count16(route.len()));
    body.put_slice(&route);
    body.put_u16_le(0);
    put_block(out, 0xe3, &body);
}

/// LOGINACK for a client that speaks `version`.
pub(crate) fn put_login_ack(out: &mut BytesMut, version: u32) {
    let mut body = BytesMut::new();
    body.put_u8(1); // T-SQL
    body.put_u32(version);
    put_b_varchar(&mut body, "Microsoft SQL Server");
    body.put_slice(&SERVER_VERSION);
    put_block(out, 0xad, &body);
}

/// FEATUREEXTACK of a federated log-in with a token and without a nonce.
pub(crate) fn put_fed_auth_ack(out: &mut BytesMut) {
    out.put_slice(&[0xae, 0x02, 0, 0, 0, 0, 0xff]);
}

/// RETURNSTATUS of a procedure.
pub(crate) fn put_return_status(out: &mut BytesMut, status: i32) {
    out.put_u8(0x79);
    out.put_i32_le(status);
}

fn put_text_change(out: &mut BytesMut, kind: u8, new: &str, old: &str) {
    let mut body = BytesMut::new();
    body.put_u8(kind);
    put_b_varchar(&mut body, new);
    put_b_varchar(&mut body, old);
    put_block(out, 0xe3, &body);
}

fn put_change(out: &mut BytesMut, kind: u8, new: &[u8], old: &[u8]) {
    let mut body = BytesMut::new();
    body.put_u8(kind);
    for value in [new, old] {
        body.put_u8(u8::try_from(value.len()).unwrap_or_default());
        body.put_slice(value);
    }
    put_block(out, 0xe3, &body);
}

/// A token with its length in front, in two bytes. Every body made here is far shorter than that allows.
fn put_block(out: &mut BytesMut, token: u8, body: &[u8]) {
    out.put_u8(token);
    out.put_u16_le(count16(body.len()));
    out.put_slice(body);
}

/// A name, cut after 128 UTF-16 units as SQL Server's `sysname` is, with its length in one byte in front.
pub(crate) fn put_b_varchar(out: &mut BytesMut, text: &str) {
    let units = units(text, LONGEST_NAME);
    out.put_u8(u8::try_from(units.len()).unwrap_or(u8::MAX));
    put_units(out, &units);
}

fn units(text: &str, longest: usize) -> Vec<u16> {
    text.encode_utf16().take(longest).collect()
}

fn put_units(out: &mut BytesMut, units: &[u16]) {
    units.iter().for_each(|unit| out.put_u16_le(*unit));
}

fn count16(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
