//! Lists that Azure answers in pages: `{"value":[…],"nextLink":"https://…"}`.

use serde_json::Value;

use crate::{json::ReadError, response::Response};

/// More pages than any list of ours can have: a service that never ends its list is stopped here.
pub(crate) const MOST_PAGES: usize = 100;

/// The address of the page after this one; an empty one is none.
pub(crate) fn next_link(page: &Response) -> Option<String> {
    let body = page.json().ok()?;
    let link = body.get("nextLink")?.as_str()?;
    (!link.is_empty()).then(|| link.to_owned())
}

/// The second page with the elements of the first one before its own.
///
/// # Errors
/// The second page is not JSON, or has no list.
pub(crate) fn join(first: &Response, second: Response) -> Result<Response, ReadError> {
    let (mut one, mut two) = (first.json()?, second.json()?);
    let no_list = || ReadError::Field { field: "value".to_owned(), expected: "a list", found: "missing" };
    let later = two.get_mut("value").and_then(Value::as_array_mut).ok_or_else(no_list)?;
    let earlier = one.get_mut("value").and_then(Value::as_array_mut).ok_or_else(no_list)?;
    earlier.append(later);
    std::mem::swap(earlier, later);
    Ok(Response { body: two.to_string().into_bytes(), ..second })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn page(body: &str) -> Response {
        Response { status: 200, headers: Default::default(), body: body.into() }
    }

    #[test]
    fn elements_keep_their_order_and_the_last_link_counts() {
        let (first, second) = (page(r#"{"value":[1,2],"nextLink":"a"}"#), page(r#"{"value":[3],"nextLink":"b"}"#));
        let joined = join(&first, second).unwrap();
        assert_eq!(String::from_utf8_lossy(&joined.body), r#"{"value":[1,2,3],"nextLink":"b"}"#);
        assert_eq!(next_link(&joined).as_deref(), Some("b"));
    }

    #[test]
    fn an_absent_null_or_empty_link_is_the_end() {
        for body in [r#"{"value":[]}"#, r#"{"nextLink":null}"#, r#"{"nextLink":""}"#, "[]", "<html>"] {
            assert_eq!(next_link(&page(body)), None, "{body}");
        }
    }

    #[test]
    fn half_a_list_is_never_taken_for_the_whole() {
        let first = page(r#"{"value":[1],"nextLink":"a"}"#);
        for body in ["{}", r#"{"value":null}"#, "<html>"] {
            assert!(join(&first, page(body)).is_err(), "{body}");
        }
    }
}
