//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A poisoned lock is taken all the same: the panic that poisoned it is reported by the test that caused it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
