//! The invariants, judged after every change of state. A broken one is recorded once, with what broke it.

mod acknowledged;
mod answering;
mod foreign;
mod read_only;
mod secrets;
mod workers;
mod writers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{Broken, Invariants, Report, Serving, cloud::Cloud, users::resolve, world::Site};

pub(crate) use acknowledged::Verified;
pub(crate) use read_only::Overdue;
pub(crate) use writers::Parting;

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    checked: u64,
    broken: Vec<Broken>,
    partings: Vec<Parting>,
    verified: BTreeMap<String, Verified>,
    overdue: Option<Overdue>,
    /// What a hand has broken, and what has not been whole since.
    excused: BTreeSet<u8>,
    /// Those found broken in the judgement that is under way.
    found: BTreeSet<u8>,
    /// A hand is at work: it is judged when it has done.
    hand_at_work: bool,
    /// The judgement is about a hand.
    by_hand: bool,
}

impl Findings {
    /// Records a broken invariant, if it is the first time.
    pub(crate) fn record(&mut self, number: u8, what: impl Into<String>, cause: &str) {
        self.found.insert(number);
        if self.by_hand {
            self.excused.insert(number);
        }
        if !self.excused.contains(&number) && !self.broken.iter().any(|broken| broken.number == number) {
            self.broken.push(Broken { number, what: what.into(), cause: cause.to_owned() });
        }
    }
}

impl Cloud {
    /// Checks the invariants that are about the state of the world (1, 2, 3, 6, 8).
    pub(crate) fn judge(self: &Arc<Self>, cause: &str) {
        let _judging = self.judging();
        if self.findings().hand_at_work {
            return;
        }
        self.findings().found.clear();
        self.check(cause);
        let mut findings = self.findings();
        let found = std::mem::take(&mut findings.found);
        findings.excused.retain(|number| found.contains(number));
    }

    /// Nobody is blamed for what a hand breaks: whoever judges now is waited for, and nobody begins to until the hand is judged.
    pub(crate) fn begin_hand(&self) {
        self.findings().hand_at_work = true;
        drop(self.judging());
    }

    /// Judges what a hand has done: what is broken now is its doing.
    pub(crate) fn judge_hand(self: &Arc<Self>) {
        let _judging = self.judging();
        self.findings().by_hand = true;
        self.check("a hand");
        let mut findings = self.findings();
        (findings.by_hand, findings.hand_at_work) = (false, false);
    }

    fn check(self: &Arc<Self>, cause: &str) {
        self.findings().checked += 1;
        self.judge_acknowledged(cause);
        self.judge_writers(cause);
        self.judge_answering(cause);
        self.judge_read_only(cause);
        self.judge_workers(cause);
    }

    /// The site that a user who asks anew is sent to.
    pub(crate) fn serving_site(&self) -> Option<Site> {
        let world = self.world();
        let (address, _) = resolve(&world)?;
        world.site_of_address(&address).cloned()
    }

    /// Notes when production's endpoint is disabled and enabled.
    pub(crate) fn note_endpoints(&self) {
        let world = self.world();
        let production = world.sites.get(&world.production_site).map(Site::default_host);
        let enabled = world.profiles.values().flat_map(|profile| &profile.endpoints).any(|endpoint| {
            endpoint.enabled && production.as_deref().is_some_and(|host| endpoint.target.eq_ignore_ascii_case(host))
        });
        drop(world);
        let mut ledger = self.ledger();
        ledger.disabled_at = if enabled { None } else { ledger.disabled_at.or(Some(crate::clock::now())) };
    }

    /// The report; the invariants are judged once more.
    pub(crate) fn report(self: &Arc<Self>) -> Report {
        self.judge("the end of the run");
        self.judge_rest("the end of the run");
        let lost = self.lost();
        let (checked, broken) = {
            let findings = self.findings();
            (findings.checked, findings.broken.clone())
        };
        let excused = self.findings().excused.iter().copied().collect();
        let ledger = self.ledger();
        Report {
            schema: 1,
            writes: ledger.writes(lost),
            reads: ledger.reads.clone(),
            messages: self.queue().counts(),
            tail_seconds: ledger.tail_seconds(),
            invariants: Invariants { checked, broken, excused },
            sign_ins: self.issued().counts.clone(),
            serving: {
                drop(ledger);
                self.serving()
            },
        }
    }

    fn serving(&self) -> Serving {
        let site = self.serving_site();
        Serving {
            database: site.as_ref().and_then(|site| self.database_of(site)).map(|(name, _)| name),
            version: site.as_ref().and_then(|site| site.app.as_ref()).map(|app| app.version.clone()),
            site: site.map(|site| site.name.to_string()),
        }
    }
}
