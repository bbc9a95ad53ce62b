//! Who wrote to the stage copy since users may have been on it, and to production since its copy was cut off.
//!
//! `sys.dm_db_index_usage_stats.user_updates` counts every INSERT, UPDATE and DELETE of a user's query per index since the instance
//! started (its documentation; memory-optimised tables are not in it). So two readings compare only if the instance is the same, and
//! if the count of a table of ours, which nobody else changes, is what it was: else the counters began anew in between.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// A reading of the counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// `sqlserver_start_time` of the instance.
    pub instance: Timestamp,
    /// The sum over all indexes but ours.
    pub updates: i64,
    /// The count of the canary: a table of ours that is changed before the first reading, and not after it.
    pub canary: i64,
}

/// What two readings tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Nobody has written.
    No,
    /// Somebody has.
    Yes {
        /// So many statements per index.
        updates: i64,
    },
    /// It cannot be told; why.
    Unknown(String),
}

impl Written {
    /// Compares the first reading with a later one.
    pub fn between(before: &Reading, after: &Reading) -> Self {
        if before.instance != after.instance {
            return Self::Unknown("the SQL instance has restarted since".to_owned());
        }
        if before.canary < 1 || before.canary != after.canary {
            return Self::Unknown("the server's counters have begun anew since".to_owned());
        }
        match after.updates - before.updates {
            0 => Self::No,
            updates => Self::Yes { updates },
        }
    }

    /// As far as this tells nobody has written.
    pub fn is_nothing(&self) -> bool {
        *self == Self::No
    }
}

/// As it follows "V2", or the name of a database.
impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("has taken no write"),
            Self::Yes { updates } if *updates > 0 => {
                write!(f, "has taken writes (`sys.dm_db_index_usage_stats` counts {updates} changes of its indexes)")
            }
            Self::Yes { .. } => f.write_str("has changed its tables"),
            Self::Unknown(why) => write!(f, "may have taken writes: that cannot be told, because {why}"),
        }
    }
}

/// The end of production's log, compared with the end that migrate kept in the copy. Production is READ_ONLY and stands alone since, so its
/// log stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEnd {
    /// It is the same: nobody wrote to production.
    Unmoved,
    /// It is another one: production took writes.
    Grown,
    /// This log-in could not see it when it was to be kept.
    Unseen,
    /// Nothing was kept, or it cannot be read any more.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(instance: i64, updates: i64, canary: i64) -> Reading {
        Reading { instance: Timestamp::from_second(instance).unwrap_or_default(), updates, canary }
    }

    #[test]
    fn only_counters_of_one_instance_compare() {
        let before = reading(1, 7, 1);
        assert_eq!(Written::between(&before, &reading(1, 7, 1)), Written::No);
        assert_eq!(Written::between(&before, &reading(1, 9, 1)), Written::Yes { updates: 2 });
        // A table with its counts was dropped.
        assert_eq!(Written::between(&before, &reading(1, 3, 1)), Written::Yes { updates: -4 });
        assert!(matches!(Written::between(&before, &reading(2, 7, 1)), Written::Unknown(_)));
        assert!(matches!(Written::between(&before, &reading(1, 7, 0)), Written::Unknown(_)));
        assert!(matches!(Written::between(&reading(1, 7, 0), &reading(1, 7, 0)), Written::Unknown(_)));
    }
}
