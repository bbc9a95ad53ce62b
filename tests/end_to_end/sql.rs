//! A SQL client of the tests' own, for what somebody else does to a database.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tiberius::{AuthMethod, Config, EncryptionLevel};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::harness::TestUpgrade;

/// A log-in of the server's administrator.
pub struct Client {
    runtime: Runtime,
    client: tiberius::Client<Compat<TcpStream>>,
}

impl Client {
    /// Logs in with an access token, under this application name.
    pub fn log_in(shop: &TestUpgrade, server: &str, database: &str, application: &str) -> Self {
        let token = AuthMethod::aad_token(&shop.sim.credentials().sql_token);
        Self::connect(shop, server, database, application, token)
    }

    /// Logs in with a name and a password.
    pub fn log_in_as(
        shop: &TestUpgrade,
        server: &str,
        database: &str,
        application: &str,
        user: &str,
        password: &str,
    ) -> Self {
        Self::connect(shop, server, database, application, AuthMethod::sql_server(user, password))
    }

    fn connect(shop: &TestUpgrade, server: &str, database: &str, application: &str, who: AuthMethod) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let addresses = shop.sim.addresses();
        let mut config = Config::new();
        config.host(format!("{server}.database.windows.net"));
        config.port(addresses.tds.port());
        config.database(database);
        config.application_name(application);
        config.encryption(EncryptionLevel::Required);
        config.trust_cert_ca(addresses.ca_file.to_str().unwrap());
        config.authentication(who);
        let client = runtime.block_on(async {
            let stream = TcpStream::connect(addresses.tds).await.unwrap();
            tiberius::Client::connect(config, stream.compat_write()).await.unwrap()
        });
        Self { runtime, client }
    }

    /// Runs a batch; it must succeed.
    #[track_caller]
    pub fn run(&mut self, batch: &str) {
        self.runtime.block_on(async { self.client.simple_query(batch).await.unwrap().into_results().await.unwrap() });
    }

    /// Runs a batch that the server must refuse, for its words.
    #[track_caller]
    pub fn refused(&mut self, batch: &str) -> String {
        let ran =
            self.runtime.block_on(async { self.client.simple_query(batch).await?.into_results().await.map(drop) });
        ran.unwrap_err().to_string()
    }

    /// Runs a query whose first column of the first row is a text.
    #[track_caller]
    pub fn text(&mut self, query: &str) -> String {
        let results = self
            .runtime
            .block_on(async { self.client.simple_query(query).await.unwrap().into_results().await.unwrap() });
        results[0][0].get::<&str, _>(0).unwrap().to_owned()
    }

    /// Runs a query whose first column of the first row is an `int`.
    #[track_caller]
    pub fn number(&mut self, query: &str) -> i32 {
        let results = self
            .runtime
            .block_on(async { self.client.simple_query(query).await.unwrap().into_results().await.unwrap() });
        results[0][0].get::<i32, _>(0).unwrap()
    }
}

/// Sends a request to Azure Resource Manager as somebody in the portal would; it must succeed.
#[track_caller]
pub fn arm(shop: &TestUpgrade, method: &str, path: &str, version: &str, body: &Value) -> Value {
    let (status, text) = send(shop, method, path, version, (!body.is_null()).then_some(body));
    assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(json!(null))
}

/// The same with a request that must be refused: status and code.
#[track_caller]
pub fn refused_by_arm(
    shop: &TestUpgrade,
    method: &str,
    path: &str,
    version: &str,
    body: Option<&Value>,
) -> (u16, String) {
    let (status, text) = send(shop, method, path, version, body);
    assert!(status >= 400, "{method} {path}: {status} {text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    (status, answer["error"]["code"].as_str().unwrap().to_owned())
}

/// Whether Azure Resource Manager knows this resource.
pub fn exists(shop: &TestUpgrade, path: &str, version: &str) -> bool {
    send(shop, "GET", path, version, None).0 == 200
}

/// Sends a zip to the publish API of a site, as somebody else's pipeline would; it must be taken.
#[track_caller]
pub fn publish(shop: &TestUpgrade, site: &str, zip: Vec<u8>) {
    let (host, path) = (format!("{site}.scm.azurewebsites.net"), "/api/publish?type=zip&async=true");
    let (status, text) = exchange(shop, &host, "POST", path, |request| request.body(zip));
    assert_eq!(status, 202, "{text}");
}

fn send(shop: &TestUpgrade, method: &str, path: &str, version: &str, body: Option<&Value>) -> (u16, String) {
    let subscription = &shop.sim.credentials().subscription_id;
    let path = format!("/subscriptions/{subscription}/resourceGroups/{path}?api-version={version}");
    exchange(shop, "management.azure.com", method, &path, |request| match body {
        Some(body) => request.json(body),
        None => request,
    })
}

fn exchange(
    shop: &TestUpgrade,
    host: &str,
    method: &str,
    path: &str,
    fill: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
) -> (u16, String) {
    let (addresses, secrets) = (shop.sim.addresses(), shop.sim.credentials());
    let certificate = fs::read(&addresses.ca_file).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&certificate).unwrap()])
            .resolve(host, addresses.https)
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        let url = format!("https://{host}:{}{path}", addresses.https.port());
        let request = client.request(method.parse().unwrap(), url).bearer_auth(&secrets.arm_token);
        let response = fill(request).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    })
}
