//! Every statement of ours against the simulated Azure: its T-SQL engine and its TDS server share no code with this crate.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "a test hands itself a file's path through the environment")]

#[path = "simulator_tests/scripts.rs"]
mod scripts;
mod wire;

use std::{sync::Arc, time::Duration};

use azure_sim::{Scenario, Simulator};
use reqwest::{Certificate, StatusCode};
use rollout::{
    UpgradeId,
    background::{Hook, HookRow, Noted, Side, Worker},
};
use serde_json::{Value, json};
use tsql::{
    Connect, Credentials, Script, Session,
    error::Kind,
    script::script,
    split::split,
    statements::{
        access::{self, Access, Changed},
        background,
        copy_sync::{self, CopySync},
        fence, links,
        lock::{self, Lock},
        parse_only, permissions, remove_secondary, rows, schema, sessions, state,
    },
};
use wire::{LIMIT, trust, trusting};

const PRODUCTION: &str = "contoso-sql-1";
const STAGE: &str = "contoso-sql-2";

/// A simulated Azure with its own runtime, started and ended outside of the test's.
#[derive(Clone)]
struct World(Arc<Simulator>);

impl World {
    fn start(scenario: Scenario) -> Self {
        let simulator = std::thread::spawn(|| Simulator::start(scenario).unwrap()).join().unwrap();
        trust(&std::fs::read(&simulator.addresses().ca_file).unwrap());
        Self(Arc::new(simulator))
    }

    fn connect(&self, server: &str, database: &str) -> Connect {
        let known = self.0.credentials();
        Connect {
            server_fqdn: format!("{server}.database.windows.net"),
            port: 1433,
            database: database.to_owned(),
            credentials: Credentials::Password {
                user: known.sql_user.clone(),
                password: known.sql_password.clone().into(),
            },
            connect_to: self.0.addresses().connect_to.iter().map(|rule| rule.parse().unwrap()).collect(),
            application: "rolling-upgrade/test/u1".into(),
            connect_timeout: LIMIT,
            keep_alive: LIMIT,
        }
    }

    async fn session(&self, server: &str, database: &str) -> Session {
        Session::connect(&self.connect(server, database)).await.unwrap()
    }

    async fn production(&self) -> Session {
        self.session(PRODUCTION, "shop").await
    }

    /// Makes the geo-secondary on the stage server, and waits until it follows.
    async fn replicate(&self) {
        let (addresses, known) = (self.0.addresses(), self.0.credentials());
        let authority = Certificate::from_pem(&std::fs::read(&addresses.ca_file).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([authority]);
        let client = client.resolve("management.azure.com", addresses.https).build().unwrap();
        let group = format!("/subscriptions/{}/resourceGroups/contoso-rg", known.subscription_id);
        let database = |server| format!("{group}/providers/Microsoft.Sql/servers/{server}/databases/shop");
        let url = format!(
            "https://management.azure.com:{}{}?api-version=2021-11-01",
            addresses.https.port(),
            database(STAGE)
        );
        let properties =
            json!({"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": database(PRODUCTION)});
        let body: Value = json!({"location": "westeurope", "properties": properties});
        let answer = client.put(url).bearer_auth(&known.arm_token).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let world = self.clone();
        let waited = tokio::task::spawn_blocking(move || world.0.wait("link-catch-up", LIMIT));
        assert!(waited.await.unwrap());
    }
}

fn run_id() -> UpgradeId {
    "u1".parse().unwrap()
}

fn upgrade(name: &str, text: &str) -> Script {
    script(name.into(), text.as_bytes()).unwrap()
}

/// The one number that a query answers.
async fn number(session: &mut Session, sql: &str) -> i64 {
    session.query("count", sql, LIMIT).await.unwrap().row().unwrap().integer("n").unwrap()
}

#[test]
fn one_session_has_the_lock_and_others_see_whose_it_is() {
    trusting("one_session_has_the_lock_and_others_see_whose_it_is", async {
        let world = World::start(Scenario::default());
        let (mut first, mut second) = (world.production().await, world.production().await);
        assert_eq!(lock::take(&mut first, LIMIT).await.unwrap(), Lock::Taken);
        assert_eq!(lock::take(&mut first, LIMIT).await.unwrap(), Lock::Taken);
        let Lock::Held { by: Some(holder) } = lock::take(&mut second, LIMIT).await.unwrap() else {
            panic!("the lock was not told to be held");
        };
        assert_eq!(holder.program, "rolling-upgrade/test/u1");
        drop(first);
        let waited = tokio::time::timeout(LIMIT, async {
            while lock::take(&mut second, LIMIT).await.unwrap() != Lock::Taken {}
        });
        waited.await.unwrap();
        lock::release(&mut second, LIMIT).await.unwrap();
        assert_eq!(lock::take(&mut world.production().await, LIMIT).await.unwrap(), Lock::Taken);
    });
}

#[test]
fn the_fence_is_written_closed_and_removed_and_nothing_else_is_touched() {
    trusting("the_fence_is_written_closed_and_removed_and_nothing_else_is_touched", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        let before = rows::count(session, LIMIT).await.unwrap();
        let found = state::read(session, LIMIT).await.unwrap();
        assert_eq!((found.schema, found.read_only, found.updateable), (None, false, true));
        for _ in 0..2 {
            schema::ensure(session, LIMIT).await.unwrap();
        }
        let opened = fence::open(session, &run_id(), Duration::from_secs(90), LIMIT).await.unwrap();
        assert_eq!(opened.deadline.duration_since(opened.opened_at).as_secs(), 90);
        let found = state::read(session, LIMIT).await.unwrap();
        assert_eq!((found.schema, found.fences.as_slice()), (Some(schema::VERSION), [opened.clone()].as_slice()));
        assert!(found.now >= opened.opened_at);
        fence::close(session, &run_id(), LIMIT).await.unwrap();
        let closed = state::read(session, LIMIT).await.unwrap().fences.remove(0);
        assert!(closed.closed_at.is_some_and(|at| at >= opened.opened_at));
        let again = fence::open(session, &run_id(), Duration::from_secs(5), LIMIT).await.unwrap();
        assert_eq!(again.closed_at, None);
        assert_eq!(rows::count(session, LIMIT).await.unwrap(), before);
        for _ in 0..2 {
            schema::remove(session, LIMIT).await.unwrap();
        }
        assert_eq!(state::read(session, LIMIT).await.unwrap().schema, None);
        assert!(state::now(session, LIMIT).await.unwrap() >= again.opened_at);
    });
}

