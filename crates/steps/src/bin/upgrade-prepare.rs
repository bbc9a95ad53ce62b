//! `upgrade-prepare`: see `upgrade-prepare --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Prepare)
}
