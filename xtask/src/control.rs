//! A client of the simulator's control interface.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sim_control::{Act, AskForState, Fault, Faulted, Hand, Output, Report, StateDump, Wait, path};
use ureq::{Agent, Body, http::Response};

/// No answer takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// A client of one simulator.
#[derive(Debug, Clone)]
pub struct Control {
    agent: Agent,
    url: String,
}

impl Control {
    /// Takes the URL as the simulator prints it, e.g. `http://127.0.0.1:4711`.
    pub fn new(url: &str) -> Self {
        // The simulator is on this machine, whatever proxy the environment names.
        let config = Agent::config_builder().proxy(None).timeout_global(Some(LIMIT)).http_status_as_error(false);
        Self { agent: config.build().new_agent(), url: url.trim_end_matches('/').to_owned() }
    }

    /// What users saw so far.
    pub fn report(&self) -> anyhow::Result<Report> {
        self.get(path::REPORT)
    }

    /// The state of the world.
    pub fn world(&self) -> anyhow::Result<Value> {
        self.get(path::WORLD)
    }

    /// Hands the simulator what a process printed; it looks for secrets in it.
    pub fn output(&self, step: &str, text: &str) -> anyhow::Result<()> {
        self.post(path::OUTPUT, &Output { step: step.to_owned(), text: text.to_owned() })?.good().map(drop)
    }

    /// Sets a fault, or none, and counts requests from 1 again.
    pub fn set_fault(&self, fault: Option<&Fault>) -> anyhow::Result<()> {
        self.post(path::FAULT, &fault)?.good().map(drop)
    }

    /// What became of the fault, and every request since it was set.
    pub fn faulted(&self) -> anyhow::Result<Faulted> {
        self.get(path::FAULT)
    }

    /// Lets the operations go on that a fault has made hang.
    pub fn release(&self) -> anyhow::Result<()> {
        self.order(path::RELEASE)
    }

    /// Somebody acts by hand. Why there was nothing to act on, if so.
    pub fn hand(&self, hand: Hand) -> anyhow::Result<Option<String>> {
        let answer = self.post(path::HAND, &Act { hand })?;
        match answer.status {
            200 => Ok(None),
            409 => Ok(Some(answer.text)),
            _ => Err(answer.unexpected()),
        }
    }

    /// Saves the whole world under a name.
    pub fn snapshot(&self, name: &str) -> anyhow::Result<()> {
        self.order(&format!("{}?name={name}", path::SNAPSHOT))
    }

    /// Puts the world in the state that was saved under this name.
    pub fn restore(&self, name: &str) -> anyhow::Result<()> {
        self.order(&format!("{}?name={name}", path::RESTORE))
    }

    /// The world piece by piece, and the tables that users have written to.
    pub fn state_dump(&self, volatile: &[&str]) -> anyhow::Result<StateDump> {
        let volatile = volatile.iter().map(|column| (*column).to_owned()).collect();
        self.post(path::STATE_DUMP, &AskForState { volatile })?.read()
    }

    /// Makes every user read and write once.
    pub fn tick(&self) -> anyhow::Result<()> {
        self.order(path::TICK)
    }

    /// Waits for a condition. False if it does not hold in time.
    pub fn wait(&self, condition: &str, limit: Duration) -> anyhow::Result<bool> {
        let timeout_ms = u64::try_from(limit.as_millis())?;
        let answer = self.post(path::WAIT, &Wait { condition: condition.to_owned(), timeout_ms })?;
        match answer.status {
            200 => Ok(true),
            408 => Ok(false),
            _ => Err(answer.unexpected()),
        }
    }

    /// Looks at the report until `holds` says yes. False if it does not in time.
    pub fn wait_for(&self, limit: Duration, holds: impl Fn(&Report) -> bool) -> anyhow::Result<bool> {
        let deadline = Instant::now() + limit;
        while !holds(&self.report()?) {
            if Instant::now() > deadline {
                return Ok(false);
            }
            pause(Duration::from_millis(50));
        }
        Ok(true)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Answer::take(format!("GET {path}"), self.agent.get(self.at(path)).call())?.read()
    }

