//! From the bytes of a script to its text.
//!
//! A byte order mark decides between UTF-8, UTF-16LE and UTF-16BE, and is taken off; without one the bytes must be
//! UTF-8. Code pages are never guessed: a wrong guess changes data in silence.

/// Why the bytes of a file are not text. Offsets count bytes from the start of the file, the first is 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No byte order mark, and not UTF-8.
    #[error(
        "`{file}` is not UTF-8: byte 0x{byte:02X} at offset {offset}; it may be in an old code page, which is never \
         guessed: save it as UTF-8, or as UTF-16 with a byte order mark"
    )]
    NotUtf8 {
        /// The file.
        file: String,
        /// Where the first wrong byte is.
        offset: usize,
        /// That byte.
        byte: u8,
    },
    /// A UTF-16 byte order mark, but half a character in what follows.
    #[error(
        "`{file}` begins with the byte order mark of UTF-16, but has half a character at offset {offset}: it may have \
         been cut or damaged; save it again, best as UTF-8"
    )]
    NotUtf16 {
        /// The file.
        file: String,
        /// Where the half character is.
        offset: usize,
    },
    /// A UTF-32 byte order mark.
    #[error("`{file}` begins with the byte order mark of UTF-32, which is not supported: save it as UTF-8")]
    Utf32 {
        /// The file.
        file: String,
    },
    /// A NUL character: no script has one, but UTF-16 without a byte order mark looks like this.
    #[error(
        "`{file}` has a NUL character at offset {offset}: it may be UTF-16 without a byte order mark, or not text at \
         all; save it as UTF-8"
    )]
    Nul {
        /// The file.
        file: String,
        /// Where the NUL is.
        offset: usize,
    },
}

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
const UTF16_LE_MARK: &[u8] = &[0xFF, 0xFE];
const UTF16_BE_MARK: &[u8] = &[0xFE, 0xFF];
const UTF32_MARKS: [&[u8]; 2] = [&[0xFF, 0xFE, 0x00, 0x00], &[0x00, 0x00, 0xFE, 0xFF]];

/// Decodes the bytes of `file`; the name serves only the message.
///
/// # Errors
/// When the bytes are not text in one of the three encodings.
pub fn decode(file: &str, bytes: &[u8]) -> Result<String, DecodeError> {
    if UTF32_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(DecodeError::Utf32 { file: file.to_owned() });
    }
    if let Some(units) = bytes.strip_prefix(UTF16_LE_MARK) {
        return utf16(file, units, u16::from_le_bytes);
    }
    if let Some(units) = bytes.strip_prefix(UTF16_BE_MARK) {
        return utf16(file, units, u16::from_be_bytes);
    }
    utf8(file, bytes)
}

fn utf8(file: &str, bytes: &[u8]) -> Result<String, DecodeError> {
    let mark = if bytes.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
    let text = std::str::from_utf8(&bytes[mark..]).map_err(|error| {
        let offset = mark + error.valid_up_to();
        DecodeError::NotUtf8 { file: file.to_owned(), offset, byte: bytes[offset] }
    })?;
    match text.find('\0') {
        Some(nul) => Err(DecodeError::Nul { file: file.to_owned(), offset: mark + nul }),
        None => Ok(text.to_owned()),
    }
}

fn utf16(file: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let mark = UTF16_LE_MARK.len();
    let half = |offset| DecodeError::NotUtf16 { file: file.to_owned(), offset };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut offset = mark;
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let character = decoded.map_err(|_| half(offset))?;
        if character == '\0' {
            return Err(DecodeError::Nul { file: file.to_owned(), offset });
        }
        text.push(character);
        offset += 2 * character.len_utf16();
    }
    if rest.is_empty() { Ok(text) } else { Err(half(offset)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16_file(text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
    }

    fn message(bytes: &[u8]) -> String {
        decode("1.sql", bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_byte_order_mark_decides_and_is_taken_off() {
        let text = "select N'käse 🧀'\r\n";
        assert_eq!(decode("f", text.as_bytes()).unwrap(), text);
        assert_eq!(decode("f", &[UTF8_MARK, text.as_bytes()].concat()).unwrap(), text);
        assert_eq!(decode("f", &utf16_file(text, UTF16_LE_MARK, u16::to_le_bytes)).unwrap(), text);
        assert_eq!(decode("f", &utf16_file(text, UTF16_BE_MARK, u16::to_be_bytes)).unwrap(), text);
        assert_eq!(decode("f", b"").unwrap(), "");
    }

    #[test]
    fn a_code_page_is_refused_with_its_offset() {
        assert_eq!(
            message(b"select 'caf\xE9'"),
            "`1.sql` is not UTF-8: byte 0xE9 at offset 11; it may be in an old code page, which is never guessed: save \
             it as UTF-8, or as UTF-16 with a byte order mark"
        );
        let marked = DecodeError::NotUtf8 { file: "f".into(), offset: 4, byte: 0xFF };
        assert_eq!(decode("f", b"\xEF\xBB\xBFa\xFF").unwrap_err(), marked);
    }

    #[test]
    fn half_a_utf16_character_is_refused_with_its_offset() {
        let half = |offset| DecodeError::NotUtf16 { file: "f".into(), offset };
        assert_eq!(decode("f", b"\xFF\xFEa\0b").unwrap_err(), half(4));
        assert_eq!(decode("f", b"\xFE\xFF\0a\xD8\x00\0b").unwrap_err(), half(4));
        assert_eq!(
            message(b"\xFF\xFEa"),
            "`1.sql` begins with the byte order mark of UTF-16, but has half a character at offset 2: it may have been \
             cut or damaged; save it again, best as UTF-8"
        );
    }

    #[test]
    fn utf16_without_a_mark_and_utf32_are_named() {
        assert_eq!(
            message(b"G\0O\0"),
            "`1.sql` has a NUL character at offset 1: it may be UTF-16 without a byte order mark, or not text at all; \
             save it as UTF-8"
        );
        assert_eq!(decode("f", b"\xFF\xFEa\0\0\0").unwrap_err(), DecodeError::Nul { file: "f".into(), offset: 4 });
        assert_eq!(
            message(b"\xFF\xFE\0\0a\0\0\0"),
            "`1.sql` begins with the byte order mark of UTF-32, which is not supported: save it as UTF-8"
        );
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[^\0\u{FEFF}]*") {
            prop_assert_eq!(decode("f", text.as_bytes()).unwrap(), text.clone());
            prop_assert_eq!(decode("f", &utf16_file(&text, UTF16_LE_MARK, u16::to_le_bytes)).unwrap(), text.clone());
            prop_assert_eq!(decode("f", &utf16_file(&text, UTF16_BE_MARK, u16::to_be_bytes)).unwrap(), text);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), mark in 0..3usize) {
            let marks: [&[u8]; 3] = [b"", UTF16_LE_MARK, UTF8_MARK];
            let _ = decode("f", &[marks[mark], &bytes].concat());
        }
    }
}
