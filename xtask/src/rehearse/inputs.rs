//! Which inputs a step gets: settings of the rehearsal, and outputs of the steps before it.

use anyhow::Context;

use super::{fixtures::Fixtures, sign_in::SignIn};
use crate::{outputs::Outputs, simulator::Simulator};

/// An input by its kebab-case name.
pub type Input = (&'static str, String);

/// The setting that holds the sample's connection string.
const CONNECTION: &str = "Shop";

/// What every step needs to reach Azure.
pub fn common(simulator: &Simulator, sign_in: SignIn) -> Vec<Input> {
    let ready = &simulator.ready;
    let mut inputs = vec![
        ("subscription-id", ready.credentials.subscription_id.clone()),
        ("connect-to", simulator.connect_to()),
        ("poll-interval", "50ms".to_owned()),
    ];
    inputs.extend(sign_in.inputs(ready));
    inputs
}

/// What the person who starts the upgrade says.
pub fn of_plan(material: &Fixtures) -> Vec<Input> {
    vec![
        ("profile", "contoso-rg/contoso".to_owned()),
        ("stage-server", "contoso-rg/contoso-sql-2".to_owned()),
        ("stage-site", "contoso-stage-rg/contoso-2".to_owned()),
        ("connection-name", CONNECTION.to_owned()),
        ("scripts", material.scripts.display().to_string()),
    ]
}

/// Outputs of earlier steps that a step takes as inputs of the same name.
const IDENTIFIERS: [&str; 7] = [
    "upgrade-id",
    "production-database",
    "production-site",
    "production-endpoint",
    "stage-database",
    "stage-site",
    "stage-endpoint",
];

/// Inputs of any step after plan.
pub fn of_step(step: &str, outputs: &Outputs, material: &Fixtures) -> anyhow::Result<Vec<Input>> {
    let mut inputs = taken(&IDENTIFIERS, outputs, step)?;
    inputs.push(("connection-name", CONNECTION.to_owned()));
    let scripts = ("scripts", material.scripts.display().to_string());
    let patience = ("health-timeout", "5s".to_owned());
    match step {
        "prepare" => inputs.extend(taken(&["package-digest"], outputs, step)?),
        "freeze" => {
            inputs.extend(taken(&["plan-digest", "scripts-digest", "package-digest"], outputs, step)?);
            inputs.extend([scripts, ("rollback-after", "2s".to_owned())]);
        }
        "migrate" => {
            inputs.extend(taken(&["scripts-digest"], outputs, step)?);
            inputs.extend([scripts, patience]);
        }
        "switch" => {
            inputs.extend(taken(&["scripts-digest"], outputs, step)?);
            inputs.push(patience);
        }
        _ => {}
    }
    Ok(inputs)
}

/// Inputs of cleanup, which removes the slot whose database is named by the output `removed`.
pub fn of_cleanup(removed: &str, outputs: &Outputs, material: &Fixtures) -> anyhow::Result<Vec<Input>> {
    let mut inputs = of_step("cleanup", outputs, material)?;
    let database = outputs.get(removed).with_context(|| missing(removed, "cleanup"))?;
    inputs.extend([("remove", database.clone()), ("revert-window", "1s".to_owned())]);
    Ok(inputs)
}

fn taken(names: &[&'static str], outputs: &Outputs, step: &str) -> anyhow::Result<Vec<Input>> {
    let take = |name: &&'static str| {
        let value = outputs.get(*name).with_context(|| missing(name, step))?;
        Ok((*name, value.clone()))
    };
    names.iter().map(take).collect()
}

fn missing(name: &str, step: &str) -> String {
    format!("no step before {step} gave the output `{name}`")
}
