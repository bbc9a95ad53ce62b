//! The simulator against recordings of Azure and against its specification. Where the shared material is absent these
//! tests say so; with `CI=true` they fail then.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use azure_sim::Scenario;
use serde_json::{Map, Value, json};

use crate::bench::{Bench, PATIENCE, SQL, TRAFFIC, WEB, fixture, small};

/// The folder beside the checkout, or `None` where it may be absent.
#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "whether evidence may be missing is a matter of the environment"
)]
fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/azure");
    if folder.exists() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").ok().as_deref(), Some("true"), "the shared material is absent");
    println!("evidence: not run (../shared absent)");
    None
}

/// Response bodies of a recording that answer this method at a path with this end.
fn recorded(folder: &Path, file: &str, method: &str, end: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("recordings").join(file)).unwrap();
    let mut found = Vec::new();
    for interaction in text.split("\n- request:").skip(1) {
        let (request, response) = interaction.split_once("\n  response:").unwrap();
        let field = |name: &str| {
            let start = request.find(&format!("\n    {name}: "))? + name.len() + 7;
            Some(request[start..].split("\n    ").next()?.split_whitespace().collect::<String>())
        };
        let path = field("uri").unwrap_or_default();
        if field("method").as_deref() == Some(method) && path.split('?').next().unwrap().ends_with(end) {
            found.extend(body(response));
        }
    }
    assert!(!found.is_empty(), "no {method} …{end} in {file}");
    found
}

/// The JSON of a YAML scalar: `string: '…'`, with doubled quotes and folded lines.
fn body(response: &str) -> Option<Value> {
    let start = response.find("string: '")? + 9;
    let end = response[start..].find("'\n    headers:").or_else(|| response[start..].find("'}\n"))?;
    let text = response[start..start + end].replace("''", "'");
    let joined: String = text.split('\n').map(str::trim_start).collect::<Vec<_>>().join(" ");
    serde_json::from_str(&joined).ok()
}

/// Every key with the kind of its value, e.g. `properties.sku.name string`; lists by their first item.
fn keys(value: &Value, place: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                out.insert(inner.clone());
                keys(value, &inner, out);
            }
        }
        Value::Array(items) => items.iter().take(1).for_each(|item| keys(item, &format!("{place}[]"), out)),
        _ => {}
    }
}

fn shape(value: &Value) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    keys(value, "", &mut out);
    out
}

/// The two shapes are equal but for what is listed.
fn same_shape(ours: &Value, theirs: &Value, excused: &[&str]) {
    let (ours, theirs) = (shape(ours), shape(theirs));
    let differing: Vec<&String> = ours.symmetric_difference(&theirs).collect();
    let unexcused: Vec<&&String> =
        differing.iter().filter(|key| !excused.iter().any(|start| key.starts_with(start))).collect();
    assert!(unexcused.is_empty(), "differing keys: {unexcused:?}");
}

#[test]
fn microsoft_sql_answers_in_the_recorded_shape() {
    let Some(folder) = shared() else { return };
    let bench = Bench::small();
    let file = "sql_db_mgmt_2023.yaml";
    let servers = recorded(&folder, file, "GET", "/servers/clitestserver000002");
    let ours = bench.get(&bench.id("Microsoft.Sql/servers/contoso-sql-1"), SQL);
    same_shape(&ours, &servers[0], &["properties.externalGovernanceStatus"]);
    let databases = recorded(&folder, file, "GET", "/databases/cliautomationdb01");
    let ours = bench.get(&bench.database("contoso-sql-1"), SQL);
    same_shape(&ours, &databases[0], &["properties.availabilityZone"]);
    let list = recorded(&folder, file, "GET", "/databases");
    let ours = bench.get(&bench.id("Microsoft.Sql/servers/contoso-sql-1/databases"), SQL);
    same_shape(&ours, &list[0], &["value[].properties.availabilityZone"]);
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    let theirs =
        recorded(&folder, "sql_db_replica_2021.yaml", "PUT", "/clitestserver000004/databases/cliautomationdb01");
    same_shape(&accepted.json(), &theirs[0], &[]);
    assert_eq!(accepted.json()["operation"], theirs[0]["operation"]);
    let status = recorded(&folder, file, "GET", "/databaseAzureAsyncOperation/4ae25000-36e2-4ede-be9b-28d89e2ff263");
    same_shape(&bench.finish(&accepted), status.last().unwrap(), &[]);
    assert!(bench.simulator.wait("link-catch-up", PATIENCE));
    let links = recorded(&folder, "sql_db_replica_2021.yaml", "GET", "/databases/cliautomationdb01/replicationLinks");
    let ours = bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-1")), SQL);
    // The recorded api-version is 2014-04-01; the later one has a kind of link, and neither type nor location.
    same_shape(&ours, &links[0], &["value[].properties.linkType", "value[].type", "value[].location"]);
}

