//! A folder of upgrade scripts, in the order in which they run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rollout::digest::sha256;

use crate::{
    decode::{DecodeError, decode},
    order::natural_order,
    split::{Batch, SplitError, split},
};

/// The longest file name, in characters, that the journal keeps.
pub const LONGEST_NAME: usize = 260;

/// One script of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its file name, e.g. `1-add-column.sql`.
    pub name: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub digest: String,
    /// What is sent of it, in order: the batches that have more than comments.
    pub batches: Vec<Batch>,
}

/// Why a folder cannot be used as the scripts of an upgrade.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read `{}`; the path must name a folder of readable files that end in `.sql`", path.display())]
    Unreadable {
        /// What cannot be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no script.
    #[error("no file in `{}` ends in `.sql`: name the folder that holds the upgrade scripts", .0.display())]
    Empty(PathBuf),
    /// A name that is not Unicode, or longer than [`LONGEST_NAME`].
    #[error("the script `{}` cannot be kept in the journal: its name must be Unicode and at most 260 characters", .0.display())]
    Name(PathBuf),
    /// Two names that are the same in another case.
    #[error("`{0}` and `{1}` differ only in case, and the journal compares names without case: rename one of them")]
    SameName(String, String),
    /// The bytes of a file are not text.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A file cannot be split into batches.
    #[error("`{name}`, {source}")]
    Split {
        /// The file.
        name: String,
        /// Where and why.
        source: SplitError,
    },
}

/// Reads every `*.sql` of a folder, in the order of [`crate::order`]. Other files and sub-folders are no scripts and are left alone.
///
/// # Errors
/// When there is no script, or one of them cannot be read, decoded, split or told from another by name.
pub fn read_folder(folder: &Path) -> Result<Vec<Script>, ScriptError> {
    let mut paths = script_paths(folder)?;
    paths.sort_by(|(left, _), (right, _)| natural_order(left, right));
    if paths.is_empty() {
        return Err(ScriptError::Empty(folder.to_owned()));
    }
    if let Some([(left, _), (right, _)]) = paths.array_windows().find(|[(left, _), (right, _)]| same_name(left, right))
    {
        return Err(ScriptError::SameName(left.clone(), right.clone()));
    }
    paths.into_iter().map(|(name, path)| read_script(name, &path)).collect()
}

fn script_paths(folder: &Path) -> Result<Vec<(String, PathBuf)>, ScriptError> {
    let unreadable = |source| ScriptError::Unreadable { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable));
    let is_script = |path: &PathBuf| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
    paths.filter(|path| path.as_ref().map_or(true, is_script)).map(|path| named(path?)).collect()
}

fn named(path: PathBuf) -> Result<(String, PathBuf), ScriptError> {
    let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.chars().count() <= LONGEST_NAME);
    match name.map(str::to_owned) {
        Some(name) => Ok((name, path)),
        None => Err(ScriptError::Name(path)),
    }
}

fn read_script(name: String, path: &Path) -> Result<Script, ScriptError> {
    let bytes = fs::read(path).map_err(|source| ScriptError::Unreadable { path: path.to_owned(), source })?;
    script(name, &bytes)
}

/// The script of this name and these bytes.
///
/// # Errors
/// When the bytes cannot be decoded or split.
pub fn script(name: String, bytes: &[u8]) -> Result<Script, ScriptError> {
    let text = decode(&name, bytes)?;
    let batches = split(&text).map_err(|source| ScriptError::Split { name: name.clone(), source })?;
    let batches = batches.into_iter().filter(|batch| !batch.comments_only).collect();
    Ok(Script { digest: sha256(bytes), name, batches })
}

fn same_name(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

#[cfg(test)]
#[path = "script_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
