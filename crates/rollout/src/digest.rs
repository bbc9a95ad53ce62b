//! Digests by which a later step knows that it works on what was planned.

use std::fmt::Write;

use sha2::{Digest, Sha256};

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
}
