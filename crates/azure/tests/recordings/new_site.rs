//! Microsoft.Web: a site that is made after another, and what is deployed to it.

use azure::{
    ArmId, PackageAddress, Started,
    deployments::{self, State},
    new_site, site_model,
};
use rollout::{PlanId, effect::NewSite, facts::Tags, site::AppSetting};
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::{
    cassette::Interaction,
    checker::{Checker, Reader, read, scope},
    web::id,
};

const REPEATS: (&str, &str) = ("id name type location", "the answer repeats what was asked for");

pub const CONFIGURATION: Reader = Reader {
    name: "the reader of a configuration",
    drops: &[
        REPEATS,
        (
            "properties.machineKey properties.metadata properties.publishingPassword properties.runtimeADUserPassword",
            "credentials of the platform's own",
        ),
    ],
};

pub const STICKY: Reader = Reader {
    name: "the reader of settings that stay with their slot",
    drops: &[REPEATS, ("properties", "checked apart")],
};

pub const DEPLOYMENT: Reader = Reader {
    name: "the reader of a deployment",
    drops: &[REPEATS, ("properties", "the number of the state says it, which is checked apart")],
};

/// The recorded commands say of a site what a plan has to hold; what it is made like is ours.
fn new(seen: &Interaction) -> (NewSite, Vec<AppSetting>) {
    let object = |value: &Value| value.as_object().unwrap().clone();
    let (mut properties, mut configuration) =
        (object(&seen.sent["properties"]), object(&seen.sent["properties"]["siteConfig"]));
    properties.retain(|name, _| !["siteConfig", "serverFarmId"].contains(&name.as_str()));
    let settings = configuration.remove("appSettings").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pair = |pair: &Value| AppSetting { name: text(&pair["name"]), value: text(&pair["value"]).into() };
    let plan = ArmId::parse(seen.sent["properties"]["serverFarmId"].as_str().unwrap()).unwrap();
    let part = |kind| plan.get(kind).unwrap().to_owned();
    let site = NewSite {
        site: id(seen),
        like: id(seen),
        plan: PlanId { group: part("resourceGroups"), name: part("serverfarms") },
        location: text(&seen.sent["location"]),
        kind: "app".to_owned(),
        tags: Tags::new(),
        properties,
        configuration,
        settings: Vec::new(),
        own_settings: Vec::new(),
        host: String::new(),
    };
    (site, settings.as_array().unwrap().iter().map(pair).collect())
}

pub fn site_is_created(seen: &Interaction, checker: &mut Checker) {
    let (new, settings) = new(seen);
    let started = checker.check(seen, &new_site::create(&scope(), &new, &settings));
    assert_eq!(started, Started::Done, "{}", seen.place);
}

pub fn definition_is_read(seen: &Interaction, _: &mut Checker) {
    let (model, body) = (read(seen, &site_model::definition(&scope(), &id(seen))), seen.received());
    assert_eq!(
        (json!(model.kind), Value::Object(model.properties)),
        (body["kind"].clone(), body["properties"].clone())
    );
    assert_eq!(model.identity.as_deref(), body["identity"]["type"].as_str(), "{}", seen.place);
}

pub fn configuration_is_read(seen: &Interaction, checker: &mut Checker) {
    let properties: Map<String, Value> = checker.check(seen, &site_model::configuration(&scope(), &id(seen)));
    let places: Vec<_> = properties.keys().map(|name| format!("properties.{name}")).collect();
    let kept: Vec<_> = places.iter().map(String::as_str).zip(properties.values().cloned()).collect();
    checker.lossless(&seen.place, &CONFIGURATION, &seen.received(), &kept);
}

pub fn sticky_settings_are_listed(seen: &Interaction, checker: &mut Checker) {
    let names = checker.check(seen, &site_model::sticky_settings(&scope(), &id(seen)));
    let body = seen.received();
    let lists = body["properties"].as_object().unwrap().values().filter_map(Value::as_array).flatten();
    let mut recorded: Vec<_> = lists.map(|name| name.as_str().unwrap().to_owned()).collect();
    recorded.sort();
    let mut names = names;
    names.sort();
    assert_eq!(names, recorded, "{}", seen.place);
    checker.lossless(&seen.place, &STICKY, &body, &[]);
}

/// The recorded package is a war, and ours is a zip.
pub fn package_is_deployed(seen: &Interaction, checker: &mut Checker) {
    let address = seen.sent["properties"]["packageUri"].as_str().unwrap();
    let package = PackageAddress::parse(address).unwrap().unwrap();
    let mut request = deployments::one_deploy(&scope(), &id(seen), &package, Duration::ZERO);
    let body = request.body.as_mut().unwrap();
    assert_eq!(body["properties"]["type"].take(), "zip");
    body["properties"]["type"] = seen.sent["properties"]["type"].clone();
    assert_eq!(checker.check(seen, &request), State::Succeeded, "{}", seen.place);
    assert_eq!(seen.received()["properties"]["status"], 4);
    checker.lossless(&seen.place, &DEPLOYMENT, &seen.received(), &[]);
}
