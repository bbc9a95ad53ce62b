//! ARM ids: `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}…`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rollout::{DatabaseId, PlanId, ProfileId, ServerId, SiteId, ids::eq_azure_name};

/// Everything but the unreserved characters of RFC 3986 and the parentheses that resource groups may have.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'(').remove(b')');

/// The id of a resource. Azure compares ids without case and returns them in other casing than they were sent.
#[derive(Debug, Clone)]
pub struct ArmId {
    segments: Vec<String>,
}

/// The text is not the id of a resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARM id: expected `/subscriptions/…/resourceGroups/…/providers/…`")]
pub struct ArmIdError(String);

impl ArmId {
    /// Reads an id as Azure writes it.
    ///
    /// # Errors
    /// The text does not begin with a slash and `subscriptions`, has an empty or a relative (`.`, `..`) segment, or an
    /// odd number of segments.
    pub fn parse(text: &str) -> Result<Self, ArmIdError> {
        let refused = || ArmIdError(text.to_owned());
        let segments: Vec<String> = text.strip_prefix('/').ok_or_else(refused)?.split('/').map(str::to_owned).collect();
        let sound = |segment: &String| !matches!(segment.as_str(), "" | "." | "..");
        let named = segments.len().is_multiple_of(2) && eq_azure_name(&segments[0], "subscriptions");
        if named && segments.iter().all(sound) { Ok(Self { segments }) } else { Err(refused()) }
    }

    /// The segment after the one named `kind`, e.g. the name of the group after `resourceGroups`.
    pub fn get(&self, kind: &str) -> Option<&str> {
        self.segments.chunks_exact(2).find(|pair| eq_azure_name(&pair[0], kind)).map(|pair| pair[1].as_str())
    }

    /// The id with more segments after it.
    #[must_use]
    pub fn join(mut self, segments: &[&str]) -> Self {
        self.segments.extend(segments.iter().map(|segment| (*segment).to_owned()));
        self
    }

    /// The path of a request for it: each segment percent-encoded.
    pub fn path(&self) -> String {
        self.segments.iter().flat_map(|segment| ["/".to_owned(), encode(segment)]).collect()
    }
}

fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        eq_azure_name(&self.to_string(), &other.to_string())
    }
}

impl Eq for ArmId {}

/// The subscription in which resources are looked for: it turns identifiers into ARM ids and back.
#[derive(Debug, Clone)]
pub struct Scope {
    subscription: String,
}

impl Scope {
    /// A scope of this subscription id.
    pub fn new(subscription: impl Into<String>) -> Self {
        Self { subscription: subscription.into() }
    }

    /// The subscription id.
    pub fn subscription(&self) -> &str {
        &self.subscription
    }

    fn resource(&self, group: &str, namespace: &str, names: &[&str]) -> ArmId {
        let id = ArmId { segments: Vec::new() };
        id.join(&["subscriptions", &self.subscription, "resourceGroups", group, "providers", namespace]).join(names)
    }

    /// The list of all logical SQL servers of the subscription.
    pub fn servers(&self) -> ArmId {
        let id = ArmId { segments: Vec::new() };
        id.join(&["subscriptions", &self.subscription, "providers", "Microsoft.Sql", "servers"])
    }

    /// The id of a logical SQL server.
    pub fn server(&self, id: &ServerId) -> ArmId {
        self.resource(&id.group, "Microsoft.Sql", &["servers", &id.name])
    }

    /// The id of a database.
    pub fn database(&self, id: &DatabaseId) -> ArmId {
        self.server(&id.server_id()).join(&["databases", &id.name])
    }

    /// The id of a Traffic Manager profile.
    pub fn profile(&self, id: &ProfileId) -> ArmId {
        self.resource(&id.group, "Microsoft.Network", &["trafficManagerProfiles", &id.name])
    }

    /// The list of all Traffic Manager profiles of the subscription.
    pub fn profiles(&self) -> ArmId {
        let id = ArmId { segments: Vec::new() };
        id.join(&["subscriptions", &self.subscription, "providers", "Microsoft.Network", "trafficManagerProfiles"])
    }

    /// The id of a web site, or of a slot of one.
    pub fn site(&self, id: &SiteId) -> ArmId {
        let site = self.resource(&id.group, "Microsoft.Web", &["sites", &id.name]);
        match &id.slot {
            Some(slot) => site.join(&["slots", slot]),
            None => site,
        }
    }

    /// The id of an App Service plan.
    pub fn plan(&self, id: &PlanId) -> ArmId {
        self.resource(&id.group, "Microsoft.Web", &["serverfarms", &id.name])
    }

    /// The id of a resource group.
    pub fn group(&self, name: &str) -> ArmId {
        ArmId { segments: Vec::new() }.join(&["subscriptions", &self.subscription, "resourceGroups", name])
    }

    /// The site or slot that an ARM id names; `None` for another kind of resource or another subscription.
    pub fn site_of(&self, text: &str) -> Option<SiteId> {
        let id = ArmId::parse(text).ok()?;
        let ours = eq_azure_name(id.get("subscriptions")?, &self.subscription);
        let site = ours && eq_azure_name(id.get("providers")?, "Microsoft.Web");
        let (group, name) = (id.get("resourceGroups")?.to_owned(), id.get("sites")?.to_owned());
        site.then(|| SiteId { group, name, slot: id.get("slots").map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn encodes_each_segment_of_a_path_and_none_of_an_id() {
        let scope = Scope::new("s-1");
        let id = scope.database(&"rg (a)/srv/my shop+ä".parse().unwrap());
        assert_eq!(
            id.path(),
            "/subscriptions/s-1/resourceGroups/rg%20(a)/providers/Microsoft.Sql/servers/srv/databases/my%20shop%2B%C3%A4"
        );
        assert_eq!(
            id.to_string(),
            "/subscriptions/s-1/resourceGroups/rg (a)/providers/Microsoft.Sql/servers/srv/databases/my shop+ä"
        );
    }

    #[test]
    fn reads_a_site_in_any_casing() {
        let scope = Scope::new("S-1");
        let site = |text: &str| scope.site_of(text).map(|id| id.to_string());
        assert_eq!(
            site("/subscriptions/s-1/resourcegroups/rg/providers/microsoft.web/Sites/web"),
            Some("rg/web".into())
        );
        assert_eq!(
            site("/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Web/sites/web/slots/stage"),
            Some("rg/web/stage".into())
        );
        assert_eq!(site("/subscriptions/other/resourceGroups/rg/providers/Microsoft.Web/sites/web"), None);
        assert_eq!(site("/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/a"), None);
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in
            ["", "/", "subscriptions/s", "/subscriptions", "/subscriptions/", "/providers/a", "/subscriptions/s/../x"]
        {
            assert!(ArmId::parse(text).is_err(), "{text}");
        }
    }
}
