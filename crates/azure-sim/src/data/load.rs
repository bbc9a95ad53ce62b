//! Making the production database, or taking it from a cache.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use sim_sql::{DatabaseRow, Event, Message, Role, Store};

use super::batches::batches;
use crate::{lock::lock, service};

/// Name of the production database.
const NAME: &str = "shop";

/// A store at `path` that holds what `script` makes. A cache folder gives and takes the file of an earlier load by the
/// same program.
///
/// # Errors
/// A batch of the script fails, or a file cannot be written.
pub(crate) fn load(script: &str, cache: Option<&Path>, path: &Path) -> anyhow::Result<Arc<Store>> {
    let Some(cache) = cache else { return run(script, path) };
    let kept = cache.join(format!("{}.sqlite", key(script)?));
    fill(script, cache, &kept)?;
    fs::copy(&kept, path).with_context(|| format!("copying `{}`", kept.display()))?;
    Store::load(path, NAME).with_context(|| format!("loading `{}`", kept.display()))
}

/// Makes the kept file if it is not there: once per process, elsewhere first, so that nobody sees half a file.
fn fill(script: &str, cache: &Path, kept: &Path) -> anyhow::Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = lock(&ONE_AT_A_TIME);
    if kept.exists() {
        return Ok(());
    }
    fs::create_dir_all(cache).with_context(|| format!("making the cache folder `{}`", cache.display()))?;
    let folder = tempfile::tempdir_in(cache).context("making a folder in the cache")?;
    let part = folder.path().join("part.sqlite");
    drop(run(script, &folder.path().join("made.sqlite"))?.copy_to(&part)?);
    fs::rename(&part, kept).with_context(|| format!("keeping `{}`", kept.display()))
}

/// The script and the program that loads it: another build may store a database in another way.
fn key(script: &str) -> anyhow::Result<String> {
    let program = program().context("looking at the running program")?;
    let mut hash = Sha256::new();
    hash.update(script);
    hash.update(program);
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn program() -> std::io::Result<String> {
    let path: PathBuf = std::env::current_exe()?;
    let about = fs::metadata(&path)?;
    Ok(format!("{}:{}:{:?}", path.display(), about.len(), about.modified()?))
}

fn run(script: &str, path: &Path) -> anyhow::Result<Arc<Store>> {
    let store = Store::create(path, NAME)?;
    let row =
        DatabaseRow { name: NAME.to_owned(), id: 5, store: Arc::clone(&store), role: Role::Standalone, online: true };
    let mut session = service::session(row).map_err(|error| anyhow::anyhow!(error.text))?;
    for (number, batch) in (1..).zip(batches(script)) {
        let mut failed = None;
        session.run(&batch, &mut |event| {
            if let Event::Error(error) = event {
                failed.get_or_insert(error);
            }
        });
        if let Some(Message { number: code, line, text, .. }) = failed {
            bail!("batch {number} of the database script, line {line}: error {code}: {text}");
        }
    }
    drop(session);
    Ok(store)
}
