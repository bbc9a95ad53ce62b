//! The simulator as a library.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Context;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    Credentials, Fault, Faulted, Hand, Report, Scenario, background,
    cloud::Cloud,
    front::{self, Authority, Peer, SqlService, TlsListener, Visits},
    hands, initial_world, secrets,
    snapshot::{self, Saved},
    sql::Door,
    state_dump,
};

/// A running simulated Azure. Dropping it ends it and removes its files.
pub struct Simulator {
    cloud: Arc<Cloud>,
    addresses: Addresses,
    threads: Vec<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

/// Where the simulator listens: 127.0.0.1 only.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Azure Resource Manager and sites, told apart by SNI and Host.
    pub https: SocketAddr,
    /// All logical SQL servers, told apart by SNI or by the server name of the log-in.
    pub tds: SocketAddr,
    /// The control interface, plain HTTP.
    pub control: SocketAddr,
    /// The certificate of the authority that signed the server certificates, PEM.
    pub ca_file: PathBuf,
    /// V2's package as a file: a zip with its `app.json`.
    pub package_file: PathBuf,
    /// How to reach the simulated hosts, as curl's `--connect-to` takes it; the first match counts. Each site has an
    /// address of its own, so that a request to it can carry any of its host names as SNI and Host.
    pub connect_to: Vec<String>,
}

/// A saved state of the world; see [`Simulator::snapshot`].
pub struct Snapshot(Saved);

