//! A request that nobody can take back: each attempt to send it begins with a proof that it is still right.
//!
//! Between two attempts minutes may pass, in which others act: what was right when the first one failed may end users' service
//! when the second one succeeds.

use std::time::Duration;

use secrecy::SecretString;

use crate::{
    attempts::{Attempt, Failed, Unsent, persist_proved},
    client::{Call, Client},
    error::Error,
    operation::{Outcome, Started},
    request::Request,
    response::Response,
};

impl Client {
    /// Sends a request, each attempt after `prove` alone, and reads the answer. The token is there before the proof.
    ///
    /// # Errors
    /// The proof's, or as [`Client::send`].
    pub async fn send_proved<T, P>(
        &self,
        request: &Request<T>,
        mut prove: impl AsyncFnMut() -> Result<(), P>,
    ) -> Result<T, Unsent<P>> {
        let call = self.call(request).map_err(Unsent::Azure)?;
        let accepts = |response: &Response| request.accepts(response);
        let token = self.token.get().await.map_err(Unsent::Azure)?;
        let response = match self.persist_proved(&call, &token, &accepts, &mut prove).await {
            Err(Unsent::Azure(error)) if error.status() == Some(401) => {
                let fresh =
                    self.token.after_refusal(&token).await.map_err(Unsent::Azure)?.ok_or(Unsent::Azure(error))?;
                self.persist_proved(&call, &fresh, &accepts, &mut prove).await
            }
            response => response,
        }?;
        let unreadable = |error| Unsent::Azure(Error::unreadable(&request.tried, &response, error));
        request.read(&response).map_err(unreadable)
    }

    /// The same of a request that begins an operation, which is followed to its end.
    ///
    /// # Errors
    /// The proof's, or as [`Client::run`].
    pub async fn run_proved<P>(
        &self,
        request: &Request<Started>,
        limit: Duration,
        prove: impl AsyncFnMut() -> Result<(), P>,
    ) -> Result<Outcome, Unsent<P>> {
        let started = self.send_proved(request, prove).await?;
        self.wait(&request.tried, started, limit).await.map_err(Unsent::Azure)
    }

    async fn persist_proved<P>(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        accepts: impl Fn(&Response) -> bool,
        prove: &mut impl AsyncFnMut() -> Result<(), P>,
    ) -> Result<Response, Unsent<P>> {
        persist_proved(call.tried, &self.retry, call.safe_to_repeat, async || {
            prove().await.map_err(Attempt::Unproved)?;
            let response = self.attempt(call, token).await.map_err(Failed::from)?;
            if accepts(&response) { Ok(response) } else { Err(Failed::refused(&response).into()) }
        })
        .await
    }
}
