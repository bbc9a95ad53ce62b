//! Sign-in: GitHub's token service, and Microsoft Entra ID's, which issues access tokens to one application.
//!
//! Assertions and tokens have the shape of a JWT. Their signature is random: that one was issued here, and when it ends,
//! is looked up, so that nobody can make one.

mod entra;
mod github;
mod issued;
mod jwt;
mod refusal;
mod settings;

use std::sync::MutexGuard;

pub(crate) use issued::{Audience, Issued, Standing};
pub use settings::SignIn;

use crate::{
    clock,
    cloud::{Cloud, lock},
    http::{Answer, Request},
};

/// Where Microsoft Entra ID is.
pub(crate) const ENTRA: &str = "login.microsoftonline.com";

/// Where GitHub's token service is.
pub(crate) const GITHUB: &str = "pipelines.actions.githubusercontent.com";

/// The path of GitHub's token service, with the query that runners put there.
pub(crate) const GITHUB_TARGET: &str =
    "/contoso/00000000-0000-0000-0000-000000000000/_apis/distributedtask/idtoken?api-version=2.0";

impl Cloud {
    /// Answers a request to a host of the sign-in, `None` for any other host.
    pub(crate) fn sign_in(&self, host: &str, request: &Request) -> Option<Answer> {
        let answer = match host {
            host if host.eq_ignore_ascii_case(ENTRA) => entra::answer(self, request),
            host if host.eq_ignore_ascii_case(GITHUB) => github::answer(self, request),
            _ => return None,
        };
        self.inspect("path or query of a request", &request.url, &request.name());
        self.capture.sign_in(request, &answer);
        let answer = answer.with("Content-Type", "application/json; charset=utf-8");
        Some(answer.with("Cache-Control", "no-store, no-cache").with("x-ms-request-id", self.random.guid()))
    }

    /// What a token is worth now.
    pub(crate) fn standing(&self, token: &str, audience: Audience) -> Standing {
        let fixed = [(&self.credentials.arm_token, Audience::Arm), (&self.credentials.sql_token, Audience::Sql)];
        match fixed.iter().find(|(known, _)| *known == token) {
            Some((_, own)) if *own == audience => Standing::Good,
            Some((_, own)) => Standing::Foreign(*own),
            None => self.issued().standing(token, audience, clock::now()),
        }
    }

    /// What was issued so far.
    pub(crate) fn issued(&self) -> MutexGuard<'_, Issued> {
        lock(&self.issued)
    }
}
