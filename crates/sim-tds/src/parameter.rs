//! The value of a call's parameter, as a T-SQL constant (MS-TDS 2.2.5.4, 2.2.5.5).
//!
//! `sp_executesql` gets the declarations of its parameters as text, so a constant of any type that converts to the
//! declared one without loss will do: dates and GUIDs are text here.

use jiff::civil::Date;

use crate::{
    decimal, moment,
    read::{Malformed, Reader, utf16},
    rpc::{Refusal, unsupported},
};

const NULL: &str = "NULL";
const NULL_LENGTH: u16 = 0xffff;
const NULL_CHUNKS: u64 = u64::MAX;
const NULL_LONG: u32 = u32::MAX;

/// Reads a type and a value of it.
pub(crate) fn literal(reader: &mut Reader<'_>) -> Result<String, Refusal> {
    match reader.u8()? {
        0x1f => Ok(NULL.to_owned()),
        0x30 | 0x32 => integer(reader.bytes(1)?).map_err(Refusal::from),
        0x34 => integer(reader.bytes(2)?).map_err(Refusal::from),
        0x38 => integer(reader.bytes(4)?).map_err(Refusal::from),
        0x7f => integer(reader.bytes(8)?).map_err(Refusal::from),
        0x3b => float(reader.bytes(4)?).map_err(Refusal::from),
        0x3e => float(reader.bytes(8)?).map_err(Refusal::from),
        0x3a => small_datetime(reader.bytes(4)?).map_err(Refusal::from),
        0x3d => datetime(reader.bytes(8)?).map_err(Refusal::from),
        0x26 | 0x68 => short(reader, 1, |_, value| integer(value)),
        0x6d => short(reader, 1, |_, value| float(value)),
        0x24 => short(reader, 1, |_, value| guid(value)),
        0x6a | 0x6c => short(reader, 3, |info, value| number(value, info[2])),
        0x6e => short(reader, 1, |_, value| money(value)),
        0x6f => short(reader, 1, |_, value| if value.len() == 4 { small_datetime(value) } else { datetime(value) }),
        0x28 => short(reader, 0, |_, value| date(value).map(|date| quoted(&date))),
        0x29 => short(reader, 1, |info, value| time(value, info[0]).map(|time| quoted(&time))),
        0x2a => short(reader, 1, |info, value| datetime2(value, info[0])),
        0xe7 | 0xef => long(reader, 5, |value| utf16(value).map(|text| quoted(&text))),
        0xa7 | 0xaf => long(reader, 5, |value| Ok(quoted(&windows_1252(value)))),
        0xa5 | 0xad => long(reader, 0, |value| Ok(binary(value))),
        0x63 => very_long(reader, 5, |value| utf16(value).map(|text| quoted(&text))),
        0x23 => very_long(reader, 5, |value| Ok(quoted(&windows_1252(value)))),
        0x22 => very_long(reader, 0, |value| Ok(binary(value))),
        kind => Err(unsupported(&format!("a parameter of the type 0x{kind:02x}"), "send its value as text")),
    }
}

/// A type with `info` bytes of description, and a value with its length in one byte in front.
fn short(
    reader: &mut Reader<'_>,
    info: usize,
    convert: impl Fn(&[u8], &[u8]) -> Result<String, Malformed>,
) -> Result<String, Refusal> {
    let info = reader.bytes(info)?;
    let length = usize::from(reader.u8()?);
    match reader.bytes(length)? {
        [] => Ok(NULL.to_owned()),
        value => Ok(convert(info, value)?),
    }
}

/// A type with its longest length in two bytes and `info` more, and a value that is chunked if it has no longest.
fn long(
    reader: &mut Reader<'_>,
    info: usize,
    convert: impl Fn(&[u8]) -> Result<String, Malformed>,
) -> Result<String, Refusal> {
    let longest = reader.u16()?;
    reader.bytes(info)?;
    if longest == NULL_LENGTH {
        return Ok(chunks(reader)?.map_or_else(|| Ok(NULL.to_owned()), |value| convert(&value))?);
    }
    match reader.u16()? {
        NULL_LENGTH => Ok(NULL.to_owned()),
        length => Ok(convert(reader.bytes(usize::from(length))?)?),
    }
}

fn chunks(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    if reader.u64()? == NULL_CHUNKS {
        return Ok(None);
    }
    let mut value = Vec::new();
    loop {
        match usize::try_from(reader.u32()?).unwrap_or(usize::MAX) {
            0 => return Ok(Some(value)),
            length => value.extend_from_slice(reader.bytes(length)?),
        }
    }
}

