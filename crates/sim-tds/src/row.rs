//! ROW: the values of a result set (MS-TDS 2.2.7.19, 2.2.5.5).

use bytes::{BufMut, BytesMut};
use sim_sql::{Column, ColumnType, Value};

use crate::{column::decimal_width, decimal, moment};

const ROW: u8 = 0xd1;
const NULL_LENGTH: u16 = 0xffff;
const NULL_CHUNKS: u64 = u64::MAX;

/// A row that its result set cannot carry: a defect of whoever made the result, never the client's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("column `{column}` ({kind:?}) cannot carry its value: {why}")]
    Value { column: String, kind: ColumnType, why: String },
    #[error("a row has {values} values for {columns} columns")]
    Length { values: usize, columns: usize },
}

/// Appends a row, or nothing when a value does not fit.
pub(crate) fn put_row(out: &mut BytesMut, columns: &[Column], values: &[Value]) -> Result<(), Unfit> {
    let start = out.len();
    out.put_u8(ROW);
    let result = put_values(out, columns, values);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn put_values(out: &mut BytesMut, columns: &[Column], values: &[Value]) -> Result<(), Unfit> {
    if values.len() != columns.len() || columns.is_empty() {
        return Err(Unfit::Length { values: values.len(), columns: columns.len() });
    }
    for (column, value) in columns.iter().zip(values) {
        let unfit = |why| Unfit::Value { column: column.name.clone(), kind: column.kind, why };
        put_value(out, column.kind, value).map_err(unfit)?;
    }
    Ok(())
}

fn put_value(out: &mut BytesMut, kind: ColumnType, value: &Value) -> Result<(), String> {
    match (kind, value) {
        (_, Value::Null) => put_null(out, kind),
        (ColumnType::Bit, Value::Bit(bit)) => out.put_slice(&[1, u8::from(*bit)]),
        (ColumnType::Float, Value::Float(number)) => {
            out.put_u8(8);
            out.put_f64_le(*number);
        }
        (ColumnType::NVarChar(length), Value::Text(text)) => put_text(out, length, text)?,
        (ColumnType::VarBinary(length), Value::Binary(bytes)) => put_sized(out, length.map(usize::from), bytes)?,
        (_, Value::Int(number)) => put_short(out, &integer(kind, *number)?),
        (_, Value::Text(text)) => put_short(out, &parsed(kind, text)?),
        (_, value) => return Err(format!("it is {value:?}")),
    }
    Ok(())
}

fn put_null(out: &mut BytesMut, kind: ColumnType) {
    match kind {
        ColumnType::NVarChar(None) | ColumnType::VarBinary(None) => out.put_u64_le(NULL_CHUNKS),
        ColumnType::NVarChar(Some(_)) | ColumnType::VarBinary(Some(_)) => out.put_u16_le(NULL_LENGTH),
        _ => out.put_u8(0),
    }
}

/// A value of up to 17 bytes with its length in one byte in front.
fn put_short(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u8(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.put_slice(bytes);
}

fn integer(kind: ColumnType, number: i64) -> Result<Vec<u8>, String> {
    let too_big = |_| format!("{number} is out of range");
    match kind {
        ColumnType::TinyInt => u8::try_from(number).map(|n| n.to_le_bytes().to_vec()).map_err(too_big),
        ColumnType::SmallInt => i16::try_from(number).map(|n| n.to_le_bytes().to_vec()).map_err(too_big),
        ColumnType::Int => i32::try_from(number).map(|n| n.to_le_bytes().to_vec()).map_err(too_big),
        ColumnType::BigInt => Ok(number.to_le_bytes().to_vec()),
        _ => Err(format!("it is the integer {number}")),
    }
}

fn parsed(kind: ColumnType, text: &str) -> Result<Vec<u8>, String> {
    match kind {
        ColumnType::Decimal(precision, scale) => decimal::encode(text, precision, scale, decimal_width(precision)),
        ColumnType::Guid => {
            uuid::Uuid::parse_str(text).map(|guid| guid.to_bytes_le().to_vec()).map_err(|e| e.to_string())
        }
        ColumnType::Date => moment::date(text),
        ColumnType::Time => moment::time(text),
        ColumnType::DateTime => moment::datetime(text),
        ColumnType::DateTime2(scale) => moment::datetime2(text, scale),
        _ => Err("it is text".into()),
    }
}

fn put_text(out: &mut BytesMut, length: Option<u16>, text: &str) -> Result<(), String> {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    put_sized(out, length.map(|units| 2 * usize::from(units)), &bytes)
}

/// With its length in two bytes in front, or as one chunk where the column has no limit.
fn put_sized(out: &mut BytesMut, limit: Option<usize>, bytes: &[u8]) -> Result<(), String> {
    match (limit, u16::try_from(bytes.len())) {
        (None, _) => put_chunk(out, bytes),
        (Some(limit), Ok(length)) if bytes.len() <= limit && length != NULL_LENGTH => {
            out.put_u16_le(length);
            out.put_slice(bytes);
            Ok(())
        }
        (Some(limit), _) => Err(format!("it is {} bytes long and {limit} fit", bytes.len())),
    }
}

fn put_chunk(out: &mut BytesMut, bytes: &[u8]) -> Result<(), String> {
    let length = u32::try_from(bytes.len()).map_err(|_| format!("{} bytes are too long", bytes.len()))?;
    out.put_u64_le(u64::from(length));
    if length > 0 {
        out.put_u32_le(length);
        out.put_slice(bytes);
    }
    out.put_u32_le(0);
    Ok(())
}
