//! Finds production: from the profile to the endpoint that users reach, its site, its connection string, its database.

use secrecy::ExposeSecret;

use crate::{
    Refusal, Upgrade,
    connection::ConnectionString,
    facts::{ConnectionSetting, Endpoint, Profile, Server},
    ids::{DatabaseId, EndpointId, ProfileId, ServerId, SiteId, eq_azure_name},
};

/// What the user names for a plan.
#[derive(Debug, Clone)]
pub struct PlanInputs {
    /// The profile that users come through.
    pub profile: ProfileId,
    /// The logical server that gets the stage copy of the database.
    pub stage_server: ServerId,
    /// The site that runs V2.
    pub stage_site: SiteId,
    /// Name of the stage endpoint; the stage site's name where absent.
    pub stage_endpoint: Option<String>,
    /// Name of the connection string setting, where a site has several.
    pub connection_name: Option<String>,
    /// The production database, where the subscription's servers cannot be listed.
    pub production_database: Option<DatabaseId>,
}

impl PlanInputs {
    /// The stage endpoint, added by prepare.
    pub fn stage_endpoint(&self) -> EndpointId {
        self.profile.endpoint(self.stage_endpoint.as_deref().unwrap_or(&self.stage_site.name))
    }
}

/// The endpoint that users are sent to now: the enabled one with the lowest priority.
///
/// # Errors
/// No endpoint is enabled, or the one in use is no web site.
pub fn production_endpoint<'p>(
    profile: &'p Profile,
    stage: &PlanInputs,
) -> Result<(&'p Endpoint, &'p SiteId), Refusal> {
    let refuse =
        |why: String, hint: &str| Refusal::new(format!("find production in profile `{}`", profile.id), why, hint);
    if !eq_azure_name(&profile.routing, "Priority") {
        return Err(refuse(
            format!("its routing method is `{}`: only Priority sends all users to one endpoint", profile.routing),
            "set the profile's routing method to Priority",
        ));
    }
    let enabled = profile.endpoints.iter().filter(|endpoint| endpoint.enabled);
    let serving = enabled.min_by_key(|endpoint| endpoint.priority.unwrap_or(u32::MAX));
    let serving = serving.ok_or_else(|| {
        refuse("none of its endpoints is enabled".into(), "enable the endpoint that users are to reach")
    })?;
    let site = serving.site.as_ref().ok_or_else(|| {
        let why =
            format!("users are sent to endpoint `{}`, which is not an Azure endpoint of a web site", serving.id.name);
        refuse(why, "make production's site an Azure endpoint of the profile")
    })?;
    if *site == stage.stage_site {
        return Err(refuse(
            format!("users are already on site `{site}`, which was passed as `stage-site`"),
            "pass the other site as `stage-site`; if the upgrade is done, `upgrade-status` shows which step comes next",
        ));
    }
    Ok((serving, site))
}

/// The one SQL connection string of the site.
///
/// # Errors
/// There is none or more than one; the message lists names, never values.
pub fn pick_setting<'s>(
    site: &SiteId,
    settings: &'s [ConnectionSetting],
    name: Option<&str>,
) -> Result<&'s ConnectionSetting, Refusal> {
    let sql = |setting: &&ConnectionSetting| {
        eq_azure_name(&setting.kind, "SQLAzure") || eq_azure_name(&setting.kind, "SQLServer")
    };
    let wanted = |setting: &&ConnectionSetting| match name {
        Some(name) => eq_azure_name(&setting.name, name),
        None => sql(setting) && !Upgrade::is_kept_setting(&setting.name),
    };
    let found: Vec<_> = settings.iter().filter(wanted).collect();
    if let [one] = found.as_slice() {
        return Ok(one);
    }
    let names: Vec<_> = settings.iter().map(|setting| format!("`{}`", setting.name)).collect();
    let list = if names.is_empty() { "no connection string at all".to_owned() } else { names.join(", ") };
    let why = match name {
        Some(name) => format!("the site has no connection string `{name}`; it has {list}"),
        None => format!("the site must have exactly one SQL connection string; it has {list}"),
    };
    Err(Refusal::new(
        format!("find the connection string of site `{site}`"),
        why,
        "pass the right one as `connection-name`",
    ))
}

/// Where a connection string leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The database.
    pub database: DatabaseId,
    /// Host name of its server.
    pub fqdn: String,
}

/// The database that a connection string leads to, among the servers that Azure Resource Manager shows.
///
/// # Errors
/// The string cannot be read, or its host is no server's own name.
pub fn target_of(site: &SiteId, setting: &ConnectionSetting, servers: &[Server]) -> Result<Target, Refusal> {
    let attempt = format!("find the database of connection string `{}` of site `{site}`", setting.name);
    let string = ConnectionString::parse(setting.value.expose_secret()).map_err(|error| {
        Refusal::new(
            &attempt,
            error.to_string(),
            "use an ADO.NET connection string as the setting's value; replace a Key Vault reference with the value \
             itself",
        )
    })?;
    let server = servers.iter().find(|server| eq_azure_name(&server.fqdn, string.host())).ok_or_else(|| {
        let why = format!("no SQL server of this subscription has the name of its host, `{}`", string.host());
        Refusal::new(
            &attempt,
            why,
            "use the server's own name: a failover-group listener or a DNS alias would still lead to V1 after the switch",
        )
    })?;
    Ok(Target { database: server.id.database(string.database()), fqdn: server.fqdn.clone() })
}
