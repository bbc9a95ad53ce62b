//! Processor time of child processes, which other work on the machine does not change as it changes the time on the clock.

use std::{fs, time::Instant};

use anyhow::Context;

/// Linux counts the processor time that it shows in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// What some work has cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Seconds on the clock.
    pub seconds: f64,
    /// Processor seconds of the children that it started and waited for, with theirs.
    pub cpu_seconds: f64,
}

/// Does the work.
pub fn measured(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Cost> {
    let (began, before) = (Instant::now(), of_children()?);
    work()?;
    Ok(Cost { seconds: began.elapsed().as_secs_f64(), cpu_seconds: of_children()? - before })
}

fn of_children() -> anyhow::Result<f64> {
    let stat =
        fs::read_to_string("/proc/self/stat").context("read the processor time of children, which takes Linux")?;
    in_stat(&stat).with_context(|| format!("find the processor time of children in `{}`", stat.trim()))
}

/// `cutime` and `cstime` of `proc_pid_stat(5)`, fields 16 and 17. The second field, a name in brackets, may hold anything,
/// so fields are counted from behind it.
fn in_stat(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(13);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 100 200 0 0 11 22 1234 66 20 0 1 0 5000 1000 100\n";
        assert_eq!(in_stat(stat), Some(13.0));
        assert_eq!(in_stat("7 (xtask) S 1 7"), None);
    }
}
