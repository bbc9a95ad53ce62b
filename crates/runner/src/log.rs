//! stderr, as a writer for a log: whole lines, secrets replaced, no line that a runner would obey.

use std::io::{self, Write};

use crate::runner_io::RunnerIo;

/// A writer for the log of people. What is written to it reaches stderr line by line; the rest on drop or flush.
pub struct Log {
    runner_io: RunnerIo,
    pending: Vec<u8>,
}

impl Log {
    pub(crate) fn new(runner_io: RunnerIo) -> Self {
        Self { runner_io, pending: Vec::new() }
    }

    fn pass_on(&mut self, end: usize) {
        let rest = self.pending.split_off(end);
        let lines = std::mem::replace(&mut self.pending, rest);
        self.runner_io.say(&String::from_utf8_lossy(&lines));
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if let Some(end) = self.pending.iter().rposition(|byte| *byte == b'\n') {
            self.pass_on(end + 1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.pass_on(self.pending.len());
        }
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
