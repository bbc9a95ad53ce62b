//! What goes wrong at HTTP requests.

use sim_control::{Protocol, What};

use super::{Faults, Gone, Met, request_log::plain};
use crate::{
    azure::Azure,
    deploy::BLOB,
    http::{Answer, Request},
    sign_in::{ENTRA, GITHUB},
    world::{Fate, Refusal},
};

/// What happens before a request has an effect.
pub(crate) enum Opening {
    /// It is answered by whom it is for.
    Go,
    /// The connection is closed.
    Cut,
    /// Nothing happens any more.
    Hold,
    /// This is the answer.
    Answer(Answer),
}

/// What happens to the answer once a request had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is given.
    Whole,
    /// The connection is closed.
    Cut,
    /// It does not come.
    Hold,
    /// The connection is closed in its middle.
    Half,
    /// It is a page of some box on the way.
    Garbage,
}

fn protocol(host: &str, publishes: bool) -> Protocol {
    let is = |name: &str| host.eq_ignore_ascii_case(name);
    match () {
        () if is("management.azure.com") => Protocol::Arm,
        () if is(ENTRA) || is(GITHUB) => Protocol::SignIn,
        () if is(BLOB) || publishes => Protocol::Publish,
        () => Protocol::Site,
    }
}

/// What a request is. Of a sign-in the scope too: tokens for two services are asked for at the same time.
fn describe(protocol: Protocol, host: &str, request: &Request) -> String {
    let path = plain(&request.path());
    let method = &request.method;
    match protocol {
        Protocol::Arm => format!("{method} {path}"),
        Protocol::SignIn => {
            let form = url::form_urlencoded::parse(&request.body);
            let scope = form.into_iter().find(|(name, _)| name == "scope").map(|(_, scope)| format!(" for {scope}"));
            format!("{method} {host}{path}{}", scope.unwrap_or_default())
        }
        _ => format!("{method} {host}{path}"),
    }
}

fn bearer(request: &Request) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ").map(str::trim)
}

impl Faults {
    /// A request has come. `unit` is the scale unit whose port it came by, if it did.
    pub(crate) fn meet_http(
        &self,
        azure: &Azure,
        host: &str,
        unit: Option<&str>,
        publishes: bool,
        request: &Request,
    ) -> Met {
        let protocol = protocol(host, publishes);
        let place = match unit {
            Some(unit) if protocol == Protocol::Site => format!("{unit}/{host}"),
            _ => host.to_owned(),
        };
        let token = bearer(request).is_some_and(|token| azure.issued().has(token));
        let met = self.meet(protocol, describe(protocol, &place, request), token);
        if met.what == Some(What::TokenExpired) {
            end_token(azure, request);
        }
        if let Some(fate) = met.what.and_then(fate) {
            azure.world().next_fate = fate;
        }
        met
    }

    /// What happens to a request before it has an effect.
    pub(crate) fn opening(&self, azure: &Azure, met: &Met) -> Opening {
        azure.changes.notify();
        if self.is_gone(met) {
            return Opening::Cut;
        }
        match met.what {
            Some(What::Refused | What::RefusedForGood) => Opening::Cut,
            Some(What::HeldBefore) => Opening::Hold,
            Some(what) => refusal(what, azure.scenario.retry_after_ms).map_or(Opening::Go, Opening::Answer),
            None => Opening::Go,
        }
    }

    /// What happens to the answer of this status to a request that had its effect.
    pub(crate) fn ending(
        &self,
        azure: &Azure,
        met: &Met,
        request: &Request,
        unit: Option<&str>,
        status: u16,
    ) -> Ending {
        self.finished(met, status == 202, status < 400 && changes(met.protocol, request));
        if let (Some(What::GoneAfter), Some(unit)) = (met.what, unit) {
            self.take_down(unit);
        }
        if met.what.is_some_and(What::is_of_operations) {
            azure.world().next_fate = Fate::Succeeds;
        }
        azure.changes.notify();
        match met.what {
            Some(What::Lost | What::LostForGood) => Ending::Cut,
            Some(What::Slow | What::HeldAfter) => Ending::Hold,
            Some(What::Half) => Ending::Half,
            Some(What::Garbage) => Ending::Garbage,
            _ => Ending::Whole,
        }
    }
}

/// The token in the header, or the assertion in the form, ends now.
fn end_token(azure: &Azure, request: &Request) {
    let form = url::form_urlencoded::parse(&request.body);
    let assertion = form.into_iter().find(|(name, _)| name == "client_assertion").map(|(_, text)| text.into_owned());
    let ends: Vec<String> = bearer(request).map(str::to_owned).into_iter().chain(assertion).collect();
    ends.iter().for_each(|text| azure.issued().end(text));
}

fn fate(what: What) -> Option<Fate> {
    match what {
        What::OperationFails => Some(Fate::Fails),
        What::OperationHangs => Some(Fate::Hangs),
        _ => None,
    }
}

/// The answer in the place of the request's own.
fn refusal(what: What, retry_after: u64) -> Option<Answer> {
    let (status, code, text) = match what {
        What::Throttled => (429, "TooManyRequests", "The request is being throttled."),
        What::Unavailable => (503, "ServiceUnavailable", "The service is unavailable."),
        What::Error => (500, "InternalServerError", "An unexpected error occurred."),
        What::Conflict => (409, "Conflict", "Another operation is in progress."),
        What::Missing => (404, "ResourceNotFound", "The resource was not found."),
        _ => return None,
    };
    let answer = Answer::from(Refusal::new(status, code, text));
    let answer = answer.with("Content-Type", "application/json; charset=utf-8");
    Some(if matches!(status, 429 | 503) { answer.paced(retry_after) } else { answer })
}

/// The request is one that changes something. A list of settings is a POST because it shows secrets.
fn changes(protocol: Protocol, request: &Request) -> bool {
    let writes = !matches!(request.method.as_str(), "GET" | "HEAD");
    let lists = request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("list"));
    matches!(protocol, Protocol::Arm | Protocol::Publish) && writes && !lists
}

impl Faults {
    fn is_gone(&self, met: &Met) -> bool {
        met.what.is_none() && self.state().gone == Some(Gone::Http(met.protocol))
    }

    fn take_down(&self, unit: &str) {
        self.state().gone = Some(Gone::Sites(unit.to_owned()));
    }

    fn finished(&self, met: &Met, accepted: bool, changes: bool) {
        let mut state = self.state();
        let Some(recorded) = state.request_log.get_mut(met.number) else { return };
        (recorded.accepted, recorded.changes) = (accepted, changes);
        if let Some(what) = met.what {
            state.fired |= !what.is_of_operations() || accepted;
        }
    }
}
