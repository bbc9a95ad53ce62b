//! `upgrade-status`: see `upgrade-status --help`.

fn main() -> std::process::ExitCode {
    steps::status()
}
