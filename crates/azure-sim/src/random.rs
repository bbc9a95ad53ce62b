//! Names, passwords and identifiers, drawn from the scenario's seed.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng, distr::Alphanumeric};
use rand_chacha::ChaCha8Rng;

/// The source of everything that is made up.
pub(crate) struct Random(Mutex<ChaCha8Rng>);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A version 4 identifier.
    pub(crate) fn guid(&self) -> String {
        let bytes = self.with(|random| random.random::<[u8; 16]>());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// Letters and digits.
    pub(crate) fn word(&self, length: usize) -> String {
        self.with(|random| random.sample_iter(Alphanumeric).take(length).map(char::from).collect())
    }

    /// A password that Azure SQL would accept, without characters that need quoting in a connection string.
    pub(crate) fn password(&self) -> String {
        format!("Pw1!{}", self.word(20))
    }
}
