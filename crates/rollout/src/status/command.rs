//! The command line of the step that comes next.

use super::Status;
use crate::{Step, Upgrade, ids::ProfileId};

/// Stand for what the live state cannot know.
const SCRIPTS: &str = "<folder of the upgrade scripts>";
const SCRIPTS_DIGEST: &str = "<output scripts-digest of plan>";
const PLAN_DIGEST: &str = "<output plan-digest of plan>";

/// The whole command line of the next step, with every identifier. What says where Azure is and who signs in is left out: it
/// is the same for all steps, and secret in part. `None` where no step comes next.
pub fn command(upgrade: &Upgrade, status: &Status) -> Option<String> {
    let step = status.next.step?;
    let mut words = vec![format!("upgrade-{}", step.name())];
    let mut add = |flag: &str, value: &str| words.push(format!("--{flag} {}", quoted(value)));
    add("upgrade-id", upgrade.id.as_str());
    add("connection-name", &upgrade.connection_name);
    for (name, slot) in [("production", &upgrade.production), ("stage", &upgrade.stage)] {
        add(&format!("{name}-database"), &slot.database.to_string());
        add(&format!("{name}-site"), &slot.site.to_string());
        add(&format!("{name}-endpoint"), &slot.endpoint.to_string());
    }
    match (step, &status.scripts_digest, &status.next.remove) {
        (Step::Freeze | Step::Migrate, ..) => {
            add("scripts", SCRIPTS);
            add("scripts-digest", SCRIPTS_DIGEST);
            if step == Step::Freeze {
                add("plan-digest", PLAN_DIGEST);
            }
        }
        (Step::Switch, Some(digest), _) => add("scripts-digest", digest),
        (Step::Cleanup, _, Some(database)) => add("remove", &database.to_string()),
        _ => {}
    }
    Some(words.join(" "))
}

/// The command that shows which upgrade has the profile, with its id. Who signs in is left out here too.
pub fn which_upgrade(profile: &ProfileId) -> String {
    format!("`upgrade-status --subscription-id <id> --profile {}`", quoted(&profile.to_string()))
}

/// As a POSIX shell reads it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.,:@%+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(quoted("rg/sql-1/shop"), "rg/sql-1/shop");
        assert_eq!(quoted("rg (a)/sql-1/my shop"), "'rg (a)/sql-1/my shop'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$HOME"), "'$HOME'");
        assert_eq!(quoted(""), "''");
    }
}
