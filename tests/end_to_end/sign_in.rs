//! Sign-in: by GitHub's identity token, by a client secret, by tokens that are given; and what goes wrong with each.

use azure_sim::{Scenario, SignIn};

use crate::harness::{TestUpgrade, scenario};

const ROAD: [&str; 6] = ["plan", "prepare", "freeze", "terminate", "migrate", "switch"];

/// What takes the given tokens away.
const NO_TOKENS: [(&str, &str); 2] = [("arm-token", ""), ("sql-token", "")];

/// A shop whose steps name the application, and prove it by GitHub's identity token.
pub fn by_oidc(scenario: Scenario) -> TestUpgrade {
    let shop = named(scenario);
    let known = shop.sim.credentials();
    let (url, token) = (known.id_token_request_url.clone(), known.id_token_request_token.clone());
    shop.with_environment(&[("ACTIONS_ID_TOKEN_REQUEST_URL", &url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &token)])
}

/// A shop whose steps name the application, and have no proof yet.
fn named(scenario: Scenario) -> TestUpgrade {
    let shop = TestUpgrade::open(scenario);
    let known = shop.sim.credentials();
    let (tenant, client) = (known.tenant_id.clone(), known.client_id.clone());
    shop.with_inputs(&NO_TOKENS).with_inputs(&[("tenant-id", &tenant), ("client-id", &client)])
}

fn signing_in(sign_in: SignIn) -> Scenario {
    Scenario { sign_in, ..scenario() }
}

#[track_caller]
fn refused(shop: &TestUpgrade, more: &[(&str, &str)]) -> String {
    let before = shop.digest();
    let ended = shop.run_with("plan", more);
    assert_eq!(ended.outcome(), "refused", "{ended:#?}");
    assert_eq!(shop.digest(), before);
    ended.why()
}

#[test]
fn a_whole_upgrade_by_oidc_with_tokens_that_end_in_the_middle_of_a_step() {
    let sign_in = SignIn { token_lifetime_ms: 2000, ..SignIn::default() };
    let shop = by_oidc(Scenario { seeding_ms: 4500, ..signing_in(sign_in) });
    shop.upgrade_through(&ROAD[..1]);
    let before = shop.sim.report().sign_ins;
    assert!(before.arm_tokens >= 1 && before.sql_tokens >= 1, "{before:#?}");
    shop.upgrade_through(&ROAD[1..2]);
    let after = shop.sim.report().sign_ins;
    assert!(after.arm_tokens >= before.arm_tokens + 3, "prepare waited longer than two tokens live: {after:#?}");
    shop.upgrade_through(&ROAD[2..]);
    shop.assert_writes_arrive("contoso-2");
    let signed_in = shop.good_report().sign_ins;
    assert_eq!(signed_in.assertions, signed_in.arm_tokens + signed_in.sql_tokens, "one assertion for each exchange");
    assert_eq!(signed_in.refused, 0);
}

#[test]
fn a_token_that_ends_before_its_time_is_replaced() {
    // The service says an hour, and it is over in a moment: what a client sees after a revocation, or when it slept.
    let sign_in = SignIn { token_lifetime_ms: 1000, announced_lifetime_seconds: Some(3600), ..SignIn::default() };
    let shop = by_oidc(Scenario { seeding_ms: 2500, ..signing_in(sign_in) });
    shop.upgrade_through(&ROAD[..2]);
    let ended = shop.run("prepare");
    assert_eq!(ended.outcome(), "already-done", "{ended:#?}");
    assert!(shop.sim.report().sign_ins.arm_tokens > 4, "{:#?}", shop.sim.report().sign_ins);
}

#[test]
fn a_client_secret_signs_in_without_github() {
    let shop = named(scenario());
    let secret = shop.sim.credentials().client_secret.clone();
    let shop = shop.with_inputs(&[("client-secret", &secret)]);
    shop.upgrade_through(&ROAD);
    shop.assert_writes_arrive("contoso-2");
    let signed_in = shop.good_report().sign_ins;
    assert_eq!((signed_in.assertions, signed_in.arm_tokens, signed_in.sql_tokens), (0, 6, 6));
}

