//! Paths below a subscription, and the api-versions of the providers.

/// The providers that are simulated, each with the one api-version that it knows.
const PROVIDERS: [(&str, &str); 3] =
    [("Microsoft.Sql", SQL_VERSION), ("Microsoft.Network", NETWORK_VERSION), ("Microsoft.Web", WEB_VERSION)];

pub(super) const SQL_VERSION: &str = "2021-11-01";
pub(super) const NETWORK_VERSION: &str = "2022-04-01";
pub(super) const WEB_VERSION: &str = "2023-12-01";

/// The version of 2014, as requests name it, and as its polling addresses do (recording `sql_db_replica_2017`).
pub(super) const LEGACY_SQL: &str = "2014-04-01";
pub(super) const LEGACY_SQL_POLLING: &str = "2014-04-01-Preview";

/// A path below a subscription, taken apart.
pub(super) struct Path<'a> {
    pub(super) subscription: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) provider: &'a str,
    pub(super) rest: Vec<&'a str>,
}

/// `subscriptions/{s}[/resourceGroups/{g}]/providers/{p}/…`
pub(super) fn path(segments: &[String]) -> Option<Path<'_>> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    match segments[..] {
        [a, subscription, b, provider, ref rest @ ..] if is(a, "subscriptions") && is(b, "providers") => {
            Some(Path { subscription, group: None, provider, rest: rest.to_vec() })
        }
        [a, subscription, b, group, c, provider, ref rest @ ..]
            if is(a, "subscriptions") && is(b, "resourceGroups") && is(c, "providers") =>
        {
            Some(Path { subscription, group: Some(group), provider, rest: rest.to_vec() })
        }
        _ => None,
    }
}

impl Path<'_> {
    /// The api-version of its provider, if that is simulated.
    pub(super) fn version(&self) -> Option<&'static str> {
        let known = PROVIDERS.iter().find(|(provider, _)| provider.eq_ignore_ascii_case(self.provider));
        known.map(|(_, version)| *version)
    }
}
