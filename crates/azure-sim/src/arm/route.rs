//! An operation: method, path, version and who carries it out.

use super::{
    call::{Call, Names},
    path::Path,
};
use crate::{http::Answer, world::Refusal};

/// Carries out an operation.
pub(super) type Handler = fn(&Call<'_>) -> Result<Answer, Refusal>;

/// A row of the [table](super::table::ROUTES).
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Below `providers/`, with the parameters as the specification names them.
    pub(super) path: &'static str,
    pub(super) version: &'static str,
    /// The path can be below the subscription alone, too.
    without_group: bool,
    /// The query parameters that the specification has for it besides `api-version`, in lower case.
    pub(super) query: &'static [&'static str],
    /// The handler reads the body by itself: the specification has none.
    pub(super) reads_body: bool,
    pub(super) handler: Handler,
}

impl Route {
    pub(super) const fn new(method: &'static str, path: &'static str, version: &'static str, handler: Handler) -> Self {
        Self { method, path, version, without_group: false, query: &[], reads_body: false, handler }
    }

    pub(super) const fn or_without_group(self) -> Self {
        Self { without_group: true, ..self }
    }

    pub(super) const fn with_query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    pub(super) const fn with_body_of_its_own(self) -> Self {
        Self { reads_body: true, ..self }
    }

    /// It changes nothing. A list of settings is a POST because it shows secrets.
    pub(super) fn only_reads(&self) -> bool {
        self.method == "GET" || self.path.ends_with("/list")
    }

    /// What the path names, if it is of this operation. Letter case does not count.
    pub(super) fn names<'a>(&self, path: &Path<'a>) -> Option<Names<'a>> {
        let template: Vec<&str> = self.path.split('/').collect();
        let (provider, rest) = template.split_first()?;
        let fits = provider.eq_ignore_ascii_case(path.provider) && rest.len() == path.rest.len();
        if !fits || !(self.without_group || path.group.is_some()) {
            return None;
        }
        let mut names = Names::below(path.group);
        for (wanted, found) in rest.iter().zip(&path.rest) {
            match parameter(wanted) {
                Some(parameter) => names.set(parameter, found)?,
                None if wanted.eq_ignore_ascii_case(found) => {}
                None => return None,
            }
        }
        Some(names)
    }
}

/// The name within `{}`.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
