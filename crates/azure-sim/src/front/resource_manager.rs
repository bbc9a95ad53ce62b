//! Requests to Azure Resource Manager, with users who act before and after each change.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    arm::{self, Outcome},
    cloud::Cloud,
    http::{Answer, Request},
    sign_in::Audience,
};

pub(super) fn answer(cloud: &Arc<Cloud>, request: &Request) -> Answer {
    inspect(cloud, request);
    let answer = match arm::refuse(request, |token| cloud.standing(token, Audience::Arm)) {
        Some(answer) => answer,
        None => operate(cloud, request),
    };
    let answer = arm::complete(answer, request, cloud.random.guid());
    cloud.capture.arm(request, &answer);
    answer
}

fn operate(cloud: &Arc<Cloud>, request: &Request) -> Answer {
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
