//! Paths, read without regard to case.

use crate::world::EndpointKind;

/// What a path names. Texts are as the client spelled them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Servers {
        group: Option<&'a str>,
    },
    Server {
        group: &'a str,
        server: &'a str,
    },
    FirewallRules {
        group: &'a str,
        server: &'a str,
    },
    FirewallRule {
        group: &'a str,
        server: &'a str,
        rule: &'a str,
    },
    Databases {
        group: &'a str,
        server: &'a str,
    },
    Database {
        group: &'a str,
        server: &'a str,
        database: &'a str,
    },
    DatabaseOperations {
        group: &'a str,
        server: &'a str,
        database: &'a str,
    },
    ServerLinks {
        group: &'a str,
        server: &'a str,
    },
    Links {
        group: &'a str,
        server: &'a str,
        database: &'a str,
    },
    Link {
        group: &'a str,
        server: &'a str,
        database: &'a str,
        link: &'a str,
    },
    /// `POST …/replicationLinks/{link}/unlink`, which only the version of 2014 has.
    Unlink {
        group: &'a str,
        server: &'a str,
        database: &'a str,
        link: &'a str,
    },
    /// The polling address of that version.
    LinkOperation {
        link: &'a str,
        id: &'a str,
    },
    AsyncOperation {
        id: &'a str,
    },
    OperationResult {
        id: &'a str,
    },
    Profiles {
        group: Option<&'a str>,
    },
    Profile {
        group: &'a str,
        profile: &'a str,
    },
    Endpoint {
        group: &'a str,
        profile: &'a str,
        kind: EndpointKind,
        endpoint: &'a str,
    },
    Sites {
        group: Option<&'a str>,
    },
    Site {
        group: &'a str,
        site: &'a str,
    },
    SiteAction {
        group: &'a str,
        site: &'a str,
        action: Action,
    },
    Settings {
        group: &'a str,
        site: &'a str,
        which: Settings,
    },
    SettingsList {
        group: &'a str,
        site: &'a str,
        which: Settings,
    },
    WebConfig {
        group: &'a str,
        site: &'a str,
    },
    Bindings {
        group: &'a str,
        site: &'a str,
    },
    Binding {
        group: &'a str,
        site: &'a str,
        host: &'a str,
    },
    /// `config/slotConfigNames`
    StickySettings {
        group: &'a str,
        site: &'a str,
    },
    /// `config/authsettingsV2`
    Authentication {
        group: &'a str,
        site: &'a str,
    },
    Slots {
        group: &'a str,
        site: &'a str,
    },
    OneDeploy {
        group: &'a str,
        site: &'a str,
    },
    ContinuousJobs {
        group: &'a str,
        site: &'a str,
    },
    ContinuousJob {
        group: &'a str,
        site: &'a str,
        job: &'a str,
    },
    JobAction {
        group: &'a str,
        site: &'a str,
        job: &'a str,
        action: JobAction,
    },
    TriggeredJobs {
        group: &'a str,
        site: &'a str,
    },
    Deployments {
        group: &'a str,
        site: &'a str,
    },
    /// The polling address of a site that is made.
    Creation {
        id: &'a str,
    },
    Plans {
        group: Option<&'a str>,
    },
    Plan {
        group: &'a str,
        plan: &'a str,
    },
}

/// `POST …/sites/{name}/{action}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Start,
    Stop,
    Restart,
}

/// `POST …/continuouswebjobs/{webJobName}/{action}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobAction {
    Start,
    Stop,
}

/// The two collections of settings that are replaced as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settings {
    App,
    Connections,
}

impl Settings {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::App => "appsettings",
            Self::Connections => "connectionstrings",
        }
    }
}

/// The providers that are simulated, each with the one api-version that it knows.
pub(crate) const PROVIDERS: [(&str, &str); 3] =
    [("Microsoft.Sql", "2021-11-01"), ("Microsoft.Network", "2022-04-01"), ("Microsoft.Web", "2023-12-01")];

/// The version of 2014, as requests name it, and as its polling addresses do (recording `sql_db_replica_2017`).
pub(crate) const LEGACY_SQL: &str = "2014-04-01";
pub(crate) const LEGACY_SQL_POLLING: &str = "2014-04-01-Preview";

/// A path below a subscription, taken apart.
pub(crate) struct Path<'a> {
    pub(crate) subscription: &'a str,
    pub(crate) group: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) rest: Vec<&'a str>,
}

/// `subscriptions/{s}[/resourceGroups/{g}]/providers/{p}/…`
pub(crate) fn path(segments: &[String]) -> Option<Path<'_>> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    match segments[..] {
        [a, subscription, b, provider, ref rest @ ..] if is(a, "subscriptions") && is(b, "providers") => {
            Some(Path { subscription, group: None, provider, rest: rest.to_vec() })
        }
        [a, subscription, b, group, c, provider, ref rest @ ..]
            if is(a, "subscriptions") && is(b, "resourceGroups") && is(c, "providers") =>
        {
            Some(Path { subscription, group: Some(group), provider, rest: rest.to_vec() })
        }
        _ => None,
    }
}

/// What the path names, if it is something that is simulated.
pub(crate) fn route<'a>(path: &Path<'a>) -> Option<Route<'a>> {
    let words: Vec<String> = path.rest.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match path.provider.to_ascii_lowercase().as_str() {
        "microsoft.sql" => sql(path.group, &words, &path.rest),
        "microsoft.network" => network(path.group, &words, &path.rest),
        "microsoft.web" => web(path.group, &words, &path.rest),
        _ => None,
    }
}