#[test]
fn a_sql_log_in_goes_with_an_application_for_arm() {
    let shop = by_oidc(scenario());
    let known = shop.sim.credentials();
    let (user, password) = (known.sql_user.clone(), known.sql_password.clone());
    let ended = shop.run_with("plan", &[("sql-user", &user), ("sql-password", &password)]);
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    assert_eq!(shop.sim.report().sign_ins.sql_tokens, 0);
}

#[test]
fn tokens_are_masked_before_they_are_used() {
    let shop = by_oidc(scenario()).with_environment(&[("GITHUB_ACTIONS", "true")]);
    let secrets = |text: &str| text.lines().filter(|line| line.starts_with("::add-mask::")).count();
    let ended = shop.run("plan");
    assert_eq!(ended.outcome(), "done", "{ended:#?}");
    // The request token, two assertions, two access tokens; connection strings and passwords come later.
    assert!(secrets(&ended.stdout) >= 5, "{}", ended.stdout);
    for secret in shop.sim.secrets().iter().filter(|secret| secret.starts_with("eyJ")) {
        assert!(ended.stdout.contains(&format!("::add-mask::{secret}\n")), "not masked");
    }
}

#[test]
fn a_subject_that_no_credential_has_is_printed() {
    let subject = "repo:contoso/shop:ref:refs/heads/main";
    let sign_in = SignIn { assertion_subject: Some(subject.to_owned()), ..SignIn::default() };
    let shop = by_oidc(signing_in(sign_in));
    let why = without_ids(&refused(&shop, &[]));
    assert_eq!(
        why,
        "could not sign in as the application `0e1d2c3b-0000-4000-8000-000000000002` of the tenant \
         `72f988bf-0000-4000-8000-000000000001`: Microsoft Entra ID answered 401 `invalid_client`: AADSTS700213: No \
         matching federated identity record found for presented assertion subject \
         'repo:contoso/shop:ref:refs/heads/main'. Check your federated identity credential Subject, Audience and Issuer \
         against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation \
         (the subject of the assertion is `repo:contoso/shop:ref:refs/heads/main`) (trace `…`, correlation `…`)\n\
         hint: give the application a federated credential with exactly this subject, the issuer \
         `https://token.actions.githubusercontent.com` and the audience in `audience` (`api://AzureADTokenExchange` by default)"
    );
}

#[test]
fn a_subject_in_another_letter_case_is_named_as_that() {
    let sign_in =
        SignIn { assertion_subject: Some("repo:Contoso/shop:environment:production".to_owned()), ..SignIn::default() };
    let shop = by_oidc(signing_in(sign_in));
    let why = without_ids(&refused(&shop, &[]));
    assert_eq!(
        why,
        "could not sign in as the application `0e1d2c3b-0000-4000-8000-000000000002` of the tenant \
         `72f988bf-0000-4000-8000-000000000001`: Microsoft Entra ID answered 401 `invalid_client`: AADSTS7002138: No \
         matching federated identity record found for presented assertion subject \
         'repo:Contoso/shop:environment:production'. The subject matches with case-insensitive comparison, but not with \
         case-sensitive comparison. Check your federated identity credential Subject, Audience and Issuer against the \
         presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation (the subject \
         of the assertion is `repo:Contoso/shop:environment:production`) (trace `…`, correlation `…`)\n\
         hint: the subject of the application's federated credential differs in letter case: write it exactly as the \
         subject above, or delete and make it again"
    );
}

#[test]
fn another_audience_is_asked_for_and_refused() {
    let why = refused(&by_oidc(scenario()), &[("audience", "api://AzureADTokenExchangeChina")]);
    assert_eq!(
        without_ids(&why),
        "could not sign in as the application `0e1d2c3b-0000-4000-8000-000000000002` of the tenant \
         `72f988bf-0000-4000-8000-000000000001`: Microsoft Entra ID answered 401 `invalid_client`: AADSTS700212: No \
         matching federated identity record found for presented assertion audience 'api://AzureADTokenExchangeChina'. Check \
         your federated identity credential Subject, Audience and Issuer against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation (the subject of the assertion is \
         `repo:contoso/shop:environment:production`) (trace `…`, correlation `…`)\n\
         hint: make `audience` and the audience of the application's federated credential the same: \
         `api://AzureADTokenExchange`, or that of another cloud"
    );
}

