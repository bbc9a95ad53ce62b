//! What there is in the world, and what a step has deleted of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    case_runner::{CaseRun, CaseRunner},
    verdict::{Slots, check_deleted},
};
use crate::rehearse::inputs::Input;

impl CaseRunner<'_, '_> {
    /// Databases, sites and endpoints.
    pub fn things(&self) -> anyhow::Result<BTreeSet<String>> {
        let world = self.bench.control().world()?;
        let each = |kind: &str| world[kind].as_array().cloned().unwrap_or_default();
        let name = |found: &Value| found["name"].as_str().unwrap_or_default().to_owned();
        let databases = each("databases")
            .into_iter()
            .map(|found| format!("{}/{}", found["server"].as_str().unwrap_or_default(), name(&found)));
        let sites = each("sites").into_iter().map(|found| format!("site {}", name(&found)));
        let endpoints = each("profiles")
            .into_iter()
            .flat_map(|profile| profile["endpoints"].as_array().cloned().unwrap_or_default());
        let endpoints = endpoints.map(|found| format!("endpoint {}", name(&found)));
        Ok(databases.chain(sites).chain(endpoints).collect())
    }

    /// The two databases of the upgrade.
    pub fn slots(&self) -> anyhow::Result<Slots> {
        let world = self.bench.control().world()?;
        let of = |slot: &str| {
            let id = self.bench.outputs.get(&format!("{slot}-database")).cloned().unwrap_or_default();
            let wanted = id.split_once('/').map_or("", |(_, rest)| rest).to_owned();
            let is = |found: &&Value| format!("{}/{}", text(&found["server"]), text(&found["name"])) == wanted;
            world["databases"].as_array().into_iter().flatten().find(is).cloned().unwrap_or_default()
        };
        let (production, stage) = (of("production"), of("stage"));
        Ok(Slots { production_read_only: production["read_only"] == true, stage_alone: stage["role"] == "Standalone" })
    }

    /// Nothing is gone but what a cleanup was to remove.
    pub fn check_things(
        &self,
        step: &str,
        inputs: &[Input],
        before: &BTreeSet<String>,
        case_run: &mut CaseRun,
    ) -> anyhow::Result<()> {
        let after = self.things()?;
        let gone: Vec<String> = before.difference(&after).cloned().collect();
        let removed = inputs.iter().find(|(name, _)| *name == "remove").map(|(_, value)| value.as_str());
        case_run.wrong.extend(check_deleted(step, &self.named(removed), &gone).err());
        Ok(())
    }

    /// The things of the slot whose database is named.
    fn named(&self, removed: Option<&str>) -> Vec<String> {
        let of = |name: String| self.bench.outputs.get(&name).cloned().unwrap_or_default();
        let slot = |slot: &str| {
            let database = of(format!("{slot}-database"));
            let database = database.split_once('/').map_or("", |(_, rest)| rest).to_owned();
            let site = format!("site {}", last_part(&of(format!("{slot}-site"))));
            let endpoint = format!("endpoint {}", last_part(&of(format!("{slot}-endpoint"))));
            vec![database, site, endpoint]
        };
        let is = |name: &str| removed.is_some() && removed == self.bench.outputs.get(name).map(String::as_str);
        match () {
            () if is("production-database") => slot("production"),
            () if is("stage-database") => slot("stage"),
            () => Vec::new(),
        }
    }
}

/// The name at the end of an identifier.
pub fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
