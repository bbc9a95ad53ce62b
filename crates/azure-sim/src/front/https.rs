//! One TLS port for Azure Resource Manager, the sign-in and every site, and one port more for each scale unit: two sites of
//! different scale units may have the same host name, and only the address tells them apart.

use std::{future::pending, io, sync::Arc};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    http::{Response, StatusCode, header},
    serve::{IncomingStream, Listener},
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::spawn_blocking,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    line::{Cut, Line},
    publish, resource_manager,
};
use crate::{
    cloud::Cloud,
    deploy::{BLOB, LARGEST_PACKAGE},
    faults::{Ending, Opening},
    hands,
    http::{self, Answer, Reply, SiteRequest},
    random::Random,
    sign_in,
    users::{HOST, resolve},
    world::World,
};

/// The largest request body, in bytes: what Azure Resource Manager takes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Where a connection came in.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    sni: Option<String>,
    /// The scale unit whose port it is; `None` on the common one.
    unit: Option<String>,
    cut: Arc<Cut>,
}

/// Accepts TLS connections of all ports; a slow handshake keeps nobody else waiting.
pub(crate) struct TlsListener(mpsc::Receiver<(Connection, Peer)>);

type Connection = Line<TlsStream<TcpStream>>;

impl TlsListener {
    /// Listens on `(port, scale unit)`.
    pub(crate) fn new(listeners: Vec<(TcpListener, Option<String>)>, tls: &Arc<ServerConfig>) -> Self {
        let (sender, receiver) = mpsc::channel(64);
        for (listener, unit) in listeners {
            tokio::spawn(accept(listener, unit, TlsAcceptor::from(Arc::clone(tls)), sender.clone()));
        }
        Self(receiver)
    }
}

