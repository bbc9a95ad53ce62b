//! A simulated Azure with an application on it, and the step binaries to upgrade it.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use azure_sim::{Report, Scenario, Simulator};
use serde_json::Value;
use tempfile::TempDir;

#[path = "../github_output.rs"]
mod github_output;

pub use github_output::Outputs;

use crate::capture;

/// How a step ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub outputs: Outputs,
    pub stdout: String,
    pub stderr: String,
    pub summary: String,
}

impl Ended {
    /// The `result` output.
    pub fn result(&self) -> Value {
        serde_json::from_str(&self.outputs["result"]).unwrap()
    }

    /// The outcome, asserted to fit the exit code.
    #[track_caller]
    pub fn outcome(&self) -> &str {
        let outcome = self.outputs.get("outcome").unwrap_or_else(|| panic!("no outcome: {self:#?}")).as_str();
        let code = match outcome {
            "done" | "already-done" => 0,
            "refused" => 10,
            "interrupted" => 20,
            "broken" => 30,
            "stuck" => 40,
            other => panic!("unknown outcome {other}"),
        };
        assert_eq!(self.code, Some(code), "{self:#?}");
        outcome
    }

    /// What the step did, in its words.
    pub fn done(&self) -> Vec<String> {
        let done = self.result()["done"].as_array().unwrap().clone();
        done.iter().map(|effect| effect["what"].as_str().unwrap().to_owned()).collect()
    }

    /// The how manieth thing that the step did begins like this.
    #[track_caller]
    pub fn place(&self, text: &str) -> usize {
        let done = self.done();
        done.iter().position(|what| what.starts_with(text)).unwrap_or_else(|| panic!("{text}: {done:#?}"))
    }

    /// Message and hint of a step that did not succeed.
    pub fn why(&self) -> String {
        let result = self.result();
        format!("{}\nhint: {}", result["message"].as_str().unwrap(), result["hint"].as_str().unwrap())
    }
}

/// A step that runs.
pub struct Running<'s> {
    shop: &'s TestUpgrade,
    step: String,
    /// The step, or the script that has started it.
    pub process: Child,
    files: TempDir,
}

