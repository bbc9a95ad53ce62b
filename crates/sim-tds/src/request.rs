//! What a client asks for once it is logged in (MS-TDS 2.2.6.6, 2.2.6.7, 2.2.6.9).

use sim_sql::Message as SqlMessage;

use crate::{
    packet::{Message, kind},
    read::{Malformed, Reader, utf16},
    rpc, transaction,
};

/// `Statement '…' is not supported in this version of SQL Server.`
const NOT_SUPPORTED: u32 = 40510;
/// `The incoming tabular data stream (TDS) protocol stream is incorrect.`
const BAD_STREAM: u32 = 4002;

/// A request that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// T-SQL to run.
    Run {
        sql: String,
        /// It came as a remote procedure call, so the answer has that form.
        call: bool,
    },
    /// Nothing to run: the answer is this error.
    Refuse { error: SqlMessage, call: bool },
    /// The client took it back while sending it.
    Withdrawn,
    /// Stop what is running.
    Attention,
}

impl Request {
    /// Reads a message. What is not understood is a request too: to be told so.
    pub(crate) fn read(message: &Message) -> Self {
        match message.kind {
            kind::ATTENTION => Self::Attention,
            _ if message.ignored => Self::Withdrawn,
            kind::SQL_BATCH => batch(&message.payload).unwrap_or_else(|error| malformed(&error)),
            kind::RPC => call(&message.payload),
            kind::TRANSACTION_MANAGER => managed(&message.payload).unwrap_or_else(|error| malformed(&error)),
            kind::BULK_LOAD => refuse("bulk load", "insert the rows with INSERT statements", false),
            kind => malformed(&Malformed(format!("no request has the packet type 0x{kind:02x}"))),
        }
    }
}

fn batch(payload: &[u8]) -> Result<Request, Malformed> {
    let sql = utf16(after_headers(payload)?.rest())?;
    Ok(Request::Run { sql, call: false })
}

fn call(payload: &[u8]) -> Request {
    match after_headers(payload).map_err(rpc::Refusal::from).and_then(rpc::statement) {
        Ok(sql) => Request::Run { sql, call: true },
        Err(rpc::Refusal::Malformed(error)) => malformed(&error),
        Err(rpc::Refusal::Unsupported { what, instead }) => refuse(&what, &instead, true),
    }
}

fn managed(payload: &[u8]) -> Result<Request, Malformed> {
    let request = transaction::Request::read(after_headers(payload)?)?;
    Ok(match request.sql() {
        Ok(sql) => Request::Run { sql, call: false },
        Err(name) => refuse(name, "use a local transaction", false),
    })
}

/// Passes over ALL_HEADERS: their only content that matters here, the transaction's descriptor, says nothing new on a
/// connection that runs one request at a time (MS-TDS 2.2.5.3).
fn after_headers(payload: &[u8]) -> Result<Reader<'_>, Malformed> {
    let mut reader = Reader::new(payload);
    let total = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    let inner = total.checked_sub(4).ok_or_else(|| Malformed(format!("the headers are {total} bytes long")))?;
    let mut headers = Reader::new(reader.bytes(inner)?);
    while !headers.is_empty() {
        let length = usize::try_from(headers.u32()?).unwrap_or(usize::MAX);
        headers.bytes(length.checked_sub(4).ok_or_else(|| Malformed(format!("a header is {length} bytes long")))?)?;
    }
    Ok(reader)
}

fn malformed(error: &Malformed) -> Request {
    Request::Refuse { error: bad_stream(error), call: false }
}

/// The error for a message that breaks the protocol.
pub(crate) fn bad_stream(error: &Malformed) -> SqlMessage {
    let text = format!("The incoming tabular data stream (TDS) protocol stream is incorrect: {error}.");
    SqlMessage::new(BAD_STREAM, 16, text)
}

fn refuse(what: &str, instead: &str, call: bool) -> Request {
    let text = format!("'{what}' is not supported by this simulated server; {instead}.");
    Request::Refuse { error: SqlMessage::new(NOT_SUPPORTED, 16, text), call }
}
