//! A small HTTP server that answers by script and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use url::Url;

/// One act of the server; each request meets the next one.
#[derive(Debug, Clone)]
pub enum Act {
    /// Status, headers, body. `{here}` in headers and body is the server's own address.
    Answer(u16, Vec<(String, String)>, String),
    /// Close the connection without a word.
    Cut,
    /// Promise more than is sent, then close.
    Half,
    /// Say nothing, and keep the connection.
    Stall,
}

/// An answer with these headers.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Act {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Act::Answer(status, headers.iter().map(owned).collect(), body.to_owned())
}

/// What the server was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The name in TLS.
    pub sni: Option<String>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The script, and what was asked so far.
#[derive(Clone)]
pub struct Stage {
    acts: Arc<Mutex<std::vec::IntoIter<Act>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stage {
    pub fn new(script: Vec<Act>) -> Self {
        Self { acts: Arc::new(Mutex::new(script.into_iter())), asked: Arc::default() }
    }

    /// All that was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn next(&self, asked: Asked) -> Act {
        self.asked.lock().unwrap().push(asked);
        let over = || answer(418, &[], "the script is over");
        self.acts.lock().unwrap().next().unwrap_or_else(over)
    }

    /// Answers the requests of one connection.
    pub async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin, here: String, sni: Option<String>) {
        let mut stream = BufReader::new(stream);
        while let Some(asked) = read_request(&mut stream).await {
            match self.next(Asked { sni: sni.clone(), ..asked }) {
                Act::Answer(status, headers, body) => {
                    let text = written(status, &headers, &body, &here);
                    if stream.write_all(text.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Act::Half => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
                    return;
                }
                Act::Cut => return,
                Act::Stall => std::future::pending::<()>().await,
            }
        }
    }
}

fn written(status: u16, headers: &[(String, String)], body: &str, here: &str) -> String {
    let body = body.replace("{here}", here);
    let header = |(name, value): &(String, String)| format!("{name}: {}\r\n", value.replace("{here}", here));
    let headers: String = headers.iter().map(header).collect();
    // A 204 has no body, and no length either.
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!("HTTP/1.1 {status} Scripted\r\n{headers}{length}\r\n{body}")
}

async fn read_request(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Asked> {
    let first = line(stream).await?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked { method: words.next()?, target: words.next()?, ..Asked::default() };
    loop {
        let header = line(stream).await?;
        let Some((name, value)) = header.split_once(": ") else { break };
        asked.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { body: String::from_utf8(body).unwrap(), ..asked })
}

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// Serves the script over plain HTTP at a loopback address.
pub async fn serve(script: Vec<Act>) -> (Url, Stage) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let (url, stage) = (Url::parse(&here).unwrap(), Stage::new(script));
    let serving = stage.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serving.clone().converse(stream, here.clone(), None));
        }
    });
    (url, stage)
}
