//! `upgrade-freeze`: see `upgrade-freeze --help`.

fn main() -> std::process::ExitCode {
    steps::step(steps::Step::Freeze)
}
