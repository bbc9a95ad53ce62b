//! `open`: rules for the addresses that this runner is refused under, and a wait until it is in.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use azure::sql;
use futures_util::future::try_join_all;
use rollout::{
    DatabaseId, Outcome, Refusal, ServerId, SlotView, UpgradeId,
    firewall::{Change, ServerFirewall, share_refused},
};

use super::{
    probe_login::{self, Answer, MASTER},
    rule::{self, STEP},
};
use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    observe::{firewalls, takes_log_ins},
    report::Report,
    wait::Poller,
};

/// So often in a row everything has to let this runner in: one that shares a pool of addresses comes from another one each
/// time.
const ROUNDS: u32 = 3;

/// Lets this runner into the servers of both databases, and proves it by log-ins to `master` and to each database that is
/// there.
///
/// # Errors
/// Something cannot be opened, or not in time.
pub async fn open(
    cloud: &Cloud,
    upgrade: &UpgradeId,
    databases: &[DatabaseId; 2],
    limit: Duration,
) -> Result<Report, Failure> {
    cloud.sign_in().await?;
    let gates = gates(cloud, databases).await?;
    let mut opening = Opening { cloud, upgrade, gates, limit, made: Vec::new(), done: Vec::new() };
    match opening.run().await {
        Ok(()) => Ok(opening.report()),
        Err(failure) => Err(opening.take_back(failure).await),
    }
}

/// A server, and the databases of it that are tried.
struct Gate {
    watch: ServerFirewall,
    databases: Vec<String>,
}

impl Gate {
    /// The addresses under which the server refuses this runner now.
    async fn probe_login(&self, cloud: &Cloud) -> Result<Vec<Ipv4Addr>, Failure> {
        let doors = self.databases.iter().map(|database| probe_login::probe_login(cloud, &self.watch.server, database));
        let answers = try_join_all(doors).await?.into_iter();
        Ok(answers
            .filter_map(|answer| if let Answer::Refused(address) = answer { Some(address) } else { None })
            .collect())
    }
}

/// Servers that are not there have nothing to be opened: plan says that they are missing.
async fn gates(cloud: &Cloud, databases: &[DatabaseId; 2]) -> Result<Vec<Gate>, Failure> {
    let looks = databases.iter().map(|database| async move {
        let server = database.server_id();
        let found = firewalls::of_server(cloud, server.clone()).await.map_err(failed_at_azure)?;
        let Some(watch) = found else {
            cloud.notice(format!("SQL server `{server}` does not exist: nothing to open there"));
            return Ok(None);
        };
        let there = takes_log_ins(&view(cloud, database).await?).then(|| database.name.clone());
        let databases = [MASTER.to_owned()].into_iter().chain(there).collect();
        Ok::<_, Failure>(Some(Gate { watch, databases }))
    });
    let gates: Vec<Gate> = try_join_all(looks).await?.into_iter().flatten().collect();
    if gates.is_empty() {
        let why = format!("neither `{}` nor `{}` exists", databases[0].server_id(), databases[1].server_id());
        return Err(Refusal::new("open the firewalls", why, "check the identifiers of the databases").into());
    }
    Ok(gates)
}

async fn view(cloud: &Cloud, id: &DatabaseId) -> Result<SlotView, Failure> {
    let (arm, scope) = (&cloud.arm, cloud.arm.scope());
    let database = arm.send(&sql::database(scope, id)).await.map_err(failed_at_azure)?;
    let links = arm.send(&sql::links(scope, id)).await.map_err(failed_at_azure)?.unwrap_or_default();
    Ok(SlotView { database, links, ..SlotView::default() })
}

struct Opening<'o> {
    cloud: &'o Cloud,
    upgrade: &'o UpgradeId,
    gates: Vec<Gate>,
    limit: Duration,
    made: Vec<Change>,
    done: Vec<(String, f64)>,
}

