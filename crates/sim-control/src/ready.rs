//! The first line that the simulator prints.

use serde::{Deserialize, Serialize};

/// Where the simulator listens, and how to sign in. It holds secrets.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ready {
    /// [`SCHEMA`](crate::SCHEMA)
    pub schema: u32,
    /// [`Ready::EVENT`]
    pub event: String,
    /// Address and port of Azure Resource Manager, the sign-in and sites.
    pub https: String,
    /// Address and port of the SQL servers.
    pub tds: String,
    /// URL of the control interface.
    pub control: String,
    /// How the simulated hosts are reached, as curl's `--connect-to` has it; the first that fits counts.
    pub connect_to: Vec<String>,
    /// Path of the certificate of the simulator's authority, PEM.
    pub ca_file: String,
    /// Path of V2's package.
    pub package_file: String,
    /// How to sign in; its fields stand beside the others in the line.
    #[serde(flatten)]
    pub credentials: Credentials,
}

impl Ready {
    /// The word for this line.
    pub const EVENT: &str = "ready";
}

/// The secrets that a client of a simulated world needs. All of them are made from the seed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The subscription.
    pub subscription_id: String,
    /// Bearer token for Azure Resource Manager.
    pub arm_token: String,
    /// Access token for SQL: the Microsoft Entra administrator of every server.
    pub sql_token: String,
    /// Id of the tenant.
    pub tenant_id: String,
    /// Id of the application that may sign in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where GitHub's token service is, as `ACTIONS_ID_TOKEN_REQUEST_URL` has it.
    pub id_token_request_url: String,
    /// What it is asked with: `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub id_token_request_token: String,
    /// Where V2's package is, with the signature that lets it be read.
    pub package_address: String,
    /// The administrator's SQL log-in on every server.
    pub sql_user: String,
    /// Its password.
    pub sql_password: String,
}

impl Credentials {
    /// What a runner puts into the environment of a job with `id-token: write`.
    pub fn id_token_request(&self) -> [(&'static str, String); 2] {
        [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", self.id_token_request_url.clone()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", self.id_token_request_token.clone()),
        ]
    }
}
