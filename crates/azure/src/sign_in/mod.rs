//! Tokens: given by the caller, or issued by Microsoft Entra ID to an application that proves who it is.
//!
//! The protocol is OAuth 2.0 with client credentials: `POST {authority}/{tenant}/oauth2/v2.0/token`, once for each
//! audience. The proof is a client secret, or an assertion of GitHub Actions' token service, which lives for five minutes
//! and is therefore asked for anew before every exchange. Sources: "Microsoft identity platform and the OAuth 2.0 client
//! credentials flow", and `actions/toolkit`'s `oidc-utils.ts` for GitHub's side.

mod application;
mod exchange;
mod held;
mod issuer;
mod refusal;
mod source;

pub use application::{Application, AssertionSource, Proof};
pub use issuer::{Hide, SignIn};
pub use refusal::SignInRefusal;
pub use source::TokenSource;
pub(crate) use source::bearer;

/// The scope of all permissions that the application has at a service, by the service's address.
pub fn scope_of(service: &str) -> String {
    format!("{}/.default", service.trim_end_matches('/'))
}
