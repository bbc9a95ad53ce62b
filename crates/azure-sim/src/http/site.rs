//! What a site is asked, and what it answers.

/// A request to a site.
#[derive(Debug, Clone)]
pub(crate) struct SiteRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) user: i64,
    pub(crate) sequence: i64,
    pub(crate) token: String,
}

/// The answer of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The version of the application, if it was that which answered.
    pub(crate) version: Option<String>,
    pub(crate) html: bool,
    pub(crate) body: String,
    /// The number of the SQL error behind a 503.
    pub(crate) error: Option<u32>,
}
