//! A package: a zip file with `app.json` at its root.

use std::io::{Cursor, Read, Write};

use anyhow::Context;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::world::App;

/// The file that says what the application does.
const APP: &str = "app.json";

/// The largest `app.json` that is read, in bytes; a zip file can promise more than it holds.
const LARGEST_APP: u64 = 1024 * 1024;

/// The application in a package.
///
/// # Errors
/// What is wrong with the package, as the log of the deployment says it.
pub(super) fn open(bytes: &[u8]) -> Result<App, String> {
    read(bytes).map_err(|error| format!("the package cannot be deployed: {error:#}"))
}

fn read(bytes: &[u8]) -> anyhow::Result<App> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context("it is no zip file")?;
    let file = archive.by_name(APP).with_context(|| format!("it has no `{APP}` at its root"))?;
    let mut text = String::new();
    file.take(LARGEST_APP).read_to_string(&mut text).with_context(|| format!("its `{APP}` cannot be read"))?;
    App::read(&text, APP)
}

/// The package of an application, the same bytes for the same text.
///
/// # Errors
/// The zip file cannot be written.
pub(crate) fn pack(app: &str) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(APP, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))?;
    zip.write_all(app.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"version":"7","health":[],"read":[],"write":[]}"#;

    #[test]
    fn what_is_packed_can_be_opened() {
        let package = pack(SMALL).unwrap();
        assert_eq!(open(&package).unwrap().version, "7");
        assert_eq!(package, pack(SMALL).unwrap());
    }

    #[test]
    fn a_wrong_package_says_what_is_wrong() {
        let wrong = |bytes: &[u8]| open(bytes).err().unwrap();
        assert!(wrong(b"hello").starts_with("the package cannot be deployed: it is no zip file"));
        assert!(wrong(&pack("{}").unwrap()).contains("missing field `version`"));
    }
}
