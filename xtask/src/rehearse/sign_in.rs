//! How the steps of a rehearsal sign in.

use clap::ValueEnum;
use sim_control::Ready;

use super::inputs::Input;

/// The ways that are rehearsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SignIn {
    /// With tokens that are passed in.
    #[default]
    Tokens,
    /// With GitHub's identity token, as in a job with `id-token: write`.
    Oidc,
    /// With the secret of an application.
    Secret,
}

impl SignIn {
    /// The inputs of every step.
    pub fn inputs(self, ready: &Ready) -> Vec<Input> {
        let application = || {
            vec![("tenant-id", ready.credentials.tenant_id.clone()), ("client-id", ready.credentials.client_id.clone())]
        };
        match self {
            Self::Tokens => vec![
                ("arm-token", ready.credentials.arm_token.clone()),
                ("sql-token", ready.credentials.sql_token.clone()),
            ],
            Self::Oidc => application(),
            Self::Secret => [application(), vec![("client-secret", ready.credentials.client_secret.clone())]].concat(),
        }
    }

    /// What the runner puts into the environment of every step.
    pub fn variables(self, ready: &Ready) -> Vec<(&'static str, String)> {
        match self {
            Self::Tokens | Self::Secret => Vec::new(),
            Self::Oidc => ready.credentials.id_token_request().into(),
        }
    }
}
