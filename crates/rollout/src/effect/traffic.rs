//! Traffic Manager: endpoints, and the labels in the tags of the profile.

use std::fmt;

use jiff::SignedDuration;

use super::list;
use crate::{
    facts::EndpointKind,
    ids::{DatabaseId, EndpointId, ProfileId, SiteId},
    leads::Place,
    upgrade::Upgrade,
};

/// Traffic Manager: endpoints, and the labels in the tags of the profile.
#[derive(Debug, Clone, PartialEq)]
pub enum TrafficEffect {
    /// Set labels in the tags of the profile, others kept.
    Label {
        /// The profile.
        profile: ProfileId,
        /// Names and values.
        set: Vec<(String, String)>,
        /// Names to remove.
        remove: Vec<String>,
    },
    /// Label the profile with the time of the switch as it stands in the stage copy, and with what leads to the upgrade.
    LabelSwitched {
        /// The profile.
        profile: ProfileId,
        /// The upgrade.
        upgrade: Box<Upgrade>,
        /// The stage copy.
        clock: DatabaseId,
    },
    /// Add an endpoint, disabled.
    AddEndpoint {
        /// The endpoint to be.
        endpoint: EndpointId,
        /// Azure or external.
        kind: EndpointKind,
        /// The site behind it.
        site: SiteId,
        /// Host name of the site.
        target: String,
        /// Its priority: the first free number behind production's.
        priority: u32,
    },
    /// Enable an endpoint.
    Enable {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// Disable an endpoint.
    Disable {
        /// Which.
        endpoint: EndpointId,
        /// Its kind.
        kind: EndpointKind,
    },
    /// Wait until Traffic Manager says that an endpoint is Online.
    AwaitOnline {
        /// Which.
        endpoint: EndpointId,
    },
    /// Prove that users get this endpoint and no other.
    ProveServed {
        /// Which they are to get.
        endpoint: EndpointId,
        /// Where it has to lead; `None` where its site is not there.
        place: Option<Place>,
        /// What is said of another endpoint besides.
        other: OtherEndpoint,
    },
    /// Enable production's endpoint and disable stage's, as far as that can be done: the copy takes no writes, so what Traffic Manager
    /// does not do now is told and tried again once production takes writes.
    ServeProduction {
        /// Production's endpoint. While it is not there stage's stays as it is: users get an answer.
        production: EndpointId,
        /// The stage endpoint.
        stage: EndpointId,
    },
    /// Look for a while whether a request of a step that has ended is carried out late, and undo what it did to the endpoints.
    UndoLateRequests {
        /// Production's endpoint, to be enabled.
        production: EndpointId,
        /// The stage endpoint, to be disabled.
        stage: EndpointId,
        /// For how long.
        within: SignedDuration,
    },
}

/// What is said of another endpoint, where it is proved who is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherEndpoint {
    /// Nothing: the profile is taken as it is.
    AsItIs,
    /// It is about to be disabled: who would be served then?
    OnceDisabled(EndpointId),
    /// It is disabled or gone. One that is enabled may be passed over only because its site does not answer.
    Disabled(EndpointId),
}

impl TrafficEffect {
    /// It only waits or proves.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::AwaitOnline { .. } | Self::ProveServed { .. })
    }

    pub(super) fn undo(&self) -> Option<Self> {
        match self.clone() {
            Self::Enable { endpoint, kind } => Some(Self::Disable { endpoint, kind }),
            _ => None,
        }
    }
}

impl fmt::Display for TrafficEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProveServed { endpoint, other, .. } => {
                write!(f, "prove that users get endpoint `{endpoint}`")?;
                match other {
                    OtherEndpoint::AsItIs => Ok(()),
                    OtherEndpoint::OnceDisabled(other) => write!(f, " once `{}` is disabled", other.name),
                    OtherEndpoint::Disabled(other) => write!(f, ", and that `{}` is disabled", other.name),
                }
            }
            Self::ServeProduction { production, stage } => {
                write!(f, "send users to endpoint `{production}`, and not to `{stage}`")
            }
            Self::UndoLateRequests { within, .. } => {
                write!(f, "watch for {within:#} for delayed requests of a dead step")
            }
            Self::Label { profile, set, remove } => {
                let words = [names("set", set.iter().map(|(name, _)| name)), names("remove", remove)];
                let words: Vec<_> = words.into_iter().flatten().collect();
                write!(f, "change tags of profile `{profile}`: {}", words.join(", "))
            }
            Self::LabelSwitched { profile, .. } => write!(f, "tag profile `{profile}` with the time of the switch"),
            Self::AddEndpoint { endpoint, target, .. } => {
                write!(f, "add endpoint `{endpoint}` for `{target}`, disabled")
            }
            Self::Enable { endpoint, .. } => write!(f, "enable endpoint `{endpoint}`"),
            Self::Disable { endpoint, .. } => write!(f, "disable endpoint `{endpoint}`"),
            Self::AwaitOnline { endpoint } => write!(f, "wait until endpoint `{endpoint}` is Online"),
        }
    }
}

fn names<'n>(verb: &str, names: impl IntoIterator<Item = &'n String>) -> Option<String> {
    let names = list(names);
    (!names.is_empty()).then(|| format!("{verb} {names}"))
}
