//! The stage site: created where it is not there, with V2's package deployed to it.

use std::path::PathBuf;

use azure::PackageAddress;
use clap::Args;
use rollout::{
    Refusal,
    site::{PackageSource, SiteOptions},
};
use secrecy::{ExposeSecret, SecretString};

use super::{Span, optional_identifier};

/// What the user asks for the stage site.
#[derive(Debug, Args)]
#[command(next_help_heading = "Stage site")]
pub struct SiteInputs {
    /// The App Service plan in which prepare creates the stage site if it does not exist: `<resource-group>/<plan>`.
    #[arg(long)]
    pub stage_plan: Option<String>,
    /// Names of the differences that you accept between production's site and a created one, separated by commas or lines.
    #[arg(long, value_delimiter = ',')]
    pub accept_difference: Vec<String>,
    /// Names of settings that a created site gets although they look like connections to queues, storage accounts or buses,
    /// separated by commas or lines.
    #[arg(long, value_delimiter = ',')]
    pub share_setting: Vec<String>,
    /// V2's package, which prepare deploys to the stage site: the path of a zip, or the https address of one.
    #[arg(long)]
    pub package: Option<SecretString>,
    /// Longest time for fetching the package, for its deployment, and for making the stage site.
    #[arg(long, default_value = "10m")]
    pub deployment_timeout: Span,
    /// SHA-256 of the package, output `package-digest` of plan. plan compares it if it is given.
    #[arg(long)]
    pub package_digest: Option<String>,
}

impl Default for SiteInputs {
    /// Nothing.
    fn default() -> Self {
        Self {
            stage_plan: None,
            accept_difference: Vec::new(),
            share_setting: Vec::new(),
            package: None,
            deployment_timeout: Span(std::time::Duration::from_secs(600)),
            package_digest: None,
        }
    }
}

/// Where V2's package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageInput {
    /// Azure fetches it.
    Address(PackageAddress),
    /// We send it.
    File(PathBuf),
}

impl PackageInput {
    /// As decisions take it.
    pub fn source(&self) -> PackageSource {
        match self {
            Self::Address(_) => PackageSource::Address,
            Self::File(_) => PackageSource::File,
        }
    }
}

impl SiteInputs {
    /// The package, where one is named.
    ///
    /// # Errors
    /// It is an address that no package may come from. The message does not repeat it.
    pub fn package(&self) -> Result<Option<PackageInput>, Refusal> {
        let Some(text) = self.package.as_ref().map(|text| text.expose_secret().trim()) else { return Ok(None) };
        let address = PackageAddress::parse(text).map_err(|why| {
            Refusal::new(
                "read the input `package`",
                why,
                "pass an https address, with its signature if it needs one, or a path",
            )
        })?;
        Ok(Some(address.map_or_else(|| PackageInput::File(PathBuf::from(text)), PackageInput::Address)))
    }

    /// What the package's address must not be shown of; nothing where it is none.
    pub fn secrets(&self) -> Vec<String> {
        match self.package() {
            Ok(Some(PackageInput::Address(address))) => address.secrets(),
            Ok(_) => Vec::new(),
            // What is wrong with it is told without it.
            Err(_) => self.package.iter().map(|text| text.expose_secret().to_owned()).collect(),
        }
    }

    /// All of it, as decisions take it.
    ///
    /// # Errors
    /// An identifier or a digest is none.
    pub fn site_options(&self) -> Result<SiteOptions, Refusal> {
        let names = |names: &[String]| {
            names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>()
        };
        Ok(SiteOptions {
            plan: optional_identifier("stage-plan", self.stage_plan.as_ref())?,
            accepted: names(&self.accept_difference),
            shared: names(&self.share_setting),
            package: self.package_digest.as_deref().map(digest).transpose()?,
            source: self.package()?.map(|package| package.source()),
        })
    }
}

fn digest(text: &str) -> Result<String, Refusal> {
    let digest = text.trim().to_ascii_lowercase();
    let sound = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then_some(digest).ok_or_else(|| {
        let why = format!("`{text}` is not a SHA-256 in hex");
        Refusal::new("read the input `package-digest`", why, "pass the output `package-digest` of plan")
    })
}
