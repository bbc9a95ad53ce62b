//! What the instance that runs a database knows beside its files: how long it has run, which indexes it has used, and where the
//! database's log ends. A failover or a restart begins with nothing.

use std::collections::BTreeMap;

use super::Store;
use crate::{Access, clock};

/// An index: the id of its table and its own.
pub(crate) type IndexKey = (i32, i32);

/// How often sessions have used an index since the instance started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) scans: i64,
    pub(crate) updates: i64,
    pub(crate) last_scan: Option<f64>,
    pub(crate) last_update: Option<f64>,
}

/// The memory of an instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    started: f64,
    usage: BTreeMap<IndexKey, Usage>,
    /// Log records of the system's own work, which no transaction of anybody's wrote.
    system_records: u64,
}

impl Instance {
    pub(super) fn new() -> Self {
        Self { started: clock::unix_now(), usage: BTreeMap::new(), system_records: 0 }
    }

    pub(super) fn add_system_record(&mut self) {
        self.system_records += 1;
    }
}

impl Store {
    /// The instance starts anew: what it has counted is gone, what is in the file stays.
    pub fn restart_instance(&self) {
        let mut state = self.lock();
        let system_records = state.instance.system_records;
        state.instance = Instance { system_records, ..Instance::new() };
    }

    /// The system writes a record into the log by itself.
    pub fn log_system_record(&self) {
        self.lock().instance.add_system_record();
    }

    /// This store goes on as the instance of another one, of which it is a copy.
    pub fn continue_instance_of(&self, other: &Self) {
        let instance = other.lock().instance.clone();
        self.lock().instance = instance;
    }

    /// When the instance started: seconds since 1970.
    pub(crate) fn instance_started(&self) -> f64 {
        self.lock().instance.started
    }

    /// A statement has changed rows through these indexes; it counts as one operation however many they were.
    pub(crate) fn count_update(&self, indexes: impl IntoIterator<Item = IndexKey>) {
        let now = clock::unix_now();
        let mut state = self.lock();
        for index in indexes {
            let usage = state.instance.usage.entry(index).or_default();
            (usage.updates, usage.last_update) = (usage.updates + 1, Some(now));
        }
    }

    /// A query has read an index.
    pub(crate) fn count_scan(&self, index: IndexKey) {
        let now = clock::unix_now();
        let mut state = self.lock();
        let usage = state.instance.usage.entry(index).or_default();
        (usage.scans, usage.last_scan) = (usage.scans + 1, Some(now));
    }

    /// Only the indexes that were used.
    pub(crate) fn usage(&self) -> Vec<(IndexKey, Usage)> {
        self.lock().instance.usage.iter().map(|(index, usage)| (*index, *usage)).collect()
    }

    /// The last log record. Where the database takes writes the system writes some by itself (checkpoints): a look finds more of
    /// them each time, so that nobody counts on it.
    pub(crate) fn log_end(&self, takes_writes: bool) -> String {
        let mut state = self.lock();
        if takes_writes && state.access == Access::ReadWrite {
            state.instance.add_system_record();
        }
        shown(state.position() + state.instance.system_records)
    }
}

/// `0000002a:00000123:0001`: virtual log file, block, slot.
fn shown(record: u64) -> String {
    let (file, block) = (0x2a + record / 0x1_0000, record % 0x1_0000);
    format!("{file:08x}:{block:08x}:0001")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_records_are_in_order_as_texts() {
        let shown: Vec<String> = [0, 1, 0xffff, 0x1_0000, 0x1_0001].map(shown).to_vec();
        assert_eq!(shown[1], "0000002a:00000001:0001");
        assert!(shown.is_sorted());
    }
}
