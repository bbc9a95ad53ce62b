//! `upgrade-cleanup`: see `upgrade-cleanup --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Cleanup)
}
