//! The simulator's control interface: plain HTTP on loopback.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// A client of one simulator.
#[derive(Debug, Clone)]
pub struct Control {
    address: String,
}

impl Control {
    /// Takes the address as the simulator prints it, e.g. `http://127.0.0.1:4711`.
    pub fn new(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").trim_end_matches('/').to_owned() }
    }

    /// What users saw so far.
    pub fn report(&self) -> anyhow::Result<Value> {
        self.call("GET", "/report", &Value::Null)
    }

    /// The state of the world.
    pub fn world(&self) -> anyhow::Result<Value> {
        self.call("GET", "/world", &Value::Null)
    }

    /// Hands the simulator what a process printed; it looks for secrets in it.
    pub fn output(&self, step: &str, text: &str) -> anyhow::Result<()> {
        self.call("POST", "/output", &json!({ "step": step, "text": text })).map(drop)
    }

    /// Looks at the report until `holds` says yes. False if it does not in time.
    pub fn wait_for(&self, limit: Duration, holds: impl Fn(&Value) -> bool) -> anyhow::Result<bool> {
        let deadline = Instant::now() + limit;
        while !holds(&self.report()?) {
            if Instant::now() > deadline {
                return Ok(false);
            }
            pause(Duration::from_millis(50));
        }
        Ok(true)
    }

    /// HTTP/1.0, so that the answer is neither chunked nor kept open.
    fn call(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer =
            self.exchange(method, path, body).with_context(|| format!("ask the simulator: {method} {path}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the simulator's answer has no body")?;
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        ensure!(status.starts_with('2'), "the simulator answered {method} {path} with {status}: {body}");
        if body.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(body).with_context(|| format!("read the simulator's answer to {method} {path}"))
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one poll of this tool: the report has no way to say that it changed"
)]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
