//! The sending of requests, over real sockets: headers, retries, refusals, and what the log shows.

use std::time::Duration;

use azure::{
    Cause, Client, Error, LONGEST_WAIT, Options, Reach, Request, Scope, TokenSource, site_model, sql, traffic_manager,
    web,
};
use reqwest::Method;
use retry::RetryPolicy;
use rollout::{DatabaseId, facts::ConnectionSetting};
use url::Url;

use crate::scripted::{Act, answer, serve};

const TOKEN: &str = "token-6f1c";

fn options(endpoint: Url) -> Options {
    let retry = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, Duration::from_secs(20));
    let poll_interval = Duration::from_millis(1);
    Options { reach: Reach { retry, ..Reach::default() }, poll_interval, ..Options::new(endpoint, "sub", TOKEN.into()) }
}

pub fn client(endpoint: Url) -> Client {
    Client::new(options(endpoint)).unwrap()
}

fn links() -> Request<Option<Vec<rollout::facts::Link>>> {
    sql::links(&Scope::new("sub"), &"rg/srv/shop".parse().unwrap())
}

fn unlink() -> Request<azure::Started> {
    sql::unlink(&Scope::new("sub"), &"rg/srv/shop".parse().unwrap(), "link-1")
}

fn empty_list() -> Act {
    answer(200, &[], r#"{"value":[]}"#)
}

fn shown(error: &Error) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn every_request_says_who_and_which() {
    let (url, stage) = serve(vec![answer(503, &[], ""), empty_list(), answer(200, &[], "")]).await;
    let options = options(url);
    let correlation_id = options.correlation_id.to_string();
    let client = Client::new(options).unwrap();
    assert_eq!(client.send(&links()).await.unwrap(), Some(Vec::new()));
    client.send(&web::stop(&Scope::new("sub"), &"rg/web".parse().unwrap())).await.unwrap();

    let asked = stage.asked();
    let [first, second, post] = asked.as_slice() else { panic!("{} requests", asked.len()) };
    let path =
        "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Sql/servers/srv/databases/shop/replicationLinks";
    assert_eq!((first.method.as_str(), &*first.target), ("GET", &*format!("{path}?api-version=2021-11-01")));
    for one in &asked {
        assert_eq!(one.header("authorization"), Some("Bearer token-6f1c"));
        assert_eq!(one.header("x-ms-correlation-request-id"), Some(&*correlation_id));
        assert!(one.header("user-agent").unwrap().starts_with("rolling-upgrade/"));
        assert_eq!(one.header("x-ms-client-request-id").unwrap().len(), 36);
    }
    assert_ne!(first.header("x-ms-client-request-id"), second.header("x-ms-client-request-id"));
    assert_eq!((post.method.as_str(), post.header("content-length"), &*post.body), ("POST", Some("0"), ""));
}

#[tokio::test]
async fn a_body_is_sent_as_json() {
    let (url, stage) = serve(vec![answer(200, &[], "{}")]).await;
    let setting = ConnectionSetting { name: "Shop".into(), kind: "SQLAzure".into(), value: "Server=a".into() };
    let site = "rg/web".parse().unwrap();
    client(url).send(&web::put_connection_settings(&Scope::new("sub"), &site, &[setting])).await.unwrap();
    let asked = &stage.asked()[0];
    assert_eq!((asked.method.as_str(), asked.header("content-type")), ("PUT", Some("application/json")));
    assert_eq!(asked.body, r#"{"properties":{"Shop":{"value":"Server=a","type":"SQLAzure"}}}"#);
}

#[tokio::test]
async fn what_may_go_again_goes_again() {
    let script = vec![
        answer(503, &[("retry-after-ms", "2")], ""),
        Act::Cut,
        Act::Half,
        answer(429, &[("x-ms-retry-after-ms", "2")], ""),
        answer(409, &[], r#"{"error":{"code":"RetryableErrorDueToAnotherOperation","message":"busy"}}"#),
        empty_list(),
    ];
    let (url, stage) = serve(script).await;
    assert_eq!(client(url).send(&links()).await.unwrap(), Some(Vec::new()));
    assert_eq!(stage.asked().len(), 6);
}

#[tokio::test]
async fn a_post_that_may_have_acted_is_not_repeated() {
    for first in perhaps_done() {
        let (url, stage) = serve(vec![first, answer(200, &[], "")]).await;
        assert_eq!(client(url).send(&unlink()).await.unwrap_err().attempts, 1);
        assert_eq!(stage.asked().len(), 1);
    }
    let refused = answer(429, &[("retry-after-ms", "1")], "");
    let (url, stage) = serve(vec![refused, answer(200, &[], "")]).await;
    client(url).send(&unlink()).await.unwrap();
    assert_eq!(stage.asked().len(), 2, "what was refused before anything was done may go again");
}

/// Ends of an attempt after which nobody knows whether it has acted.
fn perhaps_done() -> [Act; 3] {
    [answer(500, &[], ""), answer(503, &[("retry-after-ms", "1")], ""), Act::Cut]
}

#[tokio::test]
async fn a_post_that_twice_does_what_it_does_once_is_repeated() {
    let (scope, site) = (Scope::new("sub"), "rg/web".parse().unwrap());
    for first in perhaps_done() {
        for post in [web::start(&scope, &site), web::stop(&scope, &site)] {
            let (url, stage) = serve(vec![first.clone(), answer(200, &[], "")]).await;
            client(url).send(&post).await.unwrap();
            assert_eq!(stage.asked().len(), 2, "{post:?}");
        }
        let list = answer(200, &[], r#"{"properties":{}}"#);
        let (url, stage) = serve(vec![first.clone(), list.clone(), first, list]).await;
        let client = client(url);
        assert!(client.send(&web::connection_settings(&scope, &site)).await.unwrap().is_empty());
        assert!(client.send(&site_model::app_settings(&scope, &site)).await.unwrap().is_empty());
        assert_eq!(stage.asked().len(), 4);
    }
}

#[tokio::test]
async fn the_last_real_error_is_kept() {
    let body = r#"{"error":{"code":"InternalServerError","message":"try later"}}"#;
    let last = answer(500, &[("x-ms-request-id", "r-3"), ("retry-after", "3600")], body);
    let (url, _) = serve(vec![answer(503, &[], ""), Act::Cut, last]).await;
    let error = client(url).send(&links()).await.unwrap_err();
    assert_eq!(
        shown(&error),
        "could not list the replication links of the database `rg/srv/shop` in 3 attempts: \
         Azure answered 500 `InternalServerError`: try later (request `r-3`)"
    );
}

#[tokio::test]
async fn a_request_that_gets_no_answer_in_time_goes_again() {
    let (url, stage) = serve([vec![Act::Stall], vec![empty_list(); 50]].concat()).await;
    let mut options = options(url);
    options.reach.request_timeout = Duration::from_millis(100);
    let client = Client::new(options).unwrap();
    client.send(&links()).await.unwrap();
    assert!(stage.asked().len() > 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (other, elsewhere) = serve(vec![empty_list()]).await;
    let (url, _) = serve(vec![answer(307, &[("location", other.as_str())], "")]).await;
    assert_eq!(client(url).send(&links()).await.unwrap_err().status(), Some(307));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let (url, stage) = serve(vec![answer(200, &[], &" ".repeat((16 << 20) + 1))]).await;
    let error = client(url).send(&links()).await.unwrap_err();
    assert!(matches!(*error.cause, Cause::TooLarge { limit: 16_777_216 }), "{}", shown(&error));
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_says_where_and_with_which_id() {
    let (url, _) = serve(vec![answer(200, &[("x-ms-request-id", "r-1")], r#"{"value":[{"name":"l"}]}"#)]).await;
    let error = client(url).send(&links()).await.unwrap_err();
    assert_eq!(
        shown(&error),
        "could not list the replication links of the database `rg/srv/shop`: the answer cannot be used (request `r-1`): \
         `value[0].properties.partnerServer` in the answer should be a text and is missing"
    );
}

#[tokio::test]
async fn nobody_there_is_said_with_the_host() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let retry = RetryPolicy::exact(Duration::from_millis(20), LONGEST_WAIT, Duration::from_secs(1));
    let mut options = options(Url::parse(&format!("http://{free}")).unwrap());
    options.reach.retry = retry;
    let error = Client::new(options).unwrap().send(&unlink()).await.unwrap_err();
    assert!(error.attempts > 1, "nothing was sent, so it may go again");
    let text = shown(&error);
    assert!(
        text.starts_with("could not unlink the replication link `link-1` of the database `rg/srv/shop` in "),
        "{text}"
    );
    assert!(text.contains("no complete answer from `127.0.0.1`") && text.contains("refused"), "{text}");
    assert!(!text.contains("http://"), "{text}");
}

#[test]
fn plain_http_is_for_loopback_addresses_alone() {
    let made = |url: &str| Client::new(options(Url::parse(url).unwrap())).map(|_| ()).map_err(|error| shown(&error));
    for good in ["https://management.azure.com", "http://127.0.0.1:80", "http://127.9.9.9", "http://[::1]:8080"] {
        assert_eq!(made(good), Ok(()), "{good}");
    }
    for bad in ["http://management.azure.com", "http://localhost", "http://10.0.0.1", "http://[::2]", "ftp://127.0.0.1"]
    {
        let text = made(bad).unwrap_err();
        assert_eq!(text, format!("could not use the ARM endpoint: the endpoint `{bad}` is not https"));
    }
}

#[tokio::test]
async fn a_path_that_climbs_is_not_sent() {
    let (url, stage) = serve(vec![empty_list()]).await;
    // No identifier can be read with such a part; the client looks all the same, for ids that Azure itself sent.
    let id = DatabaseId { group: "rg".to_owned(), server: "..".to_owned(), name: "shop".to_owned() };
    let climbing = sql::links(&Scope::new("sub"), &id);
    let error = client(url).send(&climbing).await.unwrap_err();
    assert!(matches!(*error.cause, Cause::Path(_)), "{}", shown(&error));
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn the_pages_of_a_list_are_joined_and_all_are_at_the_endpoint() {
    let server = |name: &str| {
        let id = format!("/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Sql/servers/{name}");
        format!(r#"{{"id":"{id}","location":"x","properties":{{"fullyQualifiedDomainName":"{name}.example"}}}}"#)
    };
    let page =
        |name: &str, next: &str| answer(200, &[], &format!(r#"{{"value":[{}],"nextLink":"{next}"}}"#, server(name)));
    let (url, stage) = serve(vec![page("a", "{here}/two?$skiptoken=2"), page("b", "/three"), page("c", "")]).await;
    let servers = client(url).send(&sql::servers(&Scope::new("sub"))).await.unwrap();
    assert_eq!(servers.iter().map(|server| server.id.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let targets: Vec<_> = stage.asked().into_iter().skip(1).map(|asked| asked.target).collect();
    assert_eq!(targets, ["/two?$skiptoken=2", "/three"]);

    let (other, elsewhere) = serve(vec![page("b", "")]).await;
    let (url, _) = serve(vec![page("a", other.as_str())]).await;
    let error = client(url).send(&sql::servers(&Scope::new("sub"))).await.unwrap_err();
    assert!(matches!(*error.cause, Cause::ForeignAddress { .. }), "{}", shown(&error));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_list_without_an_end_is_refused() {
    let page = answer(200, &[], r#"{"value":[],"nextLink":"/again"}"#);
    let (url, stage) = serve(vec![page; 200]).await;
    let error = client(url).send(&sql::servers(&Scope::new("sub"))).await.unwrap_err();
    assert!(
        shown(&error).ends_with("the answer is a part of a list, which goes on at `nextLink`"),
        "{}",
        shown(&error)
    );
    assert_eq!(stage.asked().len(), 100);
}

#[tokio::test]
async fn a_gateway_may_have_a_path_of_its_own() {
    let (url, stage) = serve(vec![empty_list()]).await;
    client(url.join("/azure/arm/").unwrap()).send(&links()).await.unwrap();
    assert!(stage.asked()[0].target.starts_with("/azure/arm/subscriptions/sub/"));
}

#[tokio::test]
async fn a_token_with_a_line_break_is_refused_and_not_shown() {
    let (url, stage) = serve(vec![]).await;
    let token = TokenSource::Given("token-6f1c\n".into());
    let error = Client::new(Options { token, ..options(url) }).unwrap().send(&links()).await.unwrap_err();
    assert!(matches!(*error.cause, Cause::Token));
    assert!(error.hint().unwrap().contains("line break"));
    assert!(!format!("{error:?} {}", shown(&error)).contains(TOKEN));
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn a_rule_changes_the_port_and_keeps_the_host() {
    let (url, stage) = serve(vec![empty_list()]).await;
    let rule = format!(":9:127.0.0.1:{}", url.port().unwrap());
    let endpoint = Url::parse("http://127.0.0.1:9").unwrap();
    let mut options = options(endpoint);
    options.reach.connect_to = vec![rule.parse().unwrap()];
    let client = Client::new(options).unwrap();
    client.send(&links()).await.unwrap();
    assert_eq!(stage.asked()[0].header("host"), Some("127.0.0.1:9"));
}

#[tokio::test]
async fn a_404_reads_as_none_unless_it_is_about_the_subscription() {
    let error = |code: &str| answer(404, &[], &format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#));
    let (url, _) = serve(vec![error("ResourceNotFound"), error("SubscriptionNotFound")]).await;
    let (client, id) = (client(url), "rg/p".parse().unwrap());
    let profile = traffic_manager::profile(client.scope(), &id);
    assert_eq!(client.send(&profile).await.unwrap(), None);
    let error = client.send(&profile).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(404), Some("SubscriptionNotFound")));
    assert_eq!(profile.method, Method::GET);
}
