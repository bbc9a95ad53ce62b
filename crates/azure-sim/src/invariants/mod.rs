//! The invariants, judged after every change of state. A broken one is recorded once, with what broke it.
//!
//! A file for each says what is wrong with it; what that means is decided here.

mod acknowledged;
mod answering;
mod foreign;
mod read_only;
mod workers;
mod writers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use crate::{
    Broken, Invariants, Report, Serving, clock,
    faults::Wire,
    lock::lock,
    site::Sites,
    users::{Users, resolve},
    world::{Site, World},
};

use acknowledged::Verified;
use read_only::Overdue;

/// What was found so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    checked: u64,
    broken: Vec<Broken>,
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

    /// Somebody who is not a site has committed a write to these tables of production.
    pub(crate) fn foreign_write(&mut self, tables: &[String], cause: &str) {
        if let Some(what) = foreign::check(tables) {
            self.record(4, what, cause);
        }
    }
}

/// Who judges, with what he looks at.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) findings: &'a Mutex<Findings>,
    /// Held while the invariants are judged.
    pub(crate) judging: &'a Mutex<()>,
    pub(crate) users: &'a Mutex<Users>,
    pub(crate) sites: Sites<'a>,
    pub(crate) wire: &'a Wire,
}

impl Judge<'_> {
    /// Checks the invariants that are about the state of the world (1, 2, 3, 6, 8).
    pub(crate) fn judge(&self, cause: &str) {
        let _judging = lock(self.judging);
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
        drop(lock(self.judging));
    }

    /// Judges what a hand has done: what is broken now is its doing.
    pub(crate) fn judge_hand(&self) {
        let _judging = lock(self.judging);
        self.findings().by_hand = true;
        self.check("a hand");
        let mut findings = self.findings();
        (findings.by_hand, findings.hand_at_work) = (false, false);
    }

    /// Invariant 6 as time passes.
    pub(crate) fn judge_deadline(&self) {
        let world = self.sites.azure.world().clone();
        let margin = clock::seconds(self.sites.azure.scenario.deadline_margin_ms);
        let mut findings = self.findings();
        if let Some(what) = read_only::check_deadline(&world, &mut findings.overdue, margin) {
            findings.record(6, what, "the passing of time");
        }
    }

    fn check(&self, cause: &str) {
        self.findings().checked += 1;
        for (number, what) in self.wrong() {
            self.findings().record(number, what, cause);
        }
    }

    /// Numbers of invariants with what is wrong, in the order in which they are looked at.
    fn wrong(&self) -> Vec<(u8, String)> {
        let cached = lock(self.users).cached(clock::now());
        let (world, ledger) = (self.sites.azure.world().clone(), lock(self.sites.ledger).clone());
        let mut wrong = Vec::new();
        wrong.extend(acknowledged::check(&world, &ledger, &mut self.findings()).map(|what| (1, what)));
        wrong.extend(writers::check(&world, cached, &ledger).into_iter().map(|what| (2, what)));
        wrong.extend(answering::turned_away(&self.sites).map(|what| (3, what)));
        let world = self.sites.azure.world().clone();
        wrong.extend(read_only::check(&world).map(|what| (6, what)));
        wrong.extend(workers::check(&world, clock::now()).into_iter().map(|what| (8, what)));
        wrong
    }

    /// The report; the invariants are judged once more.
    pub(crate) fn report(&self) -> Report {
        let cause = "the end of the run";
        self.judge(cause);
        self.judge_rest(cause);
        let (world, ledger) = (self.sites.azure.world().clone(), lock(self.sites.ledger).clone());
        let lost = acknowledged::lost(&world, &ledger, &mut self.findings());
        let findings = self.findings();
        let excused = findings.excused.iter().copied().collect();
        Report {
            schema: sim_control::SCHEMA,
            writes: ledger.writes(lost),
            tail_seconds: ledger.tail_seconds(),
            reads: ledger.reads,
            messages: lock(self.sites.queue).counts(),
            invariants: Invariants { checked: findings.checked, broken: findings.broken.clone(), excused },
            serving: serving(&world),
            sign_ins: self.sites.azure.issued().counts.clone(),
        }
    }

    /// Whoever is connected may be in the middle of something.
    fn judge_rest(&self, cause: &str) {
        let what = answering::cannot_write(&self.sites.azure.world());
        if let Some(what) = what.filter(|_| self.wire.is_quiet()) {
            self.findings().record(3, what, cause);
        }
    }

    fn findings(&self) -> MutexGuard<'_, Findings> {
        lock(self.findings)
    }
}

/// The site that a user who asks anew is sent to.
fn serving_site(world: &World) -> Option<&Site> {
    let (address, _) = resolve(world)?;
    world.site_of_address(&address)
}

fn serving(world: &World) -> Serving {
    let Some(site) = serving_site(world) else { return Serving::default() };
    Serving {
        site: Some(site.name.to_string()),
        database: world.database_used(&site.effective).map(|database| database.full_name()),
        version: site.app.as_ref().map(|app| app.version.clone()),
    }
}