/// `text`, `ntext` and `image`: lengths in four bytes.
fn very_long(
    reader: &mut Reader<'_>,
    info: usize,
    convert: impl Fn(&[u8]) -> Result<String, Malformed>,
) -> Result<String, Refusal> {
    reader.u32()?;
    reader.bytes(info)?;
    match reader.u32()? {
        NULL_LONG => Ok(NULL.to_owned()),
        length => Ok(convert(reader.bytes(usize::try_from(length).unwrap_or(usize::MAX))?)?),
    }
}

/// Least significant byte first; one byte is unsigned, as `tinyint` and `bit` are.
fn integer(bytes: &[u8]) -> Result<String, Malformed> {
    if !matches!(bytes.len(), 1 | 2 | 4 | 8) {
        return Err(wrong_length("integer", bytes));
    }
    let negative = bytes.len() > 1 && bytes.last().is_some_and(|byte| *byte > 0x7f);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    Ok(i64::from_le_bytes(wide).to_string())
}

fn float(bytes: &[u8]) -> Result<String, Malformed> {
    let number = match (<[u8; 4]>::try_from(bytes), <[u8; 8]>::try_from(bytes)) {
        (Ok(four), _) => f64::from(f32::from_le_bytes(four)),
        (_, Ok(eight)) => f64::from_le_bytes(eight),
        _ => return Err(wrong_length("float", bytes)),
    };
    if number.is_finite() { Ok(format!("{number:E}")) } else { Err(Malformed(format!("a parameter is {number}"))) }
}

fn guid(bytes: &[u8]) -> Result<String, Malformed> {
    let bytes = <[u8; 16]>::try_from(bytes).map_err(|_| wrong_length("uniqueidentifier", bytes))?;
    Ok(quoted(&uuid::Uuid::from_bytes_le(bytes).to_string()))
}

fn number(bytes: &[u8], scale: u8) -> Result<String, Malformed> {
    match bytes {
        [sign, magnitude @ ..] if magnitude.len() <= 16 && scale <= 38 => {
            Ok(decimal::decode(*sign == 0, unsigned(magnitude), scale))
        }
        _ => Err(wrong_length("decimal", bytes)),
    }
}

/// Ten-thousandths, the high half first.
fn money(bytes: &[u8]) -> Result<String, Malformed> {
    let amount = match bytes.as_chunks::<4>() {
        ([low], []) => i64::from(i32::from_le_bytes(*low)),
        ([high, low], []) => i64::from(i32::from_le_bytes(*high)) << 32 | i64::from(u32::from_le_bytes(*low)),
        _ => return Err(wrong_length("money", bytes)),
    };
    Ok(decimal::decode(amount < 0, u128::from(amount.unsigned_abs()), 4))
}

fn small_datetime(bytes: &[u8]) -> Result<String, Malformed> {
    let ([days, minutes], []) = bytes.as_chunks::<2>() else { return Err(wrong_length("smalldatetime", bytes)) };
    let (days, minutes) = (u16::from_le_bytes(*days), u16::from_le_bytes(*minutes));
    since_1900(i64::from(days), u64::from(minutes) * 60_000)
}

fn datetime(bytes: &[u8]) -> Result<String, Malformed> {
    let ([days, ticks], []) = bytes.as_chunks::<4>() else { return Err(wrong_length("datetime", bytes)) };
    let (days, ticks) = (i32::from_le_bytes(*days), u64::from(u32::from_le_bytes(*ticks)));
    // Ticks of 1/300 second are shown and converted as whole milliseconds: .000, .003, .007.
    since_1900(i64::from(days), (ticks * 10 + 1) / 3)
}

fn since_1900(days: i64, milliseconds: u64) -> Result<String, Malformed> {
    let date = moment::date_text(Date::constant(1900, 1, 1), days).map_err(Malformed)?;
    let time = moment::time_text(milliseconds * 10_000);
    Ok(quoted(&format!("{date} {}", time.trim_end_matches("0000"))))
}

fn date(bytes: &[u8]) -> Result<String, Malformed> {
    match bytes.len() {
        3 => moment::date_text(Date::constant(1, 1, 1), i64::try_from(unsigned(bytes)).unwrap_or(i64::MAX))
            .map_err(Malformed),
        _ => Err(wrong_length("date", bytes)),
    }
}

fn time(bytes: &[u8], scale: u8) -> Result<String, Malformed> {
    if !(3..=5).contains(&bytes.len()) || scale > 7 {
        return Err(wrong_length("time", bytes));
    }
    let units = u64::try_from(unsigned(bytes)).unwrap_or(u64::MAX);
    Ok(moment::time_text(units * 10u64.pow(7 - u32::from(scale))))
}

