//! Requests that nobody can take back: each attempt begins with its proof.

use azure::{Request, Scope, Unsent, traffic_manager};
use rollout::facts::{Endpoint, EndpointKind};

use crate::{
    client::client,
    scripted::{Act, answer, serve},
};

const DISABLED: &str = r#"{"name":"web-1","type":"Microsoft.Network/trafficManagerProfiles/azureEndpoints",
    "properties":{"endpointStatus":"Disabled"}}"#;

fn disable() -> Request<Endpoint> {
    let endpoint = "rg/profile/web-1".parse().unwrap();
    traffic_manager::set_endpoint_status(&Scope::new("sub"), &endpoint, EndpointKind::Azure, false)
}

#[tokio::test]
async fn every_attempt_begins_with_the_proof() {
    let (url, stage) =
        serve(vec![answer(503, &[("retry-after-ms", "2")], ""), Act::Cut, answer(200, &[], DISABLED)]).await;
    let mut proved = Vec::new();
    let prove = async || -> Result<(), &str> {
        proved.push(stage.asked().len());
        Ok(())
    };
    assert!(!client(url).send_proved(&disable(), prove).await.unwrap().enabled);
    assert_eq!(proved, [0, 1, 2], "before each attempt, and not once for all of them");
}

#[tokio::test]
async fn what_is_not_proved_any_more_is_not_sent_again() {
    let (url, stage) = serve(vec![answer(503, &[], ""), answer(200, &[], DISABLED)]).await;
    let mut held = 0;
    let prove = async || {
        held += 1;
        if held == 1 { Ok(()) } else { Err("the lock is held by another run") }
    };
    let unsent = client(url).send_proved(&disable(), prove).await.unwrap_err();
    assert!(matches!(unsent, Unsent::Unproved("the lock is held by another run")), "{unsent:?}");
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_azures() {
    let (url, stage) =
        serve(vec![answer(403, &[], r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#)]).await;
    let unsent = client(url).send_proved(&disable(), async || Ok::<(), ()>(())).await.unwrap_err();
    assert!(matches!(unsent, Unsent::Azure(error) if error.forbidden()));
    assert_eq!(stage.asked().len(), 1);
}
