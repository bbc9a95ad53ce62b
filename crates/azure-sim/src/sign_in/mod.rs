//! Sign-in: GitHub's token service, and Microsoft Entra ID's, which issues access tokens to one application.
//!
//! Assertions and tokens have the shape of a JWT. Their signature is random: that one was issued here, and when it ends,
//! is looked up, so that nobody can make one.

mod entra;
mod github;
mod jwt;
mod refusal;

use crate::{
    azure::Azure,
    http::{Answer, Request},
};

/// Where Microsoft Entra ID is.
pub(crate) const ENTRA: &str = "login.microsoftonline.com";

/// Where GitHub's token service is.
pub(crate) const GITHUB: &str = "pipelines.actions.githubusercontent.com";

/// The path of GitHub's token service, with the query that runners put there.
pub(crate) const GITHUB_TARGET: &str =
    "/contoso/00000000-0000-0000-0000-000000000000/_apis/distributedtask/idtoken?api-version=2.0";

/// Answers a request to a host of the sign-in, `None` for any other host.
pub(crate) fn answer(azure: &Azure, host: &str, request: &Request) -> Option<Answer> {
    let answer = match host {
        host if host.eq_ignore_ascii_case(ENTRA) => entra::answer(azure, request),
        host if host.eq_ignore_ascii_case(GITHUB) => github::answer(azure, request),
        _ => return None,
    };
    let answer = answer.with("Content-Type", "application/json; charset=utf-8");
    Some(answer.with("Cache-Control", "no-store, no-cache").with("x-ms-request-id", azure.random.guid()))
}
