use super::*;

fn probe(host: &str, path: &str) -> Probe {
    let (connect_host, timeout) = ("contoso-2.azurewebsites.net".to_owned(), Duration::from_secs(1));
    Probe { connect_host, host: host.to_owned(), path: path.to_owned(), timeout }
}

#[test]
fn two_hundreds_are_healthy() {
    assert!(Look::Answered(200).healthy() && Look::Answered(204).healthy());
    for status in [100, 301, 404, 500, 503] {
        assert!(!Look::Answered(status).healthy(), "{status}");
    }
    assert!(!Look::Failed("x".into()).healthy());
}

#[test]
fn says_what_was_looked_at_and_what_was_seen_last() {
    let unhealthy = Unhealthy {
        probe: probe("www.contoso.example", "/health"),
        wanted: 3,
        limit: Duration::from_secs(60),
        last: Look::Answered(404),
    };
    assert_eq!(
        unhealthy.to_string(),
        "`https://www.contoso.example/health` at `contoso-2.azurewebsites.net` was not healthy 3 times in a row within \
         60s: it answered 404"
    );
}

#[test]
fn only_a_host_name_makes_a_url_and_a_path_never_changes_it() {
    let url = |host: &str, path: &str| probe(host, path).url().map(String::from).map_err(|cause| cause.to_string());
    assert_eq!(url("www.contoso.example", "/health?a=1"), Ok("https://www.contoso.example/health?a=1".into()));
    assert_eq!(url("www.contoso.example", ".evil.example"), Ok("https://www.contoso.example/.evil.example".into()));
    assert_eq!(url("www.contoso.example", "//evil.example/x"), Ok("https://www.contoso.example/evil.example/x".into()));
    for host in ["", "a b", "user@evil.example", "evil.example/x", "a.example:444", "a?b"] {
        assert_eq!(url(host, "/"), Err(format!("`{host}` is not a host name")));
    }
}
