//! What can be told to go wrong, and where.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Hand;

/// One thing that goes wrong at one request. It happens once, except where its name says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// At which request of the step.
    pub at: Place,
    /// What happens there.
    pub what: What,
}

/// A request of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// By its number, counted from 1 at the step's start. Requests that are sent at the same time may change places.
    Number(usize),
    /// By what it is, whichever number it has.
    Request(RequestKey),
}

/// A request by what it is: where a step sends several at a time, this is the same one in each run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestKey {
    /// By which protocol it comes.
    pub protocol: Protocol,
    /// What it is, without ids, numbers and times, as [`RecordedRequest`](crate::RecordedRequest) has it.
    pub request: String,
    /// The how manieth of its kind, from 1.
    pub nth: usize,
}

/// The ways by which a step's requests come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Azure Resource Manager.
    Arm,
    /// GitHub's token service and Microsoft Entra ID.
    SignIn,
    /// A site, as its users reach it.
    Site,
    /// A site's publish API, and the blob host.
    Publish,
    /// A log-in to a SQL server.
    LogIn,
    /// A SQL batch.
    Batch,
}

impl Protocol {
    /// It comes over HTTP.
    pub fn is_http(self) -> bool {
        !matches!(self, Self::LogIn | Self::Batch)
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The connection is closed before the request has an effect.
    Refused,
    /// The same, and from then on the service refuses every request until the next fault is set.
    RefusedForGood,
    /// The request has its effect, and the connection is closed before the answer.
    Lost,
    /// The same, and from then on the service refuses every request until the next fault is set.
    LostForGood,
    /// 429 with `Retry-After`, no effect.
    Throttled,
    /// 503 with `Retry-After`, no effect.
    Unavailable,
    /// 500, no effect.
    Error,
    /// 409, no effect.
    Conflict,
    /// 404, no effect.
    Missing,
    /// The request has its effect, and the answer does not come as long as the client waits.
    Slow,
    /// The request has its effect, and the connection is closed in the middle of the answer.
    Half,
    /// The request has its effect, and the answer is nothing that the protocol knows.
    Garbage,
    /// The operation that the request begins is accepted and fails.
    OperationFails,
    /// The operation that the request begins is accepted and does not end, until it is released.
    OperationHangs,
    /// The token that the request carries has just ended.
    TokenExpired,
    /// SQL error 40501, no effect.
    Busy,
    /// The SQL server fails over: every session on it is lost, the batch is not run, and a few log-ins are refused with 40613.
    Failover,
    /// The request is answered, and from then on its site is down for everybody, until the next fault is set.
    GoneAfter,
    /// Whoever sent the request waits, for it to have its effect. It is for a client that is killed there.
    HeldBefore,
    /// The request has its effect, and whoever sent it waits for the answer. It is for a client that is killed there.
    HeldAfter,
    /// Nothing goes wrong at the request itself: somebody else acts just before it has its effect.
    Hand(Hand),
}

impl What {
    /// The request has its effect before this happens.
    pub fn acts(self) -> bool {
        matches!(self, Self::Lost | Self::LostForGood | Self::Slow | Self::Half | Self::Garbage | Self::HeldAfter)
            || self.is_of_operations()
            || matches!(self, Self::Hand(hand) if hand != Hand::Pause)
    }

    /// It concerns the operation that a request begins.
    pub fn is_of_operations(self) -> bool {
        matches!(self, Self::OperationFails | Self::OperationHangs)
    }

    /// The service refuses whatever comes after it.
    pub fn is_for_good(self) -> bool {
        matches!(self, Self::RefusedForGood | Self::LostForGood)
    }

    /// The protocol has such a thing.
    pub fn can_happen_to(self, protocol: Protocol) -> bool {
        use Protocol::{Arm, Batch, LogIn, Publish, SignIn, Site};
        match self {
            Self::Refused | Self::RefusedForGood | Self::Slow | Self::Garbage | Self::HeldBefore | Self::Hand(_) => {
                true
            }
            Self::Lost | Self::LostForGood | Self::Half | Self::HeldAfter => protocol != LogIn,
            Self::Throttled | Self::Unavailable | Self::Error => matches!(protocol, Arm | SignIn | Site | Publish),
            Self::Conflict => matches!(protocol, Arm | Publish),
            Self::Missing => matches!(protocol, Arm | Site | Publish),
            Self::OperationFails | Self::OperationHangs => protocol == Arm,
            Self::GoneAfter => protocol == Site,
            Self::TokenExpired => matches!(protocol, Arm | SignIn | Publish | LogIn),
            Self::Busy | Self::Failover => matches!(protocol, LogIn | Batch),
        }
    }
}

/// The name in kebab-case; of a hand its own.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hand(hand) => hand.fmt(f),
            what => what.serialize(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_interface() {
        assert_eq!(What::RefusedForGood.to_string(), "refused-for-good");
        assert_eq!(What::Hand(Hand::WipeTags).to_string(), "wipe-tags");
    }

    #[test]
    fn a_place_is_a_number_or_a_request() {
        let read = |text: &str| serde_json::from_str::<Fault>(text).unwrap().at;
        assert_eq!(read(r#"{"at":3,"what":"lost"}"#), Place::Number(3));
        let spot = RequestKey { protocol: Protocol::SignIn, request: "GET a".to_owned(), nth: 2 };
        let text = r#"{"at":{"protocol":"sign-in","request":"GET a","nth":2},"what":{"hand":"pause"}}"#;
        assert_eq!(read(text), Place::Request(spot));
    }
}
