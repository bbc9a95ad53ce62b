//! Messages that GitHub shows on a run's page.

use crate::command::command;

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The step failed.
    Error,
    /// Something that somebody should look at.
    Warning,
    /// Something worth knowing.
    Notice,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// One message with a short title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How loud it is.
    pub level: Level,
    /// A few words; shown in bold.
    pub title: String,
    /// The message; may have several lines.
    pub message: String,
}

impl Annotation {
    /// The workflow command, without the line end.
    pub(crate) fn command(&self) -> String {
        command(self.level.name(), &[("title", &self.title)], &self.message)
    }

    /// The form for people, without the line end.
    pub(crate) fn plain(&self) -> String {
        format!("{}: {}: {}", self.level.name(), self.title, self.message)
    }
}
