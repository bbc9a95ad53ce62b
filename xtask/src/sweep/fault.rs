//! What goes wrong at a request, as cases are named by it.

use sim_control::{Fault, Place, Protocol, What};

use super::request::Request;

/// All that is swept: a hand is no fault.
pub const ALL: [What; 20] = [
    What::Refused,
    What::RefusedForGood,
    What::Lost,
    What::LostForGood,
    What::Throttled,
    What::Unavailable,
    What::Error,
    What::Conflict,
    What::Missing,
    What::Slow,
    What::Half,
    What::Garbage,
    What::OperationFails,
    What::OperationHangs,
    What::TokenExpired,
    What::Busy,
    What::Failover,
    What::GoneAfter,
    What::HeldBefore,
    What::HeldAfter,
];

/// Its name in a case's id. Whoever is made to wait is killed with SIGKILL there.
pub fn name(fault: What) -> String {
    match fault {
        What::HeldBefore => "killed-before".to_owned(),
        What::HeldAfter => "killed-after".to_owned(),
        other => other.to_string(),
    }
}

/// The fault of this name.
pub fn named(name: &str) -> Option<What> {
    ALL.into_iter().find(|fault| self::name(*fault) == name)
}

/// The process is killed at the request.
pub fn kills(fault: What) -> bool {
    matches!(fault, What::HeldBefore | What::HeldAfter)
}

/// The step waits until a time-out ends that.
pub fn is_waited_for(fault: What) -> bool {
    use What::{GoneAfter, LostForGood, OperationHangs, RefusedForGood, Slow};
    matches!(fault, Slow | OperationHangs | GoneAfter | RefusedForGood | LostForGood)
}

/// The fault at a request, as the simulator is told it.
pub fn at(what: What, request: &Request) -> Fault {
    Fault { at: Place::Request(request.spot.clone()), what }
}

/// It can happen to this request.
pub fn can_happen_to(fault: What, request: &Request) -> bool {
    let protocol = request.spot.protocol;
    let has_it = match fault {
        What::OperationFails | What::OperationHangs => request.accepted,
        What::TokenExpired => {
            request.token || (protocol == Protocol::SignIn && request.spot.request.starts_with("POST"))
        }
        _ => true,
    };
    has_it && fault.can_happen_to(protocol)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::request::tests::request, *};

    #[test]
    fn names_are_read_back() {
        for fault in ALL {
            assert_eq!(named(&name(fault)), Some(fault));
        }
        assert_eq!(named("held-before"), None);
    }

    #[test]
    fn each_protocol_has_its_faults() {
        let of = |request: &Request| -> Vec<String> {
            ALL.into_iter().filter(|fault| can_happen_to(*fault, request)).map(name).collect()
        };
        let log_in = request(1, Protocol::LogIn, "sql: log in", 1);
        assert_eq!(
            of(&log_in),
            ["refused", "refused-for-good", "slow", "garbage", "busy", "failover", "killed-before"]
        );
        assert!(of(&Request { token: true, ..log_in }).contains(&"token-expired".to_owned()));
        let batch = of(&request(1, Protocol::Batch, "sql: SELECT", 1));
        assert_eq!((batch.len(), batch.contains(&"throttled".to_owned())), (11, false));
        let arm = request(1, Protocol::Arm, "PUT /a", 1);
        assert_eq!(of(&arm).len(), 14);
        assert_eq!(of(&Request { accepted: true, token: true, ..arm }).len(), 17);
        assert!(of(&request(1, Protocol::SignIn, "POST entra", 1)).contains(&"token-expired".to_owned()));
        assert!(!of(&request(1, Protocol::SignIn, "GET github", 1)).contains(&"token-expired".to_owned()));
    }

    #[test]
    fn the_simulator_is_told_in_its_words() {
        let told = at(named("killed-after").unwrap(), &request(7, Protocol::Arm, "GET /a", 2));
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({ "at": { "protocol": "arm", "request": "GET /a", "nth": 2 }, "what": "held-after" })
        );
    }
}
