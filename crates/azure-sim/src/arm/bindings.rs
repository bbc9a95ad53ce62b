//! Microsoft.Web/sites/hostNameBindings

use serde_json::{Value, json};

use super::{body, call::Call, site_json::etag};
use crate::{
    Scenario, clock,
    http::Answer,
    world::{Refusal, Site, World},
};

/// What proves that a domain is the subscription's, as every site of it shows.
const VERIFICATION: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Recording `webapp_config_2023`, 23.
pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let world = call.world();
    let site = world.site_in(group, site)?;
    let one = |host: &String| {
        let mut shown = show(&world, site, host);
        shown["location"] = json!(site.location);
        shown
    };
    let value: Vec<Value> = site.host_names.iter().map(one).collect();
    Ok(Answer::ok(json!({"value": value, "nextLink": null, "id": null})).with("ETag", etag(site)))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let (group, site, host) = (call.group(), call.names.name, call.names.host);
    let world = call.world();
    let found = world.site_in(group, site)?;
    let name = found.host_names.iter().find(|name| name.eq_ignore_ascii_case(host));
    let missing = || Refusal::not_found(&format!("Microsoft.Web/sites/{site}/hostNameBindings"), group, host);
    Ok(Answer::ok(show(&world, found, name.ok_or_else(missing)?)))
}

/// Binds a host name, with a certificate where the body names one.
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, site, host, body) = (call.group(), call.names.name, call.names.host, &call.body);
    let known = ["siteName", "sslState", "thumbprint", "hostNameType", "customHostNameDnsRecordType"];
    let known = known.map(|name| format!("/properties/{name}"));
    body::only(body, &known.each_ref().map(String::as_str), &Value::Null)?;
    let mut world = call.world();
    let found = world.site_in(group, site)?.clone();
    check_free(&world, &found, host)?;
    check_owner(call.scenario, host)?;
    let thumbprint = certificate(&world, &found, body)?;
    let stored = world.site_mut(group, site)?;
    if !stored.answers_to(host) {
        stored.host_names.push(host.to_owned());
    }
    stored.certificates.extend(thumbprint.map(|thumbprint| (host.to_owned(), thumbprint)));
    stored.modified = clock::now();
    let stored = world.site_in(group, site)?;
    Ok(Answer::ok(show(&world, stored, host)).with("ETag", etag(stored)))
}

/// A host name belongs to one site of a scale unit.
fn check_free(world: &World, site: &Site, host: &str) -> Result<(), Refusal> {
    match world.site_of_host(&site.unit, host) {
        Some(owner) if owner.name != site.name => {
            let text = format!("Hostname '{host}' already exists. Please try with a different hostname.");
            Err(Refusal::conflict("Conflict", text))
        }
        _ => Ok(()),
    }
}

/// The words are those of issue 25 of `rcl-letsencrypt-auto-ssl/Lets-Encrypt-Auto`.
fn check_owner(scenario: &Scenario, host: &str) -> Result<(), Refusal> {
    if scenario.domain_verified {
        return Ok(());
    }
    let text = format!("A TXT record pointing from asuid.{host} to {VERIFICATION} was not found.");
    Err(Refusal::bad_request("BadRequest", text))
}

/// A certificate is used by the sites of its resource group. What Azure says where it is not there is not established.
fn certificate(world: &World, site: &Site, body: &Value) -> Result<Option<String>, Refusal> {
    let thumbprint = body::text(body, "/properties/thumbprint");
    let bound = body::text(body, "/properties/sslState").is_some_and(|state| state != "Disabled");
    match thumbprint {
        None if bound => Err(Refusal::bad_request("BadRequest", "The certificate's thumbprint is missing.")),
        None => Ok(None),
        Some(thumbprint) => {
            let there = |(group, known): &(crate::world::Name, String)| {
                *group == site.group && known.eq_ignore_ascii_case(&thumbprint)
            };
            let text = format!("Certificate with thumbprint '{thumbprint}' was not found.");
            let missing = || Refusal::new(404, "NotFound", text);
            world.certificates.iter().find(|known| there(known)).ok_or_else(missing)?;
            Ok(bound.then_some(thumbprint))
        }
    }
}

/// As the specification has it; the recorded list shows the region of the site besides.
fn show(world: &World, site: &Site, host: &str) -> Value {
    let mut shown = json!({
        "id": format!("{}/hostNameBindings/{host}", world.site_id(site)),
        "name": format!("{}/{host}", site.name),
        "type": "Microsoft.Web/sites/hostNameBindings",
        "properties": {"siteName": site.name.as_str(), "domainId": null, "hostNameType": "Verified"},
    });
    if let Some(thumbprint) = site.certificates.get(host) {
        shown["properties"]["sslState"] = json!("SniEnabled");
        shown["properties"]["thumbprint"] = json!(thumbprint);
    }
    shown
}
