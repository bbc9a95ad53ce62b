//! Licences and bans over the dependencies that are really used.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use spdx::{Expression, ParseMode};

use crate::workspace::Workspace;

/// Licences that ask for no more than their text to be kept, by their SPDX names.
const ACCEPTED: [&str; 10] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Crates that must not be in the build, with the reason.
const BANNED: [(&str, &str); 3] = [
    ("ring", "one crypto provider is enough, and it is aws-lc-rs"),
    ("openssl", "TLS is rustls: no system library to match"),
    ("native-tls", "TLS is rustls: it behaves the same on every runner"),
];

/// A dependency as `cargo tree` names it, and its licence expression; empty if it has none.
type Package<'a> = (&'a str, &'a str);

/// Checks every package that the workspace uses on any platform, for tests and builds too. `cargo tree` is asked, since
/// `cargo metadata` also lists what only a switched-off feature would bring.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let format = ["tree", "--workspace", "--target", "all", "--locked", "--prefix", "none", "--format", "{p}|{l}"];
    let output = workspace.cargo(&format).output().context("run `cargo tree`")?;
    ensure!(output.status.success(), "`cargo tree` failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).context("read what `cargo tree` printed")?;
    let packages = packages(&text);
    ensure!(packages.len() > 1, "`cargo tree` listed no packages");
    let findings: Vec<String> = packages.iter().flat_map(findings_of).collect();
    ensure!(findings.is_empty(), "{}", findings.join("; "));
    println!("{} packages, each with an accepted licence, none banned", packages.len());
    Ok(())
}

fn packages(tree: &str) -> BTreeSet<Package<'_>> {
    tree.lines().filter_map(|line| line.trim_end_matches(" (*)").rsplit_once('|')).collect()
}

fn findings_of((who, licence): &Package<'_>) -> Vec<String> {
    let name = who.split(' ').next().unwrap_or_default();
    let banned = BANNED.iter().find(|(banned, _)| *banned == name);
    let banned = banned.map(|(_, reason)| format!("`{who}` is banned: {reason}"));
    let licence = match accepts(licence) {
        _ if licence.is_empty() => Some(format!("`{who}` names no licence")),
        Err(error) => Some(format!("`{who}` has a licence that cannot be read, `{licence}`: {error}")),
        Ok(false) => Some(format!("`{who}` is under `{licence}`, which is not on the list of accepted licences")),
        Ok(true) => None,
    };
    banned.into_iter().chain(licence).collect()
}

/// Whether an SPDX expression can be met with accepted licences alone. An exception (`WITH`) only gives more rights, so
/// it does not matter; the old form `MIT/Apache-2.0` means a choice.
fn accepts(expression: &str) -> anyhow::Result<bool> {
    let expression =
        Expression::parse_mode(expression, ParseMode::LAX).map_err(|error| anyhow::anyhow!("{}", error.reason))?;
    Ok(expression
        .evaluate(|requirement| requirement.license.id().is_some_and(|licence| ACCEPTED.contains(&licence.name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        for good in [
            "MIT",
            "MIT OR Apache-2.0",
            "GPL-3.0-only OR MIT",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
            "ISC AND (Apache-2.0 OR ISC)",
        ] {
            assert!(accepts(good).unwrap(), "{good}");
        }
        for bad in
            ["GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR ISC) AND AGPL-3.0-only", "LicenseRef-Own", "MPL-2.0"]
        {
            assert!(!accepts(bad).unwrap(), "{bad}");
        }
        for nonsense in ["", "MIT AND", "No Such Licence"] {
            assert!(accepts(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn each_package_is_judged_once() {
        let tree = "good v1.0.0|MIT\ngood v1.0.0|MIT (*)\n\nring v0.17.0|Apache-2.0 AND ISC\nbare v1.0.0 (proc-macro)|\n\
            left v2.0.0|GPL-3.0-only\nright v2.0.0|Freeware\n";
        assert_eq!(packages(tree).len(), 5);
        assert_eq!(
            packages(tree).iter().flat_map(findings_of).collect::<Vec<_>>(),
            [
                "`bare v1.0.0 (proc-macro)` names no licence",
                "`left v2.0.0` is under `GPL-3.0-only`, which is not on the list of accepted licences",
                "`right v2.0.0` has a licence that cannot be read, `Freeware`: unknown term",
                "`ring v0.17.0` is banned: one crypto provider is enough, and it is aws-lc-rs",
            ]
        );
    }
}
