//! A session: one log-in to one database, used by one caller at a time.
//!
//! Every answer is read to its end, because an error may stand behind the last result set. A session that ran into a
//! time limit, or whose connection broke, or whose caller stopped waiting in the middle of a call, is closed and never
//! used again: what is left on the wire could be taken for the answer to the next call. The server is asked to stop working
//! on a call that nobody waits for any more, so that its locks do not outlive it for longer than they must.

use std::{sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use tiberius::{QueryItem, error::Error};
use tokio::{
    runtime::Handle,
    sync::{Mutex, MutexGuard},
    task::{AbortHandle, JoinHandle},
    time::{Instant, timeout},
};
use tracing::{Dispatch, instrument::WithSubscriber};

use crate::{
    answer::{Answer, Row},
    connect::{Client, Connect},
    error::{Kind, SqlError},
    messages::Listener,
    server_error,
    split::Batch,
};
use retry::{RetryPolicy, pause};

/// How long the server gets to acknowledge that a call is cancelled.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);
/// What says nothing but that somebody is there.
const SIGN_OF_LIFE: &str = "SELECT 1 AS alive";
/// A server that takes longer for that is not there any more.
const SIGN_OF_LIFE_LIMIT: Duration = Duration::from_secs(15);
/// Errors of this class and above end the connection (MS-TDS 2.2.7.10: 20 to 25 are fatal).
const FATAL_CLASS: u8 = 20;

/// A log-in to one database. While nobody uses it, it gives signs of life by itself.
pub struct Session {
    line: Arc<Mutex<Connection>>,
    keep_alive: AbortHandle,
    place: String,
    listener: Listener,
    dispatch: Dispatch,
}

/// The connection, and when it was last used.
struct Connection {
    client: Option<Client>,
    used: Instant,
    /// The end of a call that nobody waited for.
    ending: Option<JoinHandle<()>>,
}

/// A connection in the middle of a call. Who drops it there does not wait for the call any more.
struct Call<'l> {
    line: MutexGuard<'l, Connection>,
    client: Option<Client>,
}

/// What is done with the rows of an answer.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    Keep,
    Discard,
    /// So many are put into words, and all are counted.
    Glance(usize),
}

/// What came of a batch.
#[derive(Default)]
struct Drained {
    sets: Vec<Vec<Row>>,
    shown: Vec<String>,
    rows: u64,
}

/// What a batch of the user's answered. It takes no more memory than the rows that are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// The first rows in words.
    pub shown: Vec<String>,
    /// How many rows there are, of all result sets.
    pub rows: u64,
    /// What `PRINT` and `RAISERROR` of low severity said, in order.
    pub messages: Vec<String>,
}

impl Session {
    /// Logs in: one attempt.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::Tls`], [`Kind::Login`] and [`Kind::Lost`].
    pub async fn connect(connect: &Connect) -> Result<Self, SqlError> {
        Ok(Self::over(connect.open().await?, connect))
    }

    /// Logs in, and tries again while that may help, within the budget.
    ///
    /// # Errors
    /// The last attempt's, as [`Session::connect`].
    pub async fn connect_patiently(connect: &Connect, policy: RetryPolicy) -> Result<Self, SqlError> {
        Ok(Self::over(connect.open_patiently(policy).await?, connect))
    }

    fn over(client: Client, connect: &Connect) -> Self {
        let listener = Listener::default();
        let dispatch = listener.dispatch();
        let line = Arc::new(Mutex::new(Connection { client: Some(client), used: Instant::now(), ending: None }));
        let sending = send_keep_alives(line.clone(), connect.keep_alive).with_subscriber(dispatch.clone());
        let keep_alive = tokio::spawn(sending).abort_handle();
        Self { line, keep_alive, place: connect.to_string(), listener, dispatch }
    }

    /// Whether another call can be sent. It says nothing about a connection that broke since it was last used, by a call
    /// or by a sign of life; one that is under way is waited for, and so is the end of a call that was given up.
    pub async fn is_open(&self) -> bool {
        let mut line = self.line.lock().await;
        if let Some(ending) = line.ending.take() {
            // Whatever became of it: the connection is closed.
            let _ = ending.await;
        }
        line.client.is_some()
    }

    /// Which database on which server, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Sends a batch of ours and reads its whole answer. `attempt` says what it is for, as it follows "cannot".
    ///
    /// # Errors
    /// [`Kind::Server`] leaves the session usable unless the server ended it; [`Kind::Timeout`] after `limit` and
    /// [`Kind::Lost`] close it; [`Kind::Closed`] when it was closed before.
    pub async fn query(&mut self, attempt: &str, sql: &str, limit: Duration) -> Result<Answer, SqlError> {
        let (attempt, drained, messages) = self.send(attempt, sql, limit, Rows::Keep, None).await?;
        Ok(Answer { attempt, sets: drained.sets, messages })
    }

