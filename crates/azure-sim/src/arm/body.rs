//! Reading a request body that has the shape of the specification.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{route::Route, schema};
use crate::{http::Request, world::Refusal};

/// The body of a request, checked against the specification of its operation.
///
/// # Errors
/// 400: no JSON, something unknown, a wrong type, or a body where the operation takes none.
pub(super) fn read(request: &Request, route: &Route) -> Result<Value, Refusal> {
    let Some(shape) = schema::shape(&format!("{} {}", route.method, route.path)) else { return none(request) };
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| invalid(error.to_string()))?;
    match shape.complaint(&body) {
        Some(complaint) => Err(invalid(complaint)),
        None => Ok(body),
    }
}

fn none(request: &Request) -> Result<Value, Refusal> {
    if request.body.is_empty() { Ok(Value::Null) } else { Err(invalid("the operation takes no body")) }
}

fn invalid(why: impl std::fmt::Display) -> Refusal {
    let text = format!("The request content was invalid and could not be deserialized: '{why}'.");
    Refusal::bad_request("InvalidRequestContent", text)
}

/// A map of texts, such as `tags`; `None` if it is not there.
pub(super) fn texts(value: Option<&Value>) -> Option<BTreeMap<String, String>> {
    let object = value?.as_object()?;
    Some(object.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
}

/// A text of a body.
pub(super) fn text(body: &Value, pointer: &str) -> Option<String> {
    body.pointer(pointer)?.as_str().map(str::to_owned)
}

/// Refuses properties that have an effect in Azure and none here. `allowed` are pointers such as `/properties/target`;
/// `current` is what a GET shows: what a request only repeats is fine.
pub(super) fn only(body: &Value, allowed: &[&str], current: &Value) -> Result<(), Refusal> {
    match foreign(body, "", allowed, Some(current)) {
        None => Ok(()),
        Some(place) => {
            Err(Refusal::not_modelled(format!("the property '{}'", place.trim_start_matches('/').replace('/', "."))))
        }
    }
}

fn foreign(value: &Value, place: &str, allowed: &[&str], current: Option<&Value>) -> Option<String> {
    if allowed.contains(&place) || current == Some(value) {
        return None;
    }
    let within =
        |inner: &str| allowed.iter().any(|path| path.starts_with(inner)) || current.is_some_and(Value::is_object);
    match value {
        Value::Object(object) if within(place) => object.iter().find_map(|(name, value)| {
            foreign(value, &format!("{place}/{name}"), allowed, current.and_then(|current| current.get(name)))
        }),
        _ => Some(place.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::only;

    #[test]
    fn what_is_repeated_is_fine_and_what_would_be_ignored_is_not() {
        let current = json!({"location": "West Europe", "properties": {"a": 1, "b": {"c": 2}}});
        let allowed = ["/tags", "/properties/d"];
        let check = |body| only(&body, &allowed, &current).map_err(|refusal| refusal.message);
        assert_eq!(check(json!({"tags": {"x": "y"}, "properties": {"a": 1, "d": 5, "b": {"c": 2}}})), Ok(()));
        assert!(check(json!({"properties": {"b": {"c": 3}}})).unwrap_err().contains("properties.b.c"));
        assert!(check(json!({"properties": {"e": 3}})).unwrap_err().contains("properties.e"));
    }
}
