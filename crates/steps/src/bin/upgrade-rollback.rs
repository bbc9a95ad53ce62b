//! `upgrade-rollback`: see `upgrade-rollback --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Rollback)
}
