use proptest::prelude::*;

use super::*;

fn batches(text: &str) -> Vec<(String, u32)> {
    split(text).unwrap().into_iter().map(|batch| (batch.text, batch.repeat)).collect()
}

fn texts(text: &str) -> Vec<String> {
    batches(text).into_iter().map(|(text, _)| text).collect()
}

fn message(text: &str) -> String {
    split(text).unwrap_err().to_string()
}

#[test]
fn go_counts_at_the_start_of_a_line_in_any_case_after_spaces_or_tabs() {
    assert_eq!(texts("a\nGO\nb"), ["a\n", "b"]);
    assert_eq!(texts("a\n \t gO \nb\n"), ["a\n", "b\n"]);
    for text in ["a GO\nb", "a -- x\n/* c */ GO\nb", "a /* x\n*/ GO\nb", "a\n\u{A0}GO\nb"] {
        assert_eq!(texts(text), [text]);
    }
}

#[test]
fn strings_names_and_comments_hide_a_go() {
    for text in
        ["'\nGO\n'", "N'''\nGO\n'", "\"\nGO\n\"\"\"", "[\nGO\n]]\nGO\n]", "/*\nGO\n/**/\nGO\n*/", "'/*'", "/*'*/"]
    {
        assert_eq!(texts(&format!("{text}\nGO\nb")), [format!("{text}\n"), "b".to_owned()]);
    }
}

#[test]
fn a_line_comment_ends_with_its_line() {
    assert_eq!(texts("-- it's /* fine\nGO\nb"), ["-- it's /* fine\n", "b"]);
    assert_eq!(texts("-- no continuation \\\nGO\nb"), ["-- no continuation \\\n", "b"]);
}

#[test]
fn a_word_that_begins_with_go_is_text() {
    for text in ["GOTO x\nb", "GO_x\nb", "GO;\nb", "GO5\nb", "GO.x\nb", "GÖ\nb", "g\nb", "GO\u{1}\nb"] {
        assert_eq!(texts(text), [text]);
    }
}

#[test]
fn a_count_and_a_comment_may_follow() {
    assert_eq!(batches("a\nGO 3\nb\nGO\t2 -- x\nc\nGO--x"), [("a\n".into(), 3), ("b\n".into(), 2), ("c\n".into(), 1)]);
    assert_eq!(batches("a\nGO 2147483647--x"), [("a\n".into(), 2_147_483_647)]);
}

#[test]
fn anything_else_after_go_is_an_error() {
    for rest in ["x", "/*c*/", "1.5", "-1", "1 2", "(1)", "$(x)", "'x'", "[x]", "!", "1x", "-x"] {
        let expected = Problem::AfterGo(rest.to_owned());
        assert_eq!(
            split(&format!("a\n GO {rest}\nb")).unwrap_err(),
            SplitError { line: 2, column: 5, problem: expected }
        );
    }
    assert_eq!(
        message("a\nGO/*c*/"),
        "line 2, column 3: `/*c*/` cannot stand after `GO`: only a repeat count and a comment that begins with `--` may \
         follow; put anything else on a line of its own"
    );
}

#[test]
fn a_count_of_zero_or_beyond_an_int_is_an_error() {
    assert_eq!(
        message("a\nGO 0\n"),
        "line 2, column 4: `0` is not a repeat count for `GO`: it must be 1 to 2147483647; to leave a batch out, \
         remove it from the script"
    );
    assert!(message("a\nGO 2147483648").starts_with("line 2, column 4: `2147483648` is not a repeat count"));
    assert!(message("a\nGO 99999999999999999999").starts_with("line 2, column 4: `99999999999999999999` is not"));
}

#[test]
fn what_has_no_end_is_named_with_its_beginning() {
    assert_eq!(
        message("a\r\n ä'x\rGO"),
        "line 2, column 3: the string that begins here has no end: add the closing `'`"
    );
    assert_eq!(
        message("[a]]"),
        "line 1, column 1: the bracketed name that begins here has no end: add the closing `]`"
    );
    assert_eq!(
        message("\n\n\""),
        "line 3, column 1: the quoted name that begins here has no end: add the closing `\"`"
    );
    assert_eq!(message("/* /* */"), "line 1, column 1: the comment that begins here has no end: add the closing `*/`");
    assert_eq!(message("/*/"), "line 1, column 1: the comment that begins here has no end: add the closing `*/`");
}

