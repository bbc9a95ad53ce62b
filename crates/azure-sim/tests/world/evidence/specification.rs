//! What the simulator checks request bodies with, against the specification that it was taken from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::shared;

/// The embedded shapes of request bodies are those of the specification.
#[test]
fn request_bodies_are_those_of_the_specification() {
    let Some(folder) = shared() else { return };
    let ours: Value = serde_json::from_str(include_str!("../../../src/arm/data/request_schema.json")).unwrap();
    let mut specification = Specification { folder: folder.join("specs/specification"), files: BTreeMap::new() };
    for (operation, shape) in ours.as_object().unwrap() {
        let (method, path) = operation.split_once(' ').unwrap();
        let file = match path.split('/').next().unwrap() {
            "Microsoft.Sql" if path.ends_with("/unlink") => {
                "sql/resource-manager/Microsoft.Sql/stable/2014-04-01/replicationLinks.json"
            }
            "Microsoft.Sql" if path.contains("/firewallRules/") => {
                "sql/resource-manager/Microsoft.Sql/stable/2021-11-01/FirewallRules.json"
            }
            "Microsoft.Sql" => "sql/resource-manager/Microsoft.Sql/stable/2021-11-01/Databases.json",
            "Microsoft.Network" => {
                "trafficmanager/resource-manager/Microsoft.Network/stable/2022-04-01/trafficmanager.json"
            }
            _ => "web/resource-manager/Microsoft.Web/stable/2023-12-01/WebApps.json",
        };
        assert_eq!(&specification.body(file, &method.to_lowercase(), path), shape, "{operation}");
    }
}

struct Specification {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Value>,
}

impl Specification {
    fn file(&mut self, path: &Path) -> &Value {
        self.files
            .entry(path.to_owned())
            .or_insert_with(|| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    }

    /// The shape of the body parameter of an operation.
    fn body(&mut self, file: &str, method: &str, path: &str) -> Value {
        let file = self.folder.join(file);
        let full = format!("/subscriptions/{{subscriptionId}}/resourceGroups/{{resourceGroupName}}/providers/{path}");
        let parameters = self.file(&file)["paths"][&full][method]["parameters"].as_array().unwrap().clone();
        let body = parameters.iter().find(|parameter| parameter["in"] == "body").unwrap();
        self.shape(&body["schema"], &file)
    }

    fn follow(&mut self, schema: &Value, file: &Path) -> (Value, PathBuf) {
        let (mut schema, mut file) = (schema.clone(), file.to_owned());
        while let Some(reference) = schema["$ref"].as_str().map(str::to_owned) {
            let (name, pointer) = reference.split_once('#').unwrap();
            if !name.is_empty() {
                file = file.parent().unwrap().join(name).canonicalize().unwrap();
            }
            schema = self.file(&file).pointer(pointer).unwrap().clone();
        }
        (schema, file)
    }

    fn shape(&mut self, schema: &Value, file: &Path) -> Value {
        let (schema, file) = self.follow(schema, file);
        if schema["type"] == "array" {
            return json!({"type": "array", "items": self.shape(&schema["items"], &file)});
        }
        let mut parts = Parts::default();
        self.collect(&schema, &file, &mut parts);
        if parts.properties.is_empty() && parts.additional.is_none() && schema["type"] != "object" {
            let kind = schema["type"].as_str().unwrap_or("object");
            return if schema["enum"].is_array() {
                json!({"type": kind, "enum": schema["enum"]})
            } else {
                json!({"type": kind})
            };
        }
        parts.object()
    }

    fn collect(&mut self, schema: &Value, file: &Path, parts: &mut Parts) {
        let (schema, file) = self.follow(schema, file);
        for base in schema["allOf"].as_array().into_iter().flatten() {
            self.collect(base, &file, parts);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let mut shape = self.shape(property, &file);
            if property["readOnly"] == true {
                shape["readOnly"] = json!(true);
            }
            parts.properties.insert(name.clone(), shape);
        }
        parts
            .required
            .extend(schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()));
        if schema["additionalProperties"].is_object() {
            parts.additional = Some(self.shape(&schema["additionalProperties"], &file));
        }
    }
}

#[derive(Default)]
struct Parts {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
    additional: Option<Value>,
}

impl Parts {
    fn object(self) -> Value {
        let mut out = Map::new();
        out.insert("type".into(), json!("object"));
        if !self.properties.is_empty() {
            out.insert("properties".into(), Value::Object(self.properties));
        }
        if !self.required.is_empty() {
            out.insert("required".into(), json!(self.required));
        }
        out.extend(self.additional.map(|shape| ("additionalProperties".to_owned(), shape)));
        Value::Object(out)
    }
}
