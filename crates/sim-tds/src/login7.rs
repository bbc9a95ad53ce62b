//! The log-in record (MS-TDS 2.2.6.4).

use crate::{
    packet::{DEFAULT_SIZE, HEADER},
    read::{Malformed, Reader, utf16},
};

const FIXED_LENGTH: usize = 94;
const LONGEST_NAME: usize = 128;
const INTEGRATED_SECURITY: u8 = 0x80;
const CHANGE_PASSWORD: u8 = 0x01;
const HAS_EXTENSION: u8 = 0x10;
const FEATURE_FED_AUTH: u8 = 0x02;
const FEATURE_END: u8 = 0xff;
const LIBRARY_SECURITY_TOKEN: u8 = 0x01;

/// The oldest version with the types `date`, `time` and `datetime2` on the wire: SQL Server 2008.
const TDS_7_3: u32 = 0x730a_0003;
const TDS_7_4: u32 = 0x7400_0004;

/// What the client logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login7 {
    /// The version that is spoken from here on.
    pub(crate) version: u32,
    /// The packet size that is used from here on, with the header.
    pub(crate) packet_size: usize,
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) application: String,
    pub(crate) server: String,
    pub(crate) database: String,
    pub(crate) credential: Credential,
}

/// The way the client proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// User and password.
    Password,
    /// An access token that the client got from Microsoft Entra ID itself.
    Token(String),
    /// Anything else, in words.
    Unsupported(&'static str),
}

impl Login7 {
    /// Reads the record, which is a message's whole payload.
    pub(crate) fn read(record: &[u8]) -> Result<Self, Malformed> {
        let mut fixed = Reader::new(record.get(..FIXED_LENGTH).ok_or_else(|| too_short(record.len()))?);
        let length = fixed.u32()?;
        if usize::try_from(length) != Ok(record.len()) {
            return Err(Malformed(format!("the log-in record says {length} bytes and has {}", record.len())));
        }
        let (version, packet_size) = (agreed_version(fixed.u32()?)?, agreed_size(fixed.u32()?));
        fixed.bytes(13)?; // program version, process id, connection id, option flags 1
        let (flags2, _type_flags, flags3) = (fixed.u8()?, fixed.u8()?, fixed.u8()?);
        fixed.bytes(8)?; // time zone and locale
        Ok(Self {
            version,
            packet_size,
            host: name(record, &mut fixed)?,
            user: name(record, &mut fixed)?,
            password: password(record, &mut fixed)?,
            application: name(record, &mut fixed)?,
            server: name(record, &mut fixed)?,
            credential: credential(record, &mut fixed, flags2, flags3)?,
            database: database(record, &mut fixed)?,
        })
    }
}

fn too_short(length: usize) -> Malformed {
    Malformed(format!("a log-in record of {length} bytes is shorter than its fixed part"))
}

fn agreed_version(asked: u32) -> Result<u32, Malformed> {
    match asked {
        version if version >= TDS_7_4 => Ok(TDS_7_4),
        version if version >= TDS_7_3 => Ok(version),
        version => Err(Malformed(format!("the client speaks TDS version 0x{version:08x}, older than 7.3"))),
    }
}

fn agreed_size(asked: u32) -> usize {
    match usize::try_from(asked) {
        Ok(0) => DEFAULT_SIZE,
        size => size.unwrap_or(usize::MAX).clamp(512, 32_767),
    }
}

/// The bytes that the next offset and length of the fixed part point at; the length counts units of `unit` bytes.
fn variable<'a>(record: &'a [u8], fixed: &mut Reader<'_>, unit: usize) -> Result<&'a [u8], Malformed> {
    let (offset, length) = (usize::from(fixed.u16()?), usize::from(fixed.u16()?) * unit);
    if length == 0 {
        return Ok(&[]);
    }
    record
        .get(offset..offset + length)
        .ok_or_else(|| Malformed(format!("a log-in field points at {offset}+{length}, outside its record")))
}

fn name_bytes<'a>(record: &'a [u8], fixed: &mut Reader<'_>) -> Result<&'a [u8], Malformed> {
    let bytes = variable(record, fixed, 2)?;
    if bytes.len() > 2 * LONGEST_NAME {
        return Err(Malformed(format!("a log-in field has {} characters, more than {LONGEST_NAME}", bytes.len() / 2)));
    }
    Ok(bytes)
}

fn name(record: &[u8], fixed: &mut Reader<'_>) -> Result<String, Malformed> {
    utf16(name_bytes(record, fixed)?)
}

/// Each byte of a password was exclusive-or-ed with 0xA5 after its halves had changed places.
fn password(record: &[u8], fixed: &mut Reader<'_>) -> Result<String, Malformed> {
    let clear: Vec<u8> = name_bytes(record, fixed)?.iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect();
    utf16(&clear)
}

fn database(record: &[u8], fixed: &mut Reader<'_>) -> Result<String, Malformed> {
    name(record, fixed)?; // client library
    name(record, fixed)?; // language
    name(record, fixed)
}

fn credential(record: &[u8], fixed: &mut Reader<'_>, flags2: u8, flags3: u8) -> Result<Credential, Malformed> {
    let extension = variable(record, fixed, 1)?;
    if flags2 & INTEGRATED_SECURITY != 0 {
        return Ok(Credential::Unsupported("windows authentication"));
    }
    if flags3 & CHANGE_PASSWORD != 0 {
        return Ok(Credential::Unsupported("a change of the password at log-in"));
    }
    if flags3 & HAS_EXTENSION == 0 {
        return Ok(Credential::Password);
    }
    let start = usize::try_from(Reader::new(extension).u32()?).unwrap_or(usize::MAX);
    let features =
        record.get(start..).ok_or_else(|| Malformed::new("the feature list lies outside its log-in record"))?;
    features_credential(Reader::new(features))
}

/// Walks the feature list. Only federated authentication matters here: a feature that is not acknowledged is off.
fn features_credential(mut features: Reader<'_>) -> Result<Credential, Malformed> {
    let mut found = Credential::Password;
    loop {
        let feature = features.u8()?;
        if feature == FEATURE_END {
            return Ok(found);
        }
        let length = usize::try_from(features.u32()?).unwrap_or(usize::MAX);
        let data = features.bytes(length)?;
        if feature == FEATURE_FED_AUTH {
            found = federated(Reader::new(data))?;
        }
    }
}

fn federated(mut data: Reader<'_>) -> Result<Credential, Malformed> {
    let library = data.u8()? >> 1;
    if library != LIBRARY_SECURITY_TOKEN {
        return Ok(Credential::Unsupported("a federated log-in without an access token in the log-in record"));
    }
    let length = usize::try_from(data.u32()?).unwrap_or(usize::MAX);
    Ok(Credential::Token(utf16(data.bytes(length)?)?))
}

/// The room that a log-in message may take: the record is limited to 128 KiB by the specification.
pub(crate) const LONGEST_MESSAGE: usize = 128 * 1024 - HEADER;
