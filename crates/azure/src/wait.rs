//! Follows long operations to their end.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    client::{Call, Client},
    error::{Cause, Error},
    operation::{Outcome, POLLED, Polling, Progress, Started, progress},
    request::Request,
    response::Response,
    trace::Trace,
};
use retry::pause;

impl Client {
    /// Begins an operation and follows it to its end.
    ///
    /// # Errors
    /// It was refused, it failed, or it did not end within `limit`.
    pub async fn run(&self, request: &Request<Started>, limit: Duration) -> Result<Outcome, Error> {
        let started = self.send(request).await?;
        self.wait(&request.tried, started, limit).await
    }

    /// Follows an operation to its end; `tried` is what the request that began it was for.
    ///
    /// # Errors
    /// It failed or was cancelled, it did not end within `limit`, or its address is not at the ARM endpoint.
    pub async fn wait(&self, tried: &str, started: Started, limit: Duration) -> Result<Outcome, Error> {
        let polling = match started {
            Started::Done => return Ok(Outcome::Done),
            Started::Untracked => return Ok(Outcome::Vanished),
            Started::Polling(polling) => polling,
        };
        let mut state = "unknown".to_owned();
        let ended = timeout(limit, self.poll(tried, polling, &mut state)).await;
        ended.unwrap_or_else(|_| Err(Error::new(tried, Cause::Deadline { limit, state })))
    }

    async fn poll(&self, tried: &str, mut polling: Polling, seen: &mut String) -> Result<Outcome, Error> {
        loop {
            pause(polling.after.unwrap_or(self.poll_interval)).await;
            let response = self.ask(tried, &polling).await?;
            let refused = |cause| Error::new(tried, cause);
            match progress(&polling, &response).map_err(|error| Error::unreadable(tried, &response, error))? {
                Progress::Ended(outcome) => return Ok(outcome),
                Progress::Running(state, next) => (*seen, polling) = (state, next),
                Progress::Failed { state, error } => {
                    return Err(refused(Cause::Operation { state, error, trace: Trace::of(&response) }));
                }
            }
        }
    }

    async fn ask(&self, tried: &str, polling: &Polling) -> Result<Response, Error> {
        let url = self.own_url(&polling.url).map_err(|cause| Error::new(tried, cause))?;
        self.exchange(&Call::get(tried, url), |response| POLLED.contains(&response.status)).await
    }
}
