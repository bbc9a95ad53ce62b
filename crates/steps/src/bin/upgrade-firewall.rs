//! `upgrade-firewall`: see `upgrade-firewall --help`.

fn main() -> std::process::ExitCode {
    steps::firewall()
}
