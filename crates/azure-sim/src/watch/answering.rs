//! Invariant 3: the profile always has an enabled endpoint whose site answers under the users' host name.

use std::sync::Arc;

use crate::{
    cloud::Cloud,
    site::{SESSION_ENDED, SiteRequest},
    users::HOST,
};

impl Cloud {
    pub(crate) fn judge_answering(self: &Arc<Self>, cause: &str) {
        let targets = self.enabled_targets();
        let answers: Vec<(String, u16)> =
            targets.into_iter().map(|target| (target.clone(), self.read_as_user(&target))).collect();
        if answers.iter().any(|(_, status)| *status == 200) {
            return;
        }
        let what = match answers.first() {
            None => "no endpoint is enabled".to_owned(),
            Some((target, status)) => {
                format!("no enabled endpoint answers users; `{target}` says {status} to `{HOST}`")
            }
        };
        self.watch().record(3, what, cause);
    }

    fn enabled_targets(&self) -> Vec<String> {
        let world = self.world();
        let endpoints = world.profiles.values().flat_map(|profile| &profile.endpoints);
        endpoints.filter(|endpoint| endpoint.enabled).map(|endpoint| endpoint.target.clone()).collect()
    }

    /// The status of a page read under the users' host name; 0 where nobody is at that address. A change of a database ends its
    /// sessions, maybe this one's too: such a user reads once more.
    fn read_as_user(self: &Arc<Self>, address: &str) -> u16 {
        let unit = self.world().site_of_address(address).map(|site| site.unit.clone());
        let Some(unit) = unit else { return 0 };
        let request = SiteRequest {
            method: "GET".to_owned(),
            path: "/read".to_owned(),
            user: 0,
            sequence: 0,
            token: String::new(),
        };
        let read = || self.serve(&unit, HOST, &request);
        let first = read();
        if first.error == Some(SESSION_ENDED) { read().status } else { first.status }
    }
}
