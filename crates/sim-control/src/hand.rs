//! Hands: what somebody else does in the portal, with Terraform or in another pipeline while an upgrade is under way.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that somebody does by hand. Production is what the world began with; stage is the other slot of the upgrade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hand {
    /// Production's endpoint is enabled.
    EnableProduction,
    /// Production's endpoint is disabled.
    DisableProduction,
    /// Production's endpoint is deleted.
    DeleteProduction,
    /// Production's endpoint gets the highest number of all.
    ProductionLast,
    /// Stage's endpoint is enabled.
    EnableStage,
    /// Stage's endpoint is disabled.
    DisableStage,
    /// Stage's endpoint is deleted.
    DeleteStage,
    /// Stage's endpoint gets the lowest number of all.
    StageFirst,
    /// An enabled endpoint that leads to a foreign page is added before all others.
    StrangerFirst,
    /// The same directly behind production's.
    StrangerBetween,
    /// Stage's endpoint leads to a foreign page.
    StageTarget,
    /// An enabled endpoint of another name that leads to the stage site is added directly behind production's.
    StageAlias,
    /// The profile loses its tags.
    WipeTags,
    /// The profile, the databases and the sites lose their tags.
    WipeAllTags,
    /// The stage site's connection string leads to another database of the stage server, which has what production has now.
    StageElsewhere,
    /// The stage site's connection string leads to a server that is not there.
    StageNowhere,
    /// The connection string of production's site leads to a server that is not there.
    ProductionNowhere,
    /// The link from production is ended by force.
    RemoveLink,
    /// Production's database is set READ_ONLY.
    ProductionReadOnly,
    /// Production's database is set READ_WRITE.
    ProductionReadWrite,
    /// Production's database is set READ_WRITE for a moment in which users write, and READ_ONLY again.
    ProductionTouched,
    /// The copy is set READ_ONLY.
    StageReadOnly,
    /// The copy is set READ_WRITE.
    StageReadWrite,
    /// The stage server refuses every log-in and batch until the next fault is set.
    StageOutOfReach,
    /// Nothing is done here: the request waits until `POST /release`, and meanwhile somebody outside does something.
    Pause,
}

/// The name in kebab-case.
impl fmt::Display for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
