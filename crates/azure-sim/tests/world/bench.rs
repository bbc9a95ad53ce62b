//! A simulator and clients for it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use azure_sim::{Scenario, Simulator};
use reqwest::{Certificate, Method};
use serde_json::{Value, json};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, FromSqlOwned};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

pub const SQL: &str = "2021-11-01";
pub const TRAFFIC: &str = "2022-04-01";
pub const WEB: &str = "2023-12-01";

/// How long a test waits for something that comes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a request waits for its answer.
const SHORT: Duration = Duration::from_secs(5);

pub struct Bench {
    pub simulator: Simulator,
    runtime: Runtime,
    http: reqwest::Client,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture").join(name)
}

/// A small shop, loaded once per build.
pub fn small() -> Scenario {
    Scenario {
        database_script: Some(fixture("shop.sql")),
        app_v1: Some(fixture("v1.json")),
        app_v2: Some(fixture("v2.json")),
        cache_dir: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("databases")),
        seeding_ms: 20,
        lag_ms: 10,
        operation_ms: 10,
        retry_after_ms: 5,
        probe_interval_ms: 10,
        site_start_ms: 10,
        ..Scenario::default()
    }
}

/// The small shop with a continuous WebJob `fulfil`, which marks the orders of users, in both versions.
pub fn with_worker() -> Scenario {
    let apps = [fixture("v1_worker.json"), fixture("v2_worker.json")];
    let [v1, v2] = apps.map(Some);
    Scenario { app_v1: v1, app_v2: v2, webjob_ms: 10, ..small() }
}

impl Bench {
    pub fn new(scenario: Scenario) -> Self {
        let simulator = Simulator::start(scenario).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = client(&simulator);
        Self { simulator, runtime, http }
    }

    pub fn small() -> Self {
        Self::new(small())
    }

