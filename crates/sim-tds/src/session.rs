//! A logged-in client: its requests, one after the other, until one side has had enough.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use sim_sql::Message as SqlMessage;
use tokio::{
    io::AsyncRead,
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, Interval, MissedTickBehavior, interval, sleep_until},
};

use crate::{
    Login,
    answer::Answer,
    backend::{Backend, Control, Gate},
    connection::{FAREWELL_LIMIT, Failure, Lifeline, Writer},
    login::server_name,
    packet::{Message, kind},
    request::{Request, bad_stream},
    run::{Batch, BatchRun, ConnectionContext, Fate},
    token::{Done, DoneKind, status},
    wire::{Broken, Incoming, Out},
};

/// How often a session is looked at that may have been killed.
const GLANCE: Duration = Duration::from_millis(50);

/// A connection after its log-in.
pub(crate) struct Session<R> {
    desk: Arc<ConnectionContext>,
    incoming: Incoming<R>,
    writer: Writer,
    glance: Interval,
    /// A request that came while another one was running.
    queued: Option<Message>,
}

/// What a batch leaves behind.
type Finished = (Box<dyn Backend>, Fate);

impl<R: AsyncRead + Unpin> Session<R> {
    pub(crate) fn new(
        login: Login,
        gate: Arc<dyn Gate>,
        incoming: Incoming<R>,
        out: mpsc::Sender<Out>,
        writer: Writer,
    ) -> Self {
        let server = server_name(&login);
        let mut glance = interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { desk: Arc::new(ConnectionContext { gate, login, server, out }), incoming, writer, glance, queued: None }
    }

    /// Answers requests until the client leaves, its session is killed or the connection is cut.
    pub(crate) async fn serve(mut self, backend: Box<dyn Backend>) -> Result<(), Failure> {
        let mut seat = BackendSlot(Some(backend));
        let result = self.requests(&mut seat).await;
        drop(seat);
        if let Err(Failure::Broken(Broken::Malformed(error))) = &result {
            self.reply(&bad_stream(error), false).await;
        }
        let Self { desk, writer, .. } = self;
        drop(desk);
        writer.finish().await;
        result
    }

