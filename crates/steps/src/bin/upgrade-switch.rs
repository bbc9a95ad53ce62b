//! `upgrade-switch`: see `upgrade-switch --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Switch)
}
