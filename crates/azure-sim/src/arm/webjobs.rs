//! Microsoft.Web/sites/continuouswebjobs and triggeredwebjobs, in the shape of the specification.
//!
//! Traffic that azure-powershell has recorded (`Get-` and `Stop-AzWebAppContinuousWebJob`, 2021-02-01) shows more: `location`, `name` and
//! `type` among the properties, and the status `Disabling`, which the specification does not have.

use serde_json::{Value, json};

use super::call::Call;
use crate::{
    clock,
    http::Answer,
    world::{JobStatus, Kudu, Name, Refusal, Site, World},
};

/// The instance that every WebJob here runs on, as `detailed_status` names it.
const INSTANCE: &str = "54146e";

pub(super) fn list_continuous(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    let value: Vec<Value> = site.continuous().iter().map(|job| show(&world, site, job)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

pub(super) fn get_continuous(call: &Call) -> Result<Answer, Refusal> {
    let (group, site, job) = (call.group(), call.names.name, call.names.job);
    let world = call.world();
    let site = world.site_in(group, site)?;
    Ok(Answer::ok(show(&world, site, &find(site, job)?)))
}

/// 200 without a body, before the WebJob has done what it is told (recordings `Start-` and `Stop-AzWebAppContinuousWebJob`). One that
/// no WebJob of the site may run besides is started in vain: that is no error.
pub(super) fn start(call: &Call) -> Result<Answer, Refusal> {
    let later = clock::now() + clock::seconds(call.scenario.webjob_ms);
    tell(call, |kudu, job| kudu.start(job, later))
}

/// The same for its end.
pub(super) fn stop(call: &Call) -> Result<Answer, Refusal> {
    let now = clock::now();
    let later = now + clock::seconds(call.scenario.webjob_ms);
    tell(call, |kudu, job| kudu.stop(job, now, later))
}

fn tell(call: &Call, order: impl FnOnce(&mut Kudu, &Name)) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let mut world = call.world();
    let job = find(world.site_in(group, site)?, call.names.job)?;
    order(&mut world.site_mut(group, site)?.kudu, &job);
    Ok(Answer::empty(200))
}

pub(super) fn list_triggered(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    let jobs = site.app.as_ref().map(|app| app.webjobs.triggered.as_slice()).unwrap_or_default();
    let value: Vec<Value> = jobs.iter().map(|job| show_triggered(&world, site, job)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

fn find(site: &Site, job: &str) -> Result<Name, Refusal> {
    let missing = || Refusal::new(404, "NotFound", format!("WebJob '{job}' was not found."));
    site.continuous().into_iter().find(|known| *known == *job).ok_or_else(missing)
}

fn show(world: &World, site: &Site, job: &Name) -> Value {
    let status = match site.kudu.status(job, clock::now()) {
        JobStatus::Starting => "Starting",
        // The specification has no word for it.
        JobStatus::Running | JobStatus::Stopping => "Running",
        JobStatus::Stopped => "Stopped",
    };
    let (kudu, job) = (format!("https://{}", site.publish_host()), job.as_str());
    resource(
        world,
        site,
        "continuouswebjobs",
        job,
        json!({
            "status": status,
            "detailed_status": format!("{INSTANCE} - {status}\r\n"),
            "log_url": format!("{kudu}/vfs/data/jobs/continuous/{job}/job_log.txt"),
            "run_command": "run.cmd",
            "url": format!("{kudu}/api/continuouswebjobs/{job}"),
            "extra_info_url": format!("{kudu}/azurejobs/#/jobs/continuous/{job}"),
            "web_job_type": "Continuous",
            "using_sdk": false,
            "settings": {},
        }),
    )
}

fn show_triggered(world: &World, site: &Site, job: &str) -> Value {
    let kudu = format!("https://{}", site.publish_host());
    resource(
        world,
        site,
        "triggeredwebjobs",
        job,
        json!({
            "history_url": format!("{kudu}/api/triggeredwebjobs/{job}/history"),
            "run_command": "run.cmd",
            "url": format!("{kudu}/api/triggeredwebjobs/{job}"),
            "extra_info_url": format!("{kudu}/azurejobs/#/jobs/triggered/{job}"),
            "web_job_type": "Triggered",
            "using_sdk": false,
            "settings": {},
        }),
    )
}

fn resource(world: &World, site: &Site, kind: &str, job: &str, properties: Value) -> Value {
    json!({
        "id": format!("{}/{kind}/{job}", world.site_id(site)),
        "name": format!("{}/{job}", site.name),
        "type": format!("Microsoft.Web/sites/{kind}"),
        "properties": properties,
    })
}
