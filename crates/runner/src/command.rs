//! The text form of workflow commands: `::name key=value,key=value::data`.
//!
//! Source: GitHub's "Workflow commands for GitHub Actions" and the escaping of `actions/toolkit`'s `command.ts`.

/// Escapes the data of a command, so that it stays one line.
pub(crate) fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The data of a command as it was before.
fn unescape_data(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

/// Escapes the value of a property, which ends at a comma or colon.
pub(crate) fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// One command as a line without its end.
pub(crate) fn command(name: &str, properties: &[(&str, &str)], data: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", escape_property(value))).collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!("::{name}{space}{}::{}", properties.join(","), escape_data(data))
}

/// What a program that this one runs wants to have masked, where its line is the command for that.
#[must_use]
pub fn masked(line: &str) -> Option<String> {
    let data = line.trim().strip_prefix("::add-mask::").filter(|data| !data.is_empty())?;
    Some(unescape_data(data))
}

/// The lines of a text as a runner reads them: a carriage return alone ends one too.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('\r'))
}

/// Takes the power of a command from a line of a log: a runner obeys `::name::` at the start of any line that a step
/// prints, to stderr too, and the older `##[name]` anywhere in it. What a server or a script says must not be obeyed.
pub(crate) fn neutralize(line: &str) -> String {
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    let body = body.replace("##[", "## [");
    match body.strip_prefix("::") {
        Some(rest) => format!("{indent}: :{rest}"),
        None => format!("{indent}{body}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mask_of_another_program_is_seen() {
        assert_eq!(masked("  ::add-mask::50%25 of it\n").as_deref(), Some("50% of it"));
        for other in ["::add-mask::", "add-mask::x", "::notice::x", "x ::add-mask::y"] {
            assert_eq!(masked(other), None, "{other}");
        }
    }

    fn unescape_property(text: &str) -> String {
        unescape_data(&text.replace("%3A", ":").replace("%2C", ","))
    }

    #[test]
    fn commands_have_the_runners_form() {
        assert_eq!(command("endgroup", &[], ""), "::endgroup::");
        assert_eq!(command("add-mask", &[], "50%\r\nof it"), "::add-mask::50%25%0D%0Aof it");
        let titled = command("error", &[("title", "a,b:c"), ("file", "x")], "a,b:c");
        assert_eq!(titled, "::error title=a%2Cb%3Ac,file=x::a,b:c");
    }

    #[test]
    fn a_carriage_return_ends_a_line() {
        let all = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(all("a\r::add-mask::b\r\nc\n\nd"), ["a", "::add-mask::b", "c", "", "d"]);
        assert_eq!(all(""), Vec::<&str>::new());
    }

    #[test]
    fn foreign_commands_lose_their_power() {
        assert_eq!(neutralize("  ::add-mask::e"), "  : :add-mask::e");
        assert_eq!(neutralize("a ##[error]b"), "a ## [error]b");
        assert_eq!(neutralize("a ::error::b"), "a ::error::b");
    }

    proptest! {
        #[test]
        fn a_command_is_one_line_that_decodes_to_what_was_given(title in "\\PC*|[%:,\r\n0-9A-D]*", data in "\\PC*|[%:,\r\n0-9A-D]*") {
            let line = command("notice", &[("title", &title)], &data);
            prop_assert!(!line.contains(['\r', '\n']));
            let rest = line.strip_prefix("::notice title=").unwrap();
            let (left, right) = rest.split_once("::").unwrap();
            prop_assert_eq!(unescape_property(left), title);
            prop_assert_eq!(unescape_data(right), data);
        }

        #[test]
        fn no_line_is_a_command_after_inert(line in "[ :#\\[\\]a\t]{0,20}") {
            let line = neutralize(&line);
            prop_assert!(!line.trim_start().starts_with("::"));
            prop_assert!(!line.contains("##["));
        }
    }
}
