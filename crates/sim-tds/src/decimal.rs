//! Decimal numbers between their text and their bytes (MS-TDS 2.2.5.5.1.6).

/// Sign (1 is positive) and magnitude, least significant byte first, in `width` bytes. Digits beyond the scale are
/// rounded, half away from zero, as SQL Server does.
pub(crate) fn encode(text: &str, precision: u8, scale: u8, width: u8) -> Result<Vec<u8>, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = magnitude(digits, scale).ok_or_else(|| format!("`{text}` is not a decimal number"))?;
    if 10u128.checked_pow(u32::from(precision)).is_some_and(|limit| magnitude >= limit) {
        return Err(format!("`{text}` has more digits than decimal({precision},{scale})"));
    }
    let sign = u8::from(!negative || magnitude == 0);
    Ok([&[sign], &magnitude.to_le_bytes()[..usize::from(width)]].concat())
}

/// The number without its point, `scale` digits of which stood behind it.
fn magnitude(digits: &str, scale: u8) -> Option<u128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let scale = usize::from(scale);
    let (kept, dropped) = fraction.split_at(scale.min(fraction.len()));
    let number: u128 = format!("0{whole}{kept:0<scale$}").parse().ok()?;
    number.checked_add(u128::from(dropped.starts_with(|digit| digit >= '5')))
}

/// The text of a number with `scale` digits behind the point.
pub(crate) fn decode(negative: bool, magnitude: u128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{magnitude:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if negative { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(text: &str, precision: u8, scale: u8) -> Result<String, String> {
        let bytes = encode(text, precision, scale, 16)?;
        let magnitude = u128::from_le_bytes(bytes[1..].try_into().unwrap());
        Ok(decode(bytes[0] == 0, magnitude, scale))
    }

    #[test]
    fn numbers_keep_their_value_at_the_scale_of_their_column() {
        for (text, precision, scale, expected) in [
            ("12.5", 10, 2, "12.50"),
            ("-12.50", 10, 2, "-12.50"),
            ("0", 10, 2, "0.00"),
            ("-0.00", 10, 2, "0.00"),
            (".5", 10, 2, "0.50"),
            ("7", 5, 0, "7"),
            ("+7.", 5, 0, "7"),
            ("0.005", 10, 2, "0.01"),
            ("-0.005", 10, 2, "-0.01"),
            ("0.0049", 10, 2, "0.00"),
            ("99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"),
            ("0.99999999999999999999999999999999999999", 38, 38, "0.99999999999999999999999999999999999999"),
        ] {
            assert_eq!(number(text, precision, scale).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["", "-", ".", "1e5", "1,5", "--1", "100", "99.995", "999999999999999999999999999999999999999999"] {
            assert!(number(text, 4, 2).is_err(), "{text}");
        }
        assert!(number("100000000000000000000000000000000000000", 38, 0).is_err());
    }
}
