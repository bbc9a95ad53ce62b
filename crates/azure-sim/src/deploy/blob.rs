//! A storage account that gives out V2's package to whoever knows the signature of its address.

use std::{fs, path::PathBuf};

use crate::{http::Request, random::Random};

/// The blob host.
pub(crate) const BLOB: &str = "contosostorage.blob.core.windows.net";

/// The blob.
const PATH: &str = "/packages/v2.zip";

/// What the blob host has: one file, read anew for each request.
pub(crate) struct Packages {
    file: PathBuf,
    signature: String,
}

impl Packages {
    pub(crate) fn new(file: PathBuf, random: &Random) -> Self {
        Self { file, signature: random.word(44) }
    }

    /// Where the package is, with the right to read it.
    pub(crate) fn address(&self) -> String {
        format!("https://{BLOB}{PATH}?sv=2022-11-02&sr=b&sp=r&sig={}", self.signature)
    }

    /// The secret part of the address.
    pub(crate) fn signature(&self) -> &str {
        &self.signature
    }

    /// The answer to a request to the blob host: status and body.
    pub(crate) fn answer(&self, request: &Request) -> (u16, Vec<u8>) {
        let signed = request.query.get("sig").is_some_and(|signature| *signature == self.signature);
        match (request.method.as_str(), request.path() == PATH) {
            _ if !signed => (403, b"AuthenticationFailed".to_vec()),
            ("GET", true) => fs::read(&self.file).map_or((404, b"BlobNotFound".to_vec()), |bytes| (200, bytes)),
            ("GET", false) => (404, b"BlobNotFound".to_vec()),
            _ => (405, b"UnsupportedHttpVerb".to_vec()),
        }
    }

    /// What a deployment finds at an address.
    ///
    /// # Errors
    /// Why there is no package.
    pub(super) fn fetch(&self, address: &str) -> Result<Vec<u8>, String> {
        let url = url::Url::parse(address).map_err(|error| format!("the address of the package is none: {error}"))?;
        if url.scheme() != "https" || url.host_str() != Some(BLOB) {
            return Err("nothing was found at the address of the package".to_owned());
        }
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        match self.answer(&Request::new("GET", BLOB, &target, Vec::new(), Vec::new())) {
            (200, bytes) => Ok(bytes),
            (status, _) => Err(format!("the address of the package answered {status}")),
        }
    }
}
