//! One run of the workflow by `act` in host mode, and what must have come of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use sim_control::Report;

use super::tools::Tools;
use crate::{process, simulator::Simulator, workspace::Workspace};

/// A run and what is expected of it.
pub struct WorkflowRun {
    /// Its name, also of its folder.
    pub name: &'static str,
    broken: bool,
    sign_in: SignIn,
    /// The servers keep the runner out until each job lets it in.
    walled: bool,
    jobs: &'static [(&'static str, &'static str)],
    serving: &'static str,
}

/// How the steps of a run sign in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignIn {
    /// By themselves, with the runner's identity token.
    Oidc,
    /// The action asks the Azure CLI for tokens.
    Cli,
}

/// The action that the workflow uses, and what stands in for it here.
const ACTION: (&str, &str) = ("rolling-upgrade/rolling-upgrade@v0.1.0", "action");

const INPUTS: [&str; 5] = [
    "profile=contoso-rg/contoso",
    "stage-server=contoso-rg/contoso-sql-2",
    "stage-site=contoso-stage-rg/contoso-2",
    "connection-name=Shop",
    "scripts=db/upgrade",
];

impl WorkflowRun {
    /// Every job succeeds, and users are on V2.
    pub const SUCCESS: Self = Self {
        name: "success",
        broken: false,
        sign_in: SignIn::Oidc,
        walled: false,
        jobs: &[("plan", "success"), ("prepare", "success"), ("cutover", "success"), ("cleanup", "success")],
        serving: "2",
    };

    /// A script fails, the rollback job gives V1 back, and nothing is cleaned up.
    pub const FAILURE: Self = Self {
        name: "failing-script",
        broken: true,
        sign_in: SignIn::Cli,
        walled: true,
        jobs: &[("plan", "success"), ("prepare", "success"), ("cutover", "failure"), ("rollback", "success")],
        serving: "1",
    };

    /// Runs it; everything that is not as expected comes back.
    pub fn run(&self, workspace: &Workspace, tools: &Tools) -> anyhow::Result<Vec<String>> {
        eprintln!("act, {}", self.name);
        let sandbox = Sandbox::lay_out(workspace, self)?;
        let simulator = Simulator::start(workspace, &sandbox.folder, &scenario(workspace, self.walled)?)?;
        if self.sign_in == SignIn::Cli {
            sandbox.sign_in_cli(&simulator)?;
        }
        let mut jobs = BTreeMap::new();
        let mut live = |line: &str| note(line, &mut jobs);
        let act = process::run(
            &mut sandbox.command(workspace, tools, &simulator, self),
            Duration::from_secs(600),
            &mut live,
        )?;
        let log = sandbox.folder.join("act.log");
        fs::write(&log, &act.text).with_context(|| format!("write `{}`", log.display()))?;
        simulator.control.output("act", &said_by_steps(&act.text))?;
        let mut problems = self.problems(&jobs, &settled(&simulator)?);
        problems.extend(self.left_open(&simulator.control.world()?));
        if !problems.is_empty() {
            act.text.lines().filter_map(printed).for_each(|line| eprintln!("           {line}"));
        }
        Ok(problems)
    }

    /// The rules that jobs have made and not taken back.
    fn left_open(&self, world: &Value) -> Option<String> {
        let servers = world["servers"].as_array().into_iter().flatten();
        let rules = servers.flat_map(|server| server["firewall_rules"].as_array().into_iter().flatten());
        let left: Vec<&Value> = rules.filter(|rule| rule[0] != ALL_OF_AZURE).collect();
        (!left.is_empty()).then(|| format!("{}: firewall rules are left: {left:?}", self.name))
    }

    fn problems(&self, jobs: &BTreeMap<String, String>, users: &Report) -> Vec<String> {
        let expected = self.jobs.iter().map(|(job, result)| ((*job).to_owned(), (*result).to_owned())).collect();
        let mut problems = Vec::new();
        if *jobs != expected {
            problems.push(format!("{}: the jobs ended as {jobs:?}, expected {expected:?}", self.name));
        }
        if users.serving.version.as_deref() != Some(self.serving) {
            let serving = json!(users.serving);
            problems.push(format!("{}: users are served by {serving}, expected V{}", self.name, self.serving));
        }
        if users.writes.acknowledged < 1 || users.writes.lost != 0 {
            problems.push(format!("{}: the users' writes: {}", self.name, json!(users.writes)));
        }
        let by_us = users.sign_ins.arm_tokens > 0;
        if by_us != (self.sign_in == SignIn::Oidc) {
            problems.push(format!("{}: the sign-ins: {}", self.name, json!(users.sign_ins)));
        }
        if !users.invariants.broken.is_empty() {
            problems.push(format!("{}: broken invariants: {}", self.name, json!(users.invariants.broken)));
        }
        problems
    }
}

