//! A connection that can be cut from within: at once, or in the middle of the next answer.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So much of an answer without a body is its first half.
const HALF_A_HEAD: usize = 40;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The stream of a connection.
pub(crate) struct Line<S> {
    stream: S,
    cut: Arc<Cut>,
}

/// The hand on the scissors.
#[derive(Debug, Default)]
pub(crate) struct Cut(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    /// Whoever waits for the client to say something.
    reader: Option<Waker>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Whole,
    /// Of the next answer its head goes out and so many bytes of its body.
    Half(usize),
    /// So many bytes go out.
    Left(usize),
    Cut,
}

impl Cut {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection, and so ends whoever waits for this.
    pub(crate) async fn now<T>(&self) -> T {
        self.close();
        std::future::pending().await
    }

    fn close(&self) {
        let mut state = self.state();
        state.mode = Mode::Cut;
        state.reader.take().into_iter().for_each(Waker::wake);
    }

    /// Closes the connection in the middle of the next answer, whose body has so many bytes.
    pub(crate) fn in_the_middle_of(&self, body: u64) {
        let half = usize::try_from(body / 2).unwrap_or(usize::MAX);
        self.state().mode = if body == 0 { Mode::Left(HALF_A_HEAD) } else { Mode::Half(half) };
    }
}

impl<S> Line<S> {
    /// The connection and what cuts it.
    pub(crate) fn new(stream: S, cut: &Arc<Cut>) -> Self {
        Self { stream, cut: Arc::clone(cut) }
    }

    /// How many of these bytes go out, if not all. A head is written in one piece, and its body with it.
    fn limit(&self, bytes: &[u8]) -> Option<usize> {
        let mut state = self.cut.state();
        if let Mode::Half(body) = state.mode {
            let head = bytes.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD)?;
            state.mode = Mode::Left(head + END_OF_HEAD.len() + body);
        }
        match state.mode {
            Mode::Whole | Mode::Half(_) => None,
            Mode::Left(left) => Some(left.min(bytes.len())),
            Mode::Cut => Some(0),
        }
    }

    fn wrote(&self, bytes: usize) {
        let mut state = self.cut.state();
        if let Mode::Left(left) = &mut state.mode {
            *left = left.saturating_sub(bytes);
        }
    }

    fn mode(&self) -> Mode {
        self.cut.state().mode
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection is cut")
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.cut.state();
        if state.mode == Mode::Cut {
            return Poll::Ready(Err(closed()));
        }
        state.reader = Some(cx.waker().clone());
        drop(state);
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let limit = self.limit(bytes).unwrap_or(bytes.len());
        if limit == 0 && !bytes.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            return Poll::Ready(Err(closed()));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..limit]))?;
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.mode() == Mode::Left(0) { Poll::Ready(Err(closed())) } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-type: text/plain\r\n\r\n0123456789";

    fn line() -> (Line<DuplexStream>, DuplexStream, Arc<Cut>) {
        let (ours, theirs) = tokio::io::duplex(4096);
        let cut = Arc::new(Cut::default());
        (Line::new(ours, &cut), theirs, cut)
    }

    async fn received(mut line: Line<DuplexStream>, mut theirs: DuplexStream) -> (bool, Vec<u8>) {
        let written = line.write_all(ANSWER).await.and(line.flush().await).is_ok();
        drop(line);
        let mut received = Vec::new();
        theirs.read_to_end(&mut received).await.unwrap();
        (written, received)
    }

    #[tokio::test]
    async fn an_answer_is_whole_unless_it_is_cut() {
        let (line, theirs, _) = line();
        assert_eq!(received(line, theirs).await, (true, ANSWER.to_vec()));
    }

    #[tokio::test]
    async fn half_of_a_body_goes_out_and_of_an_empty_one_half_of_the_head() {
        let (half, theirs, cut) = line();
        cut.in_the_middle_of(10);
        assert_eq!(received(half, theirs).await, (false, ANSWER[..ANSWER.len() - 5].to_vec()));
        let (none, theirs, cut) = line();
        cut.in_the_middle_of(0);
        assert_eq!(received(none, theirs).await, (false, ANSWER[..HALF_A_HEAD].to_vec()));
    }

    #[tokio::test]
    async fn who_reads_is_told_at_once() {
        let (mut line, _theirs, cut) = line();
        let reads = tokio::spawn(async move { line.read_u8().await });
        tokio::task::yield_now().await;
        tokio::select! {
            () = cut.now() => panic!("whoever cuts a connection goes with it"),
            read = reads => assert_eq!(read.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset),
        }
    }
}
