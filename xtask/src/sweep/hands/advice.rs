//! What `upgrade-status` advises: the next step with its whole command line.

use crate::outputs::Outputs;

/// Stands in that command line for what the live state cannot know.
const SCRIPTS: &str = "<folder of the upgrade scripts>";

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The step.
    pub step: String,
    /// Its command line, without the name of its binary.
    pub arguments: Vec<String>,
}

impl Advice {
    /// From the outputs of status; none where no step comes next, or the next upgrade would have to be planned.
    pub fn of(outputs: &Outputs, scripts: &str) -> Option<Self> {
        let words = words(outputs.get("command")?);
        let (binary, arguments) = words.split_first()?;
        let step = binary.strip_prefix("upgrade-")?.to_owned();
        let given = |word: &String| if word == SCRIPTS { scripts.to_owned() } else { word.clone() };
        (step != "plan").then(|| Self { step, arguments: arguments.iter().map(given).collect() })
    }

    /// The value of one of its flags.
    pub fn value(&self, flag: &str) -> Option<&str> {
        let at = self.arguments.iter().position(|word| word.strip_prefix("--") == Some(flag))?;
        self.arguments.get(at + 1).map(String::as_str)
    }
}

/// The words of a command line, as a POSIX shell reads those that are plain or in single quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut escaped) = (Vec::new(), None::<String>, false, false);
    for letter in line.chars() {
        match letter {
            _ if escaped => {
                word.get_or_insert_default().push(letter);
                escaped = false;
            }
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if !quoted => escaped = true,
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_read_as_a_shell_reads_it() {
        assert_eq!(words("a --b 'c d' 'it'\\''s' ''"), ["a", "--b", "c d", "it's", ""]);
    }

    #[test]
    fn advice_is_a_step_with_its_arguments() {
        let outputs = |command: &str| Outputs::from([("command".to_owned(), command.to_owned())]);
        let advice =
            Advice::of(&outputs("upgrade-freeze --upgrade-id 7 --scripts '<folder of the upgrade scripts>'"), "/s")
                .unwrap();
        assert_eq!(
            (advice.step.as_str(), advice.value("scripts"), advice.value("upgrade-id")),
            ("freeze", Some("/s"), Some("7"))
        );
        assert_eq!(Advice::of(&outputs("upgrade-plan"), "/s"), None);
        assert_eq!(Advice::of(&Outputs::new(), "/s"), None);
    }
}
