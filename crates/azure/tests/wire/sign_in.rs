//! Sign-in over real sockets: what is asked of GitHub and of Microsoft Entra ID, and when it is asked again.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use azure::{
    Application, AssertionSource, Client, Error, LONGEST_WAIT, Options, Proof, Reach, Scope, SignIn, TokenSource,
    scope_of, sql,
};
use retry::RetryPolicy;
use secrecy::ExposeSecret;
use url::Url;

use crate::scripted::{Act, Stage, answer, serve};

const SCOPE: &str = "https://management.azure.com/.default";

fn reach() -> Reach {
    let retry = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, Duration::from_secs(20));
    Reach { retry, ..Reach::default() }
}

fn application(authority: &Url, proof: Proof) -> Application {
    Application { authority: authority.clone(), tenant: "contoso".to_owned(), client: "app-1".to_owned(), proof }
}

/// Signs in by a secret, at a scripted authority.
async fn by_secret(script: Vec<Act>) -> (SignIn, Stage) {
    let (url, stage) = serve(script).await;
    let proof = Proof::Secret("hunter2".into());
    (SignIn::new(application(&url, proof), reach(), Box::new(|_| Ok(()))).unwrap(), stage)
}

/// Signs in by GitHub's assertions; one script for GitHub, one for the authority.
async fn by_assertion(github: Vec<Act>, entra: Vec<Act>) -> (SignIn, Stage, Stage) {
    let ((url, at_github), (authority, at_entra)) = (serve(github).await, serve(entra).await);
    let url = url.join("/idtoken?api-version=2.0").unwrap();
    let proof = github_at(url, "request-token");
    let sign_in = SignIn::new(application(&authority, proof), reach(), Box::new(|_| Ok(()))).unwrap();
    (sign_in, at_github, at_entra)
}

fn github_at(url: Url, token: &str) -> Proof {
    let audience = "api://AzureADTokenExchange".to_owned();
    Proof::Assertion(AssertionSource { url, token: token.into(), audience })
}

