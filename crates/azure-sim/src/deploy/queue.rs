//! Deployments of a site, one at a time.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Packages, package};
use crate::{
    Scenario, clock,
    lock::lock,
    random::Random,
    world::{App, Deployment, Name, Refusal, Site, World},
};

/// The deployments of all sites.
#[derive(Clone, Copy)]
pub(crate) struct Deployments<'a> {
    pub(crate) world: &'a Mutex<World>,
    pub(crate) scenario: &'a Scenario,
    pub(crate) random: &'a Random,
}

impl Deployments<'_> {
    /// Takes a package for a site. The deployment ends after the time of the scenario.
    ///
    /// # Errors
    /// Another deployment is under way.
    pub(super) fn take(&self, site: &Name, bytes: Result<Vec<u8>, String>) -> Result<Deployment, Refusal> {
        let failing = self.scenario.failing_deployment.then(|| "the deployment failed".to_owned());
        let package = bytes.and_then(|bytes| package::open(&bytes)).and_then(|app| failing.map_or(Ok(app), Err));
        let received = clock::now();
        let due = received + clock::seconds(self.scenario.deployment_ms);
        let id = self.random.guid().replace('-', "");
        lock(self.world).deploy(site, Deployment { id, received, due, package: package.map(Arc::new), done: false })
    }

    /// Deploys the package that an address leads to, as `extensions/onedeploy` does.
    ///
    /// # Errors
    /// Another deployment is under way.
    pub(crate) fn deploy_from(&self, packages: &Packages, site: &Name, address: &str) -> Result<Deployment, Refusal> {
        let deployment = self.take(site, packages.fetch(address))?;
        self.finish();
        let world = lock(self.world);
        let latest = world.sites.get(site).and_then(|site| site.deployments.last()).cloned();
        Ok(latest.unwrap_or(deployment))
    }

    /// Ends every deployment that is due: the new application runs in a new process. Answers what happened.
    pub(crate) fn finish(&self) -> Vec<String> {
        let now = clock::now();
        let ready_at = now + clock::seconds(self.scenario.site_start_ms);
        lock(self.world).sites.values_mut().filter_map(|site| site.finish_deployment(now, ready_at)).collect()
    }
}

impl World {
    fn deploy(&mut self, site: &Name, deployment: Deployment) -> Result<Deployment, Refusal> {
        let missing = || Refusal::new(404, "NotFound", format!("There is no site '{site}'."));
        let site = self.sites.get_mut(site).ok_or_else(missing)?;
        if site.deployments.iter().any(|other| !other.done) {
            let text = "There is a deployment currently in progress. Please try again when it completes.";
            return Err(Refusal::conflict("Conflict", text));
        }
        site.deployments.push(deployment.clone());
        Ok(deployment)
    }
}

impl Site {
    fn finish_deployment(&mut self, now: f64, ready_at: f64) -> Option<String> {
        let deployment = self.deployments.iter_mut().find(|deployment| !deployment.done && deployment.due <= now)?;
        deployment.done = true;
        let app: Arc<App> = deployment.package.clone().ok()?;
        let what = format!("version {} is deployed to site {}", app.version, self.name);
        self.app = Some(app);
        self.modified = now;
        self.wipe_kudu();
        self.restart(ready_at);
        Some(what)
    }
}

/// A deployment as Kudu and `extensions/onedeploy` show it (recording `webapp_one_deploy_2023`, 9). Of the numbers of
/// `status`, 3 is failed and 4 is success; the others are on the way.
pub(crate) fn show(site: &Site, deployment: &Deployment) -> Value {
    let failed = deployment.done && deployment.package.is_err();
    let end = deployment.done.then(|| clock::precise(deployment.due));
    let status = match (deployment.done, failed) {
        (false, _) => 1,
        (true, true) => 3,
        (true, false) => 4,
    };
    let text = deployment.package.as_ref().err().filter(|_| failed);
    json!({
        "id": null,
        "status": status,
        "status_text": text.map_or("", String::as_str),
        "author_email": "N/A",
        "author": "N/A",
        "deployer": "OneDeploy",
        "message": "OneDeploy",
        "progress": if deployment.done { "" } else { "Building and Deploying" },
        "received_time": clock::precise(deployment.received),
        "start_time": clock::precise(deployment.received),
        "end_time": end,
        "last_success_end_time": end.as_ref().filter(|_| !failed),
        "complete": deployment.done,
        "active": deployment.done && !failed,
        "is_temp": false,
        "is_readonly": true,
        "url": null,
        "log_url": null,
        "site_name": site.name.as_str(),
        "build_summary": {"errors": [], "warnings": []},
    })
}
