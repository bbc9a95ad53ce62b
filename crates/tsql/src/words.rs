//! A row of the user's in words, short enough for a message.

use tiberius::ColumnData;

use crate::answer::{Row, timestamp};

/// So many columns of a row are shown.
const COLUMNS: usize = 8;
/// So many characters of a value are shown.
const CHARACTERS: usize = 40;

impl Row {
    /// Column by column, as far as it is worth showing.
    pub fn in_words(&self) -> String {
        let shown = self.cells.cells().take(COLUMNS).map(|(column, value)| match column.name() {
            "" => cut(&words(value)),
            name => format!("{}: {}", cut(name), cut(&words(value))),
        });
        let more = if self.cells.len() > COLUMNS { ", …" } else { "" };
        format!("({}{more})", shown.collect::<Vec<_>>().join(", "))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn words(data: &ColumnData<'_>) -> String {
    let said = match data {
        ColumnData::U8(value) => value.map(|value| value.to_string()),
        ColumnData::I16(value) => value.map(|value| value.to_string()),
        ColumnData::I32(value) => value.map(|value| value.to_string()),
        ColumnData::I64(value) => value.map(|value| value.to_string()),
        ColumnData::F32(value) => value.map(|value| value.to_string()),
        ColumnData::F64(value) => value.map(|value| value.to_string()),
        ColumnData::Bit(value) => value.map(|value| u8::from(value).to_string()),
        ColumnData::Guid(value) => value.map(|value| value.to_string()),
        ColumnData::Numeric(value) => value.map(|value| value.to_string()),
        ColumnData::String(value) => value.as_deref().map(|text| format!("'{}'", one_line(text))),
        ColumnData::Xml(value) => value.as_deref().map(|xml| one_line(xml.as_ref())),
        ColumnData::Binary(value) => value.as_deref().map(binary),
        other => timestamp(other).map_or_else(|| Some("?".to_owned()), |time| time.map(|time| time.to_string())),
    };
    said.unwrap_or_else(|| "NULL".to_owned())
}

fn one_line(text: &str) -> String {
    text.chars().take(CHARACTERS + 1).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn binary(bytes: &[u8]) -> String {
    let shown: String = bytes.iter().take(CHARACTERS).map(|byte| format!("{byte:02X}")).collect();
    format!("0x{shown}")
}
