//! The messages of SQL Server that the engine can send, by number. Texts follow `sys.messages`.

mod data;
mod definition;
mod language;
mod session;

use crate::Message;

pub(crate) use {data::*, definition::*, language::*, session::*};

/// The number that tells of something outside the engine's subset (Azure SQL Database itself uses it for statements
/// that it does not support).
pub(crate) const UNSUPPORTED: u32 = 40510;

fn error(number: u32, class: u8, text: String) -> Message {
    Message::new(number, class, text)
}

fn with_state(state: u8, message: Message) -> Message {
    Message { state, ..message }
}
