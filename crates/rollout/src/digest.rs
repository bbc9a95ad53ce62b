//! Digests by which a later step knows that it works on what was planned.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::policy::ScriptName;

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of bytes that come piece by piece.
#[derive(Debug, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Takes the next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them, in lower-case hex.
    pub fn digest(self) -> String {
        hex(&self.0.finalize())
    }
}

/// One digest over fields, each with its length before it, so that no two lists share one.
pub fn of_fields<'t>(fields: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex(&hash.finalize())
}

/// One digest over scripts in the order in which they run, from the name and the digest of each.
pub fn of_scripts<'t>(scripts: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
    of_fields(scripts.into_iter().flat_map(|(name, digest)| [name, digest]))
}

/// One digest over what was planned: the scripts, and the checks where there are any.
pub fn of_folders(scripts: &[ScriptName], checks: &[ScriptName]) -> String {
    let of = |folder: &[ScriptName]| of_scripts(folder.iter().map(|file| (file.name.as_str(), file.digest.as_str())));
    if checks.is_empty() { of(scripts) } else { of_fields(["checks", &of(scripts), &of(checks)]) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha256_in_hex() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut digester = Digester::default();
        [&b"a"[..], b"", b"bc"].into_iter().for_each(|piece| digester.add(piece));
        assert_eq!(digester.digest(), sha256(b"abc"));
    }

    #[test]
    fn order_and_borders_count() {
        assert_ne!(of_fields(["ab", "c"]), of_fields(["a", "bc"]));
        assert_ne!(of_scripts([("1", "x"), ("2", "y")]), of_scripts([("2", "y"), ("1", "x")]));
    }

    #[test]
    fn checks_count_where_there_are_any() {
        let file = |name: &str| ScriptName { name: name.to_owned(), digest: "d".to_owned() };
        let (one, other) = ([file("1.sql")], [file("2.sql")]);
        assert_eq!(of_folders(&one, &[]), of_scripts([("1.sql", "d")]));
        let all = [of_folders(&one, &[]), of_folders(&one, &one), of_folders(&one, &other), of_folders(&other, &one)];
        all.iter().enumerate().for_each(|(at, digest)| assert!(!all[..at].contains(digest), "{at}"));
    }
}
