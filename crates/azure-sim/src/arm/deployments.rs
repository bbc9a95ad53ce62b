//! Microsoft.Web/sites: extensions/onedeploy, a package from an address, and deployments, what was deployed.

use serde_json::{Value, json};

use super::call::Call;
use crate::{
    deploy::show,
    http::Answer,
    world::{Deployment, Refusal},
};

/// Properties of a deployment in the specification (`Deployment` of `WebApps.json`); Azure's answer was not recorded.
const SPECIFIED: [&str; 8] =
    ["status", "message", "author", "author_email", "deployer", "start_time", "end_time", "active"];

/// All deployments of a site, the latest one first. The last one that succeeded is the active one.
pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    call.deployments().finish();
    let world = call.world();
    let site = world.site_in(group, site)?;
    let active = site.deployments.iter().rfind(|other| other.done && other.package.is_ok()).map(|other| &other.id);
    let one = |deployment: &Deployment| {
        let mut shown = show(site, deployment);
        shown["active"] = json!(active == Some(&deployment.id));
        let properties: serde_json::Map<String, Value> =
            SPECIFIED.iter().map(|name| ((*name).to_owned(), shown[*name].clone())).collect();
        json!({
            "id": format!("{}/deployments/{}", world.site_id(site), deployment.id),
            "name": format!("{}/{}", site.name, deployment.id),
            "type": "Microsoft.Web/sites/deployments",
            "properties": properties.into_iter().filter(|(_, value)| !value.is_null()).collect::<Value>(),
        })
    };
    let value: Vec<Value> = site.deployments.iter().rev().map(one).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `PUT …/extensions/onedeploy` (recording `webapp_one_deploy_2023`, 9). The specification gives it no body, so what is
/// taken is what was recorded.
pub(super) fn put(call: &Call) -> Result<Answer, Refusal> {
    let (group, site) = (call.group(), call.names.name);
    let name = call.world().site_in(group, site)?.name.clone();
    let body: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let address = package_uri(&body)?;
    let deployment = call.deployments().deploy_from(call.packages, &name, address)?;
    let world = call.world();
    let site = world.site_in(group, site)?;
    Ok(Answer::ok(json!({
        "id": format!("{}/extensions/onedeploy", world.site_id(site)),
        "name": format!("{}/onedeploy", site.name),
        "type": "Microsoft.Web/sites/extensions",
        "location": site.location,
        "properties": show(site, &deployment),
    })))
}

fn package_uri(body: &Value) -> Result<&str, Refusal> {
    let properties = body["properties"].as_object().filter(|_| body.as_object().is_some_and(|body| body.len() == 1));
    let known = properties.is_some_and(|all| all.keys().all(|name| ["packageUri", "type"].contains(&name.as_str())));
    let zip = body.pointer("/properties/type").is_some_and(|kind| kind == "zip");
    let address = body.pointer("/properties/packageUri").and_then(Value::as_str);
    let text = "a body that is not {\"properties\":{\"packageUri\":…,\"type\":\"zip\"}}";
    address.filter(|_| known && zip).ok_or_else(|| Refusal::not_modelled(text))
}
