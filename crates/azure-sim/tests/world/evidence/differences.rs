//! Where the simulator's answers differ from recorded ones, and why. `docs/simulator.md` shows this table.

use super::shape::How::{self, Differs, OnlyRecorded, OnlySimulated};

/// A difference that is known.
pub struct Difference {
    /// The operation as the table of recordings names it, or [`SEVERAL`].
    pub operation: &'static str,
    pub how: How,
    /// Places in the body, `body`, `status`, or `header` with a name; parted by commas.
    pub places: &'static str,
    pub reason: &'static str,
}

impl Difference {
    pub fn places(&self) -> impl Iterator<Item = &'static str> {
        self.places.split(',').map(str::trim)
    }
}

/// Whichever operations the difference occurs at.
pub const SEVERAL: &str = "several";

const fn row(operation: &'static str, how: How, places: &'static str, reason: &'static str) -> Difference {
    Difference { operation, how, places, reason }
}

pub const DIFFERENCES: &[Difference] = &[
    row(
        SEVERAL,
        OnlySimulated,
        "header x-ms-request-id, header x-ms-correlation-request-id, header \
         x-ms-routing-request-id, header retry-after",
        "Azure sends them; azure-cli's recorder leaves them out",
    ),
    row(
        SEVERAL,
        OnlySimulated,
        "header retry-after-ms",
        "as some of Azure's services send it: tests need a pace below a second",
    ),
    row(
        SEVERAL,
        OnlyRecorded,
        "header server, header x-aspnet-version, header x-powered-by",
        "they name software that the simulator is not",
    ),
    row(SEVERAL, OnlyRecorded, "header transfer-encoding, header vary", "answers are not compressed and go out whole"),
    row(
        SEVERAL,
        OnlyRecorded,
        "header x-ms-ratelimit-remaining-subscription-writes, header \
         x-ms-ratelimit-remaining-subscription-deletes, header \
         x-ms-ratelimit-remaining-subscription-resource-requests",
        "the limits of a subscription are not modelled",
    ),
    row(SEVERAL, OnlyRecorded, "header dataserviceversion", "of version 2014-04-01"),
    row("read a server", OnlyRecorded, "properties.externalGovernanceStatus", "younger than the simulated version"),
    row(
        "list the databases of a server",
        OnlyRecorded,
        "value[].properties.availabilityZone",
        "younger than the simulated version",
    ),
    row("read a database", OnlyRecorded, "properties.availabilityZone", "younger than the simulated version"),
    row(
        "read a database",
        OnlyRecorded,
        "properties.readReplicaCount, properties.storageAccountType",
        "older than the simulated version: of 2019-06-01-preview",
    ),
    row(
        "read a database",
        OnlyRecorded,
        "properties.earliestRestoreDate, properties.elasticPoolId",
        "backups and elastic pools are not modelled",
    ),
    row(
        "read a database",
        OnlySimulated,
        "properties.secondaryType",
        "younger than 2019-06-01-preview, and no secondary of a later version was recorded",
    ),
    row(
        "list replication links",
        Differs,
        "header cache-control, header content-type",
        "only 2014-04-01 was recorded, which another front of the service answers",
    ),
    row(
        "list replication links",
        OnlySimulated,
        "header expires, header pragma",
        "only 2014-04-01 was recorded, which another front of the service answers",
    ),
    row(
        "list replication links",
        OnlyRecorded,
        "value[].location, value[].type",
        "only 2014-04-01 was recorded: later versions leave them out",
    ),
    row(
        "list replication links",
        OnlySimulated,
        "value[].properties.linkType",
        "only 2014-04-01 was recorded: it came later",
    ),
    row(
        "list replication links",
        Differs,
        "value[].properties.startTime",
        "only 2014-04-01 was recorded: later versions write times with their zone, UTC",
    ),
    row(
        "end a replication link by force",
        Differs,
        "status, body",
        "only 2014-04-01 was recorded, which answers at once: later versions answer 202",
    ),
    row(
        "end a replication link by force",
        OnlySimulated,
        "header azure-asyncoperation, header location",
        "the addresses to poll that come with the 202",
    ),
    row(
        "end a replication link by force",
        Differs,
        "header cache-control, header content-type",
        "only 2014-04-01 was recorded, which another front of the service answers",
    ),
    row(
        "end a replication link by force",
        OnlySimulated,
        "header expires, header pragma",
        "only 2014-04-01 was recorded, which another front of the service answers",
    ),
    row("fail over, 2014", OnlyRecorded, "header preference-applied", "of version 2014-04-01"),
    row(
        "fail over, 2014",
        Differs,
        "header content-type",
        "it varies from recording to recording, and is wrong for a body of JSON in one",
    ),
    row(
        "poll an operation of a link, 2014",
        Differs,
        "header content-type",
        "the parameters of OData are left out: they say nothing of the body",
    ),
    row(
        "read a profile",
        Differs,
        "properties.endpoints[].id, properties.endpoints[].properties.endpointLocation, \
         properties.endpoints[].properties.targetResourceId",
        "production's endpoint is an azureEndpoint: only external ones without a region were \
         recorded",
    ),
    row(
        "read a site",
        OnlyRecorded,
        "properties.hostNameSslStates[].certificateResourceId, properties.inFlightFeatures, \
         properties.managedEnvironmentId, properties.vnetBackupRestoreEnabled",
        "some recorded sites have them and some do not",
    ),
    row(
        "read a site",
        Differs,
        "properties.hostNameSslStates[].thumbprint",
        "production has a host name with a certificate: none was recorded",
    ),
    row(
        "create a site",
        OnlyRecorded,
        "properties.hostNameSslStates[].certificateResourceId, properties.inFlightFeatures, \
         properties.managedEnvironmentId, properties.vnetBackupRestoreEnabled",
        "some recorded sites have them and some do not",
    ),
    row(
        "create a site",
        Differs,
        "properties.privateEndpointConnections, properties.siteConfig.elasticWebAppScaleLimit, \
         properties.siteConfig.functionAppScaleLimit, properties.siteConfig.ipSecurityRestrictions, \
         properties.siteConfig.scmIpSecurityRestrictions",
        "the answer to a creation shows these otherwise than a later one: here both are the same",
    ),
    row(
        "change the configuration of a site",
        Differs,
        "properties.remoteDebuggingVersion",
        "the version of the day of the recording",
    ),
    row("deploy a package", OnlyRecorded, "header set-cookie", "there is one instance: nothing keeps a client with it"),
    row(
        "list host name bindings",
        OnlySimulated,
        "value[].properties.sslState, value[].properties.thumbprint",
        "production has a host name with a certificate: none was recorded",
    ),
];
