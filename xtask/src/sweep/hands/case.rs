//! The cases: a hand before a step, or at one of its requests.

use std::{fmt, str::FromStr};

use super::hand::{DISABLE_PRODUCTION, ENABLE_PRODUCTION, Hand, OPEN_PRODUCTION, READ_ONLY, WITHOUT_V1};
use crate::rehearse::stage::StageSite;
use crate::sweep::{
    request::{self, Request},
    sweep_step::{ALL, SweepStep},
};

/// Which writes the application does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// INSERT, UPDATE and DELETE with each write.
    Mixed,
    /// UPDATE alone: no count of rows tells it.
    Updates,
}

impl Writes {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mixed, Self::Updates];

    /// Its name in a case's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Updates => "updates",
        }
    }
}

/// A hand that acts around a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The step, and the state before it.
    pub station: &'static SweepStep,
    /// The request at which it acts; none: before the step.
    pub at: Option<Request>,
    /// Who does what.
    pub hand: Hand,
    /// How the application writes.
    pub writes: Writes,
    /// No proof of the step can see the hand, and none can undo it.
    pub unseen: Option<Unseen>,
}

/// Why no proof can see a hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// It acts between the step's proofs and the request that they are for. The step has to see it right after, and to tell.
    BeforeTheRequest,
    /// It sends users back to V1 after that request, or gives V1 its write access back, where users whose DNS answers still lead to V1 write.
    /// The step has to tell if it still can, and status in any case.
    AfterTheRequest,
    /// It acts between two requests that belong together. The step looks again behind them, and undoes it.
    BetweenTwoRequests,
}

/// `switch:start:wipe-tags:mixed`, or with the short name of a request instead of `start`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    /// The step.
    pub station: &'static SweepStep,
    mark: String,
    hand: Hand,
    /// The application.
    pub writes: Writes,
}

/// Stands for the moment before a step.
const START: &str = "start";

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [station, mark, hand, writes] = parts[..] else {
            return Err(format!("`{text}` is not `<step>:<request or start>:<hand>:<mixed or updates>`"));
        };
        let station = SweepStep::named(station).ok_or_else(|| format!("there is no step `{station}` in the sweep"))?;
        let found = Hand::around(station).into_iter().find(|known| known.name() == hand);
        let writes = Writes::ALL.into_iter().find(|known| known.name() == writes);
        Ok(Self {
            station,
            mark: mark.to_owned(),
            hand: found.ok_or_else(|| format!("there is no hand `{hand}` around `{}`", station.name))?,
            writes: writes.ok_or_else(|| format!("`{text}` does not say `mixed` or `updates`"))?,
        })
    }
}

impl Id {
    /// The case among the requests of its step.
    pub fn find(&self, requests: &[Request]) -> Option<Case> {
        let at = match self.mark.as_str() {
            START => None,
            mark => Some(requests.iter().find(|request| request::mark(&request.spot) == mark)?.clone()),
        };
        let unseen = at.as_ref().and_then(|at| unseen(requests, at, self.hand));
        Some(Case { station: self.station, at, hand: self.hand, writes: self.writes, unseen })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.as_ref().map_or_else(|| START.to_owned(), |request| request::mark(&request.spot));
        write!(f, "{}:{at}:{}:{}", self.station.name, self.hand.name(), self.writes.name())
    }
}

impl Case {
    /// What it is, for people.
    pub fn told(&self) -> String {
        let at = self.at.as_ref().map_or_else(
            || "before it".to_owned(),
            |request| format!("at its request {}, `{}`", request.number, request.spot.request),
        );
        format!("{}, {at}: {} ({})", self.station.name, self.hand.name(), self.writes.name())
    }
}

/// The steps around which hands act: an upgrade with an adopted stage site, and the ways back from each of its states.
pub fn stations() -> Vec<&'static SweepStep> {
    let wanted = |station: &&SweepStep| {
        station.stage == StageSite::Adopted
            && !station.name.starts_with("terminate-by")
            && !matches!(station.step, "plan")
            && station.is_swept_by_hands()
    };
    ALL.iter().filter(wanted).collect()
}

/// The request that sends users away from production, as the simulator names it.
const SENDS_USERS_AWAY: &str = "/AzureEndpoints/";
/// So many requests prove before it that it may be sent.
const PROOFS: usize = 10;
/// The request that lets users come to stage, which READ_ONLY and the lock are proved for.
const OPENS_STAGE: (&str, usize) = ("/ExternalEndpoints/", 3);

/// The request that gives production its write access back.
const GIVES_BACK: &str = "contoso-sql-1/shop: ALTER DATABASE [shop] SET READ_WRITE";

