//! A logical server of one database, and what a batch answered.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use sim_sql::{
    Access, Change, Column, DatabaseRow, Ended, Event, Host, LinkRow, Message, Principal, Role, Session, Stop, Store,
    Value,
};
use tempfile::TempDir;

/// A logical server with the database `shop`.
pub struct Server {
    store: Mutex<Option<Arc<Store>>>,
    pub role: Mutex<Role>,
    pub refuse_alter: AtomicBool,
    pub refuse_state: AtomicBool,
    pub changes: Mutex<Vec<Change>>,
    pub links: Mutex<Vec<LinkRow>>,
    pub removed: Mutex<Vec<(String, String)>>,
}

impl Host for Server {
    fn server_name(&self) -> String {
        "contoso-sql-1".to_owned()
    }

    fn databases(&self) -> Vec<DatabaseRow> {
        let store = self.store.lock().unwrap().clone();
        let role = *self.role.lock().unwrap();
        store
            .map(|store| DatabaseRow { name: store.name().to_owned(), id: 5, store, role, online: true })
            .into_iter()
            .collect()
    }

    fn links(&self) -> Vec<LinkRow> {
        self.links.lock().unwrap().clone()
    }

    fn remove_secondary(&self, database: &str, partner: &str) -> Result<(), Message> {
        self.removed.lock().unwrap().push((database.to_owned(), partner.to_owned()));
        Ok(())
    }

    fn wait_for_copy_sync(&self, _: &str, server: &str, _: &str, _: &Stop) -> Result<i32, Message> {
        if server == "contoso-sql-2" { Ok(0) } else { Err(Message::new(40631, 16, "no such partner")) }
    }

    fn may_alter(&self, database: &str, _: Access) -> Result<(), Message> {
        if self.refuse_alter.load(Ordering::SeqCst) {
            let text = format!(
                "The operation cannot be performed on database \"{database}\" because it is involved in a database mirroring session or an availability group."
            );
            return Err(Message::new(1468, 16, text));
        }
        Ok(())
    }

    fn shows_state(&self) -> bool {
        !self.refuse_state.load(Ordering::SeqCst)
    }

    fn changed(&self, change: &Change) {
        self.changes.lock().unwrap().push(change.clone());
    }
}

/// A server with its database, in a folder that goes with it.
pub struct World {
    pub server: Arc<Server>,
    pub store: Arc<Store>,
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("shop.db"), "shop").unwrap();
        Self::of(store, folder)
    }

    pub fn of(store: Arc<Store>, folder: TempDir) -> Self {
        let server = Arc::new(Server {
            store: Mutex::new(Some(Arc::clone(&store))),
            role: Mutex::new(Role::Standalone),
            refuse_alter: AtomicBool::new(false),
            refuse_state: AtomicBool::new(false),
            changes: Mutex::default(),
            links: Mutex::default(),
            removed: Mutex::default(),
        });
        Self { server, store, folder }
    }

    pub fn admin(&self) -> Session {
        self.session(admin())
    }

    pub fn session(&self, who: Principal) -> Session {
        let host: Arc<dyn Host> = Arc::clone(&self.server) as Arc<dyn Host>;
        Session::open(host, Some(Arc::clone(&self.store)), who).unwrap()
    }

    pub fn master(&self, who: Principal) -> Session {
        let host: Arc<dyn Host> = Arc::clone(&self.server) as Arc<dyn Host>;
        Session::open(host, None, who).unwrap()
    }
}

pub fn admin() -> Principal {
    Principal {
        login: "sqladmin".to_owned(),
        server_admin: true,
        application: "tests".to_owned(),
        host: "here".to_owned(),
        ..Principal::default()
    }
}

/// A reader and writer without other rights.
pub fn app() -> Principal {
    Principal {
        login: "app".to_owned(),
        database_roles: vec!["db_datareader".to_owned(), "db_datawriter".to_owned()],
        application: "site".to_owned(),
        host: "there".to_owned(),
        ..Principal::default()
    }
}

/// What a batch answered.
#[derive(Debug, Default)]
pub struct Answer {
    pub results: Vec<(Vec<Column>, Vec<Vec<Value>>)>,
    pub errors: Vec<Message>,
    pub infos: Vec<Message>,
    pub counts: Vec<u64>,
    pub events: Vec<Event>,
    pub ended: Option<Ended>,
}

impl Answer {
    pub fn of(session: &mut Session, batch: &str) -> Self {
        let mut answer = Self::default();
        let mut events = Vec::new();
        let ended = session.run(batch, &mut |event| events.push(event));
        for event in &events {
            match event.clone() {
                Event::Columns(columns) => answer.results.push((columns, Vec::new())),
                Event::Row(row) => answer.results.last_mut().unwrap().1.push(row),
                Event::Error(message) => answer.errors.push(message),
                Event::Info(message) => answer.infos.push(message),
                Event::Done { rows: Some(rows), .. } => answer.counts.push(rows),
                _ => {}
            }
        }
        answer.events = events;
        answer.ended = Some(ended);
        answer
    }

    pub fn numbers(&self) -> Vec<u32> {
        self.errors.iter().map(|error| error.number).collect()
    }

    /// The rows of the last result as text.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let rows = self.results.last().map(|(_, rows)| rows.clone()).unwrap_or_default();
        rows.iter().map(|row| row.iter().map(show).collect()).collect()
    }
}

/// A value as text.
pub fn show(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bit(value) => u8::from(*value).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Binary(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("0x{digits}")
        }
    }
}

/// Runs a batch that must have no error.
pub fn ok(session: &mut Session, batch: &str) -> Answer {
    let answer = Answer::of(session, batch);
    assert!(answer.errors.is_empty(), "{batch}\n{:?}", answer.errors);
    answer
}

/// The one value that a batch answers.
pub fn value(session: &mut Session, batch: &str) -> String {
    let rows = ok(session, batch).rows();
    assert_eq!(rows.len(), 1, "{batch}: {rows:?}");
    rows[0].join("|")
}

/// Runs a batch that must fail, and gives the numbers of its errors.
pub fn errors(session: &mut Session, batch: &str) -> Vec<u32> {
    let answer = Answer::of(session, batch);
    assert!(!answer.errors.is_empty(), "no error: {batch}\n{:?}", answer.events);
    answer.numbers()
}

/// The batches of a script whose `GO`s stand alone on their lines.
pub fn batches(script: &str) -> Vec<String> {
    let mut batches = vec![String::new()];
    for line in script.lines() {
        if line.trim().eq_ignore_ascii_case("go") {
            batches.push(String::new());
        } else if let Some(last) = batches.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    batches.into_iter().filter(|batch| !batch.trim().is_empty()).collect()
}

/// Waits until the condition holds; fails after ten seconds.
pub fn eventually(mut condition: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !condition() {
        assert!(std::time::Instant::now() < end, "the condition never held");
        std::thread::yield_now();
    }
}
