//! The cases: a fault at a request of a step, and perhaps a second one in what follows.

use std::{collections::BTreeMap, fmt, str::FromStr};

use anyhow::Context;
use sim_control::What;

use super::{
    fault,
    request::{self, Request, with_mark},
    sweep_step::SweepStep,
};

/// A fault at a request of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The step, and the state before it.
    pub station: &'static SweepStep,
    /// The request.
    pub request: Request,
    /// How many requests the step sends.
    pub of: usize,
    /// What goes wrong there.
    pub fault: What,
    /// With every fault that can be second to it, in the re-run and in the rollback.
    pub pairs: Pairs,
}

/// Which second faults follow a first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairs {
    /// None.
    None,
    /// Each.
    All,
    /// This one.
    One(Second),
}

/// A second fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Second {
    /// In which of the two runs that follow.
    pub run: Run,
    /// The short name of its request.
    pub mark: String,
    /// What goes wrong there.
    pub fault: What,
}

/// A run that follows a step that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// The same step again.
    Again,
    /// The rollback.
    Back,
}

/// What a case is called: `freeze:3f9a1c:lost`, with a second fault `…+again:77aa01:killed-after` or `…+back:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id {
    station: &'static SweepStep,
    mark: String,
    fault: What,
    second: Option<Second>,
}

impl Id {
    /// The step that it is about.
    pub fn station(&self) -> &'static SweepStep {
        self.station
    }

    /// The case among the requests of its step.
    pub fn find(&self, requests: &[Request]) -> anyhow::Result<Case> {
        let request = with_mark(requests, &self.mark).with_context(|| {
            format!("`{}` sends no request with the short name `{}` any more", self.station.name, self.mark)
        })?;
        let pairs = self.second.clone().map_or(Pairs::None, Pairs::One);
        let (request, of) = (request.clone(), requests.len());
        Ok(Case { station: self.station, request, of, fault: self.fault, pairs })
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, second) = text.split_once('+').map_or((text, None), |(first, second)| (first, Some(second)));
        let parts: Vec<&str> = first.split(':').collect();
        let [station, mark, fault] = parts[..] else {
            return Err(format!("`{first}` is not `<step>:<request>:<fault>`"));
        };
        Ok(Self {
            station: SweepStep::named(station).ok_or_else(|| format!("there is no step `{station}` in the sweep"))?,
            mark: mark.to_owned(),
            fault: fault_named(fault)?,
            second: second.map(second_fault).transpose()?,
        })
    }
}

fn fault_named(name: &str) -> Result<What, String> {
    fault::named(name).ok_or_else(|| format!("there is no fault `{name}`"))
}

fn second_fault(text: &str) -> Result<Second, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [run, mark, fault] = parts[..] else {
        return Err(format!("`{text}` is not `again:<request>:<fault>` or `back:<request>:<fault>`"));
    };
    let run = match run {
        "again" => Run::Again,
        "back" => Run::Back,
        other => return Err(format!("a second fault is in `again` or in `back`, not in `{other}`")),
    };
    Ok(Second { run, mark: mark.to_owned(), fault: fault_named(fault)? })
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.station.name, request::mark(&self.request.spot), fault::name(self.fault))
    }
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = match self.run {
            Run::Again => "again",
            Run::Back => "back",
        };
        write!(f, "{run}:{}:{}", self.mark, fault::name(self.fault))
    }
}

impl Case {
    /// What it is, for people.
    pub fn told(&self) -> String {
        let (request, of) = (&self.request, self.of);
        let nth =
            if request.spot.nth > 1 { format!(" (number {} of its kind)", request.spot.nth) } else { String::new() };
        format!(
            "{}, request {} of {of}, `{}`{nth}: {}",
            self.station.name,
            request.number,
            request.spot.request,
            fault::name(self.fault)
        )
    }
}

/// A first fault of a pair, and every second one.
pub const OF_PAIRS: [What; 2] = [What::LostForGood, What::HeldAfter];

/// Every fault at every request of a step.
pub fn of_step(station: &'static SweepStep, requests: &[Request]) -> Vec<Case> {
    let at = |request: &Request, fault: What| Case {
        station,
        request: request.clone(),
        of: requests.len(),
        fault,
        pairs: if request.changes && OF_PAIRS.contains(&fault) { Pairs::All } else { Pairs::None },
    };
    // Once nothing is left to be changed in Traffic Manager users are on V2: that it goes down then is nobody's doing.
    let last_of = |what: &str| {
        let of = |request: &&Request| request.changes && request.spot.request.contains(what);
        requests.iter().filter(of).map(|request| request.number).max()
    };
    let last = last_of("trafficManagerProfiles").or_else(|| last_of(""));
    let in_time = move |fault: &What, request: &Request| *fault != What::GoneAfter || Some(request.number) < last;
    let happens =
        move |fault: &What, request: &Request| fault::can_happen_to(*fault, request) && in_time(fault, request);
    let faults = |request| fault::ALL.into_iter().filter(move |fault| happens(fault, request));
    requests.iter().flat_map(|request| faults(request).map(|fault| at(request, fault))).collect()
}