/// The first request that changes this.
fn first_change(requests: &[Request], part: &str) -> Option<usize> {
    requests.iter().filter(|one| one.changes && one.spot.request.contains(part)).map(|one| one.number).min()
}

/// The last request before the decisive one that can see what this hand has done, if a proof looks for that.
fn proof(requests: &[Request], hand: Hand) -> Option<&Request> {
    let (decisive, sees) = (first_change(requests, SENDS_USERS_AWAY)?, hand.is_seen_by()?);
    let before = |request: &&Request| request.number < decisive && decisive - request.number < PROOFS;
    requests.iter().filter(before).rfind(|request| sees.iter().all(|part| request.spot.request.contains(part)))
}

/// What acts at a proof itself is seen by it; what comes behind it is not.
fn unseen(requests: &[Request], at: &Request, hand: Hand) -> Option<Unseen> {
    if !hand.is_of_the_model() {
        return None;
    }
    let decisive = first_change(requests, SENDS_USERS_AWAY);
    let opens = OPEN_PRODUCTION.contains(&hand);
    let proof = proof(requests, hand).map(|proof| proof.number);
    let behind_the_proof = decisive.is_some_and(|decisive| {
        at.number <= decisive && proof.map_or(at.number + PROOFS > decisive, |proof| at.number > proof)
    });
    let before_stage = first_change(requests, OPENS_STAGE.0)
        .is_some_and(|first| at.number <= first && at.number + OPENS_STAGE.1 > first);
    // A WebJob that is started against a database which becomes read-only in this moment.
    let starts_a_job = at.changes && at.spot.request.contains("/continuouswebjobs/") && READ_ONLY.contains(&hand);
    // No step repairs V1's site or its endpoint: the rollback gives users their write access, and tells.
    let no_v1 = WITHOUT_V1.contains(&hand) && first_change(requests, GIVES_BACK).is_some_and(|give| at.number <= give);
    // Production's endpoint is enabled, and stage's is about to be disabled: a rollback puts both right behind that.
    let exchanges =
        hand == DISABLE_PRODUCTION && decisive.is_none() && at.changes && at.spot.request.contains(OPENS_STAGE.0);
    let late = (opens || hand == ENABLE_PRODUCTION) && decisive.is_some_and(|decisive| at.number > decisive);
    match () {
        () if behind_the_proof || (opens && before_stage) || starts_a_job || no_v1 || stops_v1(requests, at, hand) => {
            Some(Unseen::BeforeTheRequest)
        }
        () if late => Some(Unseen::AfterTheRequest),
        () if exchanges => Some(Unseen::BetweenTwoRequests),
        () => None,
    }
}

/// The request of a cleanup that stops V1's site.
const STOPS_V1: &str = "/sites/contoso-1/stop";

/// Somebody enables production's endpoint behind the last look at the profile before V1's site is stopped. The proof before the DELETE
/// sees it.
fn stops_v1(requests: &[Request], at: &Request, hand: Hand) -> bool {
    let Some(stop) = first_change(requests, STOPS_V1).filter(|_| hand == ENABLE_PRODUCTION) else { return false };
    let looks = requests.iter().filter(|one| one.number < stop && one.spot.request.contains("trafficManagerProfiles"));
    looks.map(|look| look.number).max().is_some_and(|look| (look + 1..=stop).contains(&at.number))
}

/// How many requests of a step hands act at: those that divide it evenly.
const PLACES: usize = 5;

/// Nobody takes back what these steps do: hands act at each of their requests.
const NO_WAY_BACK: [&str; 2] = ["terminate", "switch"];

/// Hands act at every n-th request, and this is the n.
pub fn stride(station: &SweepStep, requests: &[Request]) -> usize {
    if NO_WAY_BACK.contains(&station.name) { 1 } else { (requests.len() / PLACES).max(1) }
}

/// Every hand before a step with both applications, and each at every k-th request with one of them.
pub fn of_step(station: &'static SweepStep, requests: &[Request]) -> Vec<Case> {
    let k = stride(station, requests);
    let mut cases = Vec::new();
    for (index, hand) in Hand::around(station).into_iter().enumerate() {
        let case = |at: Option<&Request>, writes| {
            let unseen = at.and_then(|at| unseen(requests, at, hand));
            Case { station, at: at.cloned(), hand, writes, unseen }
        };
        cases.extend(Writes::ALL.map(|writes| case(None, writes)));
        // Which requests, and which application, changes from hand to hand.
        let places = requests.iter().skip(index % k).step_by(k);
        cases.extend(places.enumerate().map(|(place, request)| {
            let writes = if (place + index) % 2 == 0 { Writes::Mixed } else { Writes::Updates };
            case(Some(request), writes)
        }));
    }
    cases
}

