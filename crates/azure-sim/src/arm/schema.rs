//! The request bodies of the specification.
//!
//! `data/request_schema.json` is what `azure-rest-api-specs` says about the bodies of the operations that are simulated
//! (Microsoft.Sql 2021-11-01 and, for `unlink`, 2014-04-01; Traffic Manager 2022-04-01, Microsoft.Web 2023-12-01): properties, types, closed lists of
//! values, what is required and what is read-only. A test derives it again from the specification.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::Value;

/// The shape of a value.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    properties: BTreeMap<String, Shape>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default, rename = "additionalProperties")]
    additional: Option<Box<Shape>>,
    #[serde(default)]
    items: Option<Box<Shape>>,
    #[serde(default, rename = "enum")]
    values: Vec<Value>,
    #[serde(default, rename = "readOnly")]
    read_only: bool,
}

/// The shape of the body that `PUT Microsoft.Sql/servers/{serverName}/…` takes.
pub(crate) fn shape(operation: &str) -> Option<&'static Shape> {
    static SHAPES: OnceLock<BTreeMap<String, Shape>> = OnceLock::new();
    let shapes =
        SHAPES.get_or_init(|| serde_json::from_str(include_str!("data/request_schema.json")).unwrap_or_default());
    shapes.get(operation)
}

impl Shape {
    /// What is wrong with a body, with the place as `properties.sku.name`; `None` if nothing is. Read-only properties may
    /// be sent and have no effect, as in Azure.
    pub(crate) fn complaint(&self, value: &Value) -> Option<String> {
        self.check(value, "")
    }

    fn check(&self, value: &Value, place: &str) -> Option<String> {
        if !self.has_type_of(value) {
            return Some(format!("the value of '{place}' is not of type {}", self.kind));
        }
        if !self.values.is_empty() && !self.values.contains(value) {
            return Some(format!("the value {value} of '{place}' is not one of those allowed"));
        }
        match value {
            Value::Object(object) => self.check_object(object, place),
            Value::Array(items) => {
                let shape = self.items.as_deref()?;
                items.iter().enumerate().find_map(|(at, item)| shape.check(item, &format!("{place}[{at}]")))
            }
            _ => None,
        }
    }

    fn check_object(&self, object: &serde_json::Map<String, Value>, place: &str) -> Option<String> {
        let inner = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        if let Some(missing) = self.required.iter().find(|name| !object.contains_key(*name)) {
            return Some(format!("the required property '{}' is missing", inner(missing)));
        }
        let open = self.properties.is_empty() && self.additional.is_none();
        object.iter().filter(|_| !open).find_map(|(name, value)| {
            match self.properties.get(name).or(self.additional.as_deref()) {
                None => Some(format!("could not find member '{}' on object of this type", inner(name))),
                Some(shape) if shape.read_only => None,
                Some(shape) => shape.check(value, &inner(name)),
            }
        })
    }

    fn has_type_of(&self, value: &Value) -> bool {
        match self.kind.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shape;

    fn complaint(operation: &str, body: serde_json::Value) -> Option<String> {
        shape(operation).unwrap().complaint(&body)
    }

    #[test]
    fn a_secondary_as_the_documentation_asks_for_it_is_fine() {
        let body = json!({"location": "westeurope", "tags": {"a": "b"}, "properties": {"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": "x"}});
        assert_eq!(complaint("PUT Microsoft.Sql/servers/{serverName}/databases/{databaseName}", body), None);
    }

    #[test]
    fn names_what_is_wrong() {
        let put = "PUT Microsoft.Sql/servers/{serverName}/databases/{databaseName}";
        let says = |body| complaint(put, body).unwrap();
        assert_eq!(says(json!({})), "the required property 'location' is missing");
        assert!(
            says(json!({"location": "x", "properties": {"creatMode": "Secondary"}})).contains("'properties.creatMode'")
        );
        assert!(says(json!({"location": "x", "properties": {"createMode": "Sekondary"}})).contains("not one of those"));
        assert!(
            says(json!({"location": "x", "sku": {"name": "GP", "capacity": "2"}}))
                .contains("'sku.capacity' is not of type integer")
        );
        let patch = "PATCH Microsoft.Web/sites/{name}";
        assert!(complaint(patch, json!({"tags": {"a": "b"}})).unwrap().contains("'tags'"));
    }
}
