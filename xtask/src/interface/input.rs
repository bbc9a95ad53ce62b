//! The inputs of the action: the flags of all steps, each once.

use super::dump::{Dump, Flag};

/// An input, with what it means to which steps.
#[derive(Debug)]
pub struct Input<'d> {
    /// Its name.
    pub name: &'d str,
    /// The group that the first step has it in.
    pub heading: &'d str,
    /// One entry if it means the same to all steps that know it.
    pub meanings: Vec<Meaning<'d>>,
}

/// What an input means to some steps.
#[derive(Debug)]
pub struct Meaning<'d> {
    /// Its flag, as one of them has it.
    pub flag: &'d Flag,
    /// The names of these steps.
    pub steps: Vec<&'d str>,
}

/// The inputs by group, in the order in which the steps have them. A switch is none: an action passes values, and what
/// `--json` asks for is an output.
pub fn all(dump: &Dump) -> Vec<Input<'_>> {
    let mut inputs = Vec::new();
    for step in &dump.steps {
        for flag in step.flags.iter().filter(|flag| flag.form != "switch") {
            add(&mut inputs, &step.name, flag);
        }
    }
    let headings = headings(&inputs);
    inputs.sort_by_key(|input| headings.iter().position(|heading| *heading == input.heading));
    inputs
}

/// The groups, each once.
pub fn headings<'d>(inputs: &[Input<'d>]) -> Vec<&'d str> {
    let mut headings = Vec::new();
    for input in inputs {
        if !headings.contains(&input.heading) {
            headings.push(input.heading);
        }
    }
    headings
}

fn add<'d>(inputs: &mut Vec<Input<'d>>, step: &'d str, flag: &'d Flag) {
    let meaning = Meaning { flag, steps: vec![step] };
    let Some(known) = inputs.iter_mut().find(|input| input.name == flag.name) else {
        let heading = flag.heading.as_deref().unwrap_or("Other");
        inputs.push(Input { name: &flag.name, heading, meanings: vec![meaning] });
        return;
    };
    let same = |meaning: &&mut Meaning<'_>| meaning.flag.help == flag.help && meaning.flag.default == flag.default;
    match known.meanings.iter_mut().find(same) {
        Some(same) => same.steps.push(step),
        None => known.meanings.push(meaning),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::interface::dump::Step;

    fn flag(name: &str, heading: &str, help: &str) -> Flag {
        let (name, help) = (name.to_owned(), help.to_owned());
        Flag { name, heading: Some(heading.to_owned()), help, default: None, form: "text".to_owned(), secret: false }
    }

    /// Two steps that share one flag, and mean another thing with a second.
    pub fn dump() -> Dump {
        let plan =
            vec![flag("id", "Upgrade", "Its name"), flag("max", "Limits", "At most"), flag("site", "Upgrade", "V2's")];
        let switch = vec![
            flag("id", "Upgrade", "Its name"),
            Flag { default: Some("5s".to_owned()), ..flag("site", "Upgrade", "Stage's \"site\"") },
            Flag { form: "switch".to_owned(), ..flag("json", "Other", "Print") },
        ];
        let steps = [("plan", plan), ("switch", switch)];
        let steps = steps.map(|(name, flags)| Step { name: name.to_owned(), flags }).into();
        Dump { steps, outputs: Vec::new() }
    }

    #[test]
    fn a_flag_of_several_steps_is_one_input() {
        let dump = dump();
        let inputs = all(&dump);
        assert_eq!(inputs.iter().map(|input| input.name).collect::<Vec<_>>(), ["id", "site", "max"]);
        assert_eq!(inputs[0].meanings[0].steps, ["plan", "switch"]);
        let meant: Vec<_> = inputs[1].meanings.iter().map(|meaning| meaning.steps.clone()).collect();
        assert_eq!(meant, [["plan"], ["switch"]]);
        assert_eq!(headings(&inputs), ["Upgrade", "Limits"]);
    }
}
