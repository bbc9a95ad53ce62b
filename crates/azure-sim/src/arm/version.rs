//! The `api-version` of a request.

use crate::{http::Request, world::Refusal};

/// Refuses a request for a resource of this type that has another version, or none.
pub(super) fn check(request: &Request, kind: &str, version: &str) -> Result<(), Refusal> {
    let Some(asked) = request.query.get("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::bad_request("MissingApiVersionParameter", text));
    };
    if asked == version {
        return Ok(());
    }
    if !looks_like_a_version(asked) {
        let text = format!("The api-version '{asked}' is invalid. The supported versions are '{version}'.");
        return Err(Refusal::bad_request("InvalidApiVersionParameter", text));
    }
    Err(no_such_version(asked, kind, version))
}

/// A version that the provider does not have, or not any more.
pub(super) fn no_such_version(asked: &str, kind: &str, version: &str) -> Refusal {
    let text = format!(
        "No registered resource provider found for location 'westeurope' and API version '{asked}' for type '{kind}'. \
         The supported api-versions are '{version}'. The supported locations are 'westeurope'."
    );
    Refusal::bad_request("NoRegisteredProviderFound", text)
}

fn looks_like_a_version(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let date = text.strip_suffix("-preview").unwrap_or(&text).as_bytes();
    date.len() == 10
        && date
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}
