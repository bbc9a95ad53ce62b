use proptest::prelude::*;
use reqwest::header::HeaderMap;

use super::*;

fn application(proof: Proof) -> Application {
    Application {
        authority: Url::parse("https://login.microsoftonline.com").unwrap(),
        tenant: "contoso.onmicrosoft.com".to_owned(),
        client: "0e1d2c3b".to_owned(),
        proof,
    }
}

fn github() -> Proof {
    let url = Url::parse("https://pipelines.example/idtoken?api-version=2.0").unwrap();
    Proof::Assertion(AssertionSource { url, token: "r".into(), audience: "api://AzureADTokenExchange".to_owned() })
}

fn response(body: &str) -> Response {
    Response { status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
}

#[test]
fn github_is_asked_for_an_assertion_for_entra() {
    let Proof::Assertion(source) = github() else { unreachable!() };
    let url = "https://pipelines.example/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange";
    assert_eq!(assertion_url(&source).as_str(), url);
}

#[test]
fn the_authority_of_each_cloud_is_asked_in_the_same_way() {
    let mut application = application(github());
    let url = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
    assert_eq!(token_url(&application).as_str(), url);
    for authority in
        ["https://login.microsoftonline.us", "https://login.chinacloudapi.cn/", "https://127.0.0.1:1/entra/"]
    {
        application.authority = Url::parse(authority).unwrap();
        let expected = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", authority.trim_end_matches('/'));
        assert_eq!(token_url(&application).as_str(), expected);
    }
}

#[test]
fn the_form_has_what_the_protocol_names_and_nothing_else() {
    let scope = "https://management.azure.com/.default";
    let common = "client_id=0e1d2c3b&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&grant_type=client_credentials";
    let secret = form(&application(Proof::Secret("a&b=c d".into())), scope, None);
    assert_eq!(secret, format!("{common}&client_secret=a%26b%3Dc+d"));
    let assertion = form(&application(github()), scope, Some(&"e30.e30.x".into()));
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    assert_eq!(assertion, format!("{common}&client_assertion_type={kind}&client_assertion=e30.e30.x"));
}

#[test]
fn lifetimes_are_numbers_or_texts() {
    for lifetime in ["3599", "\"3599\""] {
        let body = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"a.b.c"}}"#);
        let (token, lives) = read_token(&response(&body)).unwrap();
        assert_eq!((token.expose_secret(), lives), ("a.b.c", Duration::from_secs(3599)));
    }
    let wrong = r#"{"expires_in":-5,"access_token":"a.b.c"}"#;
    let text = read_token(&response(wrong)).unwrap_err().to_string();
    assert_eq!(text, "`expires_in` in the answer should be a whole number in its range and is a number");
    let text = read_token(&response(r#"{"expires_in":5}"#)).unwrap_err().to_string();
    assert_eq!(text, "`access_token` in the answer should be a text and is missing");
}

#[test]
fn the_subject_of_an_assertion_is_read_and_nothing_of_it_has_to_be_right() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"repo:contoso/shop:ref:refs/heads/main","aud":"a"}"#);
    let of = |text: &str| subject(&text.into());
    assert_eq!(of(&format!("e30.{claims}.x")).as_deref(), Some("repo:contoso/shop:ref:refs/heads/main"));
    for wrong in ["", "a", "a.b", "a.!.c", "a.e30.c", &format!("e30.{}.x", URL_SAFE_NO_PAD.encode("[1]"))] {
        assert_eq!(of(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(body in "\\PC{0,60}", assertion in "[a-zA-Z0-9_.=-]{0,60}") {
        let _ = (read_token(&response(&body)), read_assertion(&response(&body)), subject(&assertion.into()));
    }

    #[test]
    fn a_secret_arrives_as_it_is(secret in "\\PC{1,40}") {
        let text = form(&application(Proof::Secret(secret.clone().into())), "s", None);
        let arrived = form_urlencoded::parse(text.as_bytes()).find(|(name, _)| name == "client_secret").unwrap();
        prop_assert_eq!(arrived.1, secret);
    }
}