impl Opening<'_> {
    /// What a runner before this one has left goes only once this one is in: its rule may be the one by which it is.
    async fn run(&mut self) -> Result<(), Failure> {
        self.let_in().await?;
        let left: Vec<Change> = self.gates.iter().flat_map(|gate| gate.watch.left(self.upgrade)).collect();
        if left.is_empty() {
            return Ok(());
        }
        self.make(left).await?;
        self.let_in().await
    }

    /// Knocks until everything opens, again and again, and adds the rules that turn out to be missing.
    async fn let_in(&mut self) -> Result<(), Failure> {
        let (began, mut rounds, mut waiting) = (Instant::now(), 0, false);
        let mut polls = Poller::new("the firewalls are open", self.cloud.pace.poll, self.limit);
        while rounds < ROUNDS {
            let refused = self.probe_login().await?;
            if refused.is_empty() {
                rounds += 1;
                continue;
            }
            rounds = 0;
            self.add_missing().await?;
            if !waiting {
                self.cloud.runner_io.say("wait until the servers let this runner in, which can take five minutes ...");
                waiting = true;
            }
            if polls.next().await.is_err() {
                return Err(self.too_late(&refused));
            }
        }
        self.done.push(("log in to every database that an upgrade uses".to_owned(), began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Everything at a time: the servers that refused this runner, and under which address.
    async fn probe_login(&mut self) -> Result<Vec<(ServerId, Ipv4Addr)>, Failure> {
        let knocks = self.gates.iter().map(|gate| gate.probe_login(self.cloud));
        let answers = try_join_all(knocks).await?;
        let mut refused = Vec::new();
        for (gate, addresses) in self.gates.iter_mut().zip(answers) {
            refused.extend(addresses.iter().map(|address| (gate.watch.server.clone(), *address)));
            gate.watch.refused.extend(addresses);
        }
        share_refused(self.gates.iter_mut().map(|gate| &mut gate.watch));
        Ok(refused)
    }

    async fn add_missing(&mut self) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for gate in &self.gates {
            missing.extend(gate.watch.missing(self.upgrade)?);
        }
        self.make(missing).await
    }

    async fn make(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        for change in changes {
            rule::make(self.cloud, &change, &mut self.done).await?;
            self.gates.iter_mut().filter(|gate| is_of(&change, gate)).for_each(|gate| gate.watch.apply(&change));
            self.made.push(change);
        }
        Ok(())
    }

    fn too_late(&self, refused: &[(ServerId, Ipv4Addr)]) -> Failure {
        let mut who: Vec<_> =
            refused.iter().map(|(server, address)| format!("`{server}` still refuses {address}")).collect();
        who.sort();
        who.dedup();
        let hint = "Azure may take five minutes, rarely longer: run `upgrade-firewall open` again; `upgrade-firewall \
                    close` removes the rules";
        let error = anyhow::anyhow!(
            "timed out after {:?} waiting for the rules to take effect: {}",
            self.limit,
            who.join(", ")
        );
        Failure { outcome: Outcome::Interrupted, error, hint: hint.to_owned() }
    }

    /// A refusal has changed nothing: rules that were made on the way to it go again. Those of a runner before this one do
    /// not come back: then it was no refusal.
    async fn take_back(&mut self, failure: Failure) -> Failure {
        if failure.outcome != Outcome::Refused || self.made.is_empty() {
            return failure;
        }
        let undos: Option<Vec<Change>> = self.made.iter().rev().map(Change::undo).collect();
        let Some(undos) = undos else { return failure.into_interrupted() };
        match self.make(undos).await {
            Ok(()) => failure,
            Err(worse) => Failure {
                outcome: Outcome::Interrupted,
                error: failure.error.context(format!("the rules could not be removed: {}", worse.message())),
                hint: "run `upgrade-firewall close`".to_owned(),
            },
        }
    }

    fn report(self) -> Report {
        let outcome = if self.made.is_empty() { Outcome::AlreadyDone } else { Outcome::Done };
        Report { done: self.done, ..Report::success(STEP, outcome) }
    }
}

fn is_of(change: &Change, gate: &Gate) -> bool {
    let (Change::Open { server, .. } | Change::Close { server, .. }) = change;
    *server == gate.watch.server
}
