//! `upgrade-migrate`: see `upgrade-migrate --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Migrate)
}
