//! Functions of strings. Positions count characters from 1.

use rusqlite::{Connection, types::Value};

use super::{integer, lenient, strict, string};
use crate::{Message, collation::same_letter, error, types::Type};

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    strict(connection, "ts_len", 1, |values| {
        Ok(Value::Integer(string(&values[0]).trim_end_matches(' ').encode_utf16().count() as i64))
    })?;
    strict(connection, "ts_upper", 1, |values| text(string(&values[0]).to_uppercase()))?;
    strict(connection, "ts_lower", 1, |values| text(string(&values[0]).to_lowercase()))?;
    strict(connection, "ts_reverse", 1, |values| text(string(&values[0]).chars().rev().collect()))?;
    strict(connection, "ts_replicate", 2, |values| text(string(&values[0]).repeat(count(&values[1]).min(8000))))?;
    strict(connection, "ts_space", 1, |values| text(" ".repeat(count(&values[0]).min(8000))))?;
    strict(connection, "ts_left", 2, |values| text(string(&values[0]).chars().take(count(&values[1])).collect()))?;
    strict(connection, "ts_right", 2, right)?;
    strict(connection, "ts_substring", 3, substring)?;
    strict(connection, "ts_charindex", 2, |values| Ok(position(values, 1)))?;
    strict(connection, "ts_charindex", 3, |values| Ok(position(values, integer(&values[2]).max(1) as usize)))?;
    strict(connection, "ts_patindex", 2, pattern_index)?;
    strict(connection, "ts_replace", 3, replace)?;
    lenient(connection, "ts_stuff", 4, stuff)?;
    strict(connection, "ts_translate", 3, translate)?;
    strict(connection, "ts_ascii", 1, |values| {
        Ok(string(&values[0]).bytes().next().map_or(Value::Null, |byte| Value::Integer(i64::from(byte))))
    })?;
    strict(connection, "ts_quotename", 1, |values| text(format!("[{}]", string(&values[0]).replace(']', "]]"))))?;
    strict(connection, "ts_quotename", 2, quote_name)?;
    strict(connection, "ts_parsename", 2, parse_name)?;
    strict(connection, "ts_string_escape", 2, |values| {
        let quoted = serde_json::to_string(string(&values[0])).unwrap_or_default();
        text(quoted.trim_matches('"').replace('/', "\\/"))
    })?;
    lenient(connection, "ts_like", 3, like)?;
    strict(connection, "ts_datalength", 2, data_length)
}

fn text(value: String) -> Result<Value, Message> {
    Ok(Value::Text(value))
}

fn count(value: &Value) -> usize {
    usize::try_from(integer(value)).unwrap_or(0)
}

fn right(values: &[Value]) -> Result<Value, Message> {
    let source = string(&values[0]);
    let skip = source.chars().count().saturating_sub(count(&values[1]));
    text(source.chars().skip(skip).collect())
}

fn substring(values: &[Value]) -> Result<Value, Message> {
    let (start, length) = (integer(&values[1]), integer(&values[2]));
    if length < 0 {
        return Err(Message::new(537, 16, "Invalid length parameter passed to the LEFT or SUBSTRING function."));
    }
    let skip = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
    let take = usize::try_from(start.min(1).saturating_sub(1).saturating_add(length)).unwrap_or(0);
    Ok(match &values[0] {
        Value::Blob(bytes) => Value::Blob(bytes.iter().skip(skip).take(take).copied().collect()),
        other => Value::Text(string(other).chars().skip(skip).take(take).collect()),
    })
}

fn same_text(a: &[char], b: &[char]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_letter(*a, *b))
}

fn find(needle: &[char], haystack: &[char], from: usize) -> Option<usize> {
    if needle.is_empty() || needle.len() > haystack.len() {
        return None;
    }
    (from..=haystack.len() - needle.len()).find(|at| same_text(needle, &haystack[*at..*at + needle.len()]))
}

fn position(values: &[Value], start: usize) -> Value {
    let needle: Vec<char> = string(&values[0]).chars().collect();
    let haystack: Vec<char> = string(&values[1]).chars().collect();
    Value::Integer(find(&needle, &haystack, start - 1).map_or(0, |at| at as i64 + 1))
}

fn replace(values: &[Value]) -> Result<Value, Message> {
    let source: Vec<char> = string(&values[0]).chars().collect();
    let old: Vec<char> = string(&values[1]).chars().collect();
    let mut result = String::new();
    let mut at = 0;
    while let Some(found) = find(&old, &source, at) {
        result.extend(&source[at..found]);
        result.push_str(string(&values[2]));
        at = found + old.len();
    }
    result.extend(&source[at..]);
    text(result)
}

/// `STUFF(text, start, length, new)`; a `NULL` in the place of `new` only deletes.
fn stuff(values: &[Value]) -> Result<Value, Message> {
    if values[..3].contains(&Value::Null) {
        return Ok(Value::Null);
    }
    let source: Vec<char> = string(&values[0]).chars().collect();
    let (start, length) = (integer(&values[1]), integer(&values[2]));
    let Ok(at) = usize::try_from(start.saturating_sub(1)) else { return Ok(Value::Null) };
    if at >= source.len() || length < 0 {
        return Ok(Value::Null);
    }
    let end = at.saturating_add(length as usize).min(source.len());
    let mut result: String = source[..at].iter().collect();
    result.push_str(string(&values[3]));
    result.extend(&source[end..]);
    text(result)
}

