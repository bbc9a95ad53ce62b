//! `SET` options of a session.

use std::time::Duration;

/// The options that the engine models; the others are accepted and change nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// `SET XACT_ABORT ON`
    pub(crate) xact_abort: bool,
    /// `SET NOCOUNT ON`
    pub(crate) no_count: bool,
    /// `SET PARSEONLY ON`
    pub(crate) parse_only: bool,
    /// `SET NOEXEC ON`
    pub(crate) no_exec: bool,
    /// `SET LOCK_TIMEOUT n`; `None` waits for ever.
    pub(crate) lock_timeout: Option<Duration>,
    /// The table, `schema.table` in lower case, for which `SET IDENTITY_INSERT` is on.
    pub(crate) identity_insert: Option<String>,
    /// `SET CONTEXT_INFO`-like session values of `sp_set_session_context`.
    pub(crate) implicit_transactions: bool,
}