    /// Sends a batch of a script once, whatever its repeat count, and answers the messages that it printed; rows are
    /// read and dropped. An error's line is that of the script's file.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub async fn run(&mut self, attempt: &str, batch: &Batch, limit: Duration) -> Result<Vec<String>, SqlError> {
        let (_, _, messages) = self.send(attempt, &batch.text, limit, Rows::Discard, Some(batch.first_line)).await?;
        Ok(messages)
    }

    /// As [`Session::run`], with a look at the first rows and the count of all.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub async fn glance(
        &mut self,
        attempt: &str,
        batch: &Batch,
        shown: usize,
        limit: Duration,
    ) -> Result<Glance, SqlError> {
        let sent = self.send(attempt, &batch.text, limit, Rows::Glance(shown), Some(batch.first_line)).await?;
        let (_, Drained { shown, rows, .. }, messages) = sent;
        Ok(Glance { shown, rows, messages })
    }

    /// Closes the session without a word, so that nothing more can be sent.
    pub(crate) async fn abandon(&mut self) {
        self.line.lock().await.client = None;
    }

    /// Says good-bye to the server; dropping a session ends it as well.
    pub async fn close(self) {
        if let Some(client) = self.line.lock().await.client.take() {
            // The server ends the session either way, and nobody could act on a failure.
            let _ = timeout(CANCEL_LIMIT, client.close()).await;
        }
    }

    async fn send(
        &mut self,
        attempt: &str,
        sql: &str,
        limit: Duration,
        rows: Rows,
        first_line: Option<u32>,
    ) -> Result<(Arc<str>, Drained, Vec<String>), SqlError> {
        let attempt: Arc<str> = format!("{attempt} in {}", self.place).into();
        let closed = || SqlError::new(Kind::Closed, &*attempt, "the session was closed by an earlier failure");
        let mut call = Call::begin(self.line.lock().await);
        let client = call.client.as_mut().ok_or_else(closed)?;
        self.listener.take();
        let outcome = timeout(limit, drain(client, sql, rows, &attempt)).with_subscriber(self.dispatch.clone()).await;
        match outcome {
            Ok(Ok(drained)) => {
                call.end(true);
                Ok((attempt, drained, self.listener.take().messages))
            }
            Ok(Err(error)) => {
                call.end(is_usable_after(&error));
                Err(self.failure(&attempt, error, first_line))
            }
            Err(_) => {
                call.cancel().await;
                Err(SqlError::new(
                    Kind::Timeout,
                    &*attempt,
                    format!("no complete answer within {limit:?}; it was cancelled"),
                ))
            }
        }
    }

    fn failure(&self, attempt: &str, error: Error, first_line: Option<u32>) -> SqlError {
        match error {
            Error::Server(error) => {
                let kind = if error.class() < FATAL_CLASS { Kind::Server } else { Kind::Lost };
                server_error::read(attempt, &error, kind, first_line)
            }
            Error::Io { message, .. } => SqlError::new(Kind::Lost, attempt, self.final_server_errors(&message)),
            Error::Tls(message) => SqlError::new(Kind::Lost, attempt, self.final_server_errors(&message)),
            other => SqlError::new(Kind::Lost, attempt, format!("the server's answer cannot be read: {other}")),
        }
    }

    /// A server that ends a session says why before it closes the connection.
    fn final_server_errors(&self, message: &str) -> String {
        let said = self.listener.take().errors.join(" ");
        let connection = format!("the connection broke: {message}");
        if said.is_empty() {
            connection
        } else {
            format!("{connection}; before, the server said: {}", said.trim_end_matches('.'))
        }
    }
}

impl<'l> Call<'l> {
    /// Takes the connection out of the line while the call runs: whoever stops waiting for it leaves a closed session.
    fn begin(mut line: MutexGuard<'l, Connection>) -> Self {
        let client = line.client.take();
        Self { line, client }
    }

    /// The answer was read to its end.
    fn end(mut self, usable: bool) {
        self.line.used = Instant::now();
        self.line.client = self.client.take().filter(|_| usable);
    }

    /// The time for it is over.
    async fn cancel(mut self) {
        if let Some(client) = self.client.take() {
            cancel(client).await;
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let (Some(client), Ok(runtime)) = (self.client.take(), Handle::try_current()) {
            self.line.ending = Some(runtime.spawn(cancel(client)));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.keep_alive.abort();
    }
}

/// Gives a sign of life whenever the line was silent for so long, until it is closed. One that fails closes it: who uses
/// the session next finds that out before anything is sent.
async fn send_keep_alives(line: Arc<Mutex<Connection>>, every: Duration) {
    loop {
        let silent = line.lock().await.used.elapsed();
        if let Some(rest) = every.checked_sub(silent).filter(|rest| !rest.is_zero()) {
            pause(rest).await;
            continue;
        }
        let mut line = line.lock().await;
        let Some(mut client) = line.client.take() else { return };
        let alive = timeout(SIGN_OF_LIFE_LIMIT, drain(&mut client, SIGN_OF_LIFE, Rows::Discard, &"".into())).await;
        line.client = matches!(alive, Ok(Ok(_))).then_some(client);
        line.used = Instant::now();
    }
}

/// Sends the batch and reads the answer to its end.
async fn drain(client: &mut Client, sql: &str, rows: Rows, attempt: &Arc<str>) -> Result<Drained, Error> {
    #[expect(clippy::disallowed_methods, reason = "the one place, and it drains the stream")]
    let mut stream = client.simple_query(sql).await?;
    let mut drained = Drained::default();
    while let Some(item) = stream.try_next().await? {
        match item {
            QueryItem::Metadata(_) => drained.sets.push(Vec::new()),
            QueryItem::Row(cells) => drained.take(Row { attempt: attempt.clone(), cells }, rows),
        }
    }
    Ok(drained)
}

impl Drained {
    fn take(&mut self, row: Row, rows: Rows) {
        self.rows += 1;
        match rows {
            Rows::Keep => self.sets.last_mut().map(|set| set.push(row)).unwrap_or_default(),
            Rows::Glance(most) if self.shown.len() < most => self.shown.push(row.in_words()),
            Rows::Glance(_) | Rows::Discard => {}
        }
    }
}

/// After an error of the server the answer was read to its end; after any other there is no telling.
fn is_usable_after(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.class() < FATAL_CLASS)
}

/// Asks the server to stop working on the call, then drops the connection whatever the server says.
async fn cancel(mut client: Client) {
    let _ = timeout(CANCEL_LIMIT, client.cancel_query()).await;
}
