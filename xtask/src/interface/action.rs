//! The generated parts of `action.yml`.

use super::{
    dump::{Dump, Output},
    input::{self, Input, Meaning},
};
use crate::generated::Part;

/// Inputs, outputs, the variables that carry inputs to a step, and the names of the steps.
pub fn parts(dump: &Dump) -> Vec<Part> {
    let inputs = input::all(dump);
    let part = |name: &str, indent: &str, end, text| Part { begin: format!("{indent}# generated: {name}"), end, text };
    vec![
        part("inputs", "  ", "  # end", inputs.iter().map(|input| entry(dump, input)).collect()),
        part("outputs", "  ", "  # end", dump.outputs.iter().map(|output| output_entry(dump, output)).collect()),
        part("variables", "        ", "        # end", inputs.iter().map(|input| carrier(input.name)).collect()),
        part("steps", "          ", "          # end", cases(&dump.names())),
    ]
}

fn entry(dump: &Dump, input: &Input<'_>) -> String {
    let text = described(dump, input);
    format!("  {}:\n    description: {}\n    required: false\n", input.name, quoted(&text))
}

fn described(dump: &Dump, input: &Input<'_>) -> String {
    let meanings: Vec<String> = input.meanings.iter().map(|meaning| sentence(dump, meaning)).collect();
    meanings.join(". ")
}

fn sentence(dump: &Dump, Meaning { flag, steps }: &Meaning<'_>) -> String {
    let whose = if steps.len() == dump.steps.len() { String::new() } else { dump.in_words(steps) + ": " };
    let default = flag.default.as_ref().map(|default| format!(". Default: {default}")).unwrap_or_default();
    format!("{whose}{}{default}", flag.help)
}

fn output_entry(dump: &Dump, Output { name, meaning, steps }: &Output) -> String {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let text = quoted(&format!("{}: {meaning}", dump.in_words(&steps)));
    format!("  {name}:\n    description: {text}\n    value: ${{{{ steps.step.outputs.{name} }}}}\n")
}

/// The line that hands an input to the step.
fn carrier(input: &str) -> String {
    let variable = input.to_uppercase().replace('-', "_");
    format!("        UPGRADE_{variable}: ${{{{ inputs.{input} }}}}\n")
}

/// What the script does about each value of the input `step`.
fn cases(steps: &[&str]) -> String {
    let (last, others) = steps.split_last().unwrap_or((&"", &[]));
    format!(
        "          {}) ;;\n          *) refuse \"the input step names no step; use {} or {last}\" ;;\n",
        steps.join(" | "),
        others.join(", ")
    )
}

/// A double-quoted scalar of YAML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::input::tests::dump;

    #[test]
    fn an_input_says_what_it_means_to_whom() {
        let dump = dump();
        let inputs = input::all(&dump);
        assert_eq!(described(&dump, &inputs[0]), "Its name");
        assert_eq!(
            entry(&dump, &inputs[1]),
            "  site:\n    description: \"plan: V2's. switch: Stage's \\\"site\\\". Default: 5s\"\n    required: false\n"
        );
    }

    #[test]
    fn an_output_is_taken_from_the_step() {
        let output = Output { name: "lock".to_owned(), meaning: "Who".to_owned(), steps: vec!["plan".to_owned()] };
        assert_eq!(
            output_entry(&dump(), &output),
            "  lock:\n    description: \"plan: Who\"\n    value: ${{ steps.step.outputs.lock }}\n"
        );
    }

    #[test]
    fn the_script_knows_the_steps() {
        assert_eq!(
            cases(&["plan", "freeze", "status"]),
            "          plan | freeze | status) ;;\n          *) refuse \"the input step names no step; use plan, freeze or status\" ;;\n"
        );
        assert_eq!(carrier("arm-token"), "        UPGRADE_ARM_TOKEN: ${{ inputs.arm-token }}\n");
    }
}