impl Running<'_> {
    fn read(&self, name: &str) -> String {
        fs::read(self.files.path().join(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    /// Whether it has written its outputs, which is the last thing that a step does.
    pub fn has_told(&self) -> bool {
        self.read("output").contains("result<<")
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let status = self.process.wait().unwrap();
        self.told(status.code())
    }

    /// What it has told; the exit code is that of the step.
    pub fn told(self, code: Option<i32>) -> Ended {
        let ended = Ended {
            code,
            outputs: github_output::parse(&self.read("output")).unwrap(),
            stdout: self.read("stdout"),
            stderr: self.read("stderr"),
            summary: self.read("summary"),
        };
        self.shop.no_secret_in(&self.step, &ended);
        if matches!(ended.outputs.get("outcome").map(String::as_str), Some("done" | "already-done")) {
            self.shop.known.borrow_mut().extend(ended.outputs.clone());
        }
        ended
    }
}

/// An application on the simulated Azure, and where its upgrade stands.
pub struct TestUpgrade {
    pub sim: Simulator,
    folder: TempDir,
    scripts: PathBuf,
    known: RefCell<Outputs>,
    always: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    capture: PathBuf,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The application that tests upgrade: Chinook where it stands beside the checkout, else the project's own sample.
struct Application {
    database: PathBuf,
    folder: PathBuf,
}

fn application() -> Application {
    let root = root();
    let chinook = root.join("../shared/data/chinook_sqlserver.sql");
    if chinook.exists() {
        return Application { database: chinook, folder: root.join("tests/chinook") };
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "evidence: ../shared is absent in CI");
    println!("evidence: not run (../shared absent)");
    Application { database: root.join("sample/shop.sql"), folder: root.join("sample") }
}

/// The scenario of most tests: users act around every change of state, waits are short.
pub fn scenario() -> Scenario {
    let application = application();
    Scenario {
        users: 4,
        database_script: Some(application.database),
        app_v1: Some(application.folder.join("v1/app.json")),
        app_v2: Some(application.folder.join("v2/app.json")),
        cache_dir: Some(cache()),
        ttl_seconds: Some(0.05),
        ..Scenario::default()
    }
}

fn cache() -> PathBuf {
    let folder = root().join("target/databases");
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl TestUpgrade {
    /// V1 serves users, V2 is deployed to its site, nothing is planned yet.
    pub fn open(scenario: Scenario) -> Self {
        let scripts = application().folder.join("upgrade");
        let capture = capture::file();
        let sim = Simulator::start(Scenario { capture: Some(capture.clone()), ..scenario }).unwrap();
        Self {
            sim,
            folder: tempfile::tempdir().unwrap(),
            scripts,
            known: RefCell::default(),
            always: Vec::new(),
            environment: Vec::new(),
            capture,
        }
    }

    /// How many SQL batches with this text a step has sent so far.
    pub fn sent(&self, step: &str, text: &str) -> usize {
        let lines = fs::read_to_string(&self.capture).unwrap();
        let application = format!("rolling-upgrade/{step}/");
        // The simulator may be at writing the last one.
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_step =
            lines.filter(|line| line["application"].as_str().is_some_and(|who| who.starts_with(&application)));
        of_step.filter(|line| line["sql"].as_str().is_some_and(|sql| sql.contains(text))).count()
    }

    /// A folder with one upgrade script of this text, which takes the place of the application's own.
    pub fn with_script(mut self, text: &str) -> Self {
        let folder = self.folder.path().join("scripts");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("1.sql"), text).unwrap();
        self.scripts = folder;
        self
    }

    /// The application's own upgrade scripts, and one more of this text after them.
    pub fn with_another_script(mut self, text: &str) -> Self {
        let folder = self.folder.path().join("scripts");
        fs::create_dir_all(&folder).unwrap();
        for script in fs::read_dir(&self.scripts).unwrap().map(Result::unwrap) {
            fs::copy(script.path(), folder.join(script.file_name())).unwrap();
        }
        fs::write(folder.join("99.sql"), text).unwrap();
        self.scripts = folder;
        self
    }

    /// Inputs that every step gets, before its own; an empty value takes an input away.
    pub fn with_inputs(mut self, inputs: &[(&str, &str)]) -> Self {
        self.always.extend(owned(inputs));
        self
    }

    /// Variables that every step finds in its environment.
    pub fn with_environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.environment.extend(owned(variables));
        self
    }

    /// A file of this text.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// The folder of scripts that later steps get.
    pub fn scripts(&self) -> &Path {
        &self.scripts
    }

    /// Runs a step, fed by the outputs of the ones before.
    pub fn run(&self, step: &str) -> Ended {
        self.run_with(step, &[])
    }

    /// Runs a step with further inputs; an empty value takes an input away.
    pub fn run_with(&self, step: &str, more: &[(&str, &str)]) -> Ended {
        self.start(step, more, Command::new(binary(step))).end()
    }

    /// Starts a step with further inputs, by a command that has it as its program, or a script that runs it.
    pub fn start(&self, step: &str, more: &[(&str, &str)], mut command: Command) -> Running<'_> {
        let files = tempfile::tempdir_in(self.folder.path()).unwrap();
        let file = |name: &str| files.path().join(name);
        command.env_clear().env("GITHUB_OUTPUT", file("output")).env("GITHUB_STEP_SUMMARY", file("summary"));
        command.env("SSL_CERT_FILE", &self.sim.addresses().ca_file).env("RUNNER_DEBUG", "1");
        command.envs(self.inputs(step, more).iter().map(|(name, value)| (variable(name), value)));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let channel = |name: &str| fs::File::create(file(name)).unwrap();
        command.stdin(Stdio::null()).stdout(channel("stdout")).stderr(channel("stderr"));
        Running { shop: self, step: step.to_owned(), process: command.spawn().unwrap(), files }
    }

    /// Runs steps one after the other; each must do what it is for.
    #[track_caller]
    pub fn upgrade_through(&self, steps: &[&str]) {
        for step in steps {
            let ended = self.run(step);
            assert_eq!(ended.outcome(), "done", "{step}: {ended:#?}");
        }
    }

    /// The inputs of a step: what a workflow passes on, then `more`.
    fn inputs(&self, step: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let (addresses, secrets) = (self.sim.addresses(), self.sim.credentials());
        let connect_to = addresses.connect_to.join(",");
        let mut inputs: BTreeMap<String, String> = self.known.borrow().clone();
        inputs.retain(|name, _| {
            !matches!(name.as_str(), "outcome" | "result" | "findings") && !name.ends_with("-seconds")
        });
        if step == "plan" {
            inputs.clear();
        }
        let mut set = |name: &str, value: &str| inputs.insert(name.to_owned(), value.to_owned());
        set("subscription-id", &secrets.subscription_id);
        set("arm-token", &secrets.arm_token);
        set("sql-token", &secrets.sql_token);
        set("connect-to", &connect_to);
        set("poll-interval", "20ms");
        set("retry-first", "20ms");
        set("retry-budget", "1s");
        set("retry-jitter", "0");
        set("request-timeout", "10s");
        set("health-timeout", "5s");
        set("seeding-timeout", "20s");
        set("rollback-after", "0s");
        set("lock-wait", "0s");
        set("late-request-wait", "0s");
        set("scripts", self.scripts.to_str().unwrap());
        if step == "plan" {
            set("profile", "contoso-rg/contoso");
            set("stage-server", "contoso-rg/contoso-sql-2");
            set("stage-site", "contoso-stage-rg/contoso-2");
            set("upgrade-id", "run-1");
        }
        let always = self.always.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        always.chain(more.iter().copied()).for_each(|(name, value)| {
            set(name, value);
        });
        inputs.retain(|_, value| !value.is_empty());
        inputs.into_iter().collect()
    }

    /// Removes a slot with its database, without waiting for a day.
    pub fn clean_up(&self, slot: &str) -> Ended {
        let database = self.known(&format!("{slot}-database"));
        self.run_with("cleanup", &[("remove", &database), ("remove-database", "true"), ("revert-window", "0s")])
    }

    /// The digest of the world, once nothing is under way in it: a copy has what its primary has.
    #[track_caller]
    pub fn digest(&self) -> String {
        assert!(self.sim.wait("idle", Duration::from_secs(10)), "the world does not come to rest");
        self.sim.digest()
    }

    /// An output of an earlier step.
    pub fn known(&self, name: &str) -> String {
        self.known.borrow()[name].clone()
    }

    /// Forgets what the steps said, as a new workflow run would.
    pub fn forget(&self) {
        self.take_known();
    }

    /// What the steps said so far, which is forgotten.
    pub fn take_known(&self) -> Outputs {
        self.known.take()
    }

    /// What was taken.
    pub fn give_back_known(&self, known: Outputs) {
        self.known.replace(known);
    }

    /// By what was recorded, a step has sent no request that changes anything, and no SQL but queries.
    #[track_caller]
    pub fn reads_only(&self, step: &str) {
        let lines = fs::read_to_string(&self.capture).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let (agent, application) = (format!("({step})"), format!("rolling-upgrade/{step}/"));
        let (mut requests, mut batches) = (0, 0);
        for line in lines {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            if line["headers"].to_string().contains(&agent) {
                let url = text("url").split('?').next().unwrap_or_default();
                assert!(text("method") == "GET" || text("method") == "POST" && url.ends_with("/list"), "{line}");
                requests += 1;
            } else if text("application").starts_with(&application) {
                let words = text("sql").to_uppercase();
                let writes = ["INSERT", "UPDATE ", "DELETE", "ALTER", "CREATE", "DROP", "EXEC ", "MERGE", "SET "];
                assert!(!writes.iter().any(|word| words.contains(word)), "{line}");
                batches += 1;
            }
        }
        assert!(requests > 0 && batches > 0, "{step} has sent nothing");
    }

    /// The report after another round of users, with no invariant broken and nothing lost.
    #[track_caller]
    pub fn good_report(&self) -> Report {
        self.sim.tick();
        let report = self.sim.report();
        assert!(report.invariants.broken.is_empty(), "{:#?}", report.invariants.broken);
        assert_eq!(report.writes.lost, 0);
        report
    }

    /// Users on this site can write.
    #[track_caller]
    pub fn assert_writes_arrive(&self, site: &str) {
        let before = self.sim.report().writes.acknowledged;
        let deadline = Instant::now() + Duration::from_secs(10);
        // Some still have the name of another site.
        while self.good_report().writes.acknowledged == before {
            assert!(Instant::now() < deadline, "users cannot write: {:#?}", self.sim.report());
        }
        assert_eq!(self.good_report().serving.site.as_deref(), Some(site));
    }

    /// Invariant 7 for everything that left the process, but for the commands that tell the runner what to mask.
    fn no_secret_in(&self, step: &str, ended: &Ended) {
        let masks = |line: &&str| !line.starts_with("::add-mask::");
        let stdout: Vec<_> = ended.stdout.lines().filter(masks).collect();
        let text = format!("{}{}{}{:?}", stdout.join("\n"), ended.stderr, ended.summary, ended.outputs);
        for secret in &self.sim.secrets() {
            let at = text.find(secret.as_str());
            assert!(at.is_none(), "{step} shows a secret at {at:?}");
        }
    }
}

/// For what a test waits for; nothing takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a condition.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn owned(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

/// `arm-token` is `UPGRADE_ARM_TOKEN`.
pub fn variable(input: &str) -> String {
    format!("UPGRADE_{}", input.replace('-', "_").to_uppercase())
}

pub fn binary(step: &str) -> &'static str {
    match step {
        "plan" => env!("CARGO_BIN_EXE_upgrade-plan"),
        "prepare" => env!("CARGO_BIN_EXE_upgrade-prepare"),
        "freeze" => env!("CARGO_BIN_EXE_upgrade-freeze"),
        "terminate" => env!("CARGO_BIN_EXE_upgrade-terminate"),
        "migrate" => env!("CARGO_BIN_EXE_upgrade-migrate"),
        "switch" => env!("CARGO_BIN_EXE_upgrade-switch"),
        "rollback" => env!("CARGO_BIN_EXE_upgrade-rollback"),
        "cleanup" => env!("CARGO_BIN_EXE_upgrade-cleanup"),
        "firewall" => env!("CARGO_BIN_EXE_upgrade-firewall"),
        "status" => env!("CARGO_BIN_EXE_upgrade-status"),
        other => panic!("there is no step {other}"),
    }
}