async fn accept(listener: TcpListener, unit: Option<String>, tls: TlsAcceptor, done: mpsc::Sender<(Connection, Peer)>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, unit, done) = (tls.clone(), unit.clone(), done.clone());
        tokio::spawn(async move {
            if stream.set_nodelay(true).is_err() {
                return;
            }
            match tls.accept(stream).await {
                Ok(stream) => {
                    let sni = stream.get_ref().1.server_name().map(str::to_owned);
                    let cut = Arc::new(Cut::default());
                    let line = Line::new(stream, &cut);
                    // Nobody receives any more once the simulator is being ended.
                    drop(done.send((line, Peer { sni, unit, cut })).await);
                }
                Err(error) => tracing::debug!(%error, "TLS handshake"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(Peer { sni: None, unit: None, cut: Arc::default() })
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Everything behind the TLS ports.
pub(crate) fn router(cloud: Arc<Cloud>) -> Router {
    Router::new().fallback(answer).with_state(cloud)
}

async fn answer(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response<Body> {
    let host = host(&request);
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let publishes = cloud.azure.world().site_of_publish_host(&host).is_some();
    let limit = if publishes { LARGEST_PACKAGE } else { LARGEST_BODY };
    let Ok(body) = axum::body::to_bytes(body, limit).await else { return plain(StatusCode::PAYLOAD_TOO_LARGE) };
    let request = http::Request::new(parts.method.as_str(), &host, &target, headers, body.to_vec());
    let met = cloud.faults.meet_http(&cloud.azure, &host, peer.unit.as_deref(), publishes, &request);
    if let Some(hand) = met.hand() {
        let cloud = Arc::clone(&cloud);
        drop(spawn_blocking(move || hands::act_at_request(&cloud, Some(hand))).await);
    }
    match cloud.faults.opening(&cloud.azure, &met) {
        Opening::Go => {}
        Opening::Cut => return peer.cut.now().await,
        Opening::Hold => return pending().await,
        Opening::Answer(answer) => return arm_response(answer),
    }
    let (asked, answering) = (peer.clone(), cloud.wire.answering());
    let work = spawn_blocking(move || {
        let _answering = answering;
        let response = respond(&cloud, &asked, &host, &target, &request);
        let ending =
            cloud.faults.ending(&cloud.azure, &met, &request, asked.unit.as_deref(), response.status().as_u16());
        (response, ending)
    });
    match work.await {
        Ok((response, ending)) => end(&peer.cut, response, ending).await,
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Gives an answer, or what a fault makes of it.
async fn end(cut: &Cut, response: Response<Body>, ending: Ending) -> Response<Body> {
    match ending {
        Ending::Whole => response,
        Ending::Cut => cut.now().await,
        Ending::Hold => pending().await,
        Ending::Half => {
            cut.in_the_middle_of(response.body().size_hint().exact().unwrap_or_default());
            response
        }
        Ending::Garbage => page_of_some_box(),
    }
}

fn host(request: &Request) -> String {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = header.or_else(|| request.uri().host()).unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_owned()
}

/// Answers a request by its host.
fn respond(cloud: &Cloud, peer: &Peer, host: &str, target: &str, request: &http::Request) -> Response<Body> {
    if host.eq_ignore_ascii_case("management.azure.com") {
        return arm_response(resource_manager::answer(cloud, request));
    }
    if host.eq_ignore_ascii_case(BLOB) {
        let (status, body) = cloud.packages.answer(request);
        let response = Response::builder().status(status).body(Body::from(body));
        return response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR));
    }
    match sign_in(cloud, host, request).or_else(|| publish::answer(cloud, host, request)) {
        Some(answer) => arm_response(answer),
        None => {
            let asked = site_request(&cloud.azure.random, &request.method, target);
            site_response(visit(cloud, peer, host, &asked))
        }
    }
}

/// `None` for a host that is none of the sign-in.
fn sign_in(cloud: &Cloud, host: &str, request: &http::Request) -> Option<Answer> {
    let answer = sign_in::answer(&cloud.azure, host, request)?;
    cloud.inspect("path or query of a request", &request.url, &request.name());
    cloud.capture.sign_in(request, &answer);
    Some(answer)
}

/// Answers a request to a site: on a scale unit's port there, on the common port where DNS would have led: a site's
/// own name (as SNI, else as Host) to its scale unit, any other name of the application to what Traffic Manager says.
fn visit(cloud: &Cloud, peer: &Peer, host: &str, request: &SiteRequest) -> Reply {
    let routed = || unit_of(&cloud.azure.world(), peer.sni.as_deref(), host);
    let unit = peer.unit.clone().unwrap_or_else(routed);
    cloud.sites().serve(&unit, host, request)
}

fn unit_of(world: &World, sni: Option<&str>, host: &str) -> String {
    let named = |name: &str| world.site_of_address(name).map(|site| site.unit.clone());
    let own = sni.and_then(named).or_else(|| named(host));
    let routed = || {
        let profile = world.profiles.values().any(|profile| profile.host().eq_ignore_ascii_case(host));
        let asked = profile || host.eq_ignore_ascii_case(HOST);
        resolve(world).filter(|_| asked).and_then(|(address, _)| named(&address))
    };
    own.or_else(routed).unwrap_or_default()
}

/// `?user=…&sequence=…&token=…` are the values that an application's SQL may use.
fn site_request(random: &Random, method: &str, target: &str) -> SiteRequest {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let value = |wanted: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let number = |wanted: &str| value(wanted).and_then(|text| text.parse().ok()).unwrap_or(0);
    SiteRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        user: number("user"),
        sequence: number("sequence"),
        token: value("token").unwrap_or_else(|| random.guid()),
    }
}

fn arm_response(answer: Answer) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let body = answer.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    response.body(body).unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn site_response(reply: Reply) -> Response<Body> {
    let kind = if reply.html { "text/html" } else { "text/plain; charset=utf-8" };
    let mut response = Response::builder().status(reply.status).header(header::CONTENT_TYPE, kind);
    if let Some(version) = &reply.version {
        response = response.header("x-app-version", version);
    }
    response.body(Body::from(reply.body)).unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

/// What a fault puts in the place of an answer: a box on the way answers for the service.
fn page_of_some_box() -> Response<Body> {
    let page = "<html><body>You are now online. Please accept our terms.</body></html>";
    let response = Response::builder().header(header::CONTENT_TYPE, "text/html").body(Body::from(page));
    response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