    fn post(&self, path: &str, body: &impl Serialize) -> anyhow::Result<Answer> {
        let request = self.agent.post(self.at(path)).content_type("application/json");
        Answer::take(format!("POST {path}"), request.send(serde_json::to_string(body)?))
    }

    /// A POST that says all by its path.
    fn order(&self, path: &str) -> anyhow::Result<()> {
        let sent = self.agent.post(self.at(path)).send_empty();
        Answer::take(format!("POST {path}"), sent)?.good().map(drop)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// What the simulator said to a request.
struct Answer {
    request: String,
    status: u16,
    text: String,
}

impl Answer {
    fn take(request: String, answered: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Self> {
        let text = |mut answer: Response<Body>| {
            let status = answer.status().as_u16();
            Ok((status, answer.body_mut().read_to_string()?))
        };
        let (status, text) = answered.and_then(text).with_context(|| format!("ask the simulator: {request}"))?;
        Ok(Self { request, status, text })
    }

    fn read<T: DeserializeOwned>(self) -> anyhow::Result<T> {
        let request = self.request.clone();
        let text = self.good()?;
        serde_json::from_str(&text).with_context(|| format!("read the simulator's answer to {request}"))
    }

    fn good(self) -> anyhow::Result<String> {
        if (200..300).contains(&self.status) { Ok(self.text) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> anyhow::Error {
        anyhow!("the simulator answered {} with {}: {}", self.request, self.status, self.text)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one poll of this tool: the report has no way to say that it changed"
)]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread::{self, JoinHandle},
    };

    use super::*;

    /// A server that gives one answer, and the request that it got.
    fn server(status: &'static str, text: &'static str) -> (Control, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let control = Control::new(&format!("http://{}/", listener.local_addr().unwrap()));
        let request = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read(&mut stream);
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{text}", text.len()).unwrap();
            request
        });
        (control, request)
    }

    /// Head and body: as many bytes as the head says.
    fn read(stream: &mut TcpStream) -> String {
        let (mut bytes, mut chunk) = (Vec::new(), [0; 1024]);
        loop {
            let count = stream.read(&mut chunk).unwrap();
            bytes.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8(bytes.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
            });
            if body.len() >= length.unwrap_or_default() {
                return text;
            }
        }
    }

    #[test]
    fn no_fault_is_a_body_too() {
        let (control, request) = server("200 OK", "{}");
        control.set_fault(None).unwrap();
        let request = request.join().unwrap();
        assert!(request.starts_with("POST /fault HTTP/1.1\r\n") && request.ends_with("\r\n\r\nnull"), "{request}");
    }

    #[test]
    fn a_condition_that_does_not_hold_in_time_is_no_error() {
        let (control, request) = server("408 Request Timeout", "not yet");
        assert!(!control.wait("idle", Duration::from_millis(7)).unwrap());
        assert!(request.join().unwrap().ends_with(r#"{"condition":"idle","timeout_ms":7}"#));
    }

    #[test]
    fn a_hand_with_nothing_to_act_on_says_why() {
        let (control, request) = server("409 Conflict", "there is no link");
        assert_eq!(control.hand(Hand::RemoveLink).unwrap().as_deref(), Some("there is no link"));
        assert!(request.join().unwrap().ends_with(r#"{"hand":"remove-link"}"#));
    }

    #[test]
    fn what_the_simulator_refuses_is_told_with_its_words() {
        let (control, request) = server("409 Conflict", "no snapshot `a` was made");
        let error = control.restore("a").unwrap_err();
        let expected = "the simulator answered POST /restore?name=a with 409: no snapshot `a` was made";
        assert_eq!(error.to_string(), expected);
        request.join().unwrap();
    }
}
