//! Plays one case: the step with the hand, the workflow, what status advises, and the judgement.

use anyhow::{Context, ensure};
use sim_control::{Broken, Fault, Hand as ByHand, Place, What};

use super::{
    advice::Advice,
    case::{Case, Unseen},
    hand::{CHAIN, Hand, Slip},
    things::last_part,
    verdict::{Said, Users, check_databases, check_done, check_rest, check_words},
};
use crate::{
    rehearse::inputs::Input,
    sweep::{
        ended::{Ended, told},
        harness::{Given, Harness},
        request::Request,
        state_dump::{differences, without_closed_fences},
        sweep_step::{ROLLBACK, SweepStep},
        tally::Tally,
    },
};

/// So many times what status advises is done.
const MOST_ADVICE: usize = 10;
/// A request that does not come at its place is waited for in another run.
const ATTEMPTS: usize = 3;
/// The state that the step has left.
const LEFT: &str = "after-the-hand";
/// The id of another upgrade.
const OTHER_ID: &str = "sweep-other";
/// The exit code of a step that says "run this step again".
const INTERRUPTED: i32 = 20;
/// So many differences tell enough.
const SHOWN: usize = 5;

/// What came of a case.
#[derive(Debug, Default)]
pub struct Played {
    /// The figures; none where the hand had nothing to act on.
    pub tally: Tally,
    /// What is wrong.
    pub why: Option<String>,
}

/// Somebody who plays cases.
pub struct CaseRunner<'p, 'w> {
    /// The bench.
    pub bench: &'p Harness<'w>,
    /// Tells what each run said.
    pub verbose: bool,
}

/// A case under way.
#[derive(Default)]
pub struct CaseRun {
    /// What each step said, in order.
    said: Vec<String>,
    /// What is wrong.
    pub wrong: Vec<String>,
    /// The last word of a step was that it could not do its work.
    trouble: bool,
}

impl CaseRunner<'_, '_> {
    /// Plays a case.
    pub fn play(&self, case: &Case) -> Played {
        let mut case_run = CaseRun::default();
        let mut tally = Tally { runs: 1, fired: 1, ..Tally::default() };
        match self.run(case, &mut case_run, &mut tally) {
            Ok(true) => {}
            Ok(false) => return Played::default(),
            Err(error) => case_run.wrong.push(format!("{error:#}")),
        }
        if case_run.wrong.is_empty() {
            tally.converged = 1;
            return Played { tally, why: None };
        }
        tally.failed = 1;
        Played { tally, why: Some(format!("{}\n  {}", case_run.wrong.join("; "), case_run.said.join("\n  "))) }
    }

    /// False if the hand had nothing to act on.
    fn run(&self, case: &Case, case_run: &mut CaseRun, tally: &mut Tally) -> anyhow::Result<bool> {
        let Some(ended) = self.with_hand(case, case_run)? else { return Ok(false) };
        if ended.code == Some(10) && (case.at.is_none() || case.hand.is_of_the_model()) {
            self.check_unchanged(case, case_run)?;
        }
        self.go_on(case.station, &ended, case_run)?;
        self.follow_advice(case_run)?;
        let in_vain = case.at.is_some() && case.station.step == "cleanup";
        let raced = match case.unseen {
            Some(Unseen::BeforeTheRequest) => ended.code != Some(0),
            Some(Unseen::AfterTheRequest | Unseen::BetweenTwoRequests) => true,
            None => false,
        };
        let lasting = matches!(
            case.hand,
            Hand::Model(
                ByHand::StageElsewhere
                    | ByHand::StageNowhere
                    | ByHand::StageTarget
                    | ByHand::ProductionNowhere
                    | ByHand::StageReadOnly
                    | ByHand::ProductionReadOnly
            )
        );
        self.judge(in_vain, raced, lasting, case_run, tally)?;
        Ok(true)
    }

    /// The step, with somebody else who acts before it or meanwhile.
    fn with_hand(&self, case: &Case, case_run: &mut CaseRun) -> anyhow::Result<Option<Ended>> {
        let station = case.station;
        match &case.at {
            None => {
                self.bench.restore(station.from)?;
                if case.hand.needs_the_step() {
                    return self.meanwhile(case, Place::Number(1), case_run);
                }
                if !self.act(case.hand, case_run)? {
                    return Ok(None);
                }
                let inputs = self.bench.inputs_of(station)?;
                self.step(station.step, &inputs, &[], true, case_run).map(Some)
            }
            Some(request) => self.at_request(case, request, case_run),
        }
    }