    async fn requests(&mut self, seat: &mut BackendSlot) -> Result<(), Failure> {
        loop {
            let message = match self.request(seat.control()).await? {
                Next::Message(message) => message,
                Next::Over => break,
                Next::Forgotten => return self.forget(seat).await,
            };
            match Request::read(&message) {
                Request::Attention => self.done(status::ATTENTION).await,
                Request::Withdrawn => self.done(status::ERROR).await,
                Request::Refuse { error, call } => self.reply(&error, call).await,
                Request::Run { sql, call } => {
                    let batch = Batch { sql, call, reset: message.reset };
                    if self.run_on(seat, batch).await? != Fate::Answered {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn run_on(&mut self, seat: &mut BackendSlot, batch: Batch) -> Result<Fate, Failure> {
        let Some(backend) = seat.0.take() else { return Ok(Fate::Cut) };
        let (backend, fate) = self.run(backend, batch).await?;
        let control = backend.control();
        seat.0 = Some(backend);
        match fate {
            Fate::Answered | Fate::Last => {}
            Fate::Held => self.hold(&*control).await,
            Fate::Cut => self.writer.cut(),
        }
        Ok(fate)
    }

    /// The next request, or why there is none.
    async fn request(&mut self, control: Option<Arc<dyn Control>>) -> Result<Next, Failure> {
        if let Some(message) = self.queued.take() {
            return Ok(Next::Message(message));
        }
        let Some(control) = control else { return Ok(Next::Over) };
        let forgotten = self.desk.gate.idle_limit().map(|limit| Instant::now() + limit);
        loop {
            tokio::select! {
                message = self.incoming.next() => return Ok(message?.map_or(Next::Over, Next::Message)),
                () = until(forgotten) => return Ok(Next::Forgotten),
                _ = self.glance.tick() => if control.is_killed() { return Ok(Next::Over) },
            }
        }
    }

    /// Says nothing until the client asks for the end of its batch, leaves, or loses its session.
    async fn hold(&mut self, control: &dyn Control) {
        loop {
            tokio::select! {
                message = self.incoming.next() => match message {
                    Ok(Some(message)) if message.kind == kind::ATTENTION => return self.done(status::ATTENTION).await,
                    _ => return self.writer.cut(),
                },
                _ = self.glance.tick() => if control.is_killed() { return self.writer.cut() },
            }
        }
    }

    /// The session ends, and its client hears of it only when it speaks again.
    async fn forget(&mut self, seat: &mut BackendSlot) -> Result<(), Failure> {
        drop(std::mem::replace(seat, BackendSlot(None)));
        let spoke = self.incoming.next().await;
        self.writer.cut();
        spoke.map(drop).map_err(Failure::from)
    }

    /// Runs a batch while listening to the client: it may ask for the end, or leave.
    async fn run(&mut self, mut backend: Box<dyn Backend>, batch: Batch) -> Result<Finished, Failure> {
        let (desk, control, course) = (Arc::clone(&self.desk), backend.control(), Arc::new(BatchRun::default()));
        let lifeline = Lifeline(Some(Arc::clone(&control)));
        let work = spawn_blocking({
            let course = Arc::clone(&course);
            move || {
                let fate = desk.run(&mut *backend, &batch, &course);
                (backend, fate)
            }
        });
        let (finished, late) = self.watch(work, &*control, &course).await?;
        lifeline.release();
        control.forget_cancel();
        if late && finished.1 == Fate::Answered {
            self.done(status::ATTENTION).await;
        }
        Ok(finished)
    }

    /// Waits for a batch. Tells too whether the client asked for its end too late for the answer to say so.
    async fn watch(
        &mut self,
        mut work: JoinHandle<Finished>,
        control: &dyn Control,
        course: &BatchRun,
    ) -> Result<(Finished, bool), Failure> {
        let (mut late, mut killed_at) = (false, None);
        loop {
            tokio::select! {
                finished = &mut work => return Ok((finished?, late)),
                message = self.incoming.next(), if self.queued.is_none() => match message {
                    Ok(Some(message)) if message.kind == kind::ATTENTION => late = !attend(control, course),
                    Ok(Some(message)) => self.queued = Some(message),
                    Ok(None) | Err(_) => return Ok((self.abandon(work, control).await?, false)),
                },
                _ = self.glance.tick() => self.look_after(control, &mut killed_at),
            }
        }
    }

    /// The client has left: so does its batch.
    async fn abandon(&mut self, work: JoinHandle<Finished>, control: &dyn Control) -> Result<Finished, Failure> {
        self.writer.cut();
        control.kill();
        let (backend, _) = work.await?;
        Ok((backend, Fate::Cut))
    }

    /// A batch whose answer nobody takes is killed; one that was killed and cannot end, since its client does not read,
    /// is freed.
    fn look_after(&self, control: &dyn Control, killed_at: &mut Option<Instant>) {
        if self.writer.is_gone() {
            control.kill();
        }
        if control.is_killed() && killed_at.get_or_insert_with(Instant::now).elapsed() > FAREWELL_LIMIT {
            self.writer.cut();
        }
    }

    async fn done(&self, bits: u16) {
        let mut tokens = BytesMut::new();
        Done::new(DoneKind::Batch, bits).put(&mut tokens);
        self.send(tokens).await;
    }

    async fn reply(&self, error: &SqlMessage, call: bool) {
        let mut answer = Answer::new(&self.desk.server, call);
        answer.message(error);
        answer.end(crate::answer::End::Completed);
        self.send(answer.take().into()).await;
    }

    async fn send(&self, tokens: BytesMut) {
        for out in [Out::Tokens(tokens.freeze()), Out::End] {
            // A writer that is gone has seen the client go, which the next read tells.
            let _ = self.desk.out.send(out).await;
        }
    }
}

/// What comes after a request.
enum Next {
    Message(Message),
    /// The client has left, or the session was killed.
    Over,
    /// Nothing came for too long.
    Forgotten,
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn attend(control: &dyn Control, course: &BatchRun) -> bool {
    let in_time = course.attend();
    if in_time {
        control.cancel();
    }
    in_time
}

/// A session that nobody runs at the moment. Ending it may touch its database, so that happens on a blocking thread.
struct BackendSlot(Option<Box<dyn Backend>>);

impl BackendSlot {
    fn control(&self) -> Option<Arc<dyn Control>> {
        self.0.as_ref().map(|backend| backend.control())
    }
}

impl Drop for BackendSlot {
    fn drop(&mut self) {
        if let (Some(backend), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn_blocking(move || drop(backend));
        }
    }
}
