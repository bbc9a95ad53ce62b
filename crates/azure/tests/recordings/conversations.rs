//! Long operations as whole conversations: the request, every poll to the end, and the look at the resource after it,
//! through the real client over a socket that answers what Azure answered.

use std::{collections::BTreeSet, time::Duration};

use azure::{ArmId, Client, Options, Outcome, Request, Started, operation, sql};

use crate::{
    cassette::Interaction,
    checker::{Checker, scope},
    operations::operation_of,
    scripted::{self, Act, Stage},
    sql as of_sql,
};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The header that names the address to poll.
#[derive(Clone, Copy)]
pub enum By {
    AsyncOperation,
    Location,
}

impl By {
    fn header(self) -> &'static str {
        match self {
            Self::AsyncOperation => "azure-asyncoperation",
            Self::Location => "location",
        }
    }
}

/// A recorded request that began an operation, the polls that followed to its end, and the look afterwards.
pub struct Conversation<'r> {
    pub first: &'r Interaction,
    pub polls: Vec<&'r Interaction>,
    /// The first GET of the same path after the last poll.
    pub look: Option<&'r Interaction>,
    by: By,
}

/// The conversations of a file. Where `Location` was asked too, that is a conversation of its own: it is the other of
/// the two protocols, with real answers.
pub fn conversations(file: &[Interaction]) -> Vec<Conversation<'_>> {
    let begins = |seen: &Interaction| seen.status == 202 && seen.method != "GET";
    let firsts = file.iter().enumerate().filter(|(_, seen)| begins(seen));
    let both =
        |(index, first)| [By::AsyncOperation, By::Location].map(|by| conversation(first, &file[index + 1..], by));
    firsts.flat_map(both).filter(|conversation| !conversation.polls.is_empty()).collect()
}

fn conversation<'r>(first: &'r Interaction, rest: &'r [Interaction], by: By) -> Conversation<'r> {
    let (mut address, mut polls, mut end) = (first.header(by.header()), Vec::new(), 0);
    for (index, seen) in rest.iter().enumerate() {
        if Some(seen.uri.as_str()) == address {
            address = seen.header(by.header()).or(address);
            polls.push(seen);
            end = index + 1;
        }
    }
    let of_it = |seen: &&Interaction| seen.uri.path() == first.uri.path();
    let look = rest[end..].iter().find(of_it).filter(|seen| seen.method == "GET" && !polls.is_empty());
    Conversation { first, polls, look, by }
}

/// The recorded answer, at our server's address and at the pace of a test.
fn act(seen: &Interaction, by: By) -> Act {
    let moved = |name: &str| seen.header(name).map(|url| url.replace("https://management.azure.com", "{here}"));
    let names = ["azure-asyncoperation", "location"].into_iter();
    // Without the other address, the client has to go by this one.
    let told = names.filter(|name| matches!(by, By::AsyncOperation) || *name == by.header());
    let headers = told.filter_map(|name| Some((name.to_owned(), moved(name)?)));
    let pace = ("retry-after-ms".to_owned(), "1".to_owned());
    Act::Answer(seen.status, headers.chain([pace]).collect(), seen.body.clone())
}

async fn serve(script: Vec<Act>) -> (Client, Stage) {
    let (endpoint, stage) = scripted::serve(script).await;
    let options = Options::new(endpoint, SUBSCRIPTION, "token".into());
    (Client::new(Options { poll_interval: Duration::from_millis(1), ..options }).unwrap(), stage)
}

/// The builder's own request, where the operation is one of ours.
fn own_request(first: &Interaction) -> Option<Request<Started>> {
    match operation_of(first).name {
        "create a secondary" => Some(of_sql::create_secondary(first)),
        "delete a database" => Some(of_sql::delete_database(first)),
        // Never recorded itself; its sibling in the same version is followed in the same way.
        "fail over, 2014" => Some(of_sql::unlink(first)),
        _ => None,
    }
}

/// A request that no step sends: only how its answers are followed counts.
fn foreign_request(first: &Interaction) -> Request<Started> {
    let (id, method) = (ArmId::parse("/subscriptions/s").unwrap(), first.method.parse().unwrap());
    let request = Request::new(method, first.place.clone(), &id, &first.api_version(), operation::started);
    let mut request = request.expecting(operation::STARTED);
    request.path = first.uri.path().to_owned();
    request
}

impl Conversation<'_> {
    /// Replays it; the places of the polls that took part go to `polled`. Says whether the request was a builder's own.
    pub async fn replay(&self, checker: &mut Checker, polled: &mut BTreeSet<String>) -> bool {
        let own = own_request(self.first);
        let ours = own.is_some();
        let request = own.unwrap_or_else(|| foreign_request(self.first));
        let all: Vec<&Interaction> = std::iter::once(self.first).chain(self.polls.iter().copied()).collect();
        let look = self.look.filter(|_| ours);
        let script = all.iter().copied().chain(look).map(|seen| act(seen, self.by)).collect();
        let (client, stage) = serve(script).await;
        let ended = client.run(&request, Duration::from_secs(30)).await;
        assert_eq!(ended.unwrap(), Outcome::Done, "{}", self.first.place);
        if ours {
            if !self.of_sibling() {
                checker.same_request(self.first, &request);
            }
            self.same_body_was_sent(&request, &stage);
        }
        if let Some(look) = look {
            let database = client.send(&sql::database(&scope(), &of_sql::database_id(look))).await.unwrap().unwrap();
            assert!(database.online(), "{}", look.place);
            of_sql::is_lossless(look, database, checker);
        }
        self.as_recorded(&stage, all.len() + usize::from(look.is_some()));
        polled.extend(self.polls.iter().map(|seen| seen.place.clone()));
        ours
    }

    /// `failover`, replayed with `unlink`.
    fn of_sibling(&self) -> bool {
        self.first.uri.path().ends_with("/failover")
    }

    /// What went over the wire is the builder's body, which is compared with the recorded one apart.
    fn same_body_was_sent(&self, request: &Request<Started>, stage: &Stage) {
        let sent = &stage.asked()[0].body;
        let sent = (!sent.is_empty()).then(|| serde_json::from_str::<serde_json::Value>(sent).unwrap());
        assert_eq!(sent, request.body, "{}", self.first.place);
    }

    /// The client asked at the recorded addresses, in the recorded order, and no more often.
    fn as_recorded(&self, stage: &Stage, requests: usize) {
        let asked = stage.asked();
        assert_eq!(asked.len(), requests, "{}", self.first.place);
        let path = asked[0].target.split('?').next().unwrap();
        assert_eq!(asked[0].method, self.first.method, "{}", self.first.place);
        let recorded = self.first.uri.path().replace("/failover", "/unlink");
        assert!(path.eq_ignore_ascii_case(&recorded), "{}: {path}", self.first.place);
        for (asked, seen) in asked[1..].iter().zip(&self.polls) {
            assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", &seen.uri[url::Position::BeforePath..]));
        }
    }
}
