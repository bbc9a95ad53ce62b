//! The generated tables of `docs/inputs-and-outputs.md`.

use super::{
    dump::{Dump, Output},
    input::{self, Input, Meaning},
};
use crate::generated::Part;

/// A table for each group of inputs, and one for the outputs.
pub fn parts(dump: &Dump) -> Vec<Part> {
    let inputs = input::all(dump);
    let group = |heading: &str| {
        let rows = inputs.iter().filter(|input| input.heading == heading);
        rows.flat_map(|input| input.meanings.iter().map(|meaning| row(dump, input, meaning))).collect::<String>()
    };
    let headings = input::headings(&inputs);
    let groups = headings.into_iter().map(|heading| Part::of_page(heading, &format!("{INPUTS}{}", group(heading))));
    let outputs: String = dump.outputs.iter().map(|output| output_row(dump, output)).collect();
    groups.chain([Part::of_page("Outputs", &format!("{OUTPUTS}{outputs}"))]).collect()
}

const INPUTS: &str = "| input | of | value | default | meaning |\n|---|---|---|---|---|\n";
const OUTPUTS: &str = "| output | of | meaning |\n|---|---|---|\n";

fn row(dump: &Dump, input: &Input<'_>, Meaning { flag, steps }: &Meaning<'_>) -> String {
    let (name, of) = (input.name, dump.in_words(steps));
    let form = if flag.secret { "secret" } else { &flag.form };
    let default = flag.default.as_deref().map(default).unwrap_or_default();
    format!("| `{name}` | {of} | {form} | {default} | {} |\n", cell(&flag.help))
}

/// A value is code; how a default is found is said in words.
fn default(default: &str) -> String {
    if default.contains(' ') { cell(default) } else { format!("`{default}`") }
}

fn output_row(dump: &Dump, Output { name, meaning, steps }: &Output) -> String {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    format!("| `{name}` | {} | {} |\n", dump.in_words(&steps), cell(meaning))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::input::tests::dump;

    #[test]
    fn each_group_is_a_table() {
        let dump = dump();
        let parts = parts(&dump);
        let marks: Vec<_> = parts.iter().map(|part| part.begin.as_str()).collect();
        assert_eq!(marks, ["Upgrade", "Limits", "Outputs"].map(|name| format!("<!-- generated: {name} -->")));
        let rows: Vec<_> = parts[0].text.lines().skip(3).filter(|line| !line.is_empty()).collect();
        assert_eq!(
            rows,
            [
                "| `id` | every step | text |  | Its name |",
                "| `site` | plan | text |  | V2's |",
                "| `site` | switch | text | `5s` | Stage's \"site\" |",
            ]
        );
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        assert_eq!(cell("a | b"), "a \\| b");
        assert_eq!((default("5s"), default("as for `x`")), ("`5s`".to_owned(), "as for `x`".to_owned()));
    }
}
