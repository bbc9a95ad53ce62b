//! How Azure and the databases are reached, as whom, and at which pace.

use clap::Args;
use secrecy::SecretString;

use super::Span;
use rollout::ConnectTo;

/// Inputs that every step has.
#[derive(Debug, Args)]
pub struct ConnectionInputs {
    /// Id of the upgrade [default: that of the workflow run (`GITHUB_RUN_ID`), which "Re-run failed jobs" keeps; outside of GitHub
    /// plan draws one; rollback, cleanup and status find the upgrade in Azure and the databases].
    #[arg(help_heading = "Upgrade", long)]
    pub upgrade_id: Option<String>,
    /// Id of the subscription that holds all resources.
    #[arg(help_heading = "Upgrade", long)]
    pub subscription_id: Option<String>,
    /// Id of the application (service principal) that signs in, with `tenant-id`: by `client-secret`, else by GitHub's
    /// identity token.
    #[arg(help_heading = "Signing in", long)]
    pub client_id: Option<String>,
    /// Id of the application's tenant.
    #[arg(help_heading = "Signing in", long)]
    pub tenant_id: Option<String>,
    /// Secret of the application. Without it GitHub's identity token is the proof, in a job with `id-token: write`.
    #[arg(help_heading = "Signing in", long)]
    pub client_secret: Option<SecretString>,
    /// Audience of GitHub's identity token: that of the application's federated credential.
    #[arg(help_heading = "Signing in", long, default_value = "api://AzureADTokenExchange")]
    pub audience: String,
    /// Access token for Azure Resource Manager (`az account get-access-token`) [default: issued to `client-id`; without it the
    /// action asks the Azure CLI].
    #[arg(help_heading = "Signing in", long)]
    pub arm_token: Option<SecretString>,
    /// Access token for Azure SQL (`az account get-access-token --resource https://database.windows.net`), unless `sql-user` is
    /// given [default: as for `arm-token`].
    #[arg(help_heading = "Signing in", long)]
    pub sql_token: Option<SecretString>,
    /// SQL user, instead of `sql-token`.
    #[arg(help_heading = "Signing in", long)]
    pub sql_user: Option<String>,
    /// Password of the SQL user.
    #[arg(help_heading = "Signing in", long)]
    pub sql_password: Option<SecretString>,
    /// Address of Azure Resource Manager.
    #[arg(help_heading = "Connection", long, default_value = "https://management.azure.com")]
    pub arm_endpoint: url::Url,
    /// Address of Microsoft Entra ID.
    #[arg(help_heading = "Connection", long, default_value = "https://login.microsoftonline.com")]
    pub login_endpoint: url::Url,
    /// DNS suffix of logical SQL servers.
    #[arg(help_heading = "Connection", long, default_value = "database.windows.net")]
    pub sql_suffix: String,
    /// Reach `host:port` at `address:port` instead, as curl's `--connect-to` does; several separated by commas or lines.
    #[arg(help_heading = "Connection", long, value_delimiter = ',')]
    pub connect_to: Vec<ConnectTo>,
    /// Longest time for one HTTP request or one short SQL statement.
    #[arg(help_heading = "Connection", long, default_value = "60s")]
    pub request_timeout: Span,
    /// Longest time for making a connection.
    #[arg(help_heading = "Connection", long, default_value = "15s")]
    pub connect_timeout: Span,
    /// Interval at which an idle SQL session sends a query, because gateways drop idle sessions.
    #[arg(help_heading = "Connection", long, default_value = "30s")]
    pub keep_alive: Span,
    /// First wait before a request is tried again; each further one is twice as long. SQL log-ins wait five times as long.
    #[arg(help_heading = "Connection", long, default_value = "1s")]
    pub retry_first: Span,
    /// Longest time for which a request is tried again.
    #[arg(help_heading = "Connection", long, default_value = "2m")]
    pub retry_budget: Span,
    /// Random extra wait before another attempt, at most this many per cent of the planned wait; 0 for none.
    #[arg(help_heading = "Connection", long, default_value = "25", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub retry_jitter: u8,
    /// Time between two polls, where the service names none.
    #[arg(help_heading = "Connection", long, default_value = "2s")]
    pub poll_interval: Span,
    /// Print the result as one JSON object on stdout.
    #[arg(long, default_value = "false", action = clap::ArgAction::SetTrue)]
    pub json: bool,
}