async fn kept(session: &mut Session) -> Vec<Worker> {
    state::read(session, LIMIT).await.unwrap().workers
}

#[test]
fn what_is_written_down_of_background_work_is_read_back() {
    trusting("what_is_written_down_of_background_work_is_read_back", async {
        let world = World::start(Scenario::default());
        let session = &mut world.production().await;
        schema::ensure(session, LIMIT).await.unwrap();
        let job = |name: &str, runs| Noted { name: name.to_owned(), runs };
        let (found, later) = ([job("it's", true), job("b", false)], [job("it's", false), job("c", true)]);
        background::note(session, &run_id(), Side::Production, &found, LIMIT).await.unwrap();
        background::note(session, &run_id(), Side::Production, &later, LIMIT).await.unwrap();
        background::note(session, &run_id(), Side::Stage, &found, LIMIT).await.unwrap();
        let side = |workers: &[Worker], side| -> Vec<Noted> {
            workers.iter().filter(|row| row.side == side).map(|row| row.noted.clone()).collect()
        };
        let rows = kept(session).await;
        assert_eq!(side(&rows, Side::Production), [job("b", false), job("c", true), job("it's", true)]);
        assert_eq!((side(&rows, Side::Stage).len(), rows[0].run.as_str()), (2, run_id().as_str()));
        let names = ["b".to_owned(), "it's".to_owned()];
        background::unnote(session, &run_id(), Side::Production, &names, LIMIT).await.unwrap();
        let rows = kept(session).await;
        assert_eq!((side(&rows, Side::Production), side(&rows, Side::Stage).len()), (vec![job("c", true)], 2));
        background::forget(session, &run_id(), LIMIT).await.unwrap();
        assert_eq!(kept(session).await, []);

        for _ in 0..2 {
            background::note_hook(session, &run_id(), Hook::Quiesce, LIMIT).await.unwrap();
        }
        background::note_hook(session, &run_id(), Hook::Activate, LIMIT).await.unwrap();
        background::forget_hook(session, &run_id(), Hook::Quiesce, LIMIT).await.unwrap();
        let hooks = state::read(session, LIMIT).await.unwrap().hooks;
        assert_eq!(hooks, [HookRow { run: run_id().to_string(), hook: "hook-activate".to_owned() }]);
    });
}

#[test]
fn access_is_changed_only_where_it_must_be_and_ends_other_sessions() {
    trusting("access_is_changed_only_where_it_must_be_and_ends_other_sessions", async {
        let world = World::start(Scenario::default());
        let (mut session, mut other) = (world.production().await, world.production().await);
        schema::ensure(&mut session, LIMIT).await.unwrap();
        assert!(!sessions::others(&mut session, LIMIT).await.unwrap().is_empty());
        assert_eq!(access::set(&mut session, Access::ReadWrite, LIMIT).await.unwrap(), Changed::Before);
        let read_only = Access::ReadOnly { grace: Duration::from_secs(1) };
        assert_eq!(access::set(&mut session, read_only, LIMIT).await.unwrap(), Changed::Now);
        assert_eq!(access::set(&mut session, read_only, LIMIT).await.unwrap(), Changed::Before);
        let found = state::read(&mut session, LIMIT).await.unwrap();
        assert_eq!((found.read_only, found.updateable), (true, false));
        assert!(other.query("look", "SELECT 1", LIMIT).await.is_err() && !other.is_open().await);
        let refused = fence::open(&mut session, &run_id(), LIMIT, LIMIT).await.unwrap_err();
        assert_eq!(refused.number(), Some(3906));
        assert_eq!(access::set(&mut session, Access::ReadWrite, LIMIT).await.unwrap(), Changed::Now);
        fence::open(&mut session, &run_id(), LIMIT, LIMIT).await.unwrap();
    });
}