fn sql<'a>(group: Option<&'a str>, words: &[&str], raw: &[&'a str]) -> Option<Route<'a>> {
    if let ["locations", _, kind, _] = words {
        let id = raw.get(3)?;
        return match *kind {
            "databaseazureasyncoperation" | "replicationlinksazureasyncoperation" => Some(Route::AsyncOperation { id }),
            "databaseoperationresults" | "replicationlinksoperationresults" => Some(Route::OperationResult { id }),
            _ => None,
        };
    }
    let Some(group) = group else {
        return (words == ["servers"]).then_some(Route::Servers { group: None });
    };
    Some(match (words, raw) {
        (["servers"], _) => Route::Servers { group: Some(group) },
        (["servers", _], [_, server]) => Route::Server { group, server },
        (["servers", _, "databases"], [_, server, _]) => Route::Databases { group, server },
        (["servers", _, "firewallrules"], [_, server, _]) => Route::FirewallRules { group, server },
        (["servers", _, "firewallrules", _], [_, server, _, rule]) => Route::FirewallRule { group, server, rule },
        (["servers", _, "replicationlinks"], [_, server, _]) => Route::ServerLinks { group, server },
        (["servers", _, "databases", _], [_, server, _, database]) => Route::Database { group, server, database },
        (["servers", _, "databases", _, "operations"], [_, server, _, database, _]) => {
            Route::DatabaseOperations { group, server, database }
        }
        (["servers", _, "databases", _, "replicationlinks"], [_, server, _, database, _]) => {
            Route::Links { group, server, database }
        }
        (["servers", _, "databases", _, "replicationlinks", _], [_, server, _, database, _, link]) => {
            Route::Link { group, server, database, link }
        }
        (["servers", _, "databases", _, "replicationlinks", _, "unlink"], [_, server, _, database, _, link, _]) => {
            Route::Unlink { group, server, database, link }
        }
        (["servers", _, "databases", _, "replicationlinks", _, "operationresults", _], [.., link, _, id]) => {
            Route::LinkOperation { link, id }
        }
        _ => return None,
    })
}

fn network<'a>(group: Option<&'a str>, words: &[&str], raw: &[&'a str]) -> Option<Route<'a>> {
    let Some(group) = group else {
        return (words == ["trafficmanagerprofiles"]).then_some(Route::Profiles { group: None });
    };
    Some(match (words, raw) {
        (["trafficmanagerprofiles"], _) => Route::Profiles { group: Some(group) },
        (["trafficmanagerprofiles", _], [_, profile]) => Route::Profile { group, profile },
        (["trafficmanagerprofiles", _, kind, _], [_, profile, _, endpoint]) => {
            Route::Endpoint { group, profile, kind: EndpointKind::read(kind)?, endpoint }
        }
        _ => return None,
    })
}

fn web<'a>(group: Option<&'a str>, words: &[&str], raw: &[&'a str]) -> Option<Route<'a>> {
    let Some(group) = group else {
        return match words {
            ["sites"] => Some(Route::Sites { group: None }),
            ["serverfarms"] => Some(Route::Plans { group: None }),
            _ => None,
        };
    };
    Some(match (words, raw) {
        (["sites"], _) => Route::Sites { group: Some(group) },
        (["serverfarms"], _) => Route::Plans { group: Some(group) },
        (["serverfarms", _], [_, plan]) => Route::Plan { group, plan },
        (["sites", _, rest @ ..], [_, site, raw @ ..]) => site_part(group, site, rest, raw)?,
        _ => return None,
    })
}

fn site_part<'a>(group: &'a str, site: &'a str, words: &[&str], raw: &[&'a str]) -> Option<Route<'a>> {
    let settings = |word: &str| match word {
        "appsettings" => Some(Settings::App),
        "connectionstrings" => Some(Settings::Connections),
        _ => None,
    };
    Some(match (words, raw) {
        ([], _) => Route::Site { group, site },
        (["start"], _) => Route::SiteAction { group, site, action: Action::Start },
        (["stop"], _) => Route::SiteAction { group, site, action: Action::Stop },
        (["restart"], _) => Route::SiteAction { group, site, action: Action::Restart },
        (["config", "web"], _) => Route::WebConfig { group, site },
        (["config", "slotconfignames"], _) => Route::StickySettings { group, site },
        (["config", "authsettingsv2"], _) => Route::Authentication { group, site },
        (["slots"], _) => Route::Slots { group, site },
        (["extensions", "onedeploy"], _) => Route::OneDeploy { group, site },
        (["continuouswebjobs"], _) => Route::ContinuousJobs { group, site },
        (["continuouswebjobs", _], [_, job]) => Route::ContinuousJob { group, site, job },
        (["continuouswebjobs", _, "start"], [_, job, _]) => {
            Route::JobAction { group, site, job, action: JobAction::Start }
        }
        (["continuouswebjobs", _, "stop"], [_, job, _]) => {
            Route::JobAction { group, site, job, action: JobAction::Stop }
        }
        (["triggeredwebjobs"], _) => Route::TriggeredJobs { group, site },
        (["deployments"], _) => Route::Deployments { group, site },
        (["operationresults", _], [_, id]) => Route::Creation { id },
        (["config", which], _) => Route::Settings { group, site, which: settings(which)? },
        (["config", which, "list"], _) => Route::SettingsList { group, site, which: settings(which)? },
        (["hostnamebindings"], _) => Route::Bindings { group, site },
        (["hostnamebindings", _], [_, host]) => Route::Binding { group, site, host },
        _ => return None,
    })
}
