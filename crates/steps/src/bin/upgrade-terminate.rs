//! `upgrade-terminate`: see `upgrade-terminate --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Terminate)
}