#[test]
fn traffic_manager_answers_in_the_recorded_shape() {
    let Some(folder) = shared() else { return };
    let bench = Bench::small();
    let file = "traffic_manager_2023.yaml";
    assert_eq!(bench.add_stage_endpoint().status, 201);
    let endpoints = recorded(&folder, file, "GET", "/ExternalEndpoints/myendpoint");
    same_shape(&bench.get(&bench.endpoint("ExternalEndpoints", "contoso-2"), TRAFFIC), &endpoints[0], &[]);
    let profiles = recorded(&folder, file, "GET", "/trafficmanagerprofiles/mytmprofile");
    let path = bench.id("Microsoft.Network/trafficManagerProfiles/contoso");
    bench.arm("PATCH", &path, TRAFFIC, Some(json!({"tags": {"foo": "doo"}})));
    let with_endpoint = profiles.iter().find(|profile| profile["properties"]["endpoints"][0].is_object());
    same_shape(&bench.get(&path, TRAFFIC), with_endpoint.unwrap_or(&profiles[0]), &["properties.endpoints[]"]);
}

#[test]
fn microsoft_web_answers_in_the_recorded_shape() {
    let Some(folder) = shared() else { return };
    let bench = Bench::small();
    let file = "webapp_config_2023.yaml";
    let site = bench.id("Microsoft.Web/sites/contoso-1");
    let theirs = |method: &str, end: &str| recorded(&folder, file, method, end).remove(0);
    same_shape(&bench.get(&site, WEB), &theirs("GET", "/sites/webapp-config-test000002"), &[]);
    let plan = bench.id("Microsoft.Web/serverfarms/contoso-plan-1");
    same_shape(&bench.get(&plan, WEB), &theirs("GET", "/serverfarms/webapp-config-plan000003"), &[]);
    same_shape(&bench.get(&format!("{site}/config/web"), WEB), &theirs("GET", "test000002/config/web"), &[]);
    let settings = bench.arm("POST", &format!("{site}/config/appsettings/list"), WEB, None);
    assert_eq!(settings.header("content-type"), "application/json");
    same_shape(&settings.json(), &theirs("POST", "test000002/config/appsettings/list"), &["properties."]);
    let connections = bench.arm("POST", &format!("{site}/config/connectionstrings/list"), WEB, None).json();
    same_shape(&connections, &theirs("POST", "/config/connectionstrings/list"), &["properties."]);
    let bindings = bench.get(&format!("{site}/hostNameBindings"), WEB);
    same_shape(&bindings, &theirs("GET", "/hostNameBindings"), &[]);
}

/// A database script that nobody here wrote: it loads, its application runs on it, and its secondary has all of it.
#[test]
fn chinook_is_production() {
    let Some(folder) = shared() else { return };
    let app = Some(fixture("chinook.json"));
    let script = folder.join("../data/chinook_sqlserver.sql");
    let bench =
        Bench::new(Scenario { database_script: Some(script), app_v1: app.clone(), app_v2: app, users: 3, ..small() });
    bench.make_stage();
    bench.simulator.tick();
    assert!(bench.simulator.wait("idle", PATIENCE));
    let rows = "SELECT (SELECT COUNT(*) FROM dbo.Artist) + (SELECT COUNT(*) FROM dbo.Track) + (SELECT COUNT(*) FROM dbo.InvoiceLine)";
    assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>(rows), 275 + 3503 + 2240);
    let playlists = "SELECT COUNT(*) FROM dbo.Playlist";
    let report = bench.simulator.report();
    assert_eq!((report.writes.failed, report.reads.failed), (0, 0));
    let written = i32::try_from(report.writes.acknowledged).unwrap();
    assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>(playlists), 18 + written);
}

/// The embedded shapes of request bodies are those of the specification.
#[test]
fn request_bodies_are_those_of_the_specification() {
    let Some(folder) = shared() else { return };
    let ours: Value = serde_json::from_str(include_str!("../../src/arm/data/request_schema.json")).unwrap();
    let mut specification = Specification { folder: folder.join("specs/specification"), files: BTreeMap::new() };
    for (operation, shape) in ours.as_object().unwrap() {
        let (method, path) = operation.split_once(' ').unwrap();
        let file = match path.split('/').next().unwrap() {
            "Microsoft.Sql" if path.ends_with("/unlink") => {
                "sql/resource-manager/Microsoft.Sql/stable/2014-04-01/replicationLinks.json"
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
