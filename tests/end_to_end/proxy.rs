//! A proxy that the environment names: what goes through it, and what does not.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::harness::{TestUpgrade, scenario};

/// An HTTP proxy on loopback that knows CONNECT alone, and leads every host to one address.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn open(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                thread::spawn(move || tunnel(client, target, &log));
            }
        });
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first line of every request, each once.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

fn tunnel(client: TcpStream, target: SocketAddr, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    log.lock().unwrap().push(first.trim_end().to_owned());
    let mut line = first;
    while !line.trim_end().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
    }
    let server = TcpStream::connect(target)?;
    (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut up, mut from_server, mut down) = (server.try_clone()?, server, client);
    thread::spawn(move || io::copy(&mut reader, &mut up));
    io::copy(&mut from_server, &mut down).map(drop)
}

/// `connect-to` without the rule that leads all of https to the simulator: that is what the proxy is for here.
fn rules_without_https(shop: &TestUpgrade) -> String {
    let rules = shop.sim.addresses().connect_to.iter().filter(|rule| !rule.starts_with(":443:"));
    rules.cloned().collect::<Vec<_>>().join(",")
}

#[test]
fn azure_resource_manager_and_the_sign_in_go_through_the_proxy() {
    let shop = TestUpgrade::open(scenario());
    let known = shop.sim.credentials().clone();
    let (proxy, rules) = (Proxy::open(shop.sim.addresses().https), rules_without_https(&shop));
    let shop = shop.with_environment(&[("HTTPS_PROXY", &proxy.url())]).with_inputs(&[
        ("connect-to", &rules),
        ("arm-token", ""),
        ("sql-token", ""),
        ("tenant-id", &known.tenant_id),
        ("client-id", &known.client_id),
        ("client-secret", &known.client_secret),
    ]);
    let ended = shop.run("plan");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    let expected = ["CONNECT login.microsoftonline.com:443 HTTP/1.1", "CONNECT management.azure.com:443 HTTP/1.1"];
    assert_eq!(proxy.asked(), expected);
}

#[test]
fn a_host_of_no_proxy_is_reached_directly() {
    let shop = TestUpgrade::open(scenario());
    let https = shop.sim.addresses().https;
    let proxy = Proxy::open(https);
    let endpoint = format!("https://localhost:{}", https.port());
    let inputs = [("connect-to", ""), ("arm-endpoint", endpoint.as_str())];
    let shop = shop.with_environment(&[("HTTPS_PROXY", &proxy.url())]).with_inputs(&inputs);
    // The simulator has no Azure Resource Manager under this name and answers 404; what counts is the way there.
    let through = shop.run("plan");
    assert!(through.why().contains("there is no such profile"), "{}", through.why());
    let connect = format!("CONNECT localhost:{} HTTP/1.1", https.port());
    assert_eq!(proxy.asked(), [connect]);

    proxy.asked.lock().unwrap().clear();
    let shop = shop.with_environment(&[("NO_PROXY", "example.org,localhost")]);
    let past = shop.run("plan");
    assert!(past.why().contains("there is no such profile"), "{}", past.why());
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}

#[test]
fn a_host_with_a_connect_to_rule_is_reached_directly() {
    let shop = TestUpgrade::open(scenario());
    let proxy = Proxy::open(shop.sim.addresses().https);
    let shop = shop.with_environment(&[("HTTPS_PROXY", &proxy.url())]);
    assert_eq!(shop.run("plan").outcome(), "done");
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}
