//! COLMETADATA: the description of a result set (MS-TDS 2.2.7.4).

use bytes::{BufMut, BytesMut};
use sim_sql::{Column, ColumnType};

use crate::token::{COLLATION, put_b_varchar};

const COLMETADATA: u8 = 0x81;
const NULLABLE: u16 = 0x01;
/// In place of a length: the value comes in chunks (MS-TDS 2.2.5.2.3).
const CHUNKED: u16 = 0xffff;

/// Describes these columns, each nullable.
pub(crate) fn put_columns(out: &mut BytesMut, columns: &[Column]) {
    out.put_u8(COLMETADATA);
    // A result set has at most 4,096 columns.
    out.put_u16_le(u16::try_from(columns.len()).unwrap_or(u16::MAX));
    for column in columns {
        out.put_u32_le(0); // no user-defined type
        out.put_u16_le(NULLABLE);
        put_type(out, column.kind);
        put_b_varchar(out, &column.name);
    }
}

fn put_type(out: &mut BytesMut, kind: ColumnType) {
    match kind {
        ColumnType::Bit => out.put_slice(&[0x68, 1]),
        ColumnType::TinyInt => out.put_slice(&[0x26, 1]),
        ColumnType::SmallInt => out.put_slice(&[0x26, 2]),
        ColumnType::Int => out.put_slice(&[0x26, 4]),
        ColumnType::BigInt => out.put_slice(&[0x26, 8]),
        ColumnType::Float => out.put_slice(&[0x6d, 8]),
        ColumnType::Decimal(precision, scale) => {
            out.put_slice(&[0x6a, decimal_width(precision) + 1, precision, scale]);
        }
        ColumnType::NVarChar(length) => {
            put_sized(out, 0xe7, length.map(|units| units.saturating_mul(2)));
            out.put_slice(&COLLATION);
        }
        ColumnType::VarBinary(length) => put_sized(out, 0xa5, length),
        ColumnType::Guid => out.put_slice(&[0x24, 16]),
        ColumnType::Date => out.put_u8(0x28),
        ColumnType::Time => out.put_slice(&[0x29, 7]),
        ColumnType::DateTime => out.put_slice(&[0x6f, 8]),
        ColumnType::DateTime2(scale) => out.put_slice(&[0x2a, scale]),
    }
}

fn put_sized(out: &mut BytesMut, token: u8, bytes: Option<u16>) {
    out.put_u8(token);
    out.put_u16_le(bytes.unwrap_or(CHUNKED));
}

/// Bytes of a decimal's magnitude, by its precision (MS-TDS 2.2.5.5.1.6).
pub(crate) fn decimal_width(precision: u8) -> u8 {
    match precision {
        ..=9 => 4,
        10..=19 => 8,
        20..=28 => 12,
        29.. => 16,
    }
}
