//! The doors of the SQL servers: the gateway, and the workers that Azure's connection policy "Redirect" sends clients to.

use std::hash::{DefaultHasher, Hash, Hasher};

use sim_tds::{Login, Redirect};

use crate::{Scenario, world::World};

/// Workers listen on ports from this one on (Azure's are 11000 to 11999).
const FIRST_PORT: u16 = 11_000;

/// Where a client has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `<server>.database.windows.net`, port 1433.
    Gateway,
    /// The worker so many hops behind the gateway.
    Worker(u16),
}

impl Door {
    /// The workers that a scenario needs.
    pub(crate) fn workers(scenario: &Scenario) -> Vec<Self> {
        let hops = scenario.redirect.map_or(u32::from(scenario.redirect_loop), |redirect| redirect.hops);
        (1..=u16::try_from(hops).unwrap_or(u16::MAX)).map(Self::Worker).collect()
    }

    /// The port that clients are told.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Gateway => 1433,
            Self::Worker(hop) => FIRST_PORT + hop,
        }
    }

    /// The domain of a worker; its certificate is for this and for `*.` below it.
    pub(crate) fn domain(self) -> String {
        match self {
            Self::Gateway => "database.windows.net".to_owned(),
            Self::Worker(hop) => format!("tr{hop}.westeurope1-a.worker.database.windows.net"),
        }
    }

    /// Where a client is sent on to from here.
    pub(crate) fn redirect(self, scenario: &Scenario, world: &World, login: &Login) -> Option<Redirect> {
        let hops = Self::workers(scenario).len();
        let server = self.find(world, login)?;
        let next = match self {
            Self::Gateway if hops > 0 => Self::Worker(1),
            Self::Worker(_) if scenario.redirect_loop => {
                return Some(Redirect { host: format!("{server}.{}", Self::Gateway.domain()), port: 1433 });
            }
            Self::Worker(hop) if usize::from(hop) < hops => Self::Worker(hop + 1),
            _ => return None,
        };
        Some(Redirect { host: format!("{}.{}", label(&server, &login.database), next.domain()), port: next.port() })
    }

    /// The name of the server that a client means: at a worker the one that it was sent there for, and no other.
    pub(crate) fn server(self, world: &World, login: &Login) -> String {
        self.find(world, login).unwrap_or_else(|| login.server.clone())
    }

    fn find(self, world: &World, login: &Login) -> Option<String> {
        match self {
            Self::Gateway => world.server_of_host(&login.server).map(|server| server.name.to_string()),
            Self::Worker(_) => {
                let asked = login.server.strip_suffix(&format!(".{}", self.domain()))?;
                let names = world.servers.keys().map(ToString::to_string);
                names.into_iter().find(|name| label(name, &login.database) == asked)
            }
        }
    }
}

/// A worker serves a database under a label that says nothing to people.
fn label(server: &str, database: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (server.to_lowercase(), database.to_lowercase()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
