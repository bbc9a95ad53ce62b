//! The control interface, plain HTTP on loopback.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use sim_control::{Act, AskForState, Fault, Faulted, Output, Report, Runner, SCHEMA, StateDump, Wait, path};
use tokio::task::spawn_blocking;

use crate::{
    cloud::Cloud,
    hands,
    lock::lock,
    snapshot::{self, Saved},
    state_dump,
};

/// The cloud, and the states that `POST /snapshot` saved, by their names.
struct Shared {
    cloud: Arc<Cloud>,
    saved: std::sync::Mutex<BTreeMap<String, Arc<Saved>>>,
}

type Out<T> = Result<Json<T>, (StatusCode, String)>;

pub(crate) fn router(cloud: Arc<Cloud>) -> Router {
    Router::new()
        .route(path::REPORT, get(report))
        .route(path::WORLD, get(world))
        .route(path::WAIT, post(wait))
        .route(path::TICK, post(tick))
        .route(path::OUTPUT, post(output))
        .route(path::STATE_DUMP, post(dump))
        .route(path::FAULT, get(faulted).post(fault))
        .route(path::HAND, post(hand))
        .route(path::RELEASE, post(release))
        .route(path::RUNNER, post(runner))
        .route(path::SNAPSHOT, post(snapshot))
        .route(path::RESTORE, post(restore))
        .with_state(Arc::new(Shared { cloud, saved: std::sync::Mutex::default() }))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, (StatusCode, String)> {
    spawn_blocking(work).await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn report(State(shared): State<Arc<Shared>>) -> Out<Report> {
    blocking(move || shared.cloud.judge().report()).await.map(Json)
}

async fn world(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Out<Value> {
    let digest = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("digest")));
    let show = move || if digest { digest_of(&shared.cloud) } else { state_dump::shown(&shared.cloud.azure) };
    blocking(show).await.map(Json)
}

fn digest_of(cloud: &Cloud) -> Value {
    let world = cloud.azure.world().clone();
    json!({"schema": SCHEMA, "digest": state_dump::digest(&world)})
}

/// 408 if the condition does not hold in time, 400 if there is no such condition.
async fn wait(State(shared): State<Arc<Shared>>, Json(wait): Json<Wait>) -> Out<Value> {
    let Wait { condition, timeout_ms } = wait;
    let named = condition.clone();
    match blocking(move || shared.cloud.waiting().wait(&condition, Duration::from_millis(timeout_ms))).await? {
        Some(true) => Ok(Json(json!({"schema": SCHEMA, "condition": named}))),
        Some(false) => Err((StatusCode::REQUEST_TIMEOUT, format!("`{named}` does not hold after {timeout_ms} ms"))),
        None => Err((StatusCode::BAD_REQUEST, format!("there is no condition `{named}`"))),
    }
}

async fn tick(State(shared): State<Arc<Shared>>) -> Out<Value> {
    blocking(move || shared.cloud.tick()).await.map(|()| done())
}

/// Text that a step showed to somebody: it must hold no secret.
async fn output(State(shared): State<Arc<Shared>>, Json(output): Json<Output>) -> Out<Value> {
    let Output { step, text } = output;
    blocking(move || shared.cloud.inspect("output of a step", &text, &format!("output of `{step}`")))
        .await
        .map(|()| done())
}

/// SQL clients come from elsewhere from now on.
async fn runner(State(shared): State<Arc<Shared>>, Json(runner): Json<Runner>) -> Out<Value> {
    shared.cloud.azure.world().runner = runner.addresses;
    Ok(done())
}

async fn dump(State(shared): State<Arc<Shared>>, Json(asked): Json<AskForState>) -> Out<StateDump> {
    let dumped = blocking(move || {
        let state = state_dump::dump(&shared.cloud.azure, &asked.volatile)?;
        let users_wrote = lock(&shared.cloud.azure.users_wrote).iter().cloned().collect();
        Ok(StateDump { schema: SCHEMA, users_wrote, state })
    });
    dumped.await?.map(Json).map_err(failed)
}

async fn faulted(State(shared): State<Arc<Shared>>) -> Json<Faulted> {
    Json(shared.cloud.faults.outcome())
}

/// `null` sets none; whichever it is, requests are counted from 1 again.
async fn fault(State(shared): State<Arc<Shared>>, Json(fault): Json<Option<Fault>>) -> Out<Value> {
    shared.cloud.faults.set(fault).map(|()| done()).map_err(|why| (StatusCode::BAD_REQUEST, why))
}

/// Somebody acts by hand. 409 if there is nothing that it could be done to.
async fn hand(State(shared): State<Arc<Shared>>, Json(act): Json<Act>) -> Out<Value> {
    let acted = blocking(move || hands::act(&shared.cloud, act.hand)).await?;
    acted.map(|()| done()).map_err(|why| (StatusCode::CONFLICT, why))
}

async fn release(State(shared): State<Arc<Shared>>) -> Out<Value> {
    blocking(move || hands::release(&shared.cloud.azure, &shared.cloud.faults)).await.map(|()| done())
}

/// `?name=`: under which name a state is saved; without it there is one that has none.
fn name(query: Option<String>) -> String {
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "name").map(|(_, value)| value.into_owned()).unwrap_or_default()
}

async fn snapshot(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Out<Value> {
    let name = name(query);
    let saved = blocking(move || {
        let saved = snapshot::save(&shared.cloud)?;
        lock(&shared.saved).insert(name, Arc::new(saved));
        Ok(())
    });
    saved.await?.map(|()| done()).map_err(failed)
}

async fn restore(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Out<Value> {
    let name = name(query);
    let Some(saved) = lock(&shared.saved).get(&name).cloned() else {
        return Err((StatusCode::CONFLICT, format!("no snapshot `{name}` was made")));
    };
    blocking(move || snapshot::restore(&shared.cloud, &saved)).await?.map(|()| done()).map_err(failed)
}

fn failed(error: anyhow::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
}

fn done() -> Json<Value> {
    Json(json!({"schema": SCHEMA}))
}
