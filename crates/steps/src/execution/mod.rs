//! How a step that changes something runs, whichever end it comes to.

mod effects;
mod forward;
mod giving_back;
mod lock;
mod look;
mod progress;
mod recovery;
mod step_run;

pub use step_run::StepRun;

use crate::{report::Report, stop::Halt};
use progress::Progress;

/// Runs a step to whatever end it comes to.
pub async fn run(step: &StepRun<'_>) -> Report {
    let mut progress = Progress::default();
    match step.forward(&mut progress).await {
        Ok(report) => report,
        Err(Halt::Stopped(cause)) => step.stopped(cause, progress).await,
        Err(Halt::Overdue) => step.overdue(None, progress).await,
        Err(Halt::Failed(failure)) if progress.overdue() => step.overdue(Some(failure), progress).await,
        Err(Halt::Failed(failure)) => step.failed(failure, progress),
    }
}
