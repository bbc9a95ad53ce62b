//! The requests of a step, as the simulator lists them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
pub use sim_control::{Faulted, Protocol, RecordedRequest as Request, RequestKey};

/// A short name for a request, which stays as long as the request does.
pub fn mark(spot: &RequestKey) -> String {
    let text = format!("{:?} {} {}", spot.protocol, spot.request, spot.nth);
    Sha256::digest(text).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// The requests that each of several runs of one step has sent. Whatever is waited for is looked at now more often and now less,
/// so only what all of them have can be counted on. The order is that of the first run.
pub fn common(runs: &[Vec<Request>]) -> Vec<Request> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let in_all = |request: &&Request| others.iter().all(|other| other.iter().any(|there| alike(request, there)));
    let kept = first.iter().filter(in_all).cloned();
    kept.enumerate().map(|(index, request)| Request { number: index + 1, ..request }).collect()
}

/// The same request with the same effect.
fn alike(one: &Request, other: &Request) -> bool {
    one.spot == other.spot && (one.changes, one.accepted, one.token) == (other.changes, other.accepted, other.token)
}

/// Those with this short name; none or one, unless two names clash.
pub fn with_mark<'r>(requests: &'r [Request], mark: &str) -> Option<&'r Request> {
    requests.iter().find(|request| self::mark(&request.spot) == mark)
}

/// Refuses requests two of which have one short name.
pub fn check_marks(requests: &[Request]) -> anyhow::Result<()> {
    let mut seen = BTreeMap::new();
    for request in requests {
        if let Some(other) = seen.insert(mark(&request.spot), request) {
            anyhow::bail!("`{}` and `{}` have one short name", other.spot.request, request.spot.request);
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn request(number: usize, protocol: Protocol, text: &str, nth: usize) -> Request {
        let spot = RequestKey { protocol, request: text.to_owned(), nth };
        Request { number, spot, changes: false, accepted: false, token: false }
    }

    #[test]
    fn only_what_every_run_has_sent_is_counted_on() {
        let arm = |number, text, nth| request(number, Protocol::Arm, text, nth);
        let one = vec![arm(1, "a", 1), arm(2, "b", 1), arm(3, "b", 2), arm(4, "c", 1)];
        let two = vec![arm(1, "b", 1), arm(2, "a", 1), arm(3, "c", 1)];
        let kept = common(&[one.clone(), two]);
        let told: Vec<_> = kept.iter().map(|request| (request.number, request.spot.request.as_str())).collect();
        assert_eq!(told, [(1, "a"), (2, "b"), (3, "c")]);
        let mut other = one.clone();
        other[3].changes = true;
        assert_eq!(
            common(&[one, other]).len(),
            3,
            "a request that once changed something and once did not is left out"
        );
    }

    #[test]
    fn a_short_name_depends_on_what_the_request_is_alone() {
        let one = request(1, Protocol::Arm, "GET /a", 1);
        assert_eq!(mark(&one.spot), mark(&request(9, Protocol::Arm, "GET /a", 1).spot));
        for other in [
            request(1, Protocol::Arm, "GET /a", 2),
            request(1, Protocol::Site, "GET /a", 1),
            request(1, Protocol::Arm, "GET /b", 1),
        ] {
            assert_ne!(mark(&one.spot), mark(&other.spot));
        }
        check_marks(&[one.clone(), request(2, Protocol::Arm, "GET /a", 2)]).unwrap();
        assert!(check_marks(&[one.clone(), one]).is_err());
    }

    #[test]
    fn the_simulators_list_is_read() {
        let answer = serde_json::json!({
            "schema": 1,
            "fault": null,
            "fired": null,
            "requests": [{
                "number": 1, "protocol": "log-in", "request": "a", "nth": 1, "changes": false, "accepted": false, "token": true,
            }],
        });
        let faulted: Faulted = serde_json::from_value(answer).unwrap();
        assert_eq!((faulted.fired.is_none(), faulted.requests[0].spot.protocol), (true, Protocol::LogIn));
    }
}
