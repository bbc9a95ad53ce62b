//! The WebJobs of the model, and what effects do to background work.

use super::{leads_to, on, upgrade};
use crate::{
    Effect, Policy, RunHook, Slot, SlotView, WebJobsEffect, World,
    background::{Hook, HookRow, UNSET, WebJob, WebJobs, Worker},
    site::WEBJOBS_STOPPED,
};

/// WebJobs by name, each with its status.
pub fn named(jobs: &[(&str, &str)]) -> Option<Result<WebJobs, String>> {
    let job = |(name, status): &(&str, &str)| WebJob {
        name: (*name).to_owned(),
        status: (*status).to_owned(),
        instances: vec![(*status).to_owned()],
    };
    Some(Ok(WebJobs { continuous: jobs.iter().map(job).collect(), triggered: Vec::new() }))
}

/// Applies an effect on background work; false if it is none.
pub fn apply(world: &mut World, effect: &Effect) -> bool {
    match effect.clone() {
        Effect::WebJobs(WebJobsEffect::Record { database, upgrade, side, jobs }) => on(world, &database, |sql| {
            let new = jobs.into_iter().map(|noted| Worker { run: upgrade.to_string(), side, noted });
            sql.workers.extend(new);
        }),
        Effect::WebJobs(WebJobsEffect::Forget { database, .. }) => on(world, &database, |sql| sql.workers.clear()),
        Effect::WebJobs(WebJobsEffect::Unrecord { database, side, names, .. }) => on(world, &database, |sql| {
            sql.workers.retain(|row| row.side != side || !names.contains(&row.noted.name));
        }),
        Effect::WebJobs(WebJobsEffect::Stop { site, names, .. }) => set_webjobs(world, &site, &names, false),
        Effect::WebJobs(WebJobsEffect::Start { site, names, .. }) => set_webjobs(world, &site, &names, true),
        Effect::WebJobs(WebJobsEffect::Suspend { keep, .. }) => {
            let held = [(keep, UNSET.to_owned()), (WEBJOBS_STOPPED.to_owned(), "1".to_owned())];
            world.stage.webjob_settings.extend(held);
            show_webjobs(world);
        }
        Effect::WebJobs(WebJobsEffect::Release { .. }) => {
            world.stage.webjob_settings.retain(|(name, _)| name != WEBJOBS_STOPPED);
            show_webjobs(world);
        }
        Effect::WebJobs(WebJobsEffect::Restore { .. }) => {
            world.stage.webjob_settings.retain(|(name, _)| !name.starts_with(WEBJOBS_STOPPED));
            show_webjobs(world);
        }
        Effect::Hook(RunHook { hook, database, upgrade }) => on(world, &database, |sql| match hook {
            Hook::Quiesce | Hook::Activate => {
                sql.hooks = vec![HookRow { run: upgrade.to_string(), hook: hook.input().to_owned() }];
            }
            Hook::Resume => sql.hooks.retain(|row| row.hook != Hook::Quiesce.input()),
        }),
        _ => return false,
    }
    true
}

/// The file beside a WebJob that was stopped by itself, which a [`World`] has no place for: it stands among the settings of the site.
pub fn mark(name: &str) -> (String, String) {
    (format!("disable.job of {name}"), String::new())
}

/// A package brings WebJobs with it and replaces all files, those beside stopped WebJobs too.
pub fn deploy(world: &mut World) {
    world.stage.webjobs = named(&[("fulfil", ""), ("retired", ""), ("waiting", "")]);
    world.stage.webjob_settings.retain(|(_, value)| !value.is_empty());
    show_webjobs(world);
}

fn set_webjobs(world: &mut World, id: &crate::SiteId, names: &[String], run: bool) {
    let view = if *id == upgrade().production.site { &mut world.production } else { &mut world.stage };
    let marks: Vec<_> = names.iter().map(|name| mark(name)).collect();
    view.webjob_settings.retain(|setting| !marks.contains(setting));
    if !run {
        view.webjob_settings.extend(marks);
    }
    show_webjobs(world);
}

/// What is marked is at rest, and so is everything on a site whose WebJobs are held.
fn show_webjobs(world: &mut World) {
    for view in [&mut world.production, &mut world.stage] {
        let (held, settings) = (view.webjobs_are_held(), view.webjob_settings.clone());
        for job in view.webjobs.iter_mut().flatten().flat_map(|jobs| &mut jobs.continuous) {
            let rests = held || settings.contains(&mark(&job.name));
            job.status = if rests { "Stopped" } else { "Running" }.to_owned();
            job.instances = vec![job.status.clone()];
        }
    }
}

/// Invariant 8: a worker has a database that takes writes, and V1's and V2's do not work at the same time.
pub fn assert_workers(world: &World, cause: &str) {
    let upgrade = upgrade();
    let works = |view: &SlotView, slot: &Slot| {
        let busy = view.seen_webjobs().is_some_and(|jobs| !jobs.running().is_empty());
        let here = view.site.is_some() && leads_to(view, &slot.database) && busy;
        assert!(!here || view.writable(), "a WebJob of `{}` works on a read-only database after {cause}", slot.site);
        here
    };
    let (production, stage) = (works(&world.production, &upgrade.production), works(&world.stage, &upgrade.stage));
    assert!(!(production && stage), "WebJobs of both sites work after {cause}");
}

/// What ran runs, what was stopped is stopped, and nothing else: on production, and on a stage site that was adopted as it is.
pub fn assert_given_back(world: &World, planned: &Policy) {
    let before = super::fresh();
    assert_eq!(all(&world.production), all(&before.production), "production");
    if planned.site.package.is_none() {
        assert_eq!(all(&world.stage), all(&before.stage), "stage");
    }
}

/// Every WebJob with its status, and what the site's settings say of WebJobs, in an order of their own.
fn all(view: &SlotView) -> Vec<String> {
    let jobs = view.seen_webjobs().into_iter().flat_map(|jobs| &jobs.continuous);
    let jobs = jobs.map(|job| format!("{} {}", job.name, job.status));
    let settings = view.webjob_settings.iter().map(|(name, value)| format!("{name} {value}"));
    let mut all: Vec<_> = jobs.chain(settings).collect();
    all.sort();
    all
}