    fn at_request(&self, case: &Case, request: &Request, case_run: &mut CaseRun) -> anyhow::Result<Option<Ended>> {
        for _ in 0..ATTEMPTS {
            self.bench.restore(case.station.from)?;
            *case_run = CaseRun::default();
            if let Some(ended) = self.meanwhile(case, Place::Request(request.spot.clone()), case_run)? {
                return Ok(Some(ended));
            }
            self.bench.alone()?;
        }
        Ok(None)
    }

    /// None if the hand has not acted.
    fn meanwhile(&self, case: &Case, at: Place, case_run: &mut CaseRun) -> anyhow::Result<Option<Ended>> {
        let fault = Fault { at, what: What::Hand(case.hand.at_request()) };
        let before = self.things()?;
        self.bench.control().set_fault(Some(&fault))?;
        let inputs = self.bench.inputs_of(case.station)?;
        let given = Given { inputs: &inputs, arguments: &[], folder: self.bench.folder() };
        let mut begun = self.bench.begin(case.station.step, &given)?;
        if let Hand::Step(..) = case.hand {
            if self.bench.is_at_the_fault(&mut begun.running)? {
                self.act(case.hand, case_run)?;
            }
            self.bench.release()?;
        }
        let ended = self.bench.end(case.station.step, begun, false)?;
        let faulted = self.bench.control().faulted()?;
        self.bench.control().set_fault(None)?;
        if faulted.idle_hand.is_some() || faulted.fired.is_none() {
            return Ok(None);
        }
        case_run.said.push(format!("{} acted during {}", case.hand.name(), case.station.step));
        self.note(case.station.step, &ended, case_run);
        if !matches!(case.hand, Hand::Model(ByHand::DeleteProduction | ByHand::DeleteStage)) {
            self.check_things(case.station.step, &inputs, &before, case_run)?;
        }
        Ok(Some(ended))
    }

    /// Somebody acts. False if there was nothing to act on.
    fn act(&self, hand: Hand, case_run: &mut CaseRun) -> anyhow::Result<bool> {
        match hand {
            Hand::Model(hand) => {
                let idle = self.bench.control().hand(hand)?;
                case_run.said.push(format!("{hand} acted"));
                Ok(idle.is_none())
            }
            Hand::Step(step, slip) => {
                let inputs = self.slipped(step, slip)?;
                let before = self.things()?;
                let given = Given { inputs: &inputs, arguments: &[], folder: &self.bench.beside()? };
                let ended = self.bench.end(step, self.bench.begin(step, &given)?, false)?;
                self.note(step, &ended, case_run);
                self.check_things(step, &inputs, &before, case_run)?;
                Ok(true)
            }
        }
    }

    fn slipped(&self, step: &'static str, slip: Slip) -> anyhow::Result<Vec<Input>> {
        let mut inputs = self.bench.inputs_of(sweep_step_of(step).context("there is no such step")?)?;
        match slip {
            Slip::None => {}
            Slip::OtherId => set(&mut inputs, "upgrade-id", OTHER_ID),
            Slip::Swapped => {
                for input in &mut inputs {
                    input.0 = swapped(input.0);
                }
            }
        }
        Ok(inputs)
    }

    /// Runs a step and judges what it says.
    fn step(
        &self,
        step: &str,
        inputs: &[Input],
        arguments: &[String],
        nobody_meanwhile: bool,
        case_run: &mut CaseRun,
    ) -> anyhow::Result<Ended> {
        let before = self.things()?;
        let given = Given { inputs, arguments, folder: self.bench.folder() };
        let ended = self.bench.end(step, self.bench.begin(step, &given)?, false)?;
        self.note(step, &ended, case_run);
        self.check_things(step, inputs, &before, case_run)?;
        if nobody_meanwhile {
            self.check_promise(step, &ended, case_run)?;
        }
        Ok(ended)
    }

    /// `done` is true, where nobody acted meanwhile.
    fn check_promise(&self, step: &str, ended: &Ended, case_run: &mut CaseRun) -> anyhow::Result<()> {
        let said = said(step, ended);
        case_run.wrong.extend(check_databases(&said, self.slots()?).err());
        if said.code == Some(0) && matches!(step, "rollback" | "switch") {
            let (production, stage) = (self.site("production-site"), self.site("stage-site"));
            case_run.wrong.extend(check_done(&said, &self.users()?, &production, &stage).err());
        }
        Ok(())
    }

