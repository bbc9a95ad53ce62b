//! Scripts parsed by the server without running them, so that a slip is found before anybody has to wait for it.

use std::time::Duration;

use crate::{Script, Session, SqlError, error::Kind, split::Batch};

/// What the server does not understand in a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{script}`: {error}")]
pub struct Misunderstood {
    /// File name of the script.
    pub script: String,
    /// The server's error, with the line of the file.
    pub error: SqlError,
}

/// Has every batch parsed, and answers what was not understood. Names are not resolved: a missing table is not found.
///
/// The session serves for nothing else and is closed afterwards; a database that takes no writes is the best place.
///
/// # Errors
/// As [`Session::query`]; also for a script that names `PARSEONLY` itself, because it could then run.
pub async fn check(mut session: Session, scripts: &[Script], limit: Duration) -> Result<Vec<Misunderstood>, SqlError> {
    refuse_switch(scripts)?;
    session.query("switch to parsing only", "SET PARSEONLY ON;", limit).await?;
    prove_nothing_runs(&mut session, limit).await?;
    let mut misunderstood = Vec::new();
    for script in scripts {
        for batch in &script.batches {
            misunderstood.extend(parse(&mut session, script, batch, limit).await?);
        }
    }
    session.close().await;
    Ok(misunderstood)
}

async fn parse(
    session: &mut Session,
    script: &Script,
    batch: &Batch,
    limit: Duration,
) -> Result<Option<Misunderstood>, SqlError> {
    match session.run(&format!("parse `{}`", script.name), batch, limit).await {
        Ok(_) => Ok(None),
        Err(error) if error.kind == Kind::Server => Ok(Some(Misunderstood { script: script.name.clone(), error })),
        Err(error) => Err(error),
    }
}

async fn prove_nothing_runs(session: &mut Session, limit: Duration) -> Result<(), SqlError> {
    let attempt = "prove that nothing is run while scripts are parsed";
    match session.query(attempt, "SELECT 1 AS ran;", limit).await?.sets.as_slice() {
        [] => Ok(()),
        _ => Err(SqlError::unexpected(attempt, "the server runs statements after `SET PARSEONLY ON`")),
    }
}

/// The option is switched while a batch is parsed: `SET PARSEONLY OFF` would let the batch that has it run.
fn refuse_switch(scripts: &[Script]) -> Result<(), SqlError> {
    let names_it =
        |script: &&Script| script.batches.iter().any(|batch| batch.text.to_lowercase().contains("parseonly"));
    match scripts.iter().find(names_it) {
        Some(script) => Err(SqlError::unexpected(
            format!("parse `{}` without running it", script.name),
            "it names `PARSEONLY`, which could let it run: take it out of the script",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::script::script;

    #[test]
    fn a_script_that_could_switch_parsing_off_is_refused() {
        let scripts = |text: &[u8]| vec![script("1.sql".into(), text).unwrap()];
        assert_eq!(refuse_switch(&scripts(b"select 1")), Ok(()));
        assert_eq!(
            refuse_switch(&scripts(b"select 1\nGO\nset ParseOnly off")).unwrap_err().to_string(),
            "cannot parse `1.sql` without running it: it names `PARSEONLY`, which could let it run: take it out of the \
             script"
        );
    }
}
