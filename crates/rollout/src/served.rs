//! Who is served: the profile as Traffic Manager resolves it.
//!
//! Rules of Azure ("Traffic Manager endpoint monitoring", "Traffic routing methods", `trafficmanager.json` 2022-04-01): a disabled
//! profile answers nobody; a disabled endpoint and one whose site is stopped are not in the answer; an endpoint that is being
//! checked is; `alwaysServe` is, whatever its probes would say; where every enabled endpoint is degraded all count as online. Of
//! those priority routing answers with the lowest number. What cannot be told counts as "may be served".

use std::fmt;

use crate::{
    facts::{Endpoint, MonitorStatus, Profile},
    ids::{EndpointId, eq_azure_name},
};

/// What a DNS query for a profile is answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Served<'p> {
    /// This endpoint, for everybody.
    One(&'p Endpoint),
    /// One of these: the routing method spreads users, or it cannot be told which one of them is served.
    AnyOf(Vec<&'p Endpoint>),
    /// No endpoint.
    Nobody(Unserved),
}

/// Why nobody is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// The profile itself is disabled.
    ProfileDisabled,
    /// Each of its endpoints is disabled, or it has none.
    NoneEnabled,
    /// The site of each enabled endpoint is stopped.
    AllStopped,
}

impl Served<'_> {
    /// Everybody gets this endpoint, and nobody another.
    pub fn is(&self, endpoint: &EndpointId) -> bool {
        matches!(self, Self::One(one) if one.id == *endpoint)
    }

    /// Somebody may get this endpoint.
    pub fn may_be(&self, endpoint: &EndpointId) -> bool {
        self.endpoints().iter().any(|other| other.id == *endpoint)
    }

    /// Every endpoint that somebody may get.
    pub fn endpoints(&self) -> &[&Endpoint] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::AnyOf(several) => several,
            Self::Nobody(_) => &[],
        }
    }
}

impl fmt::Display for Served<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |endpoint: &&Endpoint| format!("`{}`", endpoint.id.name);
        match self {
            Self::One(one) => f.write_str(&name(one)),
            Self::AnyOf(several) => {
                write!(f, "one of {}", several.iter().map(name).collect::<Vec<_>>().join(", "))
            }
            Self::Nobody(why) => write!(f, "no endpoint ({why})"),
        }
    }
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProfileDisabled => "the profile is disabled",
            Self::NoneEnabled => "none is enabled",
            Self::AllStopped => "the site of every enabled endpoint is stopped",
        })
    }
}

/// The profile as Traffic Manager resolves it now.
pub fn served(profile: &Profile) -> Served<'_> {
    served_if(profile, &[])
}

/// Who would be served with these endpoints enabled (`true`) or disabled (`false`), and the others as they are.
pub fn served_if<'p>(profile: &'p Profile, changes: &[(&EndpointId, bool)]) -> Served<'p> {
    if !profile.enabled {
        return Served::Nobody(Unserved::ProfileDisabled);
    }
    let judged: Vec<_> = profile.endpoints.iter().filter_map(|endpoint| judge(endpoint, changes)).collect();
    if judged.is_empty() {
        return Served::Nobody(Unserved::NoneEnabled);
    }
    one_or_any(candidates(judged, eq_azure_name(&profile.routing, "Priority")))
}

/// Whether an enabled endpoint is in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Sure,
    Unsure,
    /// Only where no other is.
    Degraded,
    Stopped,
}

type Judged<'p> = (&'p Endpoint, Standing);

/// `None` where the endpoint is disabled. One that is enabled by `changes` begins as `CheckingEndpoint`.
fn judge<'p>(endpoint: &'p Endpoint, changes: &[(&EndpointId, bool)]) -> Option<Judged<'p>> {
    let changed = changes.iter().rev().find(|(id, _)| **id == endpoint.id).map(|(_, enabled)| *enabled);
    let enabled = changed.unwrap_or(endpoint.enabled);
    let freshly = enabled && !endpoint.enabled;
    enabled.then(|| (endpoint, if freshly { Standing::Sure } else { standing(endpoint) }))
}

fn standing(endpoint: &Endpoint) -> Standing {
    match (&endpoint.monitor, endpoint.always_serve) {
        (MonitorStatus::Stopped, true) => Standing::Unsure,
        (MonitorStatus::Stopped, false) => Standing::Stopped,
        (MonitorStatus::Online | MonitorStatus::CheckingEndpoint | MonitorStatus::Unmonitored, _) | (_, true) => {
            Standing::Sure
        }
        (MonitorStatus::Degraded, false) => Standing::Degraded,
        // An enabled endpoint says so for a moment after it was enabled, or its profile was.
        (MonitorStatus::Disabled | MonitorStatus::Inactive | MonitorStatus::Other(_), false) => Standing::Unsure,
    }
}

/// Those that may be in the answer. One that is surely online keeps every degraded one out, and all that are behind it.
fn candidates(mut judged: Vec<Judged<'_>>, by_priority: bool) -> Vec<&Endpoint> {
    judged.sort_by_key(|(endpoint, _)| endpoint.priority);
    let settles = if judged.iter().any(|(_, standing)| *standing == Standing::Sure) {
        Standing::Sure
    } else {
        Standing::Degraded
    };
    // An endpoint without a number may stand anywhere: it settles nothing.
    let first = judged.iter().filter(|(_, standing)| *standing == settles).find_map(|(endpoint, _)| endpoint.priority);
    let in_front = |endpoint: &Endpoint| !by_priority || first.is_none() || endpoint.priority <= first;
    let may_be = |(endpoint, standing): &Judged<'_>| match standing {
        Standing::Stopped => false,
        Standing::Unsure if settles == Standing::Degraded => true,
        Standing::Degraded if settles == Standing::Sure => false,
        _ => in_front(endpoint),
    };
    judged.into_iter().filter(may_be).map(|(endpoint, _)| endpoint).collect()
}

fn one_or_any(mut candidates: Vec<&Endpoint>) -> Served<'_> {
    match (candidates.pop(), candidates.is_empty()) {
        (None, _) => Served::Nobody(Unserved::AllStopped),
        (Some(one), true) => Served::One(one),
        (Some(last), false) => {
            candidates.push(last);
            Served::AnyOf(candidates)
        }
    }
}

#[cfg(test)]
#[path = "served_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
