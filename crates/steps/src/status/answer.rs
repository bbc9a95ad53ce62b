//! What status tells: outputs, JSON, and a summary for people.

use rollout::{
    Outcome, ProfileId, Refusal, Slot, Status, Step, Upgrade, World,
    facts::Holder,
    status::{Labelled, Next, ReadOnly, Rollback, State, command},
};
use serde_json::{Value, json};

use crate::{
    outputs::{Output, Outputs, of_slots},
    report::Report,
};

/// What `next` says where nothing comes next.
const NOTHING: &str = "nothing";

/// Where an upgrade stands.
pub fn upgrade(upgrade: &Upgrade, world: &World, status: &Status, holder: Option<&Holder>) -> Report {
    let command = command(upgrade, status);
    let mut outputs = stands(status.state.word(), step_of(&status.next), command.as_deref());
    outputs.push((Output::Why, json!(status.next.why)));
    outputs.extend(of_slots(upgrade));
    outputs.extend(status.scripts_digest.iter().map(|digest| (Output::ScriptsDigest, json!(digest))));
    outputs.extend(status.read_only.iter().flat_map(times));
    outputs.push((Output::Rollback, json!(status.rollback.word())));
    outputs.extend(status.obstacle.iter().map(|refusal| (Output::Obstacle, json!(in_the_way(refusal)))));
    outputs.extend(holder.map(|holder| (Output::Lock, lock(holder))));
    let lines = lines(upgrade, world, status, holder);
    report(
        outputs,
        &format!(
            "{lines}{}{}",
            table(upgrade),
            command.as_deref().map(|command| shown(status, command)).unwrap_or_default()
        ),
    )
}

/// A profile that no upgrade has labelled.
pub fn nothing(profile: &ProfileId) -> Report {
    let why = format!(
        "the tags of Traffic Manager profile `{profile}` name no upgrade: none has begun, or the last one is cleaned up"
    );
    let mut outputs = stands(State::NotBegun.word(), "plan", None);
    outputs.push((Output::Why, json!(why)));
    report(outputs, &format!("**{}**: {why}. Next comes `plan`.\n\n", State::NotBegun))
}

/// Users are on V2, and V1 has neither endpoint nor site: only its database may be left.
pub fn without_v1(labelled: &Labelled) -> Report {
    let why = "V1's endpoint is removed; if its database was kept, `cleanup` removes that too, given all identifiers";
    let mut outputs = stands(State::CleanedUp.word(), NOTHING, None);
    outputs.extend([
        (Output::Why, json!(why)),
        (Output::UpgradeId, json!(labelled.id)),
        (Output::StageSite, json!(labelled.site)),
        (Output::StageEndpoint, json!(labelled.endpoint)),
    ]);
    report(outputs, &format!("Upgrade `{}`: **{}**. {why}.\n\n", labelled.id, State::CleanedUp))
}

fn report(outputs: Outputs, summary: &str) -> Report {
    Report { outputs, summary: summary.to_owned(), ..Report::success("status", Outcome::Done) }
}

fn stands(state: &str, next: &str, command: Option<&str>) -> Outputs {
    let command = command.map(|command| (Output::Command, json!(command)));
    [(Output::State, json!(state)), (Output::Next, json!(next))].into_iter().chain(command).collect()
}

fn step_of(next: &Next) -> &'static str {
    next.step.map_or(NOTHING, Step::name)
}

fn times(time: &ReadOnly) -> Outputs {
    vec![
        (Output::ReadOnlySince, json!(time.since)),
        (Output::Deadline, json!(time.deadline)),
        (Output::Overdue, json!(time.overdue)),
    ]
}

fn lock(holder: &Holder) -> Value {
    let step = holder.step();
    json!({
        "step": step.map(|(step, _)| step),
        "upgrade-id": step.map(|(_, upgrade)| upgrade),
        "program": holder.program,
        "login": holder.login,
        "host": holder.host,
        "since": holder.since,
    })
}

fn lines(upgrade: &Upgrade, world: &World, status: &Status, holder: Option<&Holder>) -> String {
    let next = format!(
        "Upgrade `{}`: **{}**. Next comes {}: {}.\n\n",
        upgrade.id,
        status.state,
        next(&status.next),
        status.next.why
    );
    let mut all: Vec<String> = Vec::new();
    all.extend(holder.map(|holder| format!("{holder} is at work: wait until it has ended")));
    all.extend(
        status.obstacle.as_ref().map(|refusal| format!("the next step would refuse now: {}", in_the_way(refusal))),
    );
    all.extend(status.read_only.as_ref().map(|time| read_only(time, world)));
    all.push(match &status.rollback {
        Rollback::Possible => "a rollback is possible".to_owned(),
        Rollback::NothingToDo => "there is nothing to roll back".to_owned(),
        Rollback::WithLoss(why) => format!("a rollback would lose writes: {why}"),
        Rollback::Refused(why) => format!("a rollback is not possible: {why}"),
    });
    all.extend(
        status
            .other
            .as_ref()
            .map(|other| format!("the tags of the Traffic Manager profile name another upgrade, `{other}`")),
    );
    let list: String = all.iter().map(|line| format!("- {line}\n")).collect();
    format!("{next}{list}\n")
}

fn in_the_way(refusal: &Refusal) -> String {
    format!("{}; {}", refusal.why, refusal.hint)
}

fn next(next: &Next) -> String {
    next.step.map_or_else(|| NOTHING.to_owned(), |step| format!("`{}`", step.name()))
}

fn read_only(time: &ReadOnly, world: &World) -> String {
    let when = if time.overdue { "passed" } else { "passes" };
    let now = world.now().map(|now| format!(" (now it is {now:.0})")).unwrap_or_default();
    format!("users can only read since {:.0}; the deadline {when} at {:.0}{now}", time.since, time.deadline)
}

fn table(upgrade: &Upgrade) -> String {
    let row = |name: &str, of: fn(&Slot) -> String| {
        format!("| {name} | `{}` | `{}` |\n", of(&upgrade.production), of(&upgrade.stage))
    };
    format!(
        "| | production (V1) | stage (V2) |\n|---|---|---|\n{}{}{}\n",
        row("database", |slot| slot.database.to_string()),
        row("site", |slot| slot.site.to_string()),
        row("endpoint", |slot| slot.endpoint.to_string())
    )
}

/// What the live state cannot know is named.
fn shown(status: &Status, command: &str) -> String {
    let prepares = status.next.step == Some(Step::Prepare);
    let too = if prepares { ", and those for the stage site and V2's package that plan got" } else { "" };
    format!("Add the inputs for the connection and for signing in{too}:\n\n```sh\n{command}\n```\n\n")
}
