//! One rule after the other, as `open` and `close` make and remove them.

use std::time::Instant;

use rollout::firewall::Change;

use crate::{apply::firewall, cloud::Cloud, failure::Failure};

/// The name of the step.
pub const STEP: &str = "firewall";

/// What a run that stopped half-way advises: no rollback undoes it.
pub const WAY_ON: &str = "run it again; `upgrade-firewall close` removes every rule that was added";

/// Makes a change and notes it. Where the answer was lost nobody can tell whether it was made.
pub async fn make(cloud: &Cloud, change: &Change, done: &mut Vec<(String, f64)>) -> Result<(), Failure> {
    let began = Instant::now();
    cloud.runner_io.say(&format!("{change} ..."));
    firewall::apply(cloud, change).await.map_err(Failure::of_a_change)?;
    done.push((change.to_string(), began.elapsed().as_secs_f64()));
    Ok(())
}
