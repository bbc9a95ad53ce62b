//! The generated parts of `docs/permissions.md`.

use std::collections::BTreeSet;

use super::{
    Needs, Place,
    beyond::{self, CONDITIONAL, Conditional, LINKED},
};
use crate::{
    contract::{
        capture::STEPS,
        slot::Slot,
        statement::{KEEPS_ALIVE, Need},
    },
    generated::{self, Part},
};

/// The columns of the SQL table.
const PLACES: [(Place, &str); 4] = [
    (Place { slot: Slot::Production, master: false }, "production's database"),
    (Place { slot: Slot::Production, master: true }, "`master` of production's server"),
    (Place { slot: Slot::Stage, master: false }, "stage database"),
    (Place { slot: Slot::Stage, master: true }, "`master` of the stage server"),
];

/// The page with its generated parts written anew.
///
/// # Errors
/// A mark is missing.
pub fn filled(page: &str, needs: &Needs) -> anyhow::Result<String> {
    let parts = [("arm", arm(needs)), ("linked", linked(needs)), ("sql", sql(needs)), ("batches", batches(needs))];
    generated::fill(page, &parts.map(|(name, text)| Part::of_page(name, &text)))
}

/// Rows are actions, columns are steps.
fn arm(needs: &Needs) -> String {
    let names: BTreeSet<&str> = needs.arm.values().flatten().map(|action| action.name.as_str()).collect();
    let mut text = format!("| action | {} |\n|---|{}\n", STEPS.join(" | "), ":-:|".repeat(STEPS.len()));
    for name in names {
        let cells: Vec<String> = STEPS.iter().map(|step| slots(needs, step, name)).collect();
        let mark = if beyond::condition(name).is_some() { " *" } else { "" };
        text += &format!("| `{name}`{mark} | {} |\n", cells.join(" | "));
    }
    text
}

/// `P`, `S`, or a dot for what both slots share.
fn slots(needs: &Needs, step: &str, name: &str) -> String {
    let actions = needs.arm.get(step).into_iter().flatten().filter(|action| action.name == name);
    let found: BTreeSet<Option<Slot>> = actions.map(|action| action.slot).collect();
    let letters: Vec<&str> = found.iter().flatten().map(letter).collect();
    if letters.is_empty() && !found.is_empty() { "•".to_owned() } else { letters.join(" ") }
}

fn letter(slot: &Slot) -> &'static str {
    match slot {
        Slot::Production => "P",
        Slot::Stage => "S",
    }
}

fn linked(needs: &Needs) -> String {
    let names: BTreeSet<String> = needs.arm.values().flatten().map(|action| action.name.clone()).collect();
    let mut text = "| with | also | why | source |\n|---|---|---|---|\n".to_owned();
    for linked in LINKED.iter().filter(|linked| names.contains(linked.with)) {
        text += &format!("| `{}` | `{}` | {} | {} |\n", linked.with, linked.needs, linked.why, linked.source);
    }
    text += "\n| action that an input asks for | needed where | role |\n|---|---|---|\n";
    for Conditional { name, input, role } in CONDITIONAL.iter().filter(|row| names.contains(row.name)) {
        let role = role.map_or("none".to_owned(), |role| format!("[`{role}.json`](roles/{role}.json)"));
        text += &format!("| `{name}` | {input} | {role} |\n");
    }
    text
}

fn sql(needs: &Needs) -> String {
    let heads: Vec<&str> = PLACES.iter().map(|(_, head)| *head).collect();
    let mut text = format!("| step | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for step in STEPS {
        let need = |place: &Place| needs.sql.get(&(step, *place)).map_or("", |(need, _)| role(*need));
        let cells: Vec<&str> = PLACES.iter().map(|(place, _)| need(place)).collect();
        text += &format!("| {step} | {} |\n", cells.join(" | "));
    }
    text
}

fn role(need: Need) -> &'static str {
    match need {
        Need::User => "a user",
        Need::ViewState => "`db_datareader`, VIEW DATABASE STATE",
        Need::Owner => "`db_owner`",
        Need::Dbmanager => "`dbmanager`",
    }
}

/// What the steps do where, so that a reader can see why. Which sessions wait so long that they have to be kept alive differs
/// from run to run.
fn batches(needs: &Needs) -> String {
    let mut text = "| step | where | what for |\n|---|---|---|\n".to_owned();
    for step in STEPS {
        for (place, head) in PLACES {
            if let Some((_, does)) = needs.sql.get(&(step, place)) {
                let does: Vec<&str> = does.iter().copied().filter(|does| *does != KEEPS_ALIVE).collect();
                text += &format!("| {step} | {head} | {} |\n", does.join("; "));
            }
        }
    }
    text
}

#[cfg(test)]
#[path = "page_test.rs"]
mod tests;