    pub fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.simulator.credentials().subscription_id)
    }

    /// `/subscriptions/…/resourceGroups/contoso-rg/providers/<rest>`
    pub fn id(&self, rest: &str) -> String {
        format!("{}/resourceGroups/contoso-rg/providers/{rest}", self.subscription())
    }

    pub fn stage_id(&self, rest: &str) -> String {
        format!("{}/resourceGroups/contoso-stage-rg/providers/{rest}", self.subscription())
    }

    pub fn database(&self, server: &str) -> String {
        self.id(&format!("Microsoft.Sql/servers/{server}/databases/shop"))
    }

    pub fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        self.send_bytes(method, url, headers, body.unwrap_or_default().into_bytes())
    }

    pub fn send_bytes(&self, method: &str, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.try_send(method, url, headers, body).unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, reqwest::Error> {
        self.runtime.block_on(async {
            let mut request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = request.timeout(SHORT).body(body).send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok(Answer { status, headers, text: answer.text().await? })
        })
    }

    pub fn arm(&self, method: &str, path: &str, version: &str, body: Option<Value>) -> Answer {
        self.try_arm(method, path, version, body).unwrap()
    }

    pub fn try_arm(
        &self,
        method: &str,
        path: &str,
        version: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let bearer = format!("Bearer {}", self.simulator.credentials().arm_token);
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("https://management.azure.com{path}{mark}api-version={version}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.try_send(method, &url, &headers, body.map(|body| body.to_string().into_bytes()).unwrap_or_default())
    }

    pub fn get(&self, path: &str, version: &str) -> Value {
        let answer = self.arm("GET", path, version, None);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text);
        answer.json()
    }

    /// The body that asks for a secondary of production.
    pub fn secondary(&self) -> Value {
        json!({
            "location": "westeurope",
            "tags": {"rolling-upgrade": "42"},
            "properties": {"createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": self.database("contoso-sql-1")},
        })
    }

    /// Follows `Azure-AsyncOperation` to the end.
    pub fn finish(&self, accepted: &Answer) -> Value {
        assert_eq!(accepted.status, 202, "{}", accepted.text);
        let url = accepted.header("azure-asyncoperation").to_owned();
        let path = url.strip_prefix("https://management.azure.com").unwrap();
        loop {
            let status = self.send(
                "GET",
                &url,
                &[("authorization", &format!("Bearer {}", self.simulator.credentials().arm_token))],
                None,
            );
            assert_eq!(status.status, 200, "{path}: {}", status.text);
            if status.json()["status"] != "InProgress" {
                return status.json();
            }
        }
    }

    /// A seeded secondary on the stage server.
    pub fn make_stage(&self) {
        let accepted = self.arm("PUT", &self.database("contoso-sql-2"), SQL, Some(self.secondary()));
        assert_eq!(self.finish(&accepted)["status"], "Succeeded");
        assert!(self.simulator.wait("link-catch-up", PATIENCE));
    }

    /// The stage site on the copy, with its endpoint, disabled.
    pub fn add_stage(&self) {
        self.point_stage_site();
        assert_eq!(self.add_stage_endpoint().status, 201);
    }

    /// The stage endpoint, enabled and Online.
    pub fn put_stage_online(&self) {
        self.enable("ExternalEndpoints", "contoso-2", true);
        assert!(self.simulator.wait("endpoint-online:contoso-2", PATIENCE));
    }

    pub fn endpoint(&self, kind: &str, name: &str) -> String {
        self.id(&format!("Microsoft.Network/trafficManagerProfiles/contoso/{kind}/{name}"))
    }

    pub fn enable(&self, kind: &str, name: &str, enabled: bool) {
        let status = if enabled { "Enabled" } else { "Disabled" };
        let answer = self.arm(
            "PATCH",
            &self.endpoint(kind, name),
            TRAFFIC,
            Some(json!({"properties": {"endpointStatus": status}})),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// The stage endpoint, disabled.
    pub fn add_stage_endpoint(&self) -> Answer {
        let body = json!({"properties": {"target": "contoso-2.azurewebsites.net", "endpointStatus": "Disabled", "priority": 2}});
        self.arm("PUT", &self.endpoint("ExternalEndpoints", "contoso-2"), TRAFFIC, Some(body))
    }

    /// Points the stage site at the stage database.
    pub fn point_stage_site(&self) {
        let settings = self.stage_id("Microsoft.Web/sites/contoso-2/config/connectionstrings");
        let mut listed = self.arm("POST", &format!("{settings}/list"), WEB, None).json();
        let value = listed["properties"]["Shop"]["value"].as_str().unwrap().replace("contoso-dev", "contoso-sql-2");
        listed["properties"]["Shop"]["value"] = json!(value);
        let put = self.arm("PUT", &settings, WEB, Some(json!({"properties": listed["properties"]})));
        assert_eq!(put.status, 200, "{}", put.text);
        self.until(|| self.page("GET", "contoso-2.azurewebsites.net", "/health").status == 200);
    }

    /// Looks until something is so.
    pub fn until(&self, condition: impl Fn() -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < limit, "it did not come");
        }
    }

    /// Says on production that an upgrade ends its read-only time, so many seconds from now at the latest.
    pub fn open_fence(&self, seconds: i32) {
        let mut sql = self.sql("contoso-sql-1", "shop");
        sql.ok("IF SCHEMA_ID(N'rolling_upgrade') IS NULL EXEC (N'CREATE SCHEMA rolling_upgrade')");
        sql.ok("IF OBJECT_ID(N'rolling_upgrade.fence', N'U') IS NULL CREATE TABLE rolling_upgrade.fence \
                (run nvarchar(64) NOT NULL PRIMARY KEY, opened_at datetime2(3) NOT NULL, deadline datetime2(3) NOT NULL, closed_at datetime2(3) NULL)");
        sql.ok(&format!(
            "INSERT INTO rolling_upgrade.fence (run, opened_at, deadline) \
             VALUES (N'42', SYSUTCDATETIME(), DATEADD(second, {seconds}, SYSUTCDATETIME()))"
        ));
    }

    /// A page of a site at its own address, under this Host.
    pub fn page(&self, method: &str, host: &str, path: &str) -> Answer {
        self.send(method, &format!("https://{host}{path}"), &[], None)
    }

    pub fn sql(&self, server: &str, database: &str) -> Sql<'_> {
        self.log_in(
            server,
            database,
            &self.simulator.credentials().sql_user,
            &self.simulator.credentials().sql_password,
        )
        .unwrap()
    }

    pub fn log_in(
        &self,
        server: &str,
        database: &str,
        user: &str,
        password: &str,
    ) -> Result<Sql<'_>, tiberius::error::Error> {
        self.connect(server, database, AuthMethod::sql_server(user, password), "a test")
    }

    pub fn connect(
        &self,
        server: &str,
        database: &str,
        who: AuthMethod,
        application: &str,
    ) -> Result<Sql<'_>, tiberius::error::Error> {
        let mut config = Config::new();
        config.host(format!("{server}.database.windows.net"));
        config.database(database);
        config.encryption(EncryptionLevel::Required);
        config.trust_cert_ca(self.simulator.addresses().ca_file.to_str().unwrap());
        config.authentication(who);
        config.application_name(application);
        let address: SocketAddr = self.simulator.addresses().tds;
        let client = self.runtime.block_on(async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Client::connect(config, stream.compat_write()).await
        })?;
        Ok(Sql { bench: self, client })
    }

    pub fn control(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let url = format!("http://{}{path}", self.simulator.addresses().control);
        self.send(method, &url, &[("content-type", "application/json")], body.map(|body| body.to_string()))
    }

    /// The numbers of the invariants that are broken, with what broke each.
    pub fn broken(&self) -> Vec<(u8, String)> {
        let broken = self.simulator.report().invariants.broken;
        broken.into_iter().map(|broken| (broken.number, format!("{}; {}", broken.what, broken.cause))).collect()
    }
}