/// A repository that uses the workflow, the actions, and what stands in for Azure's side of a runner.
struct Sandbox {
    folder: PathBuf,
}

impl Sandbox {
    fn lay_out(workspace: &Workspace, run: &WorkflowRun) -> anyhow::Result<Self> {
        let folder = workspace.scratch("act")?.join(run.name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("empty `{}`", folder.display()))?;
        }
        let root = &workspace.root;
        copy(&root.join("workflows"), &folder.join("repository/.github/workflows"))?;
        copy(&root.join("sample/upgrade"), &folder.join("repository/db/upgrade"))?;
        if run.broken {
            copy(&root.join("sample/broken"), &folder.join("repository/db/upgrade"))?;
        }
        for folder in [folder.join("action"), folder.join("azure"), folder.join("home")] {
            fs::create_dir_all(&folder).with_context(|| format!("make `{}`", folder.display()))?;
        }
        fs::copy(root.join("action.yml"), folder.join("action/action.yml")).context("copy action.yml")?;
        Ok(Self { folder })
    }

    /// Leaves the tokens where the stand-in for the Azure CLI finds them.
    fn sign_in_cli(&self, simulator: &Simulator) -> anyhow::Result<()> {
        let tokens = [
            ("arm-token", &simulator.ready.credentials.arm_token),
            ("sql-token", &simulator.ready.credentials.sql_token),
        ];
        for (name, token) in tokens {
            fs::write(self.folder.join("azure").join(name), token).with_context(|| format!("write the {name}"))?;
        }
        Ok(())
    }

    fn command(&self, workspace: &Workspace, tools: &Tools, simulator: &Simulator, run: &WorkflowRun) -> Command {
        let mut act = tools.command("act");
        act.current_dir(self.folder.join("repository")).env_clear();
        act.env("PATH", self.path(workspace)).env("HOME", self.folder.join("home"));
        act.args(["workflow_dispatch", "--json", "--platform", "ubuntu-latest=-self-hosted"]);
        act.args(["--workflows", ".github/workflows/rolling-upgrade.yml"]);
        act.arg("--local-repository").arg(format!("{}={}", ACTION.0, self.folder.join(ACTION.1).display()));
        act.args(INPUTS.iter().flat_map(|input| ["--input", input]));
        act.args(variables(simulator, run).iter().flat_map(|variable| ["--var".to_owned(), variable.clone()]));
        act.arg("--env").arg(format!("SSL_CERT_FILE={}", simulator.ready.ca_file));
        act.arg("--env").arg(format!("SIMULATED_AZURE={}", self.folder.join("azure").display()));
        if run.sign_in == SignIn::Oidc {
            let request = simulator.ready.credentials.id_token_request().into_iter();
            act.args(request.flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]));
        }
        act
    }

    /// The stand-in for the Azure CLI, the built steps, and the system.
    fn path(&self, workspace: &Workspace) -> String {
        let (bin, steps) = (workspace.root.join("tests/act/bin"), workspace.binaries());
        format!("{}:{}:/usr/local/bin:/usr/bin:/bin", bin.display(), steps.display())
    }
}

/// The variables of the repository.
fn variables(simulator: &Simulator, run: &WorkflowRun) -> Vec<String> {
    let ready = &simulator.ready;
    let application = match run.sign_in {
        SignIn::Oidc => {
            vec![
                format!("AZURE_CLIENT_ID={}", ready.credentials.client_id),
                format!("AZURE_TENANT_ID={}", ready.credentials.tenant_id),
            ]
        }
        SignIn::Cli => Vec::new(),
    };
    let common = [
        format!("AZURE_SUBSCRIPTION_ID={}", ready.credentials.subscription_id),
        format!("ROLLING_UPGRADE_CONNECT_TO={}", simulator.connect_to()),
        "ROLLING_UPGRADE_HEALTH_TIMEOUT=20s".to_owned(),
        "ROLLING_UPGRADE_REVERT_WINDOW=1ms".to_owned(),
    ];
    let walled = run.walled.then(|| "ROLLING_UPGRADE_FIREWALL=open".to_owned());
    application.into_iter().chain(common).chain(walled).collect()
}

