//! What the log shows. Alone in its process: a test that runs beside it could be the first to use a line of the log, when
//! nobody collects it yet, and `tracing` remembers that.
#![allow(clippy::unwrap_used)]

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use azure::{Application, Client, LONGEST_WAIT, Options, Proof, Reach, SignIn, web};
use retry::RetryPolicy;

#[path = "wire/scripted.rs"]
#[allow(dead_code, reason = "this binary needs a part of it")]
mod scripted;

use scripted::{answer, serve};

const TOKEN: &str = "token-6f1c";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn sign_in() {
    let token = r#"{"expires_in":3600,"access_token":"issued-token"}"#;
    let (authority, _) = serve(vec![answer(200, &[], token)]).await;
    let proof = Proof::Secret("hunter3".into());
    let application = Application { authority, tenant: "contoso".to_owned(), client: "app-1".to_owned(), proof };
    let sign_in = SignIn::new(application, Reach::default(), Box::new(|_| Ok(()))).unwrap();
    sign_in.token("https://management.azure.com/.default").await.unwrap();
}

#[tokio::test]
async fn the_log_has_a_line_per_request_and_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let list = r#"{"properties":{"Shop":{"value":"Password=hunter2","type":"SQLAzure"}}}"#;
    let (url, _) = serve(vec![answer(503, &[], "hunter2"), answer(200, &[("x-ms-request-id", "r-9")], list)]).await;
    let retry = RetryPolicy::exact(Duration::from_millis(1), LONGEST_WAIT, Duration::from_secs(20));
    let client =
        Client::new(Options { reach: Reach { retry, ..Reach::default() }, ..Options::new(url, "sub", TOKEN.into()) })
            .unwrap();
    let site = "rg/web".parse().unwrap();
    client.send(&web::connection_settings(client.scope(), &site)).await.unwrap();
    sign_in().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("DEBUG azure::client")).collect();
    assert_eq!(ours.len(), 2, "{text}");
    let path = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/web/config/connectionstrings/list";
    assert!(ours[1].contains(&format!("method=POST path=\"{path}\" status=200 milliseconds=")), "{}", ours[1]);
    assert!(ours[0].contains("status=503") && ours[1].contains("request_id=\"r-9\""), "{text}");
    let path = "/contoso/oauth2/v2.0/token";
    let signed_in = format!("sign-in method=POST host=\"127.0.0.1\" path=\"{path}\" status=200 milliseconds=");
    assert!(text.contains(&signed_in), "{text}");
    for secret in [TOKEN, "hunter2", "hunter3", "issued-token"] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    assert!(!ours.iter().any(|line| line.contains("api-version")));
}
