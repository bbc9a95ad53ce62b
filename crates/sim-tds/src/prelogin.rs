//! The first exchange: what both sides can (MS-TDS 2.2.6.5).

use crate::read::{Malformed, Reader};

const VERSION: u8 = 0x00;
const ENCRYPTION: u8 = 0x01;
const INSTANCE: u8 = 0x02;
const THREAD: u8 = 0x03;
const MARS: u8 = 0x04;
const FED_AUTH_REQUIRED: u8 = 0x06;
const TERMINATOR: u8 = 0xff;
const ENCRYPT_REQUIRED: u8 = 0x03;
const ENCRYPT_NOT_SUPPORTED: u8 = 0x02;

/// The version that Azure SQL Database has said it is for years: 12.0.2000.
pub(crate) const SERVER_VERSION: [u8; 4] = [12, 0, 0x07, 0xd0];

/// What the client said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prelogin {
    /// It can encrypt, whether it wants to or not.
    pub(crate) can_encrypt: bool,
    /// It asks whether a federated log-in is required; the answer repeats the option then.
    pub(crate) asks_fed_auth: bool,
}

impl Prelogin {
    /// Reads the client's message. A client that does not speak of encryption cannot encrypt.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self { can_encrypt: false, asks_fed_auth: false };
        let mut table = Reader::new(payload);
        loop {
            let option = table.u8()?;
            if option == TERMINATOR {
                return Ok(found);
            }
            let (offset, length) = (usize::from(table.u16_be()?), usize::from(table.u16_be()?));
            let value = value(payload, offset, length)?;
            match option {
                ENCRYPTION => found.can_encrypt = value.first().is_some_and(|mode| *mode != ENCRYPT_NOT_SUPPORTED),
                FED_AUTH_REQUIRED => found.asks_fed_auth = true,
                _ => {}
            }
        }
    }

    /// The server's message: encryption is required of everybody, as Azure does.
    pub(crate) fn answer(self) -> Vec<u8> {
        let version = [&SERVER_VERSION[..], &[0, 0]].concat();
        let mut options: Vec<(u8, &[u8])> =
            vec![(VERSION, &version), (ENCRYPTION, &[ENCRYPT_REQUIRED]), (INSTANCE, &[0]), (THREAD, &[]), (MARS, &[0])];
        if self.asks_fed_auth {
            options.push((FED_AUTH_REQUIRED, &[1]));
        }
        encode(&options)
    }
}

fn value(payload: &[u8], offset: usize, length: usize) -> Result<&[u8], Malformed> {
    payload
        .get(offset..offset + length)
        .ok_or_else(|| Malformed(format!("a prelogin option points at {offset}+{length}, outside its message")))
}

fn encode(options: &[(u8, &[u8])]) -> Vec<u8> {
    let (mut table, mut data) = (Vec::new(), Vec::<u8>::new());
    let start = options.len() * 5 + 1;
    for (option, value) in options {
        table.push(*option);
        for number in [start + data.len(), value.len()] {
            table.extend(u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
        }
        data.extend(*value);
    }
    table.push(TERMINATOR);
    table.extend(data);
    table
}
