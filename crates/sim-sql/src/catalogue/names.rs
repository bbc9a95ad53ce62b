//! Names of objects and how they are compared.

/// The name of an object in the current database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) schema: String,
    pub(crate) name: String,
}

impl Name {
    /// The key of the catalogue: lower case.
    pub(crate) fn key(&self) -> String {
        format!("{}.{}", self.schema, self.name).to_lowercase()
    }
}

/// Whether two identifiers are the same under the collation of the catalogue.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

/// An identifier in SQLite's double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
