//! `upgrade-plan`: see `upgrade-plan --help`.

fn main() -> std::process::ExitCode {
    steps::plan()
}
