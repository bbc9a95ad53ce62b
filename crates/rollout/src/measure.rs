//! Who wrote to the stage copy since users may have been on it, and to production since its copy was cut off.
//!
//! `sys.dm_db_index_usage_stats.user_updates` counts every INSERT, UPDATE and DELETE of a user's query per index since the instance
//! started (its documentation; memory-optimised tables are not in it). So two readings compare only if the instance is the same, and
//! if the count of a table of ours, which nobody else changes, is what it was: else the counters began anew in between.

use std::fmt;

use jiff::Timestamp;

/// A reading of the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// `sqlserver_start_time` of the instance.
    pub instance: Timestamp,
    /// The sum over all indexes but ours.
    pub updates: i64,
    /// The count of the canary: a table of ours that is changed before the first reading, and not after it.
    pub canary: i64,
}

/// What shows later whether production took writes: read by terminate, before the link is ended.
///
/// Its log stands still while it is READ_ONLY. Whether the end of a link moves it is not known, and then the counters tell; those are
/// lost where the instance restarts, and then the log does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// `log_end_lsn`; `None` where this identity may not see it.
    pub log_end: Option<String>,
    /// The counters; `None` where it may not see them, or where they have begun anew since freeze wrote.
    pub reading: Option<Reading>,
}

impl Mark {
    /// Nothing was seen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether production took writes before `now`.
    pub fn written_until(&self, now: &Self) -> Written {
        if self.log_end.is_some() && self.log_end == now.log_end {
            return Written::No;
        }
        match (&self.reading, &now.reading) {
            (Some(before), Some(after)) => Written::between(before, after),
            (None, _) => Written::Unknown("terminate could not read its write counters".to_owned()),
            (_, None) => Written::Unknown("this run can no longer read its write counters".to_owned()),
        }
    }
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
            return Self::Unknown("the server has reset its counters since".to_owned());
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
                let changes = if *updates == 1 { "change" } else { "changes" };
                write!(f, "has taken writes (`sys.dm_db_index_usage_stats` counts {updates} {changes} of its indexes)")
            }
            Self::Yes { .. } => f.write_str("has changed its tables"),
            Self::Unknown(why) => write!(f, "may have taken writes: this run cannot tell, because {why}"),
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
    fn production_is_unwritten_if_either_measure_says_so() {
        let mark = |log: Option<&str>, read: Option<Reading>| Mark { log_end: log.map(str::to_owned), reading: read };
        let before = mark(Some("a"), Some(reading(1, 7, 1)));
        assert_eq!(before.written_until(&mark(Some("a"), None)), Written::No, "the instance has restarted");
        assert_eq!(
            before.written_until(&mark(Some("b"), Some(reading(1, 7, 1)))),
            Written::No,
            "the end of the link is logged"
        );
        assert_eq!(before.written_until(&mark(Some("b"), Some(reading(1, 9, 1)))), Written::Yes { updates: 2 });
        for now in [mark(Some("b"), None), mark(None, None), mark(Some("b"), Some(reading(2, 0, 1)))] {
            assert!(matches!(before.written_until(&now), Written::Unknown(_)), "{now:?}");
        }
        let nothing = Mark::default();
        assert!(nothing.is_empty() && matches!(nothing.written_until(&nothing), Written::Unknown(_)));
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
