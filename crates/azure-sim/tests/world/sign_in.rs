//! Sign-in: GitHub's token service and Microsoft Entra ID, and what the tokens are worth.

use azure_sim::{Scenario, SignIn};
use serde_json::Value;
use tiberius::AuthMethod;

use crate::bench::{Answer, Bench, SQL, error_number, small};

const ARM: &str = "https://management.azure.com/.default";
const DATABASES: &str = "https://database.windows.net/.default";
const FOR_ENTRA: &str = "api://AzureADTokenExchange";

fn bench(sign_in: SignIn) -> Bench {
    Bench::new(Scenario { sign_in, ..small() })
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn ask_github(bench: &Bench, token: &str, audience: &str) -> Answer {
    let known = bench.simulator.credentials();
    let url = format!("{}&{}", known.id_token_request_url, encoded(&[("audience", audience)]));
    bench.send("GET", &url, &[("authorization", &format!("Bearer {token}"))], None)
}

fn assertion(bench: &Bench, audience: &str) -> String {
    let token = bench.simulator.credentials().id_token_request_token.clone();
    let answer = ask_github(bench, &token, audience);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["value"].as_str().unwrap().to_owned()
}

fn ask_entra(bench: &Bench, tenant: &str, form: &[(&str, &str)]) -> Answer {
    let url = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    bench.send("POST", &url, &headers, Some(encoded(form)))
}

/// An exchange as it should be, but for the fields that are replaced; an empty one is left out.
fn exchange(bench: &Bench, replaced: &[(&str, &str)]) -> Answer {
    let known = bench.simulator.credentials();
    let mut form = vec![
        ("client_id", known.client_id.as_str()),
        ("scope", ARM),
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ];
    form.retain(|(name, _)| !replaced.iter().any(|(other, _)| other == name));
    form.extend(replaced.iter().filter(|(_, value)| !value.is_empty()));
    ask_entra(bench, &known.tenant_id, &form)
}

pub fn by_secret(bench: &Bench, scope: &str) -> String {
    let secret = bench.simulator.credentials().client_secret.clone();
    let answer = exchange(bench, &[("client_assertion_type", ""), ("client_secret", &secret), ("scope", scope)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn with_token(bench: &Bench, token: &str) -> Answer {
    let url = format!("https://management.azure.com{}?api-version={SQL}", bench.database("contoso-sql-1"));
    bench.send("GET", &url, &[("authorization", &format!("Bearer {token}"))], None)
}

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str, text: &str) {
    let body = answer.json();
    assert_eq!((answer.status, body["error"].as_str()), (status, Some(error)), "{}", answer.text);
    let description = body["error_description"].as_str().unwrap();
    assert!(description.starts_with(text), "{description}");
    let code: u64 = text[6..].split(':').next().unwrap().parse().unwrap();
    assert_eq!(body["error_codes"], serde_json::json!([code]));
    for name in ["timestamp", "trace_id", "correlation_id", "error_uri"] {
        assert!(body[name].is_string(), "{name}: {}", answer.text);
    }
    assert!(description.contains(&format!(" Trace ID: {} ", body["trace_id"].as_str().unwrap())), "{description}");
}

#[test]
fn an_assertion_becomes_a_token_that_opens_the_service_it_is_for() {
    let bench = Bench::small();
    let answer = exchange(&bench, &[("client_assertion", &assertion(&bench, FOR_ENTRA))]);
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["token_type"], &body["expires_in"]),
        (200, &Value::from("Bearer"), &Value::from(3600))
    );
    assert_eq!(with_token(&bench, body["access_token"].as_str().unwrap()).status, 200);
    let sql = by_secret(&bench, DATABASES);
    let mut client = bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token(&sql), "a test").unwrap();
    assert_eq!(client.value::<i32>("SELECT COUNT(*) FROM dbo.Customer"), 3);
    let counted = bench.simulator.report().sign_ins;
    assert_eq!((counted.assertions, counted.arm_tokens, counted.sql_tokens, counted.refused), (1, 1, 1, 0));
}

#[test]
fn github_gives_assertions_to_its_job_alone() {
    let bench = Bench::small();
    let answer = ask_github(&bench, "wrong", FOR_ENTRA);
    assert_eq!((answer.status, answer.json()["message"].as_str()), (401, Some("The request token is invalid.")));
    let (one, two) = (assertion(&bench, FOR_ENTRA), assertion(&bench, FOR_ENTRA));
    assert_ne!(one, two);
}

#[test]
fn an_assertion_is_taken_once_and_only_as_github_wrote_it() {
    let bench = Bench::small();
    let good = assertion(&bench, FOR_ENTRA);
    let (front, _) = good.rsplit_once('.').unwrap();
    let forged = exchange(&bench, &[("client_assertion", &format!("{front}.forged"))]);
    refused(&forged, 401, "invalid_client", "AADSTS700027: Client assertion failed signature validation.");
    refused(
        &exchange(&bench, &[("client_assertion", "x")]),
        401,
        "invalid_client",
        "AADSTS50027: JWT token is invalid",
    );
    assert_eq!(exchange(&bench, &[("client_assertion", &good)]).status, 200);
    refused(&exchange(&bench, &[("client_assertion", &good)]), 401, "invalid_client", "AADSTS700029: ");
}

#[test]
fn an_assertion_must_be_for_entra() {
    let bench = Bench::small();
    let answer = exchange(&bench, &[("client_assertion", &assertion(&bench, "https://github.com/contoso"))]);
    let text = "AADSTS700212: No matching federated identity record found for presented assertion audience \
                'https://github.com/contoso'.";
    refused(&answer, 401, "invalid_client", text);
}