fn datetime2(bytes: &[u8], scale: u8) -> Result<String, Malformed> {
    let split = bytes.len().checked_sub(3).ok_or_else(|| wrong_length("datetime2", bytes))?;
    let (time_bytes, date_bytes) = bytes.split_at(split);
    Ok(quoted(&format!("{} {}", date(date_bytes)?, time(time_bytes, scale)?)))
}

fn unsigned(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn wrong_length(kind: &str, bytes: &[u8]) -> Malformed {
    Malformed(format!("a {kind} parameter has {} bytes", bytes.len()))
}

fn windows_1252(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

fn quoted(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

fn binary(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02X}"));
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_type_becomes_a_constant() {
        let cases: [(&[u8], &str); 24] = [
            (&[0x1f], "NULL"),
            (&[0x32, 1], "1"),
            (&[0x30, 255], "255"),
            (&[0x38, 0xfe, 0xff, 0xff, 0xff], "-2"),
            (&[0x26, 8, 0], "NULL"),
            (&[0x26, 2, 2, 0, 0x80], "-32768"),
            (&[0x68, 1, 1, 0], "0"),
            (&[0x6d, 4, 4, 0, 0, 0x20, 0x41], "1E1"),
            (&[0x3e, 0, 0, 0, 0, 0, 0, 0xf8, 0xbf], "-1.5E0"),
            (&[0x6a, 5, 9, 2, 5, 0, 0xb5, 4, 0, 0], "-12.05"),
            (&[0x6e, 8, 8, 0xff, 0xff, 0xff, 0xff, 0xf0, 0xd8, 0xff, 0xff], "-1.0000"),
            (&[0x6e, 4, 4, 1, 0, 0, 0], "0.0001"),
            (&[0x3d, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0], "N'1899-12-31 00:00:00.003'"),
            (&[0x6f, 8, 8, 0, 0, 0, 0, 0xff, 0x81, 0x8b, 0x01], "N'1900-01-01 23:59:59.997'"),
            (&[0x6f, 4, 4, 1, 0, 61, 0], "N'1900-01-02 01:01:00.000'"),
            (&[0x28, 3, 0, 0, 0], "N'0001-01-01'"),
            (&[0x29, 0, 3, 0x7f, 0x51, 0x01], "N'23:59:59.0000000'"),
            (&[0x2a, 7, 8, 0xff, 0xbf, 0x69, 0x2a, 0xc9, 0xda, 0xb9, 0x37], "N'9999-12-31 23:59:59.9999999'"),
            (&[0xe7, 2, 0, 9, 4, 0xd0, 0, 0x34, 2, 0, 0x27, 0], "N''''"),
            (&[0xe7, 2, 0, 9, 4, 0xd0, 0, 0x34, 0xff, 0xff], "NULL"),
            (&[0xa7, 2, 0, 9, 4, 0xd0, 0, 0x34, 1, 0, 0x80], "N'€'"),
            (&CHUNKED, "0x01AB"),
            (&[0x63, 255, 255, 255, 127, 9, 4, 0xd0, 0, 0x34, 2, 0, 0, 0, 0x41, 0], "N'A'"),
            (&[0x22, 255, 255, 255, 127, 0xff, 0xff, 0xff, 0xff], "NULL"),
        ];
        for (bytes, expected) in cases {
            let mut reader = Reader::new(bytes);
            assert_eq!(literal(&mut reader).as_deref(), Ok(expected), "{bytes:02x?}");
            assert!(reader.is_empty(), "{expected}");
        }
    }

    /// `varbinary(max)` of unknown length in two chunks.
    const CHUNKED: [u8; 25] =
        [0xa5, 0xff, 0xff, 254, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0xab, 0, 0, 0, 0];

    #[test]
    fn other_types_and_impossible_values_are_refused() {
        for bytes in [
            &[0xf1, 0][..],
            &[0x62, 0, 0, 0, 0],
            &[0x26, 3, 3, 0, 0, 0],
            &[0x6d, 8, 8, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
            &[0x28, 3, 0xff, 0xff, 0xff],
            &[0x24, 16, 3, 0, 0, 0],
            &[0xe7, 2, 0, 9, 4, 0xd0, 0, 0x34, 3, 0, 0, 0, 0],
        ] {
            assert!(literal(&mut Reader::new(bytes)).is_err(), "{bytes:02x?}");
        }
    }
}