/// The rule by which sites come in.
const ALL_OF_AZURE: &str = "AllowAllWindowsAzureIps";

fn scenario(workspace: &Workspace, walled: bool) -> anyhow::Result<Value> {
    let sample = workspace.root.join("sample");
    let rule = json!({ "name": ALL_OF_AZURE, "start": "0.0.0.0", "end": "0.0.0.0" });
    let server = json!({ "firewall-rules": [rule] });
    Ok(json!({
        "runner-addresses": if walled { vec!["203.0.113.7"] } else { Vec::new() },
        "firewall-delay-ms": 300,
        "server-settings": { "contoso-sql-1": server, "contoso-sql-2": server },
        "users": 4,
        "user-interval-ms": 100,
        "ttl-seconds": 0.2,
        "database-script": sample.join("shop.sql"),
        "app-v1": sample.join("v1/app.json"),
        "app-v2": sample.join("v2/app.json"),
        "cache-dir": workspace.scratch("databases")?,
    }))
}

/// The users' report, after some more of their writes have arrived.
fn settled(simulator: &Simulator) -> anyhow::Result<Report> {
    let before = simulator.control.report()?.writes.acknowledged;
    if !simulator.control.wait_for(Duration::from_secs(20), |report| report.writes.acknowledged > before + 5)? {
        bail!("users cannot write: {}", json!(simulator.control.report()?));
    }
    simulator.control.report()
}

/// Keeps the results of jobs, and shows what a person wants to see of act's JSON lines.
fn note(line: &str, jobs: &mut BTreeMap<String, String>) {
    let Ok(event) = serde_json::from_str::<Value>(line) else {
        return;
    };
    if let (Some(job), Some(result)) = (event["jobID"].as_str(), event["jobResult"].as_str()) {
        eprintln!("           job {job}: {result}");
        jobs.insert(job.to_owned(), result.to_owned());
    }
}

/// What our binaries printed and set as outputs. The mask commands, which hold secrets by design, are not among it.
fn said_by_steps(log: &str) -> String {
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = events.filter(|event| event["stepID"].as_array().is_some_and(|id| id.last() == Some(&json!("step"))));
    let said = ours.filter_map(|event| match event["command"].as_str() {
        None if event["raw_output"] == true => event["msg"].as_str().map(str::to_owned),
        Some("set-output") => Some(format!("{}={}\n", event["name"], event["arg"])),
        _ => None,
    });
    said.collect()
}

/// What a job printed or how a step failed, from a line of act's log.
fn printed(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    let wanted = event["raw_output"] == true || event["level"] == "error" || event["stepResult"] == "failure";
    let (job, message) = (event["jobID"].as_str().unwrap_or("act"), event["msg"].as_str()?.trim_end());
    wanted.then(|| format!("{job}: {message}"))
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make `{}`", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("list `{}`", from.display()))? {
        let file = entry?.path();
        let target = to.join(file.file_name().context("a file without a name")?);
        fs::copy(&file, &target).with_context(|| format!("copy `{}`", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_not_taken_for_leaks() {
        let log = [
            json!({ "stepID": ["plan", "step"], "raw_output": true, "msg": "printed\n" }),
            json!({ "stepID": ["plan", "step"], "command": "set-output", "name": "outcome", "arg": "done" }),
            json!({ "stepID": ["plan", "step"], "command": "add-mask", "arg": "secret", "raw": "::add-mask::secret" }),
            json!({ "stepID": ["tokens"], "command": "set-output", "name": "arm", "arg": "secret" }),
        ];
        let log = log.map(|event| event.to_string()).join("\n") + "\nnot json\n";
        assert_eq!(said_by_steps(&log), "printed\n\"outcome\"=\"done\"\n");
        assert_eq!(printed(log.lines().next().unwrap()), Some("act: printed".to_owned()));
    }

    #[test]
    fn results_of_jobs_are_kept() {
        let mut jobs = BTreeMap::new();
        note(r#"{"jobID":"plan","jobResult":"success"}"#, &mut jobs);
        note(r#"{"jobID":"plan","msg":"x"}"#, &mut jobs);
        assert_eq!(jobs, BTreeMap::from([("plan".to_owned(), "success".to_owned())]));
    }
}