/// The fixed part that `--quick` plays: each hand once before a step and once at a request, spread over all steps.
pub fn quick(all: &[Case]) -> Vec<Case> {
    let mut kinds = std::collections::BTreeMap::<(String, bool), Vec<&Case>>::new();
    for case in all {
        kinds.entry((case.hand.name(), case.at.is_some())).or_default().push(case);
    }
    kinds.values().enumerate().map(|(index, cases)| cases[(index * STRIDE) % cases.len()].clone()).collect()
}

/// A number that has nothing in common with how many cases there are of a kind.
const STRIDE: usize = 101;

#[cfg(test)]
mod tests {
    use sim_control::Hand as ByHand;

    use super::*;
    use crate::sweep::request::{Protocol, tests::request};

    fn requests() -> Vec<Request> {
        (1..=20).map(|number| request(number, Protocol::Arm, &format!("GET /{}", "a".repeat(number)), 1)).collect()
    }

    /// Two requests that look at the profile, and the one that cannot be taken back.
    fn switching() -> Vec<Request> {
        let look = "GET /trafficManagerProfiles/contoso";
        let named = |number: usize| match number {
            9 | 12 => look.to_owned(),
            15 => "PATCH /AzureEndpoints/contoso-1".to_owned(),
            other => format!("GET /{}", "a".repeat(other)),
        };
        let nth = |number| if number == 12 { 2 } else { 1 };
        let mut all: Vec<_> =
            (1..=20).map(|number| request(number, Protocol::Arm, &named(number), nth(number))).collect();
        all[14].changes = true;
        all
    }

    #[test]
    fn only_what_comes_behind_the_proof_that_looks_for_it_is_not_seen() {
        let requests = switching();
        let when = |hand, wanted| -> Vec<usize> {
            let found = requests.iter().filter(|at| unseen(&requests, at, Hand::Model(hand)) == Some(wanted));
            found.map(|at| at.number).collect()
        };
        assert_eq!(when(ByHand::StrangerBetween, Unseen::BeforeTheRequest), [13, 14, 15]);
        assert_eq!(when(ByHand::WipeTags, Unseen::BeforeTheRequest), (6..=15).collect::<Vec<_>>());
        assert_eq!(when(ByHand::WipeTags, Unseen::AfterTheRequest), [0; 0]);
        assert_eq!(when(ByHand::ProductionReadWrite, Unseen::AfterTheRequest), (16..=20).collect::<Vec<_>>());
    }

    fn freeze() -> &'static SweepStep {
        SweepStep::named("freeze").unwrap()
    }

    #[test]
    fn a_case_is_found_by_its_id() {
        let all = of_step(freeze(), &requests());
        for case in &all {
            let id: Id = case.to_string().parse().unwrap();
            assert_eq!(id.find(&requests()).as_ref(), Some(case));
        }
        let why = |text: &str| text.parse::<Id>().unwrap_err();
        assert_eq!(why("freeze:start:sneeze:mixed"), "there is no hand `sneeze` around `freeze`");
        assert_eq!(
            why("freeze:start:wipe-tags:some"),
            "`freeze:start:wipe-tags:some` does not say `mixed` or `updates`"
        );
        assert_eq!(why("melt:start:wipe-tags:mixed"), "there is no step `melt` in the sweep");
    }

    #[test]
    fn each_hand_acts_before_the_step_and_at_every_kth_request() {
        let all = of_step(freeze(), &requests());
        let of = |hand: &str| all.iter().filter(|case| case.hand.name() == hand).collect::<Vec<_>>();
        let places = of("wipe-tags").iter().filter(|case| case.at.is_some()).count();
        assert_eq!(stride(freeze(), &requests()), 4);
        assert_eq!(stride(SweepStep::named("switch").unwrap(), &requests()), 1);
        assert_eq!(places, PLACES);
        assert_eq!(of("wipe-tags").len() - places, Writes::ALL.len());
    }

    #[test]
    fn only_earlier_steps_are_run_again() {
        let names: Vec<String> = Hand::around(freeze()).into_iter().map(Hand::name).collect();
        assert!(names.contains(&"run-prepare".to_owned()) && names.contains(&"run-switch-swapped".to_owned()));
        assert!(!names.contains(&"run-freeze".to_owned()) && !names.contains(&"run-migrate".to_owned()));
    }

    #[test]
    fn quick_has_each_hand_before_a_step_and_during_one() {
        let all: Vec<Case> = stations().into_iter().flat_map(|station| of_step(station, &requests())).collect();
        let quick = quick(&all);
        assert!(quick.len() < 80, "{}", quick.len());
        for case in &all {
            let same = |other: &Case| (other.hand, other.at.is_some()) == (case.hand, case.at.is_some());
            assert!(quick.iter().any(same), "{case}");
        }
    }
}