    fn note(&self, step: &str, ended: &Ended, case_run: &mut CaseRun) {
        if self.verbose {
            eprintln!("== {step}\n{}-> {}\n", ended.text, told(ended.code));
        }
        let words = if ended.code == Some(0) { String::new() } else { format!(": {}", ended.final_message()) };
        let outcome = ended.outputs.get("outcome").cloned().unwrap_or_default();
        case_run.said.push(format!("{step} -> {outcome} ({}){words}", told(ended.code)));
        case_run.wrong.extend(check_words(&said(step, ended)).err());
        case_run.trouble = ended.code != Some(0);
    }

    /// A step that has refused has changed nothing: the world is as the hand alone makes it.
    fn check_unchanged(&self, case: &Case, case_run: &mut CaseRun) -> anyhow::Result<()> {
        let found = self.bench.state()?;
        self.bench.save(LEFT)?;
        self.bench.restore(case.station.from)?;
        self.act(case.hand, &mut CaseRun::default())?;
        let wanted = self.bench.state()?;
        // A server that the hand has put out of reach is there again, as it is after the step.
        self.bench.control().set_fault(None)?;
        let differ = differences(&without_closed_fences(&wanted), &without_closed_fences(&found));
        if !differ.is_empty() {
            let shown: Vec<&str> = differ.iter().take(SHOWN).map(String::as_str).collect();
            case_run.wrong.push(format!("{} has refused, and has changed: {}", case.station.step, shown.join("; ")));
        }
        self.bench.restore(LEFT)
    }

    /// As the workflow does: the next step after success, a rollback after a failure, and another one on a fresh runner where that
    /// was interrupted.
    fn go_on(&self, station: &SweepStep, ended: &Ended, case_run: &mut CaseRun) -> anyhow::Result<()> {
        if station.is_rollback() && ended.code == Some(INTERRUPTED) {
            return self.roll_back(case_run);
        }
        let Some(at) = CHAIN.iter().position(|step| *step == station.step) else { return Ok(()) };
        let mut failed = (ended.code != Some(0)).then_some(station.step);
        for step in &CHAIN[at + 1..] {
            if failed.is_none() {
                let inputs = self.bench.inputs_of(sweep_step_of(step).context("there is no such step")?)?;
                let ended = self.step(step, &inputs, &[], true, case_run)?;
                failed = (ended.code != Some(0)).then_some(step);
            }
        }
        if failed.is_some_and(|step| step != "prepare") {
            self.roll_back(case_run)?;
        }
        Ok(())
    }

    fn roll_back(&self, case_run: &mut CaseRun) -> anyhow::Result<()> {
        let inputs = self.bench.inputs_of(&ROLLBACK)?;
        let ended = self.step("rollback", &inputs, &[], true, case_run)?;
        if ended.code == Some(INTERRUPTED) {
            self.step("rollback", &inputs, &[], true, case_run)?;
        }
        Ok(())
    }

    fn follow_advice(&self, case_run: &mut CaseRun) -> anyhow::Result<()> {
        let mut last = None;
        for _ in 0..MOST_ADVICE {
            let Some(advice) = self.advice(case_run)? else { return Ok(()) };
            let mut inputs = self.bench.ordinary_inputs();
            let hooks = sweep_step_of(&advice.step).map(SweepStep::hooks).unwrap_or_default();
            let hook = self.bench.material().hook().display().to_string();
            inputs.extend(hooks.iter().map(|name| (*name, hook.clone())));
            if advice.step == "cleanup" {
                inputs.extend([("revert-window", "0s".to_owned()), ("remove-database", "true".to_owned())]);
                inputs.extend(advice.value("remove").map(|removed| ("remove", removed.to_owned())));
            }
            let arguments = without(&advice.arguments, "remove");
            let ended = self.step(&advice.step, &inputs, &arguments, true, case_run)?;
            let now = Some((advice, ended.code));
            if now == last && ended.code != Some(0) {
                return Ok(());
            }
            ensure!(now != last, "status advises for ever what was done: {:?}", last);
            last = now;
        }
        case_run
            .wrong
            .push(format!("after {MOST_ADVICE} times of doing what status advises it still advises something"));
        Ok(())
    }