#[test]
fn an_assertion_that_has_ended_is_named_as_that() {
    let sign_in = SignIn { assertion_lifetime_ms: 0, ..SignIn::default() };
    let shop = by_oidc(signing_in(sign_in));
    assert_eq!(
        without_times(&without_ids(&refused(&shop, &[]))),
        "could not sign in as the application `0e1d2c3b-0000-4000-8000-000000000002` of the tenant `72f988bf-0000-4000-8000-000000000001`: Microsoft Entra ID answered 401 `invalid_client`: AADSTS700024: Client assertion is not within its valid time range. Current time: …, assertion valid from …, expiry time of assertion …. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials . (the subject of the assertion is `repo:contoso/shop:environment:production`) (trace `…`, correlation `…`)
hint: GitHub's assertion is valid for five minutes, and a new one was sent: it was delayed, or a clock is wrong; run the step again"
    );
}

#[test]
fn a_wrong_client_secret_is_named_and_not_shown() {
    let shop = named(scenario());
    let why = without_ids(&refused(&shop, &[("client-secret", "hunter2-hunter2")]));
    assert_eq!(
        why,
        "could not sign in as the application `0e1d2c3b-0000-4000-8000-000000000002` of the tenant \
         `72f988bf-0000-4000-8000-000000000001`: Microsoft Entra ID answered 401 `invalid_client`: AADSTS7000215: Invalid \
         client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
         secret ID, for a secret added to app '0e1d2c3b-0000-4000-8000-000000000002'. (trace `…`, correlation `…`)\n\
         hint: `client-secret` must be the value of a secret of this application, not the secret's id"
    );
}

#[test]
fn an_unknown_tenant_or_application_is_named() {
    let shop = by_oidc(scenario());
    let why = refused(&shop, &[("tenant-id", "fabrikam.onmicrosoft.com")]);
    assert!(
        why.contains("answered 400 `invalid_request`: AADSTS90002: Tenant 'fabrikam.onmicrosoft.com' not found."),
        "{why}"
    );
    assert!(why.ends_with("hint: `tenant-id` must be a tenant of the cloud behind `login-endpoint`"), "{why}");
    let why = refused(&shop, &[("client-id", "nobody")]);
    assert!(why.contains("AADSTS700016: Application with identifier 'nobody' was not found"), "{why}");
    let why = refused(&shop, &[("client-id", "a/b")]);
    assert!(why.contains("`a/b` is not the id of a client"), "{why}");
}

#[test]
fn addresses_of_two_clouds_are_seen() {
    let shop = by_oidc(scenario());
    let why = refused(&shop, &[("sql-suffix", "database.chinacloudapi.cn")]);
    let resource = "AADSTS500011: The resource principal named https://database.chinacloudapi.cn was not found";
    assert!(why.contains(resource), "{why}");
    assert!(
        why.ends_with("hint: `arm-endpoint`, `sql-suffix` and `login-endpoint` must be those of one cloud"),
        "{why}"
    );
}

#[test]
fn a_request_token_that_github_refuses_is_named_as_githubs() {
    let shop = named(scenario());
    let url = shop.sim.credentials().id_token_request_url.clone();
    let shop = shop.with_environment(&[
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-another-job"),
    ]);
    let why = refused(&shop, &[]);
    assert!(why.contains("GitHub's token service answered 401: The request token is invalid."), "{why}");
    assert!(why.contains("hint: give the job `permissions: id-token: write`"), "{why}");
}

