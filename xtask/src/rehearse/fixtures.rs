//! What a rehearsal works with: scripts, applications and the scenario of the simulator.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Value, json};

use super::Break;
use crate::workspace::Workspace;

/// The files of one rehearsal.
pub struct Fixtures {
    /// The folder of this rehearsal; everything it writes is here.
    pub folder: PathBuf,
    /// The upgrade scripts.
    pub scripts: PathBuf,
    database: PathBuf,
    app_v1: PathBuf,
    app_v2: PathBuf,
    cache: PathBuf,
}

impl Fixtures {
    /// Puts everything in its place.
    pub fn lay_out(workspace: &Workspace, scripts: Option<&Path>, broken: Break) -> anyhow::Result<Self> {
        let folder = workspace.scratch("rehearsal")?;
        let sample = workspace.root.join("sample");
        let given = scripts.map_or_else(|| sample.join("upgrade"), Path::to_owned);
        let scripts = match broken {
            Break::Script => with_broken_script(&folder, &given, &sample)?,
            Break::None | Break::Health => absolute(&given)?,
        };
        let app_v2 = match broken {
            Break::Health => with_broken_health(&folder, &sample)?,
            Break::None | Break::Script => sample.join("v2/app.json"),
        };
        let (database, app_v1) = (sample.join("shop.sql"), sample.join("v1/app.json"));
        Ok(Self { folder, scripts, database, app_v1, app_v2, cache: workspace.scratch("databases")? })
    }

    /// An application in a folder of its own, with the upgrade scripts in its `upgrade`.
    pub fn of(workspace: &Workspace, folder: PathBuf, application: &Path) -> anyhow::Result<Self> {
        let at = |name: &str| application.join(name);
        let cache = workspace.scratch("databases")?;
        let (database, scripts) = (at("shop.sql"), at("upgrade"));
        Ok(Self { folder, scripts, database, app_v1: at("v1/app.json"), app_v2: at("v2/app.json"), cache })
    }

    /// The same application in other versions, which are in a folder of their own.
    pub fn in_other_versions(self, versions: &Path) -> Self {
        Self { app_v1: versions.join("v1/app.json"), app_v2: versions.join("v2/app.json"), ..self }
    }

    /// The application's hooks, for one that has them.
    pub fn hook(&self) -> PathBuf {
        self.scripts.with_file_name("hook.sh")
    }

    /// Where the application comes from, as a scenario names it.
    pub fn application(&self) -> Value {
        json!({
            "database-script": self.database,
            "app-v1": self.app_v1,
            "app-v2": self.app_v2,
            "cache-dir": self.cache,
        })
    }

    /// Users on a timer, and names that are cached for a second instead of half a minute.
    pub fn scenario(&self) -> Value {
        let mut scenario = self.application();
        (scenario["users"], scenario["user-interval-ms"]) = (json!(8), json!(40));
        scenario["ttl-seconds"] = json!(1.0);
        scenario
    }
}

/// A copy of the scripts with one more, last in order, that fails.
fn with_broken_script(folder: &Path, scripts: &Path, sample: &Path) -> anyhow::Result<PathBuf> {
    let copy = folder.join("scripts");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("empty the folder `{}`", copy.display()))?;
    }
    fs::create_dir(&copy).with_context(|| format!("make the folder `{}`", copy.display()))?;
    for from in [scripts, &sample.join("broken")] {
        for entry in fs::read_dir(from).with_context(|| format!("list the scripts in `{}`", from.display()))? {
            let file = entry?.path();
            let name = file.file_name().context("a script without a name")?;
            fs::copy(&file, copy.join(name)).with_context(|| format!("copy the script `{}`", file.display()))?;
        }
    }
    Ok(copy)
}

/// V2 with an application that answers 500 on its health path.
fn with_broken_health(folder: &Path, sample: &Path) -> anyhow::Result<PathBuf> {
    let original = sample.join("v2/app.json");
    let text = fs::read_to_string(&original).with_context(|| format!("read `{}`", original.display()))?;
    let mut app: Value = serde_json::from_str(&text).with_context(|| format!("read `{}`", original.display()))?;
    app["fail"] = Value::from("health");
    let file = folder.join("app-v2-broken.json");
    fs::write(&file, app.to_string()).with_context(|| format!("write `{}`", file.display()))?;
    Ok(file)
}

fn absolute(folder: &Path) -> anyhow::Result<PathBuf> {
    folder.canonicalize().with_context(|| format!("find the folder of scripts `{}`", folder.display()))
}
