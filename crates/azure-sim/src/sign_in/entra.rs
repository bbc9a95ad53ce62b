//! Microsoft Entra ID: `POST /{tenant}/oauth2/v2.0/token`, grant `client_credentials`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{jwt, refusal::Refusal};
use crate::{
    azure::Azure,
    clock,
    http::{Answer, Request},
    tokens::{Audience, Presented},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_AUDIENCE: &str = "api://AzureADTokenExchange";
const SEE: &str = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. \
     https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

type Form = BTreeMap<String, String>;

pub(super) fn answer(azure: &Azure, request: &Request) -> Answer {
    issue(azure, request).unwrap_or_else(|refusal| {
        azure.issued().counts.refused += 1;
        refusal.answer(azure)
    })
}

fn issue(azure: &Azure, request: &Request) -> Result<Answer, Refusal> {
    check_tenant(azure, request)?;
    let form: Form = url::form_urlencoded::parse(&request.body).into_owned().collect();
    check_client(azure, &form)?;
    let audience = audience(&form)?;
    check_proof(azure, &form)?;
    Ok(token(azure, audience))
}

fn check_tenant(azure: &Azure, request: &Request) -> Result<(), Refusal> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let [tenant, "oauth2", "v2.0", "token"] = segments[..] else {
        return Err(Refusal::request("invalid_request", 90_015, "Requested path is not known."));
    };
    if request.method != "POST" {
        let text = format!("The endpoint only accepts POST requests. Received a {} request.", request.method);
        return Err(Refusal::request("invalid_request", 900_561, text));
    }
    if !tenant.eq_ignore_ascii_case(&azure.scenario.sign_in.tenant) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct azure. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        return Err(Refusal::request("invalid_request", 90_002, text));
    }
    Ok(())
}

fn needed<'f>(form: &'f Form, name: &str) -> Result<&'f str, Refusal> {
    let missing = || {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        Refusal::request("invalid_request", 900_144, text)
    };
    form.get(name).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn check_client(azure: &Azure, form: &Form) -> Result<(), Refusal> {
    let grant = needed(form, "grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(Refusal::request("unsupported_grant_type", 70_003, text));
    }
    let client = needed(form, "client_id")?;
    if !client.eq_ignore_ascii_case(&azure.scenario.sign_in.client_id) {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory 'Contoso'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(Refusal::request("unauthorized_client", 700_016, text));
    }
    Ok(())
}

fn audience(form: &Form) -> Result<Audience, Refusal> {
    let scope = needed(form, "scope")?;
    let Some(resource) = scope.strip_suffix("/.default").filter(|_| !scope.contains(' ')) else {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Refusal::request("invalid_scope", 1_002_012, text));
    };
    Audience::of_scope(scope).ok_or_else(|| {
        let text = format!(
            "The resource principal named {resource} was not found in the tenant named Contoso. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You might have sent your authentication request to the wrong tenant."
        );
        Refusal::request("invalid_resource", 500_011, text)
    })
}

fn check_proof(azure: &Azure, form: &Form) -> Result<(), Refusal> {
    match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(secret), None) => check_secret(azure, secret),
        (None, Some(assertion)) => {
            let kind = needed(form, "client_assertion_type")?;
            if kind != ASSERTION_TYPE {
                let text = format!("The client assertion type '{kind}' is not known.");
                return Err(Refusal::request("invalid_request", 90_014, text));
            }
            check_assertion(azure, assertion)
        }
        (None, None) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(Refusal::client(7_000_218, text))
        }
        (Some(_), Some(_)) => {
            let text = "The simulated service takes a secret or an assertion, not both.";
            Err(Refusal::request("invalid_request", 90_023, text))
        }
    }
}

fn check_secret(azure: &Azure, secret: &str) -> Result<(), Refusal> {
    if secret == azure.credentials.client_secret {
        return Ok(());
    }
    let client = &azure.scenario.sign_in.client_id;
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the \
         client secret ID, for a secret added to app '{client}'."
    );
    Err(Refusal::client(7_000_215, text))
}

fn check_assertion(azure: &Azure, assertion: &str) -> Result<(), Refusal> {
    let Some(claims) = jwt::claims(assertion) else {
        return Err(Refusal::client(50_027, "JWT token is invalid or malformed."));
    };
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    let presented = azure.issued().present(assertion);
    match presented {
        Presented::Unknown => Err(Refusal::client(700_027, "Client assertion failed signature validation.")),
        Presented::Again => Err(Refusal::client(700_029, "The simulated service takes an assertion once only.")),
        Presented::First(end) if end <= clock::now() => Err(ended(&claims, end)),
        Presented::First(_) if claim("aud") != ASSERTION_AUDIENCE => {
            let audience = claim("aud");
            let text = format!(
                "No matching federated identity record found for presented assertion audience '{audience}'. {SEE}"
            );
            Err(Refusal::client(700_212, text))
        }
        Presented::First(_) => check_subject(&azure.scenario.sign_in.subject, claim("sub")),
    }
}

fn ended(claims: &serde_json::Value, end: f64) -> Refusal {
    let from = claims["nbf"].as_f64().unwrap_or_default();
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
         assertion {}. Review the documentation at \
         https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
        clock::iso(clock::now()),
        clock::iso(from),
        clock::iso(end)
    );
    Refusal::client(700_024, text)
}

/// Letter case counts since August 2024 ("What's new for authentication": federated identity credentials).
fn check_subject(expected: &str, subject: &str) -> Result<(), Refusal> {
    let none = format!("No matching federated identity record found for presented assertion subject '{subject}'.");
    if subject == expected {
        Ok(())
    } else if subject.eq_ignore_ascii_case(expected) {
        let case = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison.";
        Err(Refusal::client(7_002_138, format!("{none} {case} {SEE}")))
    } else {
        Err(Refusal::client(700_213, format!("{none} {SEE}")))
    }
}

fn token(azure: &Azure, audience: Audience) -> Answer {
    let sign_in = &azure.scenario.sign_in;
    let now = clock::now();
    let end = now + clock::seconds(sign_in.token_lifetime_ms);
    let claims = json!({
        "aud": audience.address(),
        "iss": format!("https://sts.windows.net/{}/", sign_in.tenant),
        "iat": now.floor() as u64,
        "nbf": now.floor() as u64,
        "exp": end.floor() as u64,
        "appid": sign_in.client_id,
        "tid": sign_in.tenant,
        "uti": azure.random.word(22),
    });
    let token = jwt::write(&claims, &azure.random.word(86));
    azure.issued().add_token(&token, audience, end);
    let lifetime = sign_in.announced_lifetime_seconds.unwrap_or(sign_in.token_lifetime_ms / 1000);
    Answer::ok(json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
    }))
}
