//! Conversions, checksums and identifiers.

use rusqlite::{Connection, types::Value};
use sha2::{Digest, Sha256, Sha512};

use super::{integer, lenient, strict, string, volatile};
use crate::{
    Message,
    convert::{Overlong, convert},
    error,
    types::Type,
};

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    lenient(connection, "ts_cast", 4, cast)?;
    lenient(connection, "ts_try_cast", 4, |values| Ok(cast(values).unwrap_or(Value::Null)))?;
    strict(connection, "ts_hashbytes", 2, hash_bytes)?;
    lenient(connection, "ts_checksum", 1, checksum)?;
    volatile(connection, "ts_newid", 0, |_| Ok(Value::Text(uuid::Uuid::new_v4().to_string().to_uppercase())))?;
    lenient(connection, "ts_many_rows", 0, |_| Err(error::subquery_rows()))?;
    strict(connection, "ts_isnumeric", 1, |values| Ok(Value::Integer(i64::from(is_numeric(string(&values[0]))))))
}

/// `ts_cast(value, type, type, style)`
fn cast(values: &[Value]) -> Result<Value, Message> {
    let (from, to) = (Type::from_code(integer(&values[1])), Type::from_code(integer(&values[2])));
    if values[3] == Value::Null {
        return Ok(Value::Null);
    }
    convert(values[0].clone(), from, to, integer(&values[3]), Overlong::Cut)
}

fn is_numeric(text: &str) -> bool {
    let trimmed = text.trim().trim_start_matches('$');
    !trimmed.is_empty() && trimmed.replace(',', "").parse::<f64>().is_ok_and(f64::is_finite)
}

/// Strings are hashed as the bytes of their Unicode form, as of `nvarchar`.
fn hash_bytes(values: &[Value]) -> Result<Value, Message> {
    let bytes = match &values[1] {
        Value::Blob(bytes) => bytes.clone(),
        Value::Text(text) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        other => crate::convert::to_text(other, Type::BigInt, 0)?.into_bytes(),
    };
    match string(&values[0]).to_ascii_uppercase().as_str() {
        "SHA2_256" => Ok(Value::Blob(Sha256::digest(&bytes).to_vec())),
        "SHA2_512" => Ok(Value::Blob(Sha512::digest(&bytes).to_vec())),
        other => Err(error::unsupported(&format!("HASHBYTES with {other}"))),
    }
}

/// Not SQL Server's number, but as fit for comparing rows.
fn checksum(values: &[Value]) -> Result<Value, Message> {
    let text = format!("{:?}", values[0]).to_lowercase();
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    Ok(Value::Integer(i64::from(hash as i32)))
}