impl Simulator {
    /// Starts a world and its fronts.
    ///
    /// # Errors
    /// A file of the scenario cannot be read, its T-SQL fails, or no port can be opened.
    pub fn start(scenario: Scenario) -> anyhow::Result<Self> {
        let parts = initial_world::parts(scenario)?;
        let ca_file = parts.storage.file("ca.pem");
        let cloud = Cloud::new(parts);
        let authority = Authority::new(&Door::workers(&cloud.azure.scenario)).context("making certificates")?;
        fs::write(&ca_file, &authority.pem).with_context(|| format!("writing `{}`", ca_file.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let addresses = runtime.block_on(open(&cloud, &authority, ca_file)).context("opening the fronts")?;
        let threads = background::start(&cloud)?;
        Ok(Self { cloud, addresses, threads, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// How to sign in.
    pub fn credentials(&self) -> &Credentials {
        &self.cloud.azure.credentials
    }

    /// Everything that must never be shown, with the assertions and tokens that were issued so far.
    pub fn secrets(&self) -> Vec<String> {
        secrets::all(&self.cloud.azure)
    }

    /// What users saw so far. Checks the invariants once more.
    pub fn report(&self) -> Report {
        self.cloud.judge().report()
    }

    /// A hash over everything that is not volatile: no times, no identifiers drawn at random, no state of a monitor; with
    /// the content of every database.
    pub fn digest(&self) -> String {
        let world = self.cloud.azure.world().clone();
        state_dump::digest(&world)
    }

    /// Saves the whole world: resources, databases, users, ledger.
    ///
    /// # Errors
    /// A database could not be copied.
    pub fn snapshot(&self) -> anyhow::Result<Snapshot> {
        snapshot::save(&self.cloud).map(Snapshot)
    }

    /// Puts a saved world in the place of the present one. Every SQL session ends.
    ///
    /// # Errors
    /// A database could not be copied; the present world stays.
    pub fn restore(&self, snapshot: &Snapshot) -> anyhow::Result<()> {
        snapshot::restore(&self.cloud, &snapshot.0)
    }

    /// Sets a fault, or none, and counts requests from 1 again.
    ///
    /// # Errors
    /// There is no such thing in the protocol of the request.
    pub fn set_fault(&self, fault: Option<Fault>) -> anyhow::Result<()> {
        self.cloud.faults.set(fault).map_err(anyhow::Error::msg)
    }

    /// What became of the fault, and every request since it was set.
    pub fn faulted(&self) -> Faulted {
        self.cloud.faults.outcome()
    }

    /// Somebody does something by hand.
    ///
    /// # Errors
    /// There is nothing that it could be done to.
    pub fn act_by_hand(&self, hand: Hand) -> anyhow::Result<()> {
        hands::act(&self.cloud, hand).map_err(anyhow::Error::msg)
    }

    /// Lets the operations go on that a fault has made hang, and the links that a restored world has made stand still.
    pub fn release(&self) {
        hands::release(&self.cloud.azure, &self.cloud.faults);
    }

    /// Waits until a condition holds: `link-catch-up`, `endpoint-online:<name>`, `idle`, `quiet` (nobody is connected,
    /// and nothing is being answered), `fault` (it has happened). False if it does not in time, or
    /// if there is no such condition.
    pub fn wait(&self, condition: &str, timeout: Duration) -> bool {
        self.cloud.waiting().wait(condition, timeout) == Some(true)
    }

    /// Lets SQL clients come from these addresses from now on, as another runner does; none: through private endpoints.
    pub fn move_runner(&self, addresses: &[Ipv4Addr]) {
        self.cloud.azure.world().runner = addresses.to_vec();
    }

    /// Makes every user read and write once.
    pub fn tick(&self) {
        self.cloud.tick();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.cloud.azure.changes.end();
        self.cloud.pools.clear();
        let databases: Vec<_> = self.cloud.azure.world().databases.values().cloned().collect();
        for database in databases {
            database.store.iter().for_each(|store| store.kill_all());
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a background thread of the simulator panicked");
            }
        }
        if let Some(runtime) = self.runtime.take() {
            end(runtime);
        }
        self.cloud.azure.storage.remove();
    }
}

/// On a thread of its own: whoever drops a simulator may be inside a runtime, where one cannot wait for another.
fn end(runtime: Runtime) {
    let ended = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(2))).join();
    if ended.is_err() {
        tracing::error!("ending the runtime of the simulator");
    }
}

async fn open(cloud: &Arc<Cloud>, authority: &Authority, ca_file: PathBuf) -> anyhow::Result<Addresses> {
    let tls = front::server_config(authority)?;
    let (https, tds, control) = (listen().await?, listen().await?, listen().await?);
    let mut connect_to = Vec::new();
    let (common, sql, loopback) = (https.local_addr()?, tds.local_addr()?, control.local_addr()?);
    let mut listeners = vec![(https, None)];
    for (host, unit) in sites(cloud) {
        let listener = listen().await?;
        connect_to.push(format!("{host}:443:127.0.0.1:{}", listener.local_addr()?.port()));
        listeners.push((listener, Some(unit)));
    }
    connect_to.push(format!(":443:127.0.0.1:{}", common.port()));
    connect_to.push(format!(":1433:127.0.0.1:{}", sql.port()));
    let service = front::router(Arc::clone(cloud)).into_make_service_with_connect_info::<Peer>();
    tokio::spawn(axum::serve(TlsListener::new(listeners, &tls), service).into_future());
    tokio::spawn(axum::serve(control, front::control(Arc::clone(cloud))).into_future());
    let visits = Arc::new(Visits::default());
    let mut doors = vec![(tds, Door::Gateway)];
    for door in Door::workers(&cloud.azure.scenario) {
        let listener = listen().await?;
        connect_to.push(format!(":{}:127.0.0.1:{}", door.port(), listener.local_addr()?.port()));
        doors.push((listener, door));
    }
    for (listener, door) in doors {
        tokio::spawn(sim_tds::serve(listener, Arc::clone(&tls), Arc::new(SqlService::new(cloud, door, &visits))));
    }
    let package_file = cloud.azure.storage.file("v2.zip");
    Ok(Addresses { https: common, tds: sql, control: loopback, ca_file, package_file, connect_to })
}

async fn listen() -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// Own address and scale unit of every site, and of the stage site that is still to be created in the stage plan.
fn sites(cloud: &Cloud) -> Vec<(String, String)> {
    let world = cloud.azure.world();
    let mut sites: Vec<_> = world.sites.values().map(|site| (site.default_host(), site.unit.clone())).collect();
    if cloud.azure.scenario.no_stage_site {
        let stage = world.plans.values().find(|plan| plan.name == *"contoso-plan-2");
        sites.extend(stage.map(|plan| ("contoso-2.azurewebsites.net".to_owned(), plan.unit.clone())));
    }
    sites
}
