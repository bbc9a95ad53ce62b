//! The shell that all steps share: inputs in, exit code out, and every ending told.

use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::Parser;
use rollout::Outcome;
use runner::{Annotation, Level, RunnerIo};
use secrecy::ExposeSecret;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt};

use crate::{
    failure::Failure,
    inputs::{self, ConnectionInputs, Parsed},
    report::Report,
    stop::Stop,
};

/// Inputs of a step, whichever.
pub trait Inputs: Parser {
    /// The part that every step has.
    fn connection(&self) -> &ConnectionInputs;
    /// Further secrets among the inputs.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Arguments with the part that every step has, directly or among the common ones. Those of some steps have a package, whose address may be
/// a secret.
macro_rules! inputs {
    ($($arguments:ident at $($common:ident).+ $(, with $site:ident)?;)+) => {$(
        impl Inputs for inputs::$arguments {
            fn connection(&self) -> &ConnectionInputs {
                &self.$($common).+
            }

            $(fn secrets(&self) -> Vec<String> {
                self.$site.secrets()
            })?
        }
    )+};
}

inputs! {
    PlanArguments at connection, with site;
    PrepareArguments at common.connection, with site;
    FreezeArguments at common.connection;
    TerminateArguments at common.connection;
    MigrateArguments at common.connection;
    SwitchArguments at common.connection;
    RollbackArguments at common.connection;
    CleanupArguments at common.connection;
    StatusArguments at connection;
    FirewallArguments at connection;
}

/// Runs a step from the command line to the exit code.
pub fn run<I: Inputs>(
    step: &'static str,
    binary: &'static str,
    work: impl AsyncFnOnce(&RunnerIo, I, &Stop) -> Result<Report, Failure>,
) -> ExitCode {
    let runner_io = RunnerIo::from_environment();
    let line: Vec<OsString> = std::env::args_os().collect();
    let unreadable = &runner_io.environment().unreadable;
    let (report, wants_json) = match inputs::parse::<I>(binary, line, &runner_io.environment().inputs) {
        Parsed::Text(text) => return print(&runner_io, &text),
        Parsed::Wrong(why) => (wrong(step, binary, why), false),
        Parsed::Inputs(_) if !unreadable.is_empty() => (not_unicode(step, unreadable), false),
        Parsed::Inputs(inputs) => {
            let wants_json = inputs.connection().json;
            (protected(&runner_io, step, *inputs, work), wants_json)
        }
    };
    let written = report.tell(&runner_io, wants_json);
    ExitCode::from(
        written.map_or_else(|error| not_written(&runner_io, &report, &error), |()| report.outcome.exit_code()),
    )
}

/// Help and version are what was asked for on stdout.
#[expect(clippy::print_stdout, reason = "the text that `--help` or `--version` asks for")]
fn print(runner_io: &RunnerIo, text: &str) -> ExitCode {
    if runner_io.environment().actions {
        runner_io.say(text);
    } else {
        print!("{text}");
    }
    ExitCode::SUCCESS
}

fn wrong(step: &'static str, binary: &str, why: String) -> Report {
    let hint = format!("`{binary} --help` lists the inputs");
    Report::failure(step, &Failure::refused(anyhow::anyhow!("cannot read the inputs: {why}"), hint))
}

/// Taken for absent, such a value would switch off what it names: a guard, checks, the identity of the upgrade.
fn not_unicode(step: &'static str, names: &[String]) -> Report {
    let list: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let error = anyhow::anyhow!("cannot read the environment: not Unicode: {}", list.join(", "));
    Report::failure(step, &Failure::refused(error, "encode these variables in UTF-8, or unset them"))
}

/// What was done counts, also when nobody could be told: a step that succeeded must not be reported as if nothing had
/// happened, and one that cannot pass its outputs on has not succeeded.
fn not_written(runner_io: &RunnerIo, report: &Report, error: &anyhow::Error) -> u8 {
    runner_io.say(&format!("upgrade-{}: {}, but {error:#}", report.step, report.outcome));
    match report.outcome.exit_code() {
        0 => Outcome::Interrupted.exit_code(),
        code => code,
    }
}

fn protected<I: Inputs>(
    runner_io: &RunnerIo,
    step: &'static str,
    inputs: I,
    work: impl AsyncFnOnce(&RunnerIo, I, &Stop) -> Result<Report, Failure>,
) -> Report {
    silence_panics(runner_io);
    let ended = catch_unwind(AssertUnwindSafe(|| started(runner_io, inputs, work)));
    match ended {
        Ok(Ok(report)) => report,
        Ok(Err(failure)) => Report::failure(step, &failure),
        Err(_) => Report::failure(step, &panicked()),
    }
}

fn started<I: Inputs>(
    runner_io: &RunnerIo,
    inputs: I,
    work: impl AsyncFnOnce(&RunnerIo, I, &Stop) -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let masked = mask_secrets(runner_io, &inputs);
    masked.map_err(|error| Failure::refused(error, "repair the runner's stdout: secrets cannot be masked"))?;
    let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Log(runner_io.clone()));
    let subscriber = tracing_subscriber::registry().with(filter(runner_io)).with(log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Failure::refused(error, "raise the limits of this process for open files and memory"))?;
    let ended = tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let stop = Stop::listen();
            let stop =
                stop.map_err(|error| Failure::refused(error, "allow this process to install signal handlers"))?;
            work(runner_io, inputs, &stop).await
        })
    });
    // Whatever a step gave up, such as the look-up of a name, must not hold up its end.
    runtime.shutdown_background();
    ended
}

/// With `RUNNER_DEBUG=1` a line per request of ours, and nothing of what libraries say to their authors. Errors of SQL servers,
/// which tiberius logs as such, are told by whoever they happen to: some are expected.
fn filter(runner_io: &RunnerIo) -> Targets {
    let written = Targets::new().with_default(LevelFilter::WARN).with_target("tiberius", LevelFilter::OFF);
    let ours = ["azure", "tsql"].map(|target| (target, LevelFilter::DEBUG));
    if runner_io.environment().debug { written.with_targets(ours) } else { written }
}

struct Log(RunnerIo);

impl<'w> MakeWriter<'w> for Log {
    type Writer = runner::Log;

    fn make_writer(&'w self) -> Self::Writer {
        self.0.log()
    }
}

fn mask_secrets<I: Inputs>(runner_io: &RunnerIo, inputs: &I) -> std::io::Result<()> {
    inputs.secrets().iter().try_for_each(|secret| runner_io.mask(secret))?;
    let inputs = inputs.connection();
    let secrets = [&inputs.arm_token, &inputs.sql_token, &inputs.sql_password, &inputs.client_secret];
    let request = runner_io.environment().id_token_request.as_ref();
    let secrets = secrets.into_iter().flatten().map(|secret| secret.expose_secret());
    secrets.chain(request.map(|request| request.token.as_str())).try_for_each(|secret| runner_io.mask(secret))
}

/// The default hook would print the message unredacted.
fn silence_panics(runner_io: &RunnerIo) {
    let runner_io = runner_io.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.to_string();
        runner_io.annotate(&Annotation { level: Level::Error, title: "panic".to_owned(), message });
    }));
}

fn panicked() -> Failure {
    let error = anyhow::anyhow!("the step stopped because of a defect in this software");
    let hint = "run `upgrade-status` first, then this step again or rollback; please report the defect";
    Failure { outcome: Outcome::Stuck, error, hint: hint.to_owned() }
}
