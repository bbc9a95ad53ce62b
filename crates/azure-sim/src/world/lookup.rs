//! Finding resources, and their identifiers.

use std::collections::BTreeMap;

use super::{
    ConnectionString, ConnectionText, Database, DatabaseKey, Name, Plan, Profile, Refusal, Server, Site, World,
    sql_setting,
};

impl World {
    /// Refuses a resource group that is not there.
    pub(crate) fn group(&self, group: &str) -> Result<&Name, Refusal> {
        self.groups.iter().find(|name| *name == group).ok_or_else(|| Refusal::group_not_found(group))
    }

    pub(crate) fn server_in(&self, group: &str, name: &str) -> Result<&Server, Refusal> {
        self.group(group)?;
        let server = self.servers.get(&Name::from(name)).filter(|server| server.group == *group);
        server.ok_or_else(|| Refusal::not_found("Microsoft.Sql/servers", group, name))
    }

    /// The server of a child resource: its absence is told differently.
    pub(crate) fn parent_server(&self, kind: &str, group: &str, name: &str) -> Result<&Server, Refusal> {
        self.server_in(group, name).map_err(|refusal| match refusal.code.as_str() {
            "ResourceNotFound" => {
                Refusal::parent_not_found(kind, &self.provider_id(group, &format!("Microsoft.Sql/servers/{name}")))
            }
            _ => refusal,
        })
    }

    pub(crate) fn database_in(&self, group: &str, server: &str, name: &str) -> Result<&Database, Refusal> {
        let server = self.parent_server("servers/databases", group, server)?;
        self.databases.get(&(server.name.clone(), Name::from(name))).ok_or_else(|| database_not_found(name))
    }

    pub(crate) fn profile_in(&self, group: &str, name: &str) -> Result<&Profile, Refusal> {
        self.group(group)?;
        let profile = self.profiles.get(&Name::from(name)).filter(|profile| profile.group == *group);
        profile.ok_or_else(|| Refusal::not_found("Microsoft.Network/trafficManagerProfiles", group, name))
    }

    pub(crate) fn profile_mut(&mut self, group: &str, name: &str) -> Result<&mut Profile, Refusal> {
        self.profile_in(group, name)?;
        let missing = || Refusal::not_found("Microsoft.Network/trafficManagerProfiles", group, name);
        self.profiles.get_mut(&Name::from(name)).ok_or_else(missing)
    }

    pub(crate) fn site_in(&self, group: &str, name: &str) -> Result<&Site, Refusal> {
        self.group(group)?;
        let site = self.sites.get(&Name::from(name)).filter(|site| site.group == *group);
        site.ok_or_else(|| Refusal::not_found("Microsoft.Web/sites", group, name))
    }

    pub(crate) fn site_mut(&mut self, group: &str, name: &str) -> Result<&mut Site, Refusal> {
        self.site_in(group, name)?;
        self.sites.get_mut(&Name::from(name)).ok_or_else(|| Refusal::not_found("Microsoft.Web/sites", group, name))
    }

    pub(crate) fn plan_in(&self, group: &str, name: &str) -> Result<&Plan, Refusal> {
        self.group(group)?;
        let plan = self.plans.get(&(Name::from(group), Name::from(name)));
        plan.ok_or_else(|| Refusal::not_found("Microsoft.Web/serverFarms", group, name))
    }

    /// The site that has this host name in this scale unit.
    pub(crate) fn site_of_host(&self, unit: &str, host: &str) -> Option<&Site> {
        self.sites.values().find(|site| site.unit == unit && site.answers_to(host))
    }

    /// The site whose own address this is: `<name>.azurewebsites.net`.
    pub(crate) fn site_of_address(&self, address: &str) -> Option<&Site> {
        self.sites.values().find(|site| site.default_host().eq_ignore_ascii_case(address))
    }

    /// An endpoint that leads to production's site is enabled.
    pub(crate) fn production_is_enabled(&self) -> bool {
        let production = self.sites.get(&self.production_site).map(Site::default_host);
        self.profiles.values().flat_map(|profile| &profile.endpoints).any(|endpoint| {
            endpoint.enabled && production.as_deref().is_some_and(|host| endpoint.target.eq_ignore_ascii_case(host))
        })
    }

    /// A host outside of Azure, which answers with a page of its own.
    pub(crate) fn is_foreign_host(&self, address: &str) -> bool {
        self.foreign_hosts.iter().any(|host| host.eq_ignore_ascii_case(address))
    }

    /// Whether a site is production's, or works on production's database or a copy of it: V1 or V2, and nobody else.
    pub(crate) fn is_of_the_application(&self, site: &Site) -> bool {
        let copies = |database: &Database| database.origin == self.production;
        site.name == self.production_site || self.database_used(&site.effective).is_some_and(copies)
    }

    /// The site whose publish API this host is.
    pub(crate) fn site_of_publish_host(&self, host: &str) -> Option<&Site> {
        self.sites.values().find(|site| site.publish_host().eq_ignore_ascii_case(host))
    }

    /// The database of this world that a process with these connection strings works on.
    pub(crate) fn database_used(&self, settings: &BTreeMap<String, ConnectionString>) -> Option<&Database> {
        let connection = ConnectionText::read(&sql_setting(settings)?.value).ok()?;
        let server = self.server_of_host(&connection.server)?;
        self.databases.get(&(server.name.clone(), connection.database.as_str().into()))
    }

    /// The logical server that a client names: short, or with the suffix of Azure SQL.
    pub(crate) fn server_of_host(&self, host: &str) -> Option<&Server> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let short = host.strip_suffix(".database.windows.net").unwrap_or(&host);
        self.servers.get(&Name::from(short))
    }

    /// `/subscriptions/…/resourceGroups/<group>/providers/<rest>`
    pub(crate) fn provider_id(&self, group: &str, rest: &str) -> String {
        format!("/subscriptions/{}/resourceGroups/{group}/providers/{rest}", self.subscription)
    }

    pub(crate) fn server_id(&self, server: &Server) -> String {
        self.provider_id(server.group.as_str(), &format!("Microsoft.Sql/servers/{}", server.name))
    }

    pub(crate) fn database_id(&self, database: &DatabaseKey) -> String {
        let group = self.servers.get(&database.0).map_or("", |server| server.group.as_str());
        self.provider_id(group, &format!("Microsoft.Sql/servers/{}/databases/{}", database.0, database.1))
    }

    pub(crate) fn site_id(&self, site: &Site) -> String {
        self.provider_id(site.group.as_str(), &format!("Microsoft.Web/sites/{}", site.name))
    }

    pub(crate) fn plan_id(&self, plan: &(Name, Name)) -> String {
        self.provider_id(plan.0.as_str(), &format!("Microsoft.Web/serverfarms/{}", plan.1))
    }

    pub(crate) fn profile_id(&self, profile: &Profile) -> String {
        let rest = format!("Microsoft.Network/trafficManagerProfiles/{}", profile.name);
        self.provider_id(profile.group.as_str(), &rest)
    }
}

pub(crate) fn database_not_found(name: &str) -> Refusal {
    let message =
        format!("The requested resource of type 'Microsoft.Sql/servers/databases' with name '{name}' was not found.");
    Refusal::new(404, "ResourceNotFound", message)
}
