//! The record of every request, for whoever wants to check it against a specification afterwards. It keeps secrets, so
//! its file is for its owner only.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Mutex,
};

use anyhow::Context;
use serde_json::{Value, json};
use sim_tds::Login;

use crate::{
    http::{Answer, Reply, Request, SiteRequest},
    lock::lock,
};

/// Where requests are written to, if anywhere.
pub(crate) struct Capture(Option<Mutex<Lines>>);

struct Lines {
    file: File,
    seq: u64,
}

impl Capture {
    /// Opens the file, mode 0600; an old one is overwritten.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("opening the capture file `{}`", path.display()))?;
        Ok(Self(Some(Mutex::new(Lines { file, seq: 0 }))))
    }

    fn write(&self, line: impl FnOnce() -> Value) {
        let Some(lines) = &self.0 else { return };
        let mut lines = lock(lines);
        lines.seq += 1;
        let mut text = json!({"seq": lines.seq});
        if let (Value::Object(text), Value::Object(line)) = (&mut text, line()) {
            text.extend(line);
        }
        if let Err(error) = writeln!(lines.file, "{text}") {
            tracing::error!(%error, "writing the capture file");
        }
    }

    pub(crate) fn arm(&self, request: &Request, answer: &Answer) {
        let headers = |pairs: &[(String, String)]| -> Value {
            pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<serde_json::Map<_, _>>().into()
        };
        self.write(|| {
            json!({
                "protocol": "arm",
                "method": request.method,
                "url": request.url,
                "headers": headers(&request.headers),
                "body": body(&request.body),
                "status": answer.status,
                "response_headers": headers(&answer.headers),
                "response_body": answer.body,
            })
        });
    }

    /// Bodies are nothing but secrets here.
    pub(crate) fn sign_in(&self, request: &Request, answer: &Answer) {
        self.write(|| {
            json!({
                "protocol": "sign-in",
                "method": request.method,
                "url": request.url,
                "status": answer.status,
            })
        });
    }

    /// Without the package.
    pub(crate) fn publish(&self, request: &Request, answer: &Answer) {
        self.write(|| {
            json!({
                "protocol": "publish",
                "method": request.method,
                "url": request.url,
                "bytes": request.body.len(),
                "status": answer.status,
            })
        });
    }

    pub(crate) fn site(&self, unit: &str, host: &str, request: &SiteRequest, reply: &Reply) {
        self.write(|| {
            json!({
                "protocol": "site",
                "unit": unit,
                "method": request.method,
                "url": format!("https://{host}{}", request.path),
                "status": reply.status,
                "response_body": reply.body,
            })
        });
    }

    pub(crate) fn batch(&self, login: &Login, sql: &str) {
        self.write(|| {
            json!({
                "protocol": "tds",
                "server": login.server,
                "database": login.database,
                "application": login.application,
                "session": login.peer.to_string(),
                "sql": sql,
            })
        });
    }
}

/// JSON as JSON, anything else as text, nothing as null.
fn body(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(bytes)))
}