fn translate(values: &[Value]) -> Result<Value, Message> {
    let from: Vec<char> = string(&values[1]).chars().collect();
    let to: Vec<char> = string(&values[2]).chars().collect();
    if from.len() != to.len() {
        return Err(Message::new(
            9828,
            16,
            "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.",
        ));
    }
    let map = |c: char| from.iter().position(|old| same_letter(*old, c)).map_or(c, |at| to[at]);
    text(string(&values[0]).chars().map(map).collect())
}

fn quote_name(values: &[Value]) -> Result<Value, Message> {
    let name = string(&values[0]);
    match string(&values[1]) {
        "[" | "]" => text(format!("[{}]", name.replace(']', "]]"))),
        quote @ ("'" | "\"") => text(format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)))),
        _ => Ok(Value::Null),
    }
}

/// Parts count from the end.
fn parse_name(values: &[Value]) -> Result<Value, Message> {
    let Ok(parts) = crate::syntax::parse_name(string(&values[0])) else { return Ok(Value::Null) };
    let part = parts.iter().rev().nth(count(&values[1]).wrapping_sub(1));
    Ok(part.map_or(Value::Null, |part| Value::Text(part.clone())))
}

fn data_length(values: &[Value]) -> Result<Value, Message> {
    let kind = Type::from_code(integer(&values[1]));
    let bytes = match &values[0] {
        Value::Text(text) if matches!(kind, Type::Text { wide: true, .. }) => text.encode_utf16().count() * 2,
        Value::Text(text) if kind.is_text() => text.chars().count(),
        Value::Blob(bytes) => bytes.len(),
        _ => usize::try_from(crate::system::max_length(kind)).unwrap_or(0),
    };
    Ok(Value::Integer(bytes as i64))
}

/// One element of a `LIKE` pattern.
enum Element {
    /// `%`
    Any,
    /// `_`
    One,
    Letter(char),
    /// `[…]` or `[^…]`
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

fn pattern(text: &str, escape: Option<char>) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        elements.push(match c {
            _ if Some(c) == escape => Element::Letter(rest.next().unwrap_or(c)),
            '%' => Element::Any,
            '_' => Element::One,
            '[' => set(&mut rest),
            c => Element::Letter(c),
        });
    }
    elements
}

fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Element {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while let Some(first) = rest.next() {
        if first == ']' && !ranges.is_empty() {
            break;
        }
        let mut ahead = rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|last| last != ']');
        let last = if is_range { rest.nth(1).unwrap_or(first) } else { first };
        ranges.push((first, last));
    }
    Element::Set { negated, ranges }
}

impl Element {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Letter(letter) => same_letter(*letter, c),
            Self::Set { negated, ranges } => {
                let c = c.to_lowercase().next().unwrap_or(c);
                let inside = |(first, last): &(char, char)| {
                    let fold = |c: &char| c.to_lowercase().next().unwrap_or(*c);
                    (fold(first)..=fold(last)).contains(&c)
                };
                ranges.iter().any(inside) != *negated
            }
        }
    }
}

/// Greedy matching with one place to come back to: linear in practice.
fn matches(elements: &[Element], text: &[char]) -> bool {
    let (mut element, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match elements.get(element) {
            Some(Element::Any) => {
                back = Some((element, at));
                element += 1;
            }
            Some(found) if found.takes(text[at]) => {
                element += 1;
                at += 1;
            }
            _ => match back {
                Some((any, from)) => {
                    back = Some((any, from + 1));
                    element = any + 1;
                    at = from + 1;
                }
                None => return false,
            },
        }
    }
    elements[element..].iter().all(|element| matches!(element, Element::Any))
}

/// `ts_like(text, pattern, escape)`; blanks at the end of the text do not count.
fn like(values: &[Value]) -> Result<Value, Message> {
    if values[0] == Value::Null || values[1] == Value::Null {
        return Ok(Value::Null);
    }
    let escape = match &values[2] {
        Value::Null => None,
        value => Some(string(value).chars().next().ok_or_else(error::invalid_escape)?),
    };
    let elements = pattern(string(&values[1]), escape);
    let full: Vec<char> = string(&values[0]).chars().collect();
    let short: Vec<char> = string(&values[0]).trim_end_matches(' ').chars().collect();
    Ok(Value::Integer(i64::from(matches(&elements, &full) || matches(&elements, &short))))
}

fn pattern_index(values: &[Value]) -> Result<Value, Message> {
    let pattern_text = string(&values[0]);
    let anchored = !pattern_text.starts_with('%');
    let elements = pattern(pattern_text.trim_start_matches('%'), None);
    let text: Vec<char> = string(&values[1]).chars().collect();
    let found =
        (0..=text.len()).take(if anchored { 1 } else { text.len() + 1 }).find(|at| matches(&elements, &text[*at..]));
    Ok(Value::Integer(found.map_or(0, |at| at as i64 + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_the_wildcards_of_t_sql() {
        for (text, wanted, expected) in [
            ("Rock", "r%", true),
            ("Rock", "r_ck", true),
            ("Rock", "[a-q]%", false),
            ("Rock", "[^a-q]%", true),
            ("50%", "50[%]", true),
            ("a-b", "a[-]b", true),
            ("abcabd", "%abd", true),
            ("abc ", "abc", true),
            ("", "%", true),
            ("", "_", false),
        ] {
            let full: Vec<char> = text.trim_end_matches(' ').chars().collect();
            assert_eq!(matches(&pattern(wanted, None), &full), expected, "{text} LIKE {wanted}");
        }
    }
}