pub struct Sql<'a> {
    bench: &'a Bench,
    client: Client<Compat<TcpStream>>,
}

impl Sql<'_> {
    /// Runs a batch to its end.
    #[allow(clippy::disallowed_methods, reason = "a foreign client on purpose; the stream is drained")]
    pub fn run(&mut self, batch: &str) -> Result<Vec<Vec<tiberius::Row>>, tiberius::error::Error> {
        self.bench.runtime.block_on(async { self.client.simple_query(batch).await?.into_results().await })
    }

    pub fn ok(&mut self, batch: &str) {
        self.run(batch).unwrap_or_else(|error| panic!("{batch}: {error}"));
    }

    /// The first column of the first row.
    pub fn value<T: FromSqlOwned>(&mut self, query: &str) -> T {
        self.maybe(query).unwrap_or_else(|| panic!("NULL from {query}"))
    }

    pub fn maybe<T: FromSqlOwned>(&mut self, query: &str) -> Option<T> {
        let results = self.run(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let row = results.into_iter().flatten().next().unwrap_or_else(|| panic!("no row from {query}"));
        T::from_sql_owned(row.into_iter().next().unwrap()).unwrap()
    }

    pub fn error(&mut self, batch: &str) -> u32 {
        error_number(&self.run(batch).unwrap_err())
    }
}

pub fn error_number(error: &tiberius::error::Error) -> u32 {
    error.code().unwrap_or_else(|| panic!("not an error of the server: {error}"))
}

fn client(simulator: &Simulator) -> reqwest::Client {
    let addresses = simulator.addresses();
    let ca = Certificate::from_pem(&fs::read(&addresses.ca_file).unwrap()).unwrap();
    let mut builder = reqwest::Client::builder().tls_certs_only([ca]).no_proxy();
    for rule in &addresses.connect_to {
        let parts: Vec<&str> = rule.split(':').collect();
        if let [host, "443", address, port] = parts[..] {
            let hosts = if host.is_empty() {
                vec![
                    "management.azure.com",
                    "login.microsoftonline.com",
                    "pipelines.actions.githubusercontent.com",
                    "www.contoso.example",
                    "nobody.azurewebsites.net",
                    "contoso-2.scm.azurewebsites.net",
                    "contosostorage.blob.core.windows.net",
                ]
            } else {
                vec![host]
            };
            for host in hosts {
                builder = builder.resolve(host, format!("{address}:{port}").parse().unwrap());
            }
        }
    }
    builder.build().unwrap()
}
