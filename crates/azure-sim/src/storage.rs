//! Where the files of this world are: in memory if the machine offers that, and gone at its end.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sim_sql::{Store, StoreError};
use tempfile::TempDir;

/// A folder of its own for each simulator.
pub(crate) struct Storage {
    folder: TempDir,
    next: AtomicU64,
}

impl Storage {
    pub(crate) fn new() -> std::io::Result<Self> {
        let memory = Path::new("/dev/shm");
        let mut builder = tempfile::Builder::new();
        builder.prefix("azure-sim-");
        let folder = builder.tempdir_in(memory).or_else(|_| builder.tempdir())?;
        Ok(Self { folder, next: AtomicU64::new(0) })
    }

    /// A copy of a database. Its file goes when nobody uses the copy any more.
    ///
    /// # Errors
    /// It could not be copied.
    pub(crate) fn copy(&self, store: &Store) -> Result<Arc<Store>, StoreError> {
        let copy = store.copy_to(&self.database())?;
        copy.make_passing();
        Ok(copy)
    }

    /// A path that was not handed out before.
    pub(crate) fn database(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number}.sqlite"))
    }

    /// Removes the folder, whoever still holds this.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_dir_all(self.folder.path()) {
            tracing::warn!(%error, "removing `{}`", self.folder.path().display());
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
