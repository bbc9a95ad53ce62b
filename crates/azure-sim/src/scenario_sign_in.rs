//! What a scenario says of the sign-in.

use serde::{Deserialize, Serialize};

/// The one application of the one tenant, and the job at GitHub that it trusts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignIn {
    /// Id of the tenant.
    pub tenant: String,
    /// Id of the application.
    pub client_id: String,
    /// Its secret; drawn from the seed if absent.
    pub client_secret: Option<String>,
    /// The subject of its federated credential.
    pub subject: String,
    /// The subject that GitHub writes into assertions, if it is another one.
    pub assertion_subject: Option<String>,
    /// How long an assertion lives, in milliseconds.
    pub assertion_lifetime_ms: u64,
    /// How long a token lives, in milliseconds.
    pub token_lifetime_ms: u64,
    /// How long the answer says that it lives, in seconds, if that is not so: as after a revocation.
    pub announced_lifetime_seconds: Option<u64>,
    /// The application is the Microsoft Entra administrator of every server; else it has no user anywhere.
    pub sql_administrator: bool,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            tenant: "72f988bf-0000-4000-8000-000000000001".to_owned(),
            client_id: "0e1d2c3b-0000-4000-8000-000000000002".to_owned(),
            client_secret: None,
            subject: "repo:contoso/shop:environment:production".to_owned(),
            assertion_subject: None,
            assertion_lifetime_ms: 300_000,
            token_lifetime_ms: 3_600_000,
            announced_lifetime_seconds: None,
            sql_administrator: true,
        }
    }
}
