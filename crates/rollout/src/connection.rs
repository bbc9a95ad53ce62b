//! ADO.NET connection strings: find server and database, replace them, and keep every other byte.
//!
//! Grammar (the documentation of `SqlConnection.ConnectionString`): `key=value` pairs separated by `;`, keys without
//! regard to case, values plain or in `'…'` or `"…"` with the quote doubled inside.

use std::ops::Range;

use crate::ids::eq_azure_name;

const SERVER_KEYS: [&str; 5] = ["server", "data source", "address", "addr", "network address"];
const DATABASE_KEYS: [&str; 2] = ["database", "initial catalog"];

/// Why a connection string cannot be used. No message repeats any part of the value: it holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// A reference to Key Vault: the value is not in the setting.
    #[error("it is a Key Vault reference, whose value App Service does not show")]
    KeyVault,
    /// Not `key=value;…`.
    #[error("it is not an ADO.NET connection string (`key=value;…`)")]
    Form,
    /// No server, or more than one.
    #[error("it must name its server exactly once")]
    Server,
    /// No database, or more than one.
    #[error("it must name its database exactly once")]
    Database,
    /// The name to put in would have to be quoted.
    #[error("the new name has characters that a connection string cannot hold")]
    Name,
}

/// A connection string with the places of its server and database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString<'t> {
    text: &'t str,
    host: Range<usize>,
    database: Range<usize>,
}

impl<'t> ConnectionString<'t> {
    /// Reads the text.
    ///
    /// # Errors
    /// The text is a Key Vault reference, not of the form, or lacks a server or a database.
    pub fn parse(text: &'t str) -> Result<Self, ConnectionError> {
        if text.trim_start().to_ascii_lowercase().starts_with("@microsoft.keyvault(") {
            return Err(ConnectionError::KeyVault);
        }
        let pairs = pairs(text).ok_or(ConnectionError::Form)?;
        let server = single(&pairs, &SERVER_KEYS).ok_or(ConnectionError::Server)?;
        let database = single(&pairs, &DATABASE_KEYS).ok_or(ConnectionError::Database)?;
        Ok(Self { text, host: host_within(text, server), database })
    }

    /// The server's host name, without `tcp:` and port.
    pub fn host(&self) -> &'t str {
        &self.text[self.host.clone()]
    }

    /// The database's name.
    pub fn database(&self) -> &'t str {
        &self.text[self.database.clone()]
    }

    /// The same string with another host and database, every other byte kept.
    ///
    /// # Errors
    /// A new name would have to be quoted.
    pub fn with_target(&self, host: &str, database: &str) -> Result<String, ConnectionError> {
        let plain = |name: &str| !name.is_empty() && name.trim() == name && !name.contains([';', '\'', '"', '=', ',']);
        if !plain(host) || !plain(database) {
            return Err(ConnectionError::Name);
        }
        let mut places = [(self.host.clone(), host), (self.database.clone(), database)];
        places.sort_by_key(|(range, _)| range.start);
        let mut text = self.text.to_owned();
        for (range, name) in places.into_iter().rev() {
            text.replace_range(range, name);
        }
        Ok(text)
    }

    /// It leads to this host and database.
    pub fn leads_to(&self, host: &str, database: &str) -> bool {
        eq_azure_name(self.host(), host) && eq_azure_name(self.database(), database)
    }
}

/// The value of a key, unquoted, for keys that name the server user.
///
/// `keys` are alternatives in lower case, e.g. `["user id", "uid", "user"]`.
pub fn value_of(text: &str, keys: &[&str]) -> Option<String> {
    let pairs = pairs(text)?;
    let range = single(&pairs, keys)?;
    let value = &text[range.clone()];
    let quote = text[..range.start].chars().next_back().filter(|c| matches!(c, '\'' | '"'));
    Some(match quote {
        Some(quote) => value.replace(&format!("{quote}{quote}"), &quote.to_string()),
        None => value.to_owned(),
    })
}

type Pair = (String, Range<usize>);

fn single(pairs: &[Pair], keys: &[&str]) -> Option<Range<usize>> {
    let mut found = pairs.iter().filter(|(key, _)| keys.contains(&key.as_str()));
    match (found.next(), found.next()) {
        (Some((_, range)), None) if !range.is_empty() => Some(range.clone()),
        _ => None,
    }
}

/// Keys in lower case with the place of each value's content: white space and quotes are outside of it.
fn pairs(text: &str) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut rest = 0;
    while rest < text.len() {
        if text[rest..].trim_start_matches([';', ' ', '\t', '\r', '\n']).is_empty() {
            break;
        }
        let equals = rest + text[rest..].find('=')?;
        let key = text[rest..equals].trim_start_matches(';').trim().to_ascii_lowercase();
        if key.is_empty() || key.contains(';') {
            return None;
        }
        let (value, end) = value(text, equals + 1)?;
        pairs.push((key, value));
        rest = end;
    }
    Some(pairs)
}

/// The place of the value's content that starts at `start`, and where the next pair begins.
fn value(text: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let from = start + (text[start..].len() - text[start..].trim_start().len());
    match text[from..].chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(text, from + 1, quote),
        _ => {
            let end = text[start..].find(';').map_or(text.len(), |at| start + at);
            let from = from.min(end);
            Some((from..from + text[from..end].trim_end().len(), end))
        }
    }
}

fn quoted(text: &str, from: usize, quote: char) -> Option<(Range<usize>, usize)> {
    let mut at = from;
    loop {
        at += text[at..].find(quote)?;
        if text[at + 1..].starts_with(quote) {
            at += 2;
            continue;
        }
        let after = &text[at + 1..];
        let end = after.find(';').unwrap_or(after.len());
        return after[..end].trim().is_empty().then_some((from..at, at + 1 + end));
    }
}

/// Leaves `tcp:` and `,port` (and a named instance) outside of the place of the server's name.
fn host_within(text: &str, server: Range<usize>) -> Range<usize> {
    let value = &text[server.clone()];
    let prefix = value.get(..4).filter(|prefix| eq_azure_name(prefix, "tcp:")).map_or(0, str::len);
    let end = value[prefix..].find([',', '\\']).map_or(value.len(), |at| prefix + at);
    let host = &value[prefix..end];
    let lead = host.len() - host.trim_start().len();
    let start = server.start + prefix + lead;
    start..start + host.trim().len()
}

#[cfg(test)]
#[path = "connection_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
