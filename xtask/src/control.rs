//! The simulator's control interface: plain HTTP on loopback.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
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

    /// Sets a fault, or none with `null`, and counts requests from 1 again.
    pub fn set_fault(&self, fault: &Value) -> anyhow::Result<()> {
        self.call("POST", "/fault", &Value::String(fault.to_string())).map(drop)
    }

    /// What became of the fault, and every request since it was set.
    pub fn faulted(&self) -> anyhow::Result<Value> {
        self.call("GET", "/fault", &Value::Null)
    }

    /// Lets the operations go on that a fault has made hang.
    pub fn release(&self) -> anyhow::Result<()> {
        self.call("POST", "/release", &Value::Null).map(drop)
    }

    /// Somebody acts by hand. Why there was nothing to act on, if so.
    pub fn hand(&self, hand: &str) -> anyhow::Result<Option<String>> {
        let (status, text) = self.ask("POST", "/hand", &json!({ "hand": hand }))?;
        match status.as_str() {
            "200" => Ok(None),
            "409" => Ok(Some(text)),
            status => bail!("the simulator answered POST /hand with {status}: {text}"),
        }
    }

    /// Saves the whole world under a name.
    pub fn snapshot(&self, name: &str) -> anyhow::Result<()> {
        self.call("POST", &format!("/snapshot?name={name}"), &Value::Null).map(drop)
    }

    /// Puts the world in the state that was saved under this name.
    pub fn restore(&self, name: &str) -> anyhow::Result<()> {
        self.call("POST", &format!("/restore?name={name}"), &Value::Null).map(drop)
    }

    /// The world piece by piece, and the tables that users have written to.
    pub fn picture(&self, volatile: &[&str]) -> anyhow::Result<Value> {
        self.call("POST", "/picture", &json!({ "volatile": volatile }))
    }

    /// Makes every user read and write once.
    pub fn tick(&self) -> anyhow::Result<()> {
        self.call("POST", "/tick", &Value::Null).map(drop)
    }

    /// Waits for a condition. False if it does not hold in time.
    pub fn wait(&self, condition: &str, limit: Duration) -> anyhow::Result<bool> {
        let body = json!({ "condition": condition, "timeout_ms": u64::try_from(limit.as_millis())? });
        let (status, text) = self.ask("POST", "/wait", &body)?;
        match status.as_str() {
            "200" => Ok(true),
            "408" => Ok(false),
            status => bail!("the simulator answered POST /wait with {status}: {text}"),
        }
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

    fn call(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, body) = self.ask(method, path, body)?;
        ensure!(status.starts_with('2'), "the simulator answered {method} {path} with {status}: {body}");
        if body.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body).with_context(|| format!("read the simulator's answer to {method} {path}"))
    }

    /// Status and body. HTTP/1.0, so that the answer is neither chunked nor kept open.
    fn ask(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<(String, String)> {
        let answer =
            self.exchange(method, path, body).with_context(|| format!("ask the simulator: {method} {path}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the simulator's answer has no body")?;
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        Ok((status.to_owned(), body.to_owned()))
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<String> {
        let body = match body {
            Value::Null => String::new(),
            // JSON that was written already, such as `null`, which is a body too.
            Value::String(written) => written.clone(),
            body => body.to_string(),
        };
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