#[test]
fn an_application_without_a_user_gets_the_way_to_make_one() {
    let sign_in = SignIn { sql_administrator: false, ..SignIn::default() };
    let why = refused(&by_oidc(signing_in(sign_in)), &[]);
    assert_eq!(
        why,
        "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 18456 (class 14, state 1): Login failed for \
         user '<token-identified principal>'\n\
         hint: the identity behind the token has no user there: run `CREATE USER [name] FROM EXTERNAL PROVIDER` in that \
         database (for `master`, make it a user of `master` or the server's Entra administrator)"
    );
}

#[test]
fn a_token_for_the_other_service_is_named_as_that() {
    let shop = TestUpgrade::open(scenario());
    let (arm, sql) = (shop.sim.credentials().arm_token.clone(), shop.sim.credentials().sql_token.clone());
    assert_eq!(
        without_request(&refused(&shop, &[("arm-token", &sql)])),
        "could not read the Traffic Manager profile `contoso-rg/contoso`: Azure answered 401 \
         `InvalidAuthenticationTokenAudience`: The access token has been obtained for wrong audience or resource \
         'https://database.windows.net'. It should exactly match with one of the allowed audiences \
         'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/',\
         'https://management.azure.com'. (request …)\n\
         hint: the token is for another service: `arm-token` must be for the address in `arm-endpoint`, e.g. from `az account \
         get-access-token --resource https://management.azure.com`"
    );
    assert_eq!(
        refused(&shop, &[("sql-token", &arm)]),
        "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 18456 (class 14, state 1): Login failed for \
         user '<token-identified principal>'. Incorrect or invalid token\nhint: the token is not one for Azure SQL: \
         `sql-token` must be for `https://database.windows.net/` (or that of another cloud, as `sql-suffix` has it), not the \
         one for Azure Resource Manager"
    );
}

#[test]
fn a_given_token_that_has_ended_is_named_by_its_input() {
    let shop = TestUpgrade::open(signing_in(SignIn { token_lifetime_ms: 0, ..SignIn::default() }));
    let (arm, sql) = (issued(&shop, "https://management.azure.com"), issued(&shop, "https://database.windows.net"));
    let why = without_times(&without_request(&refused(&shop, &[("arm-token", &arm)])));
    assert_eq!(why, format!("could not read the Traffic Manager profile `contoso-rg/contoso`: {ENDED}"));
    assert_eq!(
        refused(&shop, &[("sql-token", &sql)]),
        "cannot log in to `shop` on `contoso-sql-1.database.windows.net`: error 18456 (class 14, state 233): Login \
         failed for user '<token-identified principal>'. Token is expired\n\
         hint: the access token in `sql-token` has expired: pass a new one, or sign in with `client-id` and \
         `tenant-id`, which gets a new one for each log-in"
    );
}

const ENDED: &str = "Azure answered 401 `ExpiredAuthenticationToken`: The access token expiry UTC time '…' is earlier \
                     than current UTC time '…'. (request …)\n\
                     hint: the token in `arm-token` has expired: pass a new one, or sign in with `client-id` and \
                     `tenant-id`, which gets a new one by itself";

/// A seeding takes hours, a token that is given one: the step stops, and goes on with a new token where it stood.
#[test]
fn a_given_token_that_ends_while_the_copy_is_seeded_interrupts_the_step() {
    let lifetime = SignIn { token_lifetime_ms: 8_000, ..SignIn::default() };
    let shop = TestUpgrade::open(Scenario { seeding_ms: 12_000, ..signing_in(lifetime) });
    shop.upgrade_through(&ROAD[..1]);
    let token = issued(&shop, "https://management.azure.com");
    let ended = shop.run_with("prepare", &[("arm-token", &token)]);
    assert_eq!(ended.outcome(), "interrupted", "{ended:#?}");
    let asked = "could not list the replication links of the database `contoso-rg/contoso-sql-1/shop`";
    let then = "then run this step again: it finds out how far it came and finishes; or run rollback";
    assert_eq!(without_times(&without_request(&ended.why())), format!("{asked}: {ENDED}; {then}"));
    shop.upgrade_through(&ROAD[1..]);
    shop.assert_writes_arrive("contoso-2");
}

