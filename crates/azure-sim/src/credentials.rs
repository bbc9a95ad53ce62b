//! The secrets of a world.

/// The secrets of this world. All of them are made from the seed.
#[derive(Clone)]
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
    /// The administrator's SQL log-in on every server.
    pub sql_user: String,
    /// Its password.
    pub sql_password: String,
    /// Where V2's package is, with the signature that lets it be read.
    pub package_address: String,
    /// What must never be shown of this: tokens, passwords, connection strings. [`Simulator::secrets`](crate::Simulator::secrets) has what is issued
    /// later, too.
    pub secrets: Vec<String>,
}
