//! The hooks of the user.

use std::fmt;

use crate::{
    background::Hook,
    ids::{DatabaseId, UpgradeId},
};

/// Run a hook. `hook-quiesce` is written down before it begins; one that fails is undone by `hook-resume`, which deletes that row;
/// `hook-activate` is written down when it has succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHook {
    /// Which.
    pub hook: Hook,
    /// Where it is written down.
    pub database: DatabaseId,
    /// Key of the row.
    pub upgrade: UpgradeId,
}

impl RunHook {
    pub(super) fn undo(&self) -> Option<Self> {
        (self.hook == Hook::Quiesce).then(|| Self { hook: Hook::Resume, ..self.clone() })
    }
}

impl fmt::Display for RunHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.hook)
    }
}