#[test]
fn every_kind_of_line_end_ends_a_line() {
    assert_eq!(texts("a\rGO\rb\r\nGO\r\nc\nGO\nd"), ["a\r", "b\r\n", "c\n", "d"]);
}

#[test]
fn batches_of_white_space_are_left_out_and_those_of_comments_are_marked() {
    assert_eq!(texts(" \nGO\n\t\nGO\n\n"), [""; 0]);
    let marks = |text: &str| split(text).unwrap().iter().map(|batch| batch.comments_only).collect::<Vec<_>>();
    assert_eq!(marks("-- x\nGO\n/* y */ -- z\nGO\n-- x\na\nGO\n''\nGO\n--"), [true, true, false, false, true]);
}

#[test]
fn first_lines_are_those_of_the_file() {
    let lines: Vec<u32> =
        split("a\r\n\r\nGO\rb\nGO\n\n\nGO\n\nc").unwrap().iter().map(|batch| batch.first_line).collect();
    assert_eq!(lines, [1, 4, 9]);
}

#[test]
fn sqlcmd_commands_are_refused_but_its_variables_are_text() {
    for (line, name) in [
        (":r x.sql", ":r"),
        (" :SETVAR a 1", ":SETVAR"),
        ("!!dir", "!!dir"),
        (":!! dir", ":!!"),
        (":on error exit", ":on"),
    ] {
        assert_eq!(split(&format!("a\n{line}\n")).unwrap_err().problem, Problem::Sqlcmd(name.to_owned()));
    }
    assert_eq!(
        message("  :connect x"),
        "line 1, column 3: `:connect` is a command of the sqlcmd tool, not T-SQL, and no command of sqlcmd is run here: \
         write the statements and values themselves into the script"
    );
    for text in ["select '$(x)', $(y)", "geometry\n::Parse('x')", "':\n:r x'", "a != b\n!= c", "label\n: a"] {
        assert_eq!(texts(text), [text]);
    }
}

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "GO", "go 2", "GO\n", "\nGO\n", "\n", "\r", "\r\n", " ", "\t", "'", "''", "\"", "[", "]", "]]", "/*", "*/", "/",
    "--", "-", "a", "select 1", ";", ":", ":r", "!!", "$(", "1", "ä", "\u{2028}", "\u{A0}",
];

/// Scripts of the pieces that matter, so that every rule meets every other one.
fn script() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

/// Writes batches as a script again: one batch, one separator.
fn join(batches: &[Batch]) -> String {
    let separated = |batch: &Batch| match batch.text.ends_with(['\n', '\r']) {
        true => format!("{}GO {}\n", batch.text, batch.repeat),
        false => batch.text.clone(),
    };
    batches.iter().map(separated).collect()
}

fn is_separator_or_blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().get(..2).is_some_and(|word| word.eq_ignore_ascii_case("GO"))
}

/// The offset at which each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.match_indices(['\n', '\r']).filter(|(at, _)| !text[*at..].starts_with("\r\n"));
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics(text in "\\PC*|[GOgo\n\r '\"\\[\\]/*:!-]*") {
        let _ = split(&text);
    }

    #[test]
    fn nothing_is_lost_but_separators_and_white_space(text in script()) {
        let Ok(batches) = split(&text) else { return Ok(()) };
        let (starts, mut end) = (line_starts(&text), 0);
        for batch in &batches {
            let start = starts[batch.first_line as usize - 1];
            prop_assert!(text[start..].starts_with(&batch.text));
            prop_assert!(text[end..start].split(['\n', '\r']).all(is_separator_or_blank), "lost: {:?}", &text[end..start]);
            end = start + batch.text.len();
        }
        prop_assert!(text[end..].split(['\n', '\r']).all(is_separator_or_blank), "lost: {:?}", &text[end..]);
    }

    #[test]
    fn splitting_what_was_split_gives_the_same(text in script()) {
        let Ok(batches) = split(&text) else { return Ok(()) };
        let strip = |batches: Vec<Batch>| batches.into_iter().map(|batch| Batch { first_line: 0, ..batch }).collect::<Vec<_>>();
        prop_assert_eq!(strip(split(&join(&batches)).unwrap()), strip(batches));
    }
}
