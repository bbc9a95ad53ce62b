//! A walk through Azure's JSON that never panics, takes an explicit null for an absent field, and never repeats a value
//! in an error (it may be a secret).

use rollout::facts::Tags;
use serde_json::{Map, Value};

/// Why an answer of Azure could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The body is not JSON.
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error.
        column: usize,
    },
    /// A field is absent or of another type.
    #[error("`{field}` in the answer should be {expected} and is {found}")]
    Field {
        /// Where, e.g. `properties.dnsConfig.ttl`.
        field: String,
        /// What was expected, e.g. `a text`.
        expected: &'static str,
        /// What was there; never its value.
        found: &'static str,
    },
    /// This is a part of a list: it goes on at another address.
    #[error("the answer is a part of a list, which goes on at `nextLink`")]
    MorePages,
    /// An operation was accepted in a way that the protocol does not have.
    #[error("the status of the operation is missing in the answer")]
    NoOperationStatus,
}

/// A value and where it stands in the answer.
#[derive(Clone)]
pub(crate) struct Node<'v> {
    value: &'v Value,
    place: String,
}

impl<'v> Node<'v> {
    pub(crate) fn root(value: &'v Value) -> Self {
        Self { value, place: String::new() }
    }

    /// The value at `path` (names joined by dots), or `None` where it or a value on the way is absent or null.
    pub(crate) fn find(&self, path: &str) -> Option<Node<'v>> {
        let value = path.split('.').try_fold(self.value, |value, name| value.get(name))?;
        (!value.is_null()).then(|| Node { value, place: self.place_of(path) })
    }

    /// The text at `path`.
    pub(crate) fn text(&self, path: &str) -> Result<String, ReadError> {
        self.optional_text(path)?.ok_or_else(|| self.absent(path, "a text"))
    }

    /// The text at `path`, `None` where it is absent or null.
    pub(crate) fn optional_text(&self, path: &str) -> Result<Option<String>, ReadError> {
        let text = |node: Node<'v>| node.as_text().map(str::to_owned).ok_or_else(|| node.unlike("a text"));
        self.find(path).map(text).transpose()
    }

    /// The whole number at `path`, of a type that it must fit; `None` where it is absent or null.
    pub(crate) fn optional_number<N: TryFrom<i64>>(&self, path: &str) -> Result<Option<N>, ReadError> {
        let number = |node: Node<'v>| node.as_number().ok_or_else(|| node.unlike("a whole number in its range"));
        self.find(path).map(number).transpose()
    }

    /// The whole number at `path`.
    pub(crate) fn number<N: TryFrom<i64>>(&self, path: &str) -> Result<N, ReadError> {
        self.optional_number(path)?.ok_or_else(|| self.absent(path, "a whole number"))
    }

    /// The elements of the list at `path`; none where it is absent or null.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Node<'v>>, ReadError> {
        let Some(node) = self.find(path) else { return Ok(Vec::new()) };
        let elements = node.value.as_array().ok_or_else(|| node.unlike("a list"))?;
        let element = |(index, value)| Node { value, place: format!("{}[{index}]", node.place) };
        Ok(elements.iter().enumerate().map(element).collect())
    }

    /// The texts of the list at `path`; none where it is absent or null.
    pub(crate) fn texts(&self, path: &str) -> Result<Vec<String>, ReadError> {
        let text = |node: &Node<'_>| node.as_text().map(str::to_owned).ok_or_else(|| node.unlike("a text"));
        self.list(path)?.iter().map(text).collect()
    }

    /// The truth value at `path`, `None` where it is absent or null.
    pub(crate) fn optional_bool(&self, path: &str) -> Result<Option<bool>, ReadError> {
        let truth = |node: Node<'v>| node.value.as_bool().ok_or_else(|| node.unlike("true or false"));
        self.find(path).map(truth).transpose()
    }

    /// The object at `path` as it is, empty where it is absent or null.
    pub(crate) fn object(&self, path: &str) -> Result<Map<String, Value>, ReadError> {
        let Some(node) = self.find(path) else { return Ok(Map::new()) };
        node.value.as_object().cloned().ok_or_else(|| node.unlike("an object"))
    }

    /// The value at `path`, which must be there: that it is left out must not pass for an empty one.
    pub(crate) fn present(&self, path: &str, expected: &'static str) -> Result<Node<'v>, ReadError> {
        self.find(path).ok_or_else(|| self.absent(path, expected))
    }

    /// Names and values of the object at `path`, in the order of the answer; none where it is absent or null.
    pub(crate) fn entries(&self, path: &str) -> Result<Vec<(String, Node<'v>)>, ReadError> {
        let Some(node) = self.find(path) else { return Ok(Vec::new()) };
        let fields = node.value.as_object().ok_or_else(|| node.unlike("an object"))?;
        let entry = |(name, value): (&String, &'v Value)| (name.clone(), Node { value, place: node.place_of(name) });
        Ok(fields.iter().map(entry).collect())
    }

    /// The tags of a resource.
    pub(crate) fn tags(&self) -> Result<Tags, ReadError> {
        let tag = |(name, node): (String, Node<'v>)| match node.value {
            Value::Null => Ok((name, String::new())),
            _ => node.as_text().map(|text| (name, text.to_owned())).ok_or_else(|| node.unlike("a text")),
        };
        self.entries("tags")?.into_iter().map(tag).collect()
    }

    /// The value as a whole number, if it is one of this type.
    pub(crate) fn as_number<N: TryFrom<i64>>(&self) -> Option<N> {
        self.value.as_i64().and_then(|number| N::try_from(number).ok())
    }

    pub(crate) fn as_text(&self) -> Option<&'v str> {
        self.value.as_str()
    }

    fn place_of(&self, path: &str) -> String {
        if self.place.is_empty() { path.to_owned() } else { format!("{}.{path}", self.place) }
    }

    fn absent(&self, path: &str, expected: &'static str) -> ReadError {
        ReadError::Field { field: self.place_of(path), expected, found: "missing" }
    }

    pub(crate) fn unlike(&self, expected: &'static str) -> ReadError {
        ReadError::Field { field: self.place.clone(), expected, found: kind(self.value) }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_is_as_good_as_absent() {
        let value = json!({"a": null, "b": {"c": null}, "tags": null});
        let node = Node::root(&value);
        assert_eq!(node.optional_text("a"), Ok(None));
        assert_eq!(node.optional_text("b.c"), Ok(None));
        assert_eq!(node.optional_text("a.x.y"), Ok(None));
        assert!(node.list("b.c").unwrap().is_empty());
        assert!(node.tags().unwrap().is_empty());
    }

    #[test]
    fn an_error_names_the_place_and_never_the_value() {
        let value = json!({"value": [{"n": "secret"}, {"n": 70_000}]});
        let list = Node::root(&value).list("value").unwrap();
        let error = list[0].number::<u16>("n").unwrap_err().to_string();
        assert_eq!(error, "`value[0].n` in the answer should be a whole number in its range and is a text");
        assert!(list[1].number::<u16>("n").is_err());
        let error = list[1].text("m.o").unwrap_err().to_string();
        assert_eq!(error, "`value[1].m.o` in the answer should be a text and is missing");
    }
}
