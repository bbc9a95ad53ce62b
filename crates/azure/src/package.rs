//! The address of a package, and the digest of what it gives out.

use std::{fmt, time::Duration};

use reqwest::header::HOST;
use rollout::digest::Digester;
use tokio::time::timeout;
use url::Url;

use crate::{
    attempts::{self, Failed},
    client::Client,
    connect::bare_host,
    error::{Cause, Error},
    response::Response,
};

/// The largest package that App Service takes, in bytes.
const LARGEST: u64 = 2 << 30;

/// A zip begins with the signature of a file, or with that of its end where it is empty (PKWARE's APPNOTE, 4.3.7 and 4.3.16).
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The length of a signature.
const SIGNATURE: usize = 4;

/// Whether this can be the beginning of a zip.
pub fn is_zip(bytes: &[u8]) -> bool {
    ZIP.iter().any(|signature| bytes.starts_with(signature))
}

/// A part of a query that is shorter is no signature, and would be found everywhere.
const SHORTEST_SECRET: usize = 16;

/// Where a package is, https. Its query may hold a signature with the right to read it, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PackageAddress(Url);

impl PackageAddress {
    /// Reads an address; `None` where the text is none, such as the path of a file.
    ///
    /// # Errors
    /// It is an address, and not one that a package may come from: why.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some((scheme, _)) = text.split_once("://") else { return Ok(None) };
        let url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
        match () {
            () if url.scheme() != "https" => Err(format!("its scheme is `{scheme}`, and not `https`")),
            () if url.host_str().is_none_or(str::is_empty) => Err("it names no host".to_owned()),
            () if !url.username().is_empty() || url.password().is_some() => {
                Err("it holds a user name or a password, which Azure does not take".to_owned())
            }
            () => Ok(Some(Self(url))),
        }
    }

    /// The whole of it, for whoever fetches the package.
    pub(crate) fn with_signature(&self) -> &str {
        self.0.as_str()
    }

    /// What must never be shown of it.
    pub fn secrets(&self) -> Vec<String> {
        let Some(query) = self.0.query().filter(|query| query.len() >= SHORTEST_SECRET) else { return Vec::new() };
        let encoded = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned());
        let decoded = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let values = encoded.chain(decoded).filter(|value| value.len() >= SHORTEST_SECRET);
        [self.0.to_string(), query.to_owned()].into_iter().chain(values).collect()
    }
}

/// Without query and fragment.
impl fmt::Display for PackageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
    }
}

impl fmt::Debug for PackageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackageAddress({self})")
    }
}

impl Client {
    /// SHA-256, in lower-case hex, of what an address gives out now. No token goes there, and no redirect is followed.
    ///
    /// # Errors
    /// It gives out nothing, or not all of it within `limit`.
    pub async fn digest_of(&self, package: &PackageAddress, limit: Duration) -> Result<String, Error> {
        let tried = format!("fetch the package at `{package}`");
        let fetched = attempts::persist(&tried, &self.retry, true, async || self.fetch(&package.0, limit).await);
        let late = || Error::new(&tried, Cause::Deadline { limit, state: "being fetched".to_owned() });
        timeout(limit, fetched).await.unwrap_or_else(|_| Err(late()))
    }

    async fn fetch(&self, url: &Url, limit: Duration) -> Result<String, Failed> {
        let lost = |source: reqwest::Error| Cause::NoAnswer { host: bare_host(url), source: source.without_url() };
        let route = self.connector.route(url)?;
        let mut request = route.client.get(route.url).timeout(limit);
        if let Some(host) = route.host {
            request = request.header(HOST, host);
        }
        let mut response = request.send().await.map_err(lost)?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        if status != 200 {
            return Err(Failed::answered(&Response { status, headers, body: Vec::new() }, Cause::Package { status }));
        }
        let (mut digester, mut size, mut beginning) = (Digester::default(), 0, Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            size += chunk.len() as u64;
            if size > LARGEST {
                return Err(Cause::TooLarge { limit: usize::try_from(LARGEST).unwrap_or(usize::MAX) }.into());
            }
            beginning.extend(chunk.iter().take(SIGNATURE.saturating_sub(beginning.len())));
            digester.add(&chunk);
        }
        if is_zip(&beginning) { Ok(digester.digest()) } else { Err(Cause::NoZip.into()) }
    }
}

#[cfg(test)]
#[path = "package_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