#[test]
fn half_a_way_to_sign_in_is_refused() {
    let shop = TestUpgrade::open(scenario()).with_inputs(&NO_TOKENS);
    for (given, value, missing) in [
        ("client-id", "c", "tenant-id"),
        ("tenant-id", "t", "client-id"),
        ("client-secret", "hunter2-hunter2", "client-id"),
        ("sql-user", "u", "sql-password"),
        ("sql-password", "hunter2-hunter2", "sql-user"),
    ] {
        let why = refused(&shop, &[(given, value)]);
        let expected =
            format!("`{given}` was given without `{missing}`\nhint: pass `{missing}` too, or omit `{given}`");
        assert_eq!(why, expected);
    }
    let why =
        refused(&shop, &[("sql-token", "hunter1-hunter1"), ("sql-user", "u"), ("sql-password", "hunter2-hunter2")]);
    assert_eq!(why, "both `sql-token` and `sql-user` with `sql-password` were given\nhint: pass only one of the two");
}

#[test]
fn nothing_to_sign_in_with_names_all_ways() {
    let shop = TestUpgrade::open(scenario()).with_inputs(&NO_TOKENS);
    assert_eq!(
        refused(&shop, &[]),
        "the inputs have no credentials for Azure Resource Manager\n\
         hint: pass `client-id` and `tenant-id` (in a job with `permissions: id-token: write`, or with \
         `client-secret`), or `arm-token`, for example from `az account get-access-token`"
    );
    assert_eq!(
        refused(&shop, &[("arm-token", "hunter1-hunter1")]),
        "the inputs have no credentials for the databases\n\
         hint: pass `client-id` and `tenant-id` (in a job with `permissions: id-token: write`, or with \
         `client-secret`), or `sql-token`, or `sql-user` and `sql-password`"
    );
    assert_eq!(
        refused(&named(scenario()), &[]),
        "`client-id` and `tenant-id` were given, but there is nothing to sign in with: no `client-secret`, and no \
         token service of GitHub (`ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`)\n\
         hint: give the job `permissions: id-token: write`, or pass `client-secret`"
    );
}

/// A token that somebody else got, by the application's secret.
fn issued(shop: &TestUpgrade, service: &str) -> String {
    let (addresses, known) = (shop.sim.addresses(), shop.sim.credentials());
    let certificate = reqwest::Certificate::from_pem(&std::fs::read(&addresses.ca_file).unwrap()).unwrap();
    let host = "login.microsoftonline.com";
    let client =
        reqwest::Client::builder().tls_certs_only([certificate]).resolve(host, addresses.https).build().unwrap();
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={service}/.default",
        known.client_id, known.client_secret
    );
    let url = format!("https://{host}:{}/{}/oauth2/v2.0/token", addresses.https.port(), known.tenant_id);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer: serde_json::Value = client.post(url).body(body).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    })
}

/// The ids that Azure's support asks for are drawn at random.
fn without_ids(text: &str) -> String {
    let Some((before, rest)) = text.split_once("(trace `") else { return text.to_owned() };
    let (ids, after) = rest.split_once(')').unwrap();
    assert!(ids.contains("correlation `"), "{text}");
    format!("{before}(trace `…`, correlation `…`){after}")
}

/// So are those of requests.
fn without_request(text: &str) -> String {
    let Some((before, rest)) = text.split_once("(request `") else { return text.to_owned() };
    format!("{before}(request …){}", rest.split_once(')').unwrap().1)
}

/// Times of day, after the words that announce one.
fn without_times(text: &str) -> String {
    let mut text = text.to_owned();
    for before in ["expiry UTC time '", "current UTC time '", "Current time: ", "valid from ", "time of assertion "] {
        let Some(at) = text.find(before).map(|at| at + before.len()) else { continue };
        let ends = ["'", ",", ". "].iter().filter_map(|end| text[at..].find(end));
        text.replace_range(at..at + ends.min().unwrap(), "…");
    }
    text
}
