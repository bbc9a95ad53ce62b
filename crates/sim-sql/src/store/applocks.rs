//! Application locks (`sp_getapplock`).

/// The mode of an application lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockMode {
    IntentShared,
    Shared,
    Update,
    IntentExclusive,
    Exclusive,
}

/// What a lock lives as long as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockOwner {
    Session,
    Transaction,
}

/// A lock that is held.
#[derive(Debug, Clone)]
pub(crate) struct LockRow {
    pub(crate) session: i32,
    pub(crate) resource: String,
    pub(crate) mode: LockMode,
    pub(crate) owner: LockOwner,
    /// How often it was taken.
    pub(crate) count: u32,
}

/// The locks held in a database.
#[derive(Debug, Default)]
pub(crate) struct LockTable(Vec<LockRow>);

impl LockMode {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "shared" => Self::Shared,
            "update" => Self::Update,
            "intentshared" => Self::IntentShared,
            "intentexclusive" => Self::IntentExclusive,
            "exclusive" => Self::Exclusive,
            _ => return None,
        })
    }

    /// The name in `sys.dm_tran_locks`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::IntentShared => "IS",
            Self::Shared => "S",
            Self::Update => "U",
            Self::IntentExclusive => "IX",
            Self::Exclusive => "X",
        }
    }

    /// SQL Server's lock compatibility.
    fn goes_with(self, other: Self) -> bool {
        use LockMode::{Exclusive, IntentExclusive, IntentShared, Shared, Update};
        match (self, other) {
            (Exclusive, _) | (_, Exclusive) => false,
            (IntentShared, _) | (_, IntentShared) => true,
            (IntentExclusive, mode) | (mode, IntentExclusive) => mode == IntentExclusive,
            (Shared, _) | (_, Shared) => true,
            (Update, Update) => false,
        }
    }
}

impl LockOwner {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "session" => Some(Self::Session),
            "transaction" => Some(Self::Transaction),
            _ => None,
        }
    }
}

impl LockTable {
    pub(crate) fn rows(&self) -> &[LockRow] {
        &self.0
    }

    /// Whether the session could have this lock now.
    pub(crate) fn free(&self, session: i32, resource: &str, mode: LockMode) -> bool {
        self.0.iter().all(|row| row.session == session || row.resource != resource || row.mode.goes_with(mode))
    }

    pub(crate) fn take(&mut self, session: i32, resource: &str, mode: LockMode, owner: LockOwner) -> Option<()> {
        if !self.free(session, resource, mode) {
            return None;
        }
        match self.0.iter_mut().find(|row| row.is(session, resource, owner) && row.mode == mode) {
            Some(row) => row.count += 1,
            None => self.0.push(LockRow { session, resource: resource.to_owned(), mode, owner, count: 1 }),
        }
        Some(())
    }

    /// Whether there was such a lock.
    pub(crate) fn release(&mut self, session: i32, resource: &str, owner: LockOwner) -> bool {
        let Some(index) = self.0.iter().position(|row| row.is(session, resource, owner)) else {
            return false;
        };
        self.0[index].count -= 1;
        if self.0[index].count == 0 {
            self.0.remove(index);
        }
        true
    }

    pub(crate) fn release_transaction(&mut self, session: i32) {
        self.0.retain(|row| row.session != session || row.owner != LockOwner::Transaction);
    }

    pub(super) fn release_session(&mut self, session: i32) {
        self.0.retain(|row| row.session != session);
    }
}

impl LockRow {
    fn is(&self, session: i32, resource: &str, owner: LockOwner) -> bool {
        self.session == session && self.resource == resource && self.owner == owner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusive_lock_keeps_others_out_until_each_taking_is_released() {
        let mut table = LockTable::default();
        let (mode, owner) = (LockMode::Exclusive, LockOwner::Session);
        assert!(table.take(1, "a", mode, owner).is_some());
        assert!(table.take(1, "a", mode, owner).is_some());
        assert!(table.take(2, "a", LockMode::Shared, owner).is_none());
        assert!(table.take(2, "b", LockMode::Shared, owner).is_some());
        assert!(table.release(1, "a", owner));
        assert!(table.take(2, "a", LockMode::Shared, owner).is_none());
        assert!(table.release(1, "a", owner));
        assert!(!table.release(1, "a", owner));
        assert!(table.take(2, "a", LockMode::Shared, owner).is_some());
    }

    #[test]
    fn compatibility_follows_sql_server() {
        use LockMode::{IntentExclusive, IntentShared, Shared, Update};
        for (a, b, expected) in [
            (Shared, Shared, true),
            (Shared, Update, true),
            (Update, Update, false),
            (IntentShared, Update, true),
            (IntentExclusive, Shared, false),
            (IntentExclusive, IntentExclusive, true),
            (LockMode::Exclusive, IntentShared, false),
        ] {
            assert_eq!(a.goes_with(b), expected, "{a:?} {b:?}");
            assert_eq!(b.goes_with(a), expected, "{b:?} {a:?}");
        }
    }
}
