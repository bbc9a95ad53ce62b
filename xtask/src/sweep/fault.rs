//! What goes wrong at a request.

use serde_json::{Value, json};

use super::request::{Protocol, Request};

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is closed before the request has an effect.
    Refused,
    /// The same, and the service is gone for the rest of the step.
    RefusedForGood,
    /// The request has its effect, and the answer is lost.
    Lost,
    /// The same, and the service is gone for the rest of the step.
    LostForGood,
    /// 429 with `Retry-After`.
    Throttled,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 500.
    Error,
    /// 409.
    Conflict,
    /// 404 for a moment.
    Missing,
    /// The answer is slower than the time-out.
    Slow,
    /// Half of the answer comes.
    Half,
    /// What comes is no answer.
    Garbage,
    /// The operation is accepted, and fails.
    OperationFails,
    /// The operation is accepted, and does not end.
    OperationHangs,
    /// The token, or the assertion, that the request carries has just ended.
    TokenExpired,
    /// The SQL server is busy.
    Busy,
    /// The SQL server fails over.
    Failover,
    /// V2 answers, and then it is down, for Traffic Manager and for users too.
    GoneAfter,
    /// SIGKILL before the request has an effect.
    KilledBefore,
    /// SIGKILL after it, before the answer.
    KilledAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Refused,
        Self::RefusedForGood,
        Self::Lost,
        Self::LostForGood,
        Self::Throttled,
        Self::Unavailable,
        Self::Error,
        Self::Conflict,
        Self::Missing,
        Self::Slow,
        Self::Half,
        Self::Garbage,
        Self::OperationFails,
        Self::OperationHangs,
        Self::TokenExpired,
        Self::Busy,
        Self::Failover,
        Self::GoneAfter,
        Self::KilledBefore,
        Self::KilledAfter,
    ];

    /// Its name in a case's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::RefusedForGood => "refused-for-good",
            Self::Lost => "lost",
            Self::LostForGood => "lost-for-good",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Error => "error",
            Self::Conflict => "conflict",
            Self::Missing => "missing",
            Self::Slow => "slow",
            Self::Half => "half",
            Self::Garbage => "garbage",
            Self::OperationFails => "operation-fails",
            Self::OperationHangs => "operation-hangs",
            Self::TokenExpired => "token-expired",
            Self::Busy => "busy",
            Self::Failover => "failover",
            Self::GoneAfter => "gone-after",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
        }
    }

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// The process is killed at the request.
    pub fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// The step waits until a time-out ends that.
    pub fn is_waited_for(self) -> bool {
        matches!(self, Self::Slow | Self::OperationHangs | Self::GoneAfter | Self::RefusedForGood | Self::LostForGood)
    }

    /// The simulator's name for it: who is to be killed is made to wait.
    fn told(self) -> &'static str {
        match self {
            Self::KilledBefore => "held-before",
            Self::KilledAfter => "held-after",
            other => other.name(),
        }
    }

    /// What the simulator is told.
    pub fn at(self, request: &Request) -> Value {
        json!({ "at": request.spot, "what": self.told() })
    }

    /// It can happen to this request, as far as its protocol goes.
    pub fn can_happen_to(self, request: &Request) -> bool {
        use Protocol::{Arm, Batch, LogIn, Publish, SignIn, Site};
        let protocol = request.spot.protocol;
        match self {
            Self::Refused | Self::RefusedForGood | Self::Slow | Self::Garbage | Self::KilledBefore => true,
            Self::Lost | Self::LostForGood | Self::Half | Self::KilledAfter => protocol != LogIn,
            Self::Throttled | Self::Unavailable | Self::Error => matches!(protocol, Arm | SignIn | Site | Publish),
            Self::Conflict => matches!(protocol, Arm | Publish),
            Self::Missing => matches!(protocol, Arm | Site | Publish),
            Self::OperationFails | Self::OperationHangs => protocol == Arm && request.accepted,
            Self::TokenExpired => request.token || (protocol == SignIn && request.spot.request.starts_with("POST")),
            Self::Busy | Self::Failover => matches!(protocol, LogIn | Batch),
            Self::GoneAfter => protocol == Site,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::request::tests::request, *};

    #[test]
    fn names_are_read_back() {
        for fault in Fault::ALL {
            assert_eq!(Fault::named(fault.name()), Some(fault));
        }
        assert_eq!(Fault::named("held-before"), None);
    }

    #[test]
    fn each_protocol_has_its_faults() {
        let of = |request: &Request| -> Vec<&str> {
            Fault::ALL.into_iter().filter(|fault| fault.can_happen_to(request)).map(Fault::name).collect()
        };
        let log_in = request(1, Protocol::LogIn, "sql: log in", 1);
        assert_eq!(
            of(&log_in),
            ["refused", "refused-for-good", "slow", "garbage", "busy", "failover", "killed-before"]
        );
        assert!(of(&Request { token: true, ..log_in }).contains(&"token-expired"));
        let batch = of(&request(1, Protocol::Batch, "sql: SELECT", 1));
        assert_eq!((batch.len(), batch.contains(&"throttled")), (11, false));
        let arm = request(1, Protocol::Arm, "PUT /a", 1);
        assert_eq!(of(&arm).len(), 14);
        assert_eq!(of(&Request { accepted: true, token: true, ..arm }).len(), 17);
        assert!(of(&request(1, Protocol::SignIn, "POST entra", 1)).contains(&"token-expired"));
        assert!(!of(&request(1, Protocol::SignIn, "GET github", 1)).contains(&"token-expired"));
    }

    #[test]
    fn the_simulator_is_told_in_its_words() {
        let told = Fault::KilledAfter.at(&request(7, Protocol::Arm, "GET /a", 2));
        assert_eq!(told, json!({ "at": { "protocol": "arm", "request": "GET /a", "nth": 2 }, "what": "held-after" }));
    }
}
