//! The step summary: Markdown that GitHub shows on a run's page.

use std::path::PathBuf;

/// GitHub refuses the whole summary of a step above this many bytes (1 MiB; "Adding a job summary", GitHub docs).
pub const SUMMARY_LIMIT: usize = 1024 * 1024;

const NOTE: &str = "\n_The rest is left out: GitHub takes at most 1 MiB of summary for a step._\n";

/// Why the summary cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("append to `{}`, the file that GITHUB_STEP_SUMMARY names", path.display())]
pub struct SummaryError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// The text, ended by a line end, cut at a line and with a note where it does not fit into `room` bytes.
pub(crate) fn fit(markdown: &str, room: usize) -> String {
    let text = if markdown.ends_with('\n') { markdown.to_owned() } else { format!("{markdown}\n") };
    if text.len() <= room {
        return text;
    }
    let Some(left) = room.checked_sub(NOTE.len()) else {
        return String::new();
    };
    let end = text.as_bytes()[..left].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    format!("{}{NOTE}", &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_is_kept() {
        assert_eq!(fit("# A\n", 4), "# A\n");
        assert_eq!(fit("# A", 4), "# A\n");
    }

    #[test]
    fn the_rest_is_cut_at_a_line_with_a_note() {
        let room = NOTE.len() + 9;
        assert_eq!(fit(&"line\n".repeat(40), room), format!("line\n{NOTE}"));
        assert_eq!(fit(&"é".repeat(400), room), NOTE);
        assert_eq!(fit("ab", 1), "");
    }

    proptest! {
        #[test]
        fn it_never_grows_beyond_the_room(text in "[aé\n]{0,300}", room in 0usize..400) {
            prop_assert!(fit(&text, room).len() <= room);
        }
    }
}