#[test]
fn subject_and_time_of_an_assertion_are_checked() {
    let subject = |text: &str| SignIn { assertion_subject: Some(text.to_owned()), ..SignIn::default() };
    let text = "No matching federated identity record found for presented assertion subject";
    let other = bench(subject("repo:contoso/shop:pull_request"));
    let answer = exchange(&other, &[("client_assertion", &assertion(&other, FOR_ENTRA))]);
    refused(&answer, 401, "invalid_client", &format!("AADSTS700213: {text} 'repo:contoso/shop:pull_request'."));
    let case = bench(subject("repo:contoso/Shop:environment:production"));
    let answer = exchange(&case, &[("client_assertion", &assertion(&case, FOR_ENTRA))]);
    refused(
        &answer,
        401,
        "invalid_client",
        &format!("AADSTS7002138: {text} 'repo:contoso/Shop:environment:production'."),
    );
    let late = bench(SignIn { assertion_lifetime_ms: 0, ..SignIn::default() });
    let answer = exchange(&late, &[("client_assertion", &assertion(&late, FOR_ENTRA))]);
    refused(&answer, 401, "invalid_client", "AADSTS700024: Client assertion is not within its valid time range.");
}

#[test]
fn every_field_of_an_exchange_is_checked() {
    let bench = Bench::small();
    let known = bench.simulator.credentials();
    let elsewhere = ask_entra(&bench, "fabrikam", &[]);
    refused(&elsewhere, 400, "invalid_request", "AADSTS90002: Tenant 'fabrikam' not found.");
    refused(&ask_entra(&bench, &known.tenant_id, &[]), 400, "invalid_request", "AADSTS900144: ");
    let secret = ("client_secret", known.client_secret.as_str());
    let table = [
        (("client_id", "nobody"), 400, "unauthorized_client", "AADSTS700016: Application with identifier 'nobody'"),
        (
            ("client_id", ""),
            400,
            "invalid_request",
            "AADSTS900144: The request body must contain the following parameter: 'client_id'.",
        ),
        (("grant_type", "password"), 400, "unsupported_grant_type", "AADSTS70003: "),
        (("scope", "https://management.azure.com"), 400, "invalid_scope", "AADSTS1002012: "),
        (("scope", "https://vault.azure.net/.default"), 400, "invalid_resource", "AADSTS500011: "),
    ];
    for (field, status, error, text) in table {
        refused(&exchange(&bench, &[field, secret, ("client_assertion_type", "")]), status, error, text);
    }
    refused(
        &exchange(&bench, &[("client_secret", "wrong")]),
        401,
        "invalid_client",
        "AADSTS7000215: Invalid client secret",
    );
    refused(&exchange(&bench, &[]), 401, "invalid_client", "AADSTS7000218: ");
    let both = exchange(&bench, &[secret, ("client_assertion", &assertion(&bench, FOR_ENTRA))]);
    refused(&both, 400, "invalid_request", "AADSTS90023: ");
    assert_eq!(bench.simulator.report().sign_ins.refused, 10);
}

#[test]
fn a_token_opens_nothing_but_its_service() {
    let bench = Bench::small();
    let (arm, sql) = (by_secret(&bench, ARM), by_secret(&bench, DATABASES));
    let answer = with_token(&bench, &sql);
    assert_eq!((answer.status, answer.code().as_str()), (401, "InvalidAuthenticationTokenAudience"));
    assert!(answer.message().contains("wrong audience or resource 'https://database.windows.net'"), "{}", answer.text);
    let error = bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token(&arm), "a test").err().unwrap();
    assert_eq!(error_number(&error), 18456);
    assert!(error.to_string().contains("'<token-identified principal>'. Incorrect or invalid token."), "{error}");
}

#[test]
fn a_token_that_has_ended_opens_nothing() {
    let bench = bench(SignIn { token_lifetime_ms: 0, ..SignIn::default() });
    let answer = with_token(&bench, &by_secret(&bench, ARM));
    assert_eq!((answer.status, answer.code().as_str()), (401, "ExpiredAuthenticationToken"));
    assert!(answer.message().starts_with("The access token expiry UTC time '"), "{}", answer.text);
    let sql = by_secret(&bench, DATABASES);
    let error = bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token(&sql), "a test").err().unwrap();
    assert_eq!(error_number(&error), 18456);
    assert!(error.to_string().contains("'<token-identified principal>'. Token is expired."), "{error}");
}

#[test]
fn an_application_without_a_user_does_not_get_in() {
    let bench = bench(SignIn { sql_administrator: false, ..SignIn::default() });
    let sql = by_secret(&bench, DATABASES);
    for database in ["shop", "master"] {
        let error = bench.connect("contoso-sql-1", database, AuthMethod::aad_token(&sql), "a test").err().unwrap();
        assert_eq!(error_number(&error), 18456);
    }
}

#[test]
fn what_was_issued_is_watched_like_any_other_secret() {
    let bench = Bench::small();
    let (assertion, token) = (assertion(&bench, FOR_ENTRA), by_secret(&bench, ARM));
    let secrets = bench.simulator.secrets();
    for secret in [&assertion, &token, &bench.simulator.credentials().client_secret] {
        assert!(secrets.contains(secret));
    }
    assert!(bench.simulator.report().invariants.broken.is_empty());
    let url = format!("https://management.azure.com{}?api-version={SQL}&t={token}", bench.database("contoso-sql-1"));
    bench.send("GET", &url, &[("authorization", &format!("Bearer {token}"))], None);
    let broken = bench.simulator.report().invariants.broken;
    assert_eq!(broken.iter().map(|broken| broken.number).collect::<Vec<_>>(), [7]);
    assert!(!format!("{broken:?}").contains(&token));
}