fn issued(token: &str, seconds: u32) -> Act {
    answer(200, &[], &format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{token}"}}"#))
}

/// Claims: `{"sub":"repo:contoso/shop:pull_request"}`.
fn assertion(signature: &str) -> Act {
    let text = format!("e30.eyJzdWIiOiJyZXBvOmNvbnRvc28vc2hvcDpwdWxsX3JlcXVlc3QifQ.{signature}");
    answer(200, &[], &format!(r#"{{"count":1,"value":"{text}"}}"#))
}

fn refused(status: u16, code: u32) -> Act {
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS{code}: no. Trace ID: t","error_codes":[{code}],"trace_id":"t"}}"#
    );
    answer(status, &[], &body)
}

fn shown(error: &Error) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn token(sign_in: &SignIn) -> String {
    sign_in.token(SCOPE).await.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn each_exchange_has_an_assertion_of_its_own() {
    let github = vec![assertion("one"), assertion("two"), assertion("three")];
    let entra = vec![issued("arm-1", 3600), answer(503, &[], ""), issued("sql-1", 3600)];
    let (sign_in, at_github, at_entra) = by_assertion(github, entra).await;
    assert_eq!(token(&sign_in).await, "arm-1");
    let sql = sign_in.token("https://database.windows.net/.default").await.unwrap();
    assert_eq!(sql.expose_secret(), "sql-1");
    assert_eq!(token(&sign_in).await, "arm-1", "held");

    let target = "/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange";
    for asked in at_github.asked() {
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", target));
        assert_eq!(asked.header("authorization"), Some("Bearer request-token"));
    }
    let exchanges = at_entra.asked();
    let signatures: Vec<_> = exchanges.iter().map(|asked| asked.body.rsplit('.').next().unwrap()).collect();
    assert_eq!(signatures, ["one", "two", "three"], "another attempt begins with another assertion");
    for asked in &exchanges {
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/contoso/oauth2/v2.0/token"));
        assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(asked.header("authorization"), None);
        assert!(asked.header("user-agent").unwrap().starts_with("rolling-upgrade/"));
    }
    assert!(exchanges[2].body.contains("scope=https%3A%2F%2Fdatabase.windows.net%2F.default"));
}

#[tokio::test]
async fn many_who_need_a_token_cause_one_exchange() {
    let (sign_in, stage) = by_secret(vec![issued("one", 3600), issued("two", 3600)]).await;
    let (a, b, c) = tokio::join!(token(&sign_in), token(&sign_in), token(&sign_in));
    assert_eq!((a.as_str(), b.as_str(), c.as_str()), ("one", "one", "one"));
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn a_token_that_lives_for_no_time_is_never_used_twice() {
    let (sign_in, stage) = by_secret(vec![issued("one", 0), issued("two", 0)]).await;
    assert_eq!([token(&sign_in).await, token(&sign_in).await], ["one", "two"]);
    assert_eq!(stage.asked().len(), 2);
}

fn links() -> azure::Request<Option<Vec<rollout::facts::Link>>> {
    sql::links(&Scope::new("sub"), &"rg/srv/shop".parse().unwrap())
}

/// Asks for links with these tokens on offer; the answers of Azure Resource Manager, then who was asked what.
async fn ask_arm(tokens: Vec<Act>, arm: Vec<Act>) -> (Result<(), Error>, Vec<String>, Stage) {
    let (sign_in, authority) = by_secret(tokens).await;
    let (endpoint, stage) = serve(arm).await;
    let source = TokenSource::Issued { sign_in: Arc::new(sign_in), scope: scope_of(endpoint.as_str()) };
    let options = Options { token: source, reach: reach(), ..Options::new(endpoint, "sub", "".into()) };
    let ended = Client::new(options).unwrap().send(&links()).await.map(drop);
    let bearers = stage.asked().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
    (ended, bearers, authority)
}

fn expired() -> Act {
    answer(401, &[], r#"{"error":{"code":"ExpiredAuthenticationToken","message":"it has ended"}}"#)
}

fn none() -> Act {
    answer(200, &[], r#"{"value":[]}"#)
}

#[tokio::test]
async fn a_token_that_arm_refuses_is_replaced_once() {
    let tokens = || vec![issued("one", 3600), issued("two", 3600), issued("three", 3600)];
    let (ended, bearers, authority) = ask_arm(tokens(), vec![expired(), none()]).await;
    ended.unwrap();
    assert_eq!(bearers, ["Bearer one", "Bearer two"]);
    assert_eq!(authority.asked().len(), 2);

    let (ended, bearers, authority) = ask_arm(tokens(), vec![expired(), expired(), none()]).await;
    assert_eq!(ended.unwrap_err().status(), Some(401), "a second refusal is final");
    assert_eq!(bearers, ["Bearer one", "Bearer two"]);
    assert_eq!(authority.asked().len(), 2);
}

#[tokio::test]
async fn the_scope_is_that_of_the_endpoint() {
    let (_, _, authority) = ask_arm(vec![issued("one", 3600)], vec![none()]).await;
    let body = &authority.asked()[0].body;
    assert!(body.contains("&scope=http%3A%2F%2F127.0.0.1%3A") && body.contains("%2F.default&"), "{body}");
    assert_eq!(scope_of("https://management.usgovcloudapi.net/"), "https://management.usgovcloudapi.net/.default");
    assert_eq!(scope_of("https://database.chinacloudapi.cn"), "https://database.chinacloudapi.cn/.default");
}

#[tokio::test]
async fn a_given_token_is_not_replaced_and_the_hint_names_its_input() {
    let (endpoint, stage) = serve(vec![expired(), none()]).await;
    let error = Client::new(Options::new(endpoint, "sub", "t".into())).unwrap().send(&links()).await.unwrap_err();
    assert_eq!(stage.asked().len(), 1);
    let hint = "the token in `arm-token` has expired: pass a new one, or sign in with `client-id` and `tenant-id`, \
                which gets a new one by itself";
    assert_eq!(error.hint(), Some(hint));
}

#[tokio::test]
async fn many_refusals_of_one_token_cause_one_exchange() {
    let (sign_in, stage) = by_secret(vec![issued("one", 3600), issued("two", 3600), issued("three", 3600)]).await;
    let old = sign_in.token(SCOPE).await.unwrap();
    let (a, b) = tokio::join!(sign_in.token_after(SCOPE, &old), sign_in.token_after(SCOPE, &old));
    assert_eq!([a.unwrap().expose_secret(), b.unwrap().expose_secret()], ["two", "two"]);
    assert_eq!(stage.asked().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_told_whole_with_the_subject() {
    let (sign_in, at_github, _) = by_assertion(vec![assertion("one")], vec![refused(401, 700_213)]).await;
    let error = sign_in.token(SCOPE).await.unwrap_err();
    assert_eq!(
        shown(&error),
        "could not sign in as the application `app-1` of the tenant `contoso`: Microsoft Entra ID answered 401 \
         `invalid_client`: AADSTS700213: no. (the subject of the assertion is `repo:contoso/shop:pull_request`) \
         (trace `t`)"
    );
    assert!(error.hint().unwrap().contains("federated credential with exactly this subject"));
    assert_eq!(at_github.asked().len(), 1, "a refusal is final");
}

#[tokio::test]
async fn githubs_refusal_is_told_as_githubs() {
    let no = answer(403, &[], r#"{"message":"Resource not accessible by integration"}"#);
    let (sign_in, _, at_entra) = by_assertion(vec![answer(502, &[], ""), no], vec![]).await;
    let error = sign_in.token(SCOPE).await.unwrap_err();
    assert_eq!(
        shown(&error),
        "could not sign in as the application `app-1` of the tenant `contoso` in 2 attempts: GitHub's token service \
         answered 403: Resource not accessible by integration"
    );
    assert!(error.hint().unwrap().contains("id-token: write"));
    assert!(at_entra.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_of_the_sign_in_is_not_followed() {
    let (other, elsewhere) = serve(vec![issued("one", 3600)]).await;
    let (sign_in, _) = by_secret(vec![answer(307, &[("location", other.as_str())], "")]).await;
    let text = shown(&sign_in.token(SCOPE).await.unwrap_err());
    assert!(text.ends_with("Microsoft Entra ID answered 307"), "{text}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_endless_answer_of_the_sign_in_is_cut_off() {
    let (sign_in, stage) = by_secret(vec![answer(200, &[], &" ".repeat((1 << 20) + 1))]).await;
    let text = shown(&sign_in.token(SCOPE).await.unwrap_err());
    assert!(text.ends_with("the answer is larger than 1048576 bytes"), "{text}");
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn secrets_are_hidden_as_soon_as_they_are_there_or_not_used() {
    let hidden = Arc::new(Mutex::new(Vec::new()));
    let (github, at_github) = serve(vec![assertion("one")]).await;
    let (authority, _) = serve(vec![issued("fresh-token", 3600)]).await;
    let proof = github_at(github, "r");
    let keep = Arc::clone(&hidden);
    let hide = Box::new(move |secret: &str| {
        keep.lock().unwrap().push(secret.to_owned());
        Ok(())
    });
    let sign_in = SignIn::new(application(&authority, proof), reach(), hide).unwrap();
    token(&sign_in).await;
    let hidden = hidden.lock().unwrap().clone();
    assert!(hidden[0].ends_with(".one") && hidden[1] == "fresh-token" && hidden.len() == 2, "{hidden:?}");
    assert_eq!(at_github.asked().len(), 1);
    let debug = format!("{sign_in:?}");
    assert!(!debug.contains("fresh-token") && !debug.contains("\"r\""), "{debug}");

    let (authority, _) = serve(vec![issued("fresh-token", 3600)]).await;
    let broken = Box::new(|_: &str| Err(io::Error::other("stdout is gone")));
    let sign_in = SignIn::new(application(&authority, Proof::Secret("s".into())), reach(), broken).unwrap();
    let text = shown(&sign_in.token(SCOPE).await.unwrap_err());
    assert!(text.ends_with("a new token cannot be masked: stdout is gone"), "{text}");
}

/// Moves the clock, while nothing is under way that it could run out of time.
async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_replaced_five_minutes_before_its_end() {
    let (sign_in, stage) = by_secret(vec![issued("one", 3600), issued("two", 3600), issued("three", 3600)]).await;
    assert_eq!(token(&sign_in).await, "one");
    later(3200).await;
    assert_eq!(token(&sign_in).await, "one");
    later(100).await;
    assert_eq!(token(&sign_in).await, "two");
    later(4000).await;
    assert_eq!(token(&sign_in).await, "three", "one that has ended is replaced too");
    assert_eq!(stage.asked().len(), 3);
}

#[tokio::test]
async fn an_old_token_is_used_on_when_no_new_one_can_be_had() {
    let busy = answer(503, &[], "");
    let script = vec![issued("old", 3600), busy.clone(), busy.clone(), busy, issued("new", 3600)];
    let (sign_in, stage) = by_secret(script).await;
    assert_eq!(token(&sign_in).await, "old");
    later(3310).await;
    for _ in 0..3 {
        assert_eq!(token(&sign_in).await, "old");
    }
    assert_eq!(stage.asked().len(), 2, "one attempt is made, and the next one is put off");
    later(31).await;
    assert_eq!(token(&sign_in).await, "old");
    assert_eq!(stage.asked().len(), 3);
    later(300).await;
    assert_eq!(token(&sign_in).await, "new", "once the old one has ended, the attempts go on until there is another");
    assert_eq!(stage.asked().len(), 5);
}
