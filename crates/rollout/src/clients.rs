//! Who else works on production's database: sessions that are neither the site's nor ours.
//!
//! Whoever else writes there is cut off by the freeze, and after the switch still works on V1, whose writes nobody takes over.
//! What is seen is what is logged in at that moment (`sys.dm_exec_sessions`): a job that runs at night is not among it by day.

use std::{collections::BTreeMap, fmt};

use secrecy::ExposeSecret;

use crate::{
    Upgrade, World, connection,
    facts::{ConnectionSetting, OtherSession},
    ids::eq_azure_name,
};

/// Sessions of one program on one host under one log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// `program_name`.
    pub program: String,
    /// `host_name`.
    pub host: String,
    /// `login_name`.
    pub login: String,
    /// How many.
    pub sessions: usize,
}

/// What production's sessions of the site have in common, as its connection string says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteClient {
    /// The user. `None` for a managed identity, whose log-in is not in the string.
    pub user: Option<String>,
    /// `Application Name`.
    pub program: Option<String>,
}

impl SiteClient {
    /// The site behind production's connection string.
    pub fn of(upgrade: &Upgrade, world: &World) -> Self {
        world.production.setting(&upgrade.connection_name).map(Self::of_setting).unwrap_or_default()
    }

    fn of_setting(setting: &ConnectionSetting) -> Self {
        let value = |keys: &[&str]| connection::value_of(setting.value.expose_secret(), keys);
        Self { user: value(&["user id", "uid", "user"]), program: value(&["application name", "app"]) }
    }

    /// Nothing in the connection string tells the site's sessions from anybody else's.
    pub fn is_unknown(&self) -> bool {
        self.user.is_none() && self.program.is_none()
    }

    /// The session is the site's, as far as anybody can tell: everything that the connection string says of itself fits.
    fn has(&self, session: &OtherSession) -> bool {
        let user = self.user.as_ref().is_none_or(|user| same_log_in(user, &session.login));
        let program = self.program.as_ref().is_none_or(|program| eq_azure_name(program, &session.program));
        !self.is_unknown() && user && program
    }
}

/// `user@server` of a connection string is the log-in `user`; an application of Microsoft Entra logs in as
/// `<client id>@<tenant id>`, and its string has the first part alone.
fn same_log_in(user: &str, login: &str) -> bool {
    let local = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    eq_azure_name(user, login) || eq_azure_name(&local(user), login) || eq_azure_name(user, &local(login))
}

/// The sessions that are neither the site's nor ours, grouped, in the order of program, host and log-in.
pub fn others(site: &SiteClient, sessions: &[OtherSession]) -> Vec<Client> {
    let mut groups = BTreeMap::<[String; 3], Client>::new();
    for session in sessions.iter().filter(|session| !session.is_ours() && !site.has(session)) {
        let OtherSession { program, host, login, .. } = session.clone();
        let key = [&program, &host, &login].map(|part| part.to_ascii_lowercase());
        groups.entry(key).or_insert(Client { program, host, login, sessions: 0 }).sessions += 1;
    }
    groups.into_values().collect()
}

impl Client {
    /// Somebody accepted it by its program, its host or its log-in.
    pub fn is_accepted(&self, names: &[String]) -> bool {
        let own = [&self.program, &self.host, &self.login];
        names.iter().filter(|name| !name.is_empty()).any(|name| own.iter().any(|own| eq_azure_name(own, name)))
    }

    /// The name to accept it by: the log-in, which says most, unless it is the site's own user; else program, else host.
    /// None that a list in commas could not hold.
    fn name(&self, site: &SiteClient) -> Option<&str> {
        let sites = site.user.as_ref().is_some_and(|user| same_log_in(user, &self.login));
        let log_in = (!sites).then_some(&self.login);
        let mut names = log_in.into_iter().chain([&self.program, &self.host]).map(String::as_str);
        names.find(|name| !name.trim().is_empty() && !name.contains([',', '\n']))
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |text: &str| if text.is_empty() { "without a name".to_owned() } else { format!("`{text}`") };
        let (program, host) = (or_none(&self.program), or_none(&self.host));
        let count = if self.sessions == 1 { "1 session".to_owned() } else { format!("{} sessions", self.sessions) };
        write!(f, "program {program} on host {host} as `{}` ({count})", self.login)
    }
}

/// What is said of clients that nobody accepted: who they are.
pub fn describe(database: &impl fmt::Display, site: &SiteClient, clients: &[Client]) -> String {
    let list = clients.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let unknown = match site.is_unknown() {
        true => {
            ". Its site's connection string has neither a user nor an `Application Name`, so the site's own sessions cannot be \
             told from others and are among them"
        }
        false => "",
    };
    format!("other clients work on `{database}`: {list}{unknown}")
}

/// The value of `accept-client` that accepts all of them.
pub fn accepting(site: &SiteClient, clients: &[Client]) -> String {
    let mut names: Vec<&str> = clients.iter().filter_map(|client| client.name(site)).collect();
    names.sort_unstable();
    names.dedup();
    names.join(",")
}

#[cfg(test)]
#[path = "clients_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
