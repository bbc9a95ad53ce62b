//! Requests to the publish APIs of sites, with users who act before and after a package is taken.

use crate::{
    cloud::Cloud,
    deploy::{self, PublishApi},
    http::{Answer, Request},
};

/// `None` where the host is of no site.
pub(super) fn answer(cloud: &Cloud, host: &str, request: &Request) -> Option<Answer> {
    let site = cloud.azure.world().site_of_publish_host(host)?.name.clone();
    cloud.inspect("path or query of a request", &request.url, &request.name());
    let api = PublishApi { azure: &cloud.azure, site: &site };
    let answer = match (api.admits(request), deploy::publishes(request)) {
        (false, _) => deploy::unauthorized(),
        (true, true) => cloud.around(&request.name(), || api.answer(request)),
        (true, false) => api.answer(request),
    };
    cloud.capture.publish(request, &answer);
    Some(answer)
}
