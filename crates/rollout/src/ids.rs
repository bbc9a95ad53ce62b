//! Identifiers of Azure resources, as they travel between jobs: without the subscription id.
//!
//! GitHub drops a job output that contains a masked value, and many users keep the subscription id as a secret; so an
//! identifier names resource group and resource only, and the subscription comes from its own input.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The usual reason why an input is empty that an output of an earlier job should fill.
pub(crate) const DROPPED: &str = "GitHub drops a job output that contains a masked value, so look for a warning \"Skip output … \
                                  since it may contain secret\" in the job before this one";

/// Why a text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty: the usual reason is a job output that GitHub dropped.
    #[error("it is empty, expected `{shape}`; if a job output should have filled it: {trap}", trap = DROPPED)]
    Empty {
        /// What was expected, e.g. `database`.
        kind: &'static str,
        /// Its shape, e.g. `<resource-group>/<server>/<database>`.
        shape: &'static str,
    },
    /// The text has another number of parts, or an empty one.
    #[error("`{text}` is not a {kind} identifier: expected `{shape}`")]
    Shape {
        /// What was given.
        text: String,
        /// What was expected.
        kind: &'static str,
        /// Its shape.
        shape: &'static str,
    },
    /// A part has a character that no such Azure name can have.
    #[error("`{part}` in the {kind} identifier `{text}` has the character `{character}`, which no Azure name can have")]
    Character {
        /// What was given.
        text: String,
        /// The part of it.
        part: String,
        /// What was expected.
        kind: &'static str,
        /// The character.
        character: char,
    },
}

/// Characters that neither a resource name nor a database name may have (the rules for SQL database names are the
/// widest of those that occur here; `'` and `]` are left out because they serve only to deceive).
const FORBIDDEN: &str = "<>*%&:\\/?#'\"[]`$";

fn parts<'t>(text: &'t str, kind: &'static str, shape: &'static str) -> Result<Vec<&'t str>, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty { kind, shape });
    }
    let parts: Vec<&str> = text.split('/').collect();
    let dots = |part: &str| part == "." || part == "..";
    if parts.iter().any(|part| part.trim().is_empty() || part.trim() != *part || dots(part)) {
        return Err(IdError::Shape { text: text.to_owned(), kind, shape });
    }
    for part in &parts {
        check(part, text, kind)?;
    }
    Ok(parts)
}

fn check(part: &str, text: &str, kind: &'static str) -> Result<(), IdError> {
    match part.chars().find(|c| c.is_control() || FORBIDDEN.contains(*c)) {
        Some(character) => Err(IdError::Character { text: text.to_owned(), part: part.to_owned(), kind, character }),
        None => Ok(()),
    }
}