#[test]
fn scripts_are_parsed_without_running() {
    trusting("scripts_are_parsed_without_running", async {
        let world = World::start(Scenario::default());
        let scripts = [
            upgrade("1.sql", "CREATE TABLE dbo.Fresh (id int NOT NULL);\nGO\nSELECT * FROM;\n"),
            upgrade("2.sql", "SELECT 1;\n"),
        ];
        let found = parse_only::check(world.production().await, &scripts, LIMIT).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains("in line 3"), "{}", found[0]);
        let there = "SELECT COUNT(*) AS n FROM sys.tables WHERE name = N'Fresh';";
        assert_eq!(number(&mut world.production().await, there).await, 0);
    });
}

#[test]
fn a_copy_is_followed_to_its_independence() {
    trusting("a_copy_is_followed_to_its_independence", async {
        let world = World::start(Scenario::default());
        world.replicate().await;
        let mut production = world.production().await;
        let mut master = world.session(PRODUCTION, "master").await;
        let listed = links::of(&mut master, "shop", LIMIT).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].partner_server.as_str(), listed[0].is_primary(), listed[0].caught_up()),
            (STAGE, true, true)
        );

        schema::ensure(&mut production, LIMIT).await.unwrap();
        fence::open(&mut production, &run_id(), LIMIT, LIMIT).await.unwrap();
        access::set(&mut production, Access::ReadOnly { grace: Duration::ZERO }, LIMIT).await.unwrap();
        assert_eq!(copy_sync::wait(&mut production, STAGE, "shop", LIMIT).await.unwrap(), CopySync::Synchronised);
        let mut stage = world.session(STAGE, "shop").await;
        let (here, there) =
            (state::read(&mut production, LIMIT).await.unwrap(), state::read(&mut stage, LIMIT).await.unwrap());
        assert_eq!((here.links[0].role.as_str(), there.links[0].role.as_str()), ("PRIMARY", "SECONDARY"));
        assert!(here.links[0].last_commit.is_some() && here.links[0].last_commit == there.links[0].last_commit);
        assert_eq!(here.fences, there.fences);

        remove_secondary::remove(&mut master, "shop", STAGE, LIMIT).await.unwrap();
        assert_eq!(links::of(&mut master, "shop", LIMIT).await.unwrap(), []);
        let mut stage = world.session(STAGE, "shop").await;
        assert!(state::read(&mut stage, LIMIT).await.unwrap().links.is_empty());
        access::set(&mut stage, Access::ReadWrite, LIMIT).await.unwrap();
        fence::close(&mut stage, &run_id(), LIMIT).await.unwrap();
        assert_eq!(rows::count(&mut stage, LIMIT).await.unwrap(), rows::count(&mut production, LIMIT).await.unwrap());
    });
}

#[test]
fn the_administrator_lacks_nothing_and_a_wrong_password_is_refused() {
    trusting("the_administrator_lacks_nothing_and_a_wrong_password_is_refused", async {
        let world = World::start(Scenario::default());
        let lacks = permissions::missing_in_database(&mut world.production().await, LIMIT).await.unwrap();
        assert_eq!(lacks, [""; 0]);
        let mut master = world.session(PRODUCTION, "master").await;
        assert!(permissions::may_remove_secondaries(&mut master, LIMIT).await.unwrap());
        let who = Credentials::Password { user: "sqladmin".into(), password: "wrong".to_owned().into() };
        let connect = Connect { credentials: who, ..world.connect(PRODUCTION, "shop") };
        let error = Session::connect(&connect).await.err().unwrap();
        assert_eq!((error.kind, error.number()), (Kind::Login, Some(18456)));
        let absent = world.connect(PRODUCTION, "absent");
        assert_eq!(Session::connect(&absent).await.err().unwrap().number(), Some(4060));
        let token = Credentials::Token(world.0.credentials().sql_token.clone().into());
        let mut session = Session::connect(&Connect { credentials: token, ..absent.database("shop") }).await.unwrap();
        assert_eq!(session.run("say", &split("PRINT N'käse'").unwrap()[0], LIMIT).await.unwrap(), ["käse"]);
    });
}