/// The fixed part that `--quick` plays: in each step, whoever is killed at a request that changes something; and each fault of each
/// protocol once, spread over all steps.
pub fn quick(all: &[Case]) -> Vec<Case> {
    let mut kinds: BTreeMap<_, Vec<&Case>> = BTreeMap::new();
    for case in all {
        kinds.entry((case.request.spot.protocol, case.fault)).or_default().push(case);
    }
    let spread: Vec<&Case> =
        kinds.values().enumerate().map(|(index, cases)| cases[index * STRIDE % cases.len()]).collect();
    let chosen = |case: &&Case| spread.contains(case) || (case.request.changes && case.fault == What::HeldAfter);
    all.iter().filter(chosen).map(|case| Case { pairs: Pairs::None, ..case.clone() }).collect()
}

/// A number that has nothing in common with how many cases there are of a kind.
const STRIDE: usize = 101;

#[cfg(test)]
mod tests {
    use super::{
        super::request::{Protocol, tests::request},
        *,
    };

    fn requests() -> Vec<Request> {
        let mut all = vec![
            request(1, Protocol::SignIn, "POST entra", 1),
            request(2, Protocol::Arm, "GET /a", 1),
            request(3, Protocol::Arm, "PUT /a", 1),
            request(4, Protocol::Arm, "GET /a", 2),
        ];
        all[2].changes = true;
        all
    }

    fn freeze() -> &'static SweepStep {
        SweepStep::named("freeze").unwrap()
    }

    #[test]
    fn a_case_is_found_by_its_id() {
        let all = of_step(freeze(), &requests());
        for case in &all {
            let id: Id = case.to_string().parse().unwrap();
            assert_eq!(id.find(&requests()).unwrap(), Case { pairs: Pairs::None, ..case.clone() });
        }
        let second = "again:77aa01:killed-after";
        let id: Id = format!("{}+{second}", all[0]).parse().unwrap();
        let Pairs::One(found) = id.find(&requests()).unwrap().pairs else { panic!("the second fault is lost") };
        assert_eq!((found.to_string().as_str(), found.run), (second, Run::Again));
    }

    #[test]
    fn what_is_no_id_is_told() {
        let why = |text: &str| text.parse::<Id>().unwrap_err();
        assert_eq!(why("freeze:1"), "`freeze:1` is not `<step>:<request>:<fault>`");
        assert_eq!(why("thaw:1:lost"), "there is no step `thaw` in the sweep");
        assert_eq!(why("freeze:1:melted"), "there is no fault `melted`");
        assert_eq!(why("freeze:1:lost+up:2:lost"), "a second fault is in `again` or in `back`, not in `up`");
        let gone: Id = "freeze:000000:lost".parse().unwrap();
        assert!(gone.find(&requests()).is_err());
    }

    #[test]
    fn pairs_begin_at_requests_that_change_something() {
        let all = of_step(freeze(), &requests());
        let pairs: Vec<_> = all.iter().filter(|case| case.pairs == Pairs::All).map(|case| case.fault).collect();
        assert_eq!(pairs, [What::LostForGood, What::HeldAfter]);
    }

    #[test]
    fn v2_goes_down_only_while_something_is_left_to_be_changed() {
        let probe = |number| request(number, Protocol::Site, "GET /health", number);
        let mut change = request(2, Protocol::Arm, "PATCH /a", 1);
        change.changes = true;
        let all = of_step(freeze(), &[probe(1), change, probe(3)]);
        let gone: Vec<_> =
            all.iter().filter(|case| case.fault == What::GoneAfter).map(|case| case.request.number).collect();
        assert_eq!(gone, [1]);
    }

    #[test]
    fn quick_has_each_fault_of_each_protocol_and_every_kill_after_a_change() {
        let all = of_step(freeze(), &requests());
        let quick = quick(&all);
        assert!(quick.len() < all.len());
        assert!(quick.iter().any(|case| case.request.changes && case.fault == What::HeldAfter));
        for case in &all {
            let same =
                |other: &&Case| (other.request.spot.protocol, other.fault) == (case.request.spot.protocol, case.fault);
            assert!(quick.iter().any(|other| same(&other)), "{case}");
        }
    }
}