    fn advice(&self, case_run: &mut CaseRun) -> anyhow::Result<Option<Advice>> {
        let mut inputs = self.bench.ordinary_inputs();
        inputs.extend(self.bench.identifiers()?);
        let given = Given { inputs: &inputs, arguments: &[], folder: self.bench.folder() };
        let ended = self.bench.end("status", self.bench.begin("status", &given)?, false)?;
        let output = |name: &str| ended.outputs.get(name).cloned().unwrap_or_else(|| "-".to_owned());
        let words = if ended.code == Some(0) { output("why") } else { ended.final_message() };
        case_run.said.push(format!(
            "status -> {}, next {}, rollback {}: {words}",
            output("state"),
            output("next"),
            output("rollback")
        ));
        case_run.wrong.extend(check_words(&said("status", &ended)).err());
        if (output("state").as_str(), output("next").as_str()) == ("not-begun", "prepare") {
            // Nothing of this upgrade is there: what status advises would be another one.
            return Ok(None);
        }
        let bad = matches!(output("state").as_str(), "unknown" | "broken" | "read-only-by-another");
        case_run.trouble |= ended.code != Some(0) || bad || ended.outputs.contains_key("obstacle");
        Ok(Advice::of(&ended.outputs, &self.bench.material().scripts.display().to_string()))
    }

    /// At rest. What a hand does to a site or a database is `lasting`: no step undoes it. Where a hand has `raced` a request, it is
    /// enough that the step has told, and that the last word is not that all is well. Whoever acts during a cleanup may act after its last look at users, and nothing comes after it that could tell.
    fn judge(
        &self,
        in_vain: bool,
        raced: bool,
        lasting: bool,
        case_run: &mut CaseRun,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        self.bench.alone()?;
        self.bench.release()?;
        let users = self.users()?;
        let report = self.bench.report()?;
        let (lost, broken) = (report.writes.lost, &report.invariants.broken);
        let secrets = broken.iter().filter(|broken| broken.number == 7).count() as u64;
        let whole = users.site.is_some() && users.write && lost == 0;
        if raced && (case_run.trouble || whole) && secrets == 0 && (lost > 0 || !broken.is_empty()) {
            tally.raced = 1;
            return Ok(());
        }
        (tally.lost_writes, tally.leaked_secrets) = (lost, secrets);
        tally.broken_invariants = broken.len() as u64 - secrets;
        if lost > 0 {
            case_run.wrong.push(format!("{lost} acknowledged writes are lost"));
        }
        let told = |Broken { number, what, cause }: &Broken| format!("invariant {number}: {what} (after {cause})");
        case_run.wrong.extend(broken.iter().map(told));
        let by_hand = lasting || report.invariants.excused.iter().any(|number| matches!(number, 3 | 6));
        case_run.wrong.extend(check_rest(&users, by_hand, case_run.trouble || in_vain).err());
        Ok(())
    }

    /// What users have now.
    fn users(&self) -> anyhow::Result<Users> {
        self.bench.control().wait("idle", REST)?;
        let report = self.bench.report()?;
        let foreign = report.invariants.excused.contains(&3);
        let site = report.serving.site.filter(|_| !foreign);
        let write = match &site {
            Some(site) => self.bench.takes_writes(site)?,
            None => false,
        };
        Ok(Users { site, write })
    }

    fn site(&self, output: &str) -> String {
        last_part(self.bench.outputs.get(output).map(String::as_str).unwrap_or_default()).to_owned()
    }
}

/// How long the world gets to come to rest.
const REST: std::time::Duration = std::time::Duration::from_secs(5);

fn said(step: &str, ended: &Ended) -> Said {
    Said {
        step: step.to_owned(),
        code: ended.code,
        outcome: ended.outputs.get("outcome").cloned(),
        hint: ended.why().map(|(_, hint)| hint),
    }
}

fn sweep_step_of(step: &str) -> Option<&'static SweepStep> {
    if step == "rollback" { Some(&ROLLBACK) } else { SweepStep::named(step) }
}

fn set(inputs: &mut [Input], name: &str, value: &str) {
    inputs.iter_mut().filter(|input| input.0 == name).for_each(|input| input.1 = value.to_owned());
}

fn swapped(name: &'static str) -> &'static str {
    match name {
        "production-database" => "stage-database",
        "production-site" => "stage-site",
        "production-endpoint" => "stage-endpoint",
        "stage-database" => "production-database",
        "stage-site" => "production-site",
        "stage-endpoint" => "production-endpoint",
        other => other,
    }
}

/// The arguments without one flag, which is among the inputs.
fn without(arguments: &[String], flag: &str) -> Vec<String> {
    let flag = format!("--{flag}");
    let at = arguments.iter().position(|word| *word == flag);
    let keep = |index: &usize| at.is_none_or(|at| *index != at && *index != at + 1);
    arguments.iter().enumerate().filter(|(index, _)| keep(index)).map(|(_, word)| word.clone()).collect()
}
