//! Requests to Azure Resource Manager, with users who act before and after each change.

use serde_json::Value;

use crate::{
    arm::{self, Outcome},
    cloud::Cloud,
    http::{Answer, Request},
    tokens::Audience,
};

pub(super) fn answer(cloud: &Cloud, request: &Request) -> Answer {
    inspect(cloud, request);
    let answer = match arm::refuse(request, |token| cloud.azure.issued().standing(token, Audience::Arm)) {
        Some(answer) => answer,
        None => operate(cloud, request),
    };
    let answer = arm::complete(answer, request, cloud.azure.random.guid());
    cloud.capture.arm(request, &answer);
    answer
}

fn operate(cloud: &Cloud, request: &Request) -> Answer {
    match cloud.resource_manager().answer(request) {
        Ok(Outcome::Answer(answer)) => answer,
        Ok(Outcome::Change(change)) => cloud.around(&request.name(), || change.make()),
        Err(refusal) => refusal.into(),
    }
}

fn inspect(cloud: &Cloud, request: &Request) {
    cloud.inspect("path or query of a request", &request.url, &request.name());
    cloud.inspect("User-Agent", request.header("user-agent").unwrap_or_default(), &request.name());
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if let Some(tags) = body.get("tags") {
        cloud.inspect("tags of a resource", &tags.to_string(), &request.name());
    }
}
