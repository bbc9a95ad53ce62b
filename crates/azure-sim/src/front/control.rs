//! The control interface, plain HTTP on loopback.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::{
    Report,
    cloud::{Cloud, lock},
    snapshot::Saved,
};

/// The cloud, and the state that `POST /snapshot` saved last.
struct Shared {
    cloud: Arc<Cloud>,
    saved: std::sync::Mutex<Option<Saved>>,
}

type Out<T> = Result<Json<T>, (StatusCode, String)>;

pub(crate) fn router(cloud: Arc<Cloud>) -> Router {
    Router::new()
        .route("/report", get(report))
        .route("/world", get(world))
        .route("/wait", post(wait))
        .route("/tick", post(tick))
        .route("/output", post(output))
        .route("/snapshot", post(snapshot))
        .route("/restore", post(restore))
        .with_state(Arc::new(Shared { cloud, saved: std::sync::Mutex::default() }))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, (StatusCode, String)> {
    spawn_blocking(work).await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn report(State(shared): State<Arc<Shared>>) -> Out<Report> {
    blocking(move || shared.cloud.report()).await.map(Json)
}

async fn world(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Out<Value> {
    let digest = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("digest")));
    blocking(move || if digest { json!({"schema": 1, "digest": shared.cloud.digest()}) } else { shared.cloud.shown() })
        .await
        .map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    condition: String,
    timeout_ms: u64,
}

/// 408 if the condition does not hold in time, 400 if there is no such condition.
async fn wait(State(shared): State<Arc<Shared>>, Json(wait): Json<Wait>) -> Out<Value> {
    let Wait { condition, timeout_ms } = wait;
    let named = condition.clone();
    match blocking(move || shared.cloud.wait(&condition, Duration::from_millis(timeout_ms))).await? {
        Some(true) => Ok(Json(json!({"schema": 1, "condition": named}))),
        Some(false) => Err((StatusCode::REQUEST_TIMEOUT, format!("`{named}` does not hold after {timeout_ms} ms"))),
        None => Err((StatusCode::BAD_REQUEST, format!("there is no condition `{named}`"))),
    }
}

async fn tick(State(shared): State<Arc<Shared>>) -> Out<Value> {
    blocking(move || shared.cloud.tick()).await.map(|()| done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    step: String,
    text: String,
}

/// Text that a step showed to somebody: it must hold no secret.
async fn output(State(shared): State<Arc<Shared>>, Json(output): Json<Output>) -> Out<Value> {
    let Output { step, text } = output;
    blocking(move || shared.cloud.inspect("output of a step", &text, &format!("output of `{step}`")))
        .await
        .map(|()| done())
}

async fn snapshot(State(shared): State<Arc<Shared>>) -> Out<Value> {
    let saved = blocking({
        let shared = Arc::clone(&shared);
        move || shared.cloud.save().map(|saved| *lock(&shared.saved) = Some(saved))
    });
    saved.await?.map(|()| done()).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}

async fn restore(State(shared): State<Arc<Shared>>) -> Out<Value> {
    let restored = blocking(move || {
        let saved = lock(&shared.saved);
        saved.as_ref().map(|saved| shared.cloud.restore(saved))
    });
    match restored.await? {
        None => Err((StatusCode::CONFLICT, "no snapshot was made".to_owned())),
        Some(Err(error)) => Err((StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))),
        Some(Ok(())) => Ok(done()),
    }
}

fn done() -> Json<Value> {
    Json(json!({"schema": 1}))
}