/// Compares two Azure names: they are the same in any case.
pub fn eq_azure_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $shape:literal, $($(#[$field_doc:meta])* $field:ident),+) => {
        $(#[$doc])*
        ///
        /// Compared without regard to case, as Azure compares names.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: String,)+
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                match parts(text, $kind, $shape)?.as_slice() {
                    [$($field),+] => Ok(Self { $($field: (*$field).to_owned()),+ }),
                    _ => Err(IdError::Shape { text: text.to_owned(), kind: $kind, shape: $shape }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&[$(self.$field.as_str()),+].join("/"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $(eq_azure_name(&self.$field, &other.$field))&&+
            }
        }

        impl Eq for $name {}

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

identifier!(
    /// A logical SQL server: `<resource-group>/<server>`.
    ServerId, "server", "<resource-group>/<server>",
    /// Resource group.
    group,
    /// Short name of the logical server, without the DNS suffix.
    name
);

identifier!(
    /// A database: `<resource-group>/<server>/<database>`.
    DatabaseId, "database", "<resource-group>/<server>/<database>",
    /// Resource group of the server.
    group,
    /// Short name of the logical server, without the DNS suffix.
    server,
    /// Name of the database.
    name
);

identifier!(
    /// A Traffic Manager profile: `<resource-group>/<profile>`.
    ProfileId, "profile", "<resource-group>/<profile>",
    /// Resource group.
    group,
    /// Name of the profile.
    name
);

identifier!(
    /// An App Service plan: `<resource-group>/<plan>`.
    PlanId, "plan", "<resource-group>/<plan>",
    /// Resource group.
    group,
    /// Name of the plan.
    name
);

identifier!(
    /// An endpoint of a Traffic Manager profile: `<resource-group>/<profile>/<endpoint>`.
    EndpointId, "endpoint", "<resource-group>/<profile>/<endpoint>",
    /// Resource group of the profile.
    group,
    /// Name of the profile.
    profile,
    /// Name of the endpoint.
    name
);

impl DatabaseId {
    /// The logical server that holds it.
    pub fn server_id(&self) -> ServerId {
        ServerId { group: self.group.clone(), name: self.server.clone() }
    }
}

impl ServerId {
    /// A database on this server.
    pub fn database(&self, name: &str) -> DatabaseId {
        DatabaseId { group: self.group.clone(), server: self.name.clone(), name: name.to_owned() }
    }
}

impl EndpointId {
    /// The profile that it belongs to.
    pub fn profile_id(&self) -> ProfileId {
        ProfileId { group: self.group.clone(), name: self.profile.clone() }
    }
}

impl ProfileId {
    /// An endpoint of this profile.
    pub fn endpoint(&self, name: &str) -> EndpointId {
        EndpointId { group: self.group.clone(), profile: self.name.clone(), name: name.to_owned() }
    }
}

/// A web site or a deployment slot of one: `<resource-group>/<site>[/<slot>]`.
///
/// Compared without regard to case, as Azure compares names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId {
    /// Resource group.
    pub group: String,
    /// Name of the site.
    pub name: String,
    /// Name of the deployment slot; `None` for the site itself.
    pub slot: Option<String>,
}

impl SiteId {
    const SHAPE: &'static str = "<resource-group>/<site>[/<slot>]";
}

impl FromStr for SiteId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let owned = |part: &&str| (*part).to_owned();
        match parts(text, "site", Self::SHAPE)?.as_slice() {
            [group, name] => Ok(Self { group: owned(group), name: owned(name), slot: None }),
            [group, name, slot] => Ok(Self { group: owned(group), name: owned(name), slot: Some(owned(slot)) }),
            _ => Err(IdError::Shape { text: text.to_owned(), kind: "site", shape: Self::SHAPE }),
        }
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)?;
        self.slot.iter().try_for_each(|slot| write!(f, "/{slot}"))
    }
}

impl PartialEq for SiteId {
    fn eq(&self, other: &Self) -> bool {
        let slot = |id: &Self| id.slot.as_deref().unwrap_or_default().to_ascii_lowercase();
        eq_azure_name(&self.group, &other.group) && eq_azure_name(&self.name, &other.name) && slot(self) == slot(other)
    }
}

impl Eq for SiteId {}

impl TryFrom<String> for SiteId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<SiteId> for String {
    fn from(id: SiteId) -> Self {
        id.to_string()
    }
}

/// Names one upgrade: the value of the tag on what it creates, the key of its fence row, the `run` of its journal.
///
/// 1 to 64 letters, digits, `-` or `_`; compared without case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UpgradeId(String);

impl UpgradeId {
    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This is the id, in whichever letter case. Databases compare it without case too.
    pub fn is(&self, text: &str) -> bool {
        eq_azure_name(&self.0, text)
    }
}

impl PartialEq for UpgradeId {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for UpgradeId {}

impl FromStr for UpgradeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (kind, shape) = ("upgrade", "1 to 64 letters, digits, - or _");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match text {
            "" => Err(IdError::Empty { kind, shape }),
            _ if text.len() <= 64 && text.chars().all(plain) => Ok(Self(text.to_owned())),
            _ => Err(IdError::Shape { text: text.to_owned(), kind, shape }),
        }
    }
}

impl fmt::Display for UpgradeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UpgradeId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<UpgradeId> for String {
    fn from(id: UpgradeId) -> Self {
        id.0
    }
}

#[cfg(test)]
#[path = "ids_test.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
