//! How Azure and the databases are reached, as whom, and at which pace.

use clap::Args;
use secrecy::SecretString;

use super::Span;
use rollout::ConnectTo;

/// Inputs that every step has.
#[derive(Debug, Args)]
pub struct ConnectionInputs {
    /// Names this upgrade; `GITHUB_RUN_ID` where absent, so that re-running failed jobs keeps it. Rollback, cleanup and status look
    /// for the run that has frozen production, else for the one that has labelled the profile.
    #[arg(long)]
    pub upgrade_id: Option<String>,
    /// Id of the subscription that holds all resources.
    #[arg(long)]
    pub subscription_id: Option<String>,
    /// Id of the application (service principal) that signs in, with `tenant-id`: by `client-secret`, else by GitHub's
    /// identity token.
    #[arg(long)]
    pub client_id: Option<String>,
    /// Id of the application's tenant.
    #[arg(long)]
    pub tenant_id: Option<String>,
    /// Secret of the application. Without it GitHub's identity token is the proof, in a job with `id-token: write`.
    #[arg(long)]
    pub client_secret: Option<SecretString>,
    /// Audience of GitHub's identity token: that of the application's federated credential.
    #[arg(long, default_value = "api://AzureADTokenExchange")]
    pub audience: String,
    /// Access token for Azure Resource Manager (`az account get-access-token`).
    #[arg(long)]
    pub arm_token: Option<SecretString>,
    /// Access token for Azure SQL (`az account get-access-token --resource https://database.windows.net`).
    #[arg(long)]
    pub sql_token: Option<SecretString>,
    /// SQL user, instead of `sql-token`.
    #[arg(long)]
    pub sql_user: Option<String>,
    /// Password of the SQL user.
    #[arg(long)]
    pub sql_password: Option<SecretString>,
    /// Address of Azure Resource Manager.
    #[arg(long, default_value = "https://management.azure.com")]
    pub arm_endpoint: url::Url,
    /// Address of Microsoft Entra ID.
    #[arg(long, default_value = "https://login.microsoftonline.com")]
    pub login_endpoint: url::Url,
    /// DNS suffix of logical SQL servers.
    #[arg(long, default_value = "database.windows.net")]
    pub sql_suffix: String,
    /// Reach `host:port` at `address:port` instead, as curl's `--connect-to`; several in commas or lines.
    #[arg(long, value_delimiter = ',')]
    pub connect_to: Vec<ConnectTo>,
    /// Longest time for one HTTP request or one short SQL statement.
    #[arg(long, default_value = "60s")]
    pub request_timeout: Span,
    /// Longest time for making a connection.
    #[arg(long, default_value = "15s")]
    pub connect_timeout: Span,
    /// A SQL session that was silent for this long says something, because gateways drop silent ones.
    #[arg(long, default_value = "30s")]
    pub keep_alive: Span,
    /// First wait before a request is tried again; each further one is twice as long. SQL log-ins wait five times as long.
    #[arg(long, default_value = "1s")]
    pub retry_first: Span,
    /// Longest time for which a request is tried again.
    #[arg(long, default_value = "2m")]
    pub retry_budget: Span,
    /// Time between two looks at something that is waited for, where the service names none.
    #[arg(long, default_value = "2s")]
    pub poll_interval: Span,
    /// Path that says whether the application is well; the profile's monitor path where absent.
    #[arg(long)]
    pub health_path: Option<String>,
    /// Good answers in a row before V2 counts as healthy.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub health_repeats: u32,
    /// Print the result as one JSON object on stdout.
    #[arg(long, default_value = "false", action = clap::ArgAction::SetTrue)]
    pub json: bool,
}
