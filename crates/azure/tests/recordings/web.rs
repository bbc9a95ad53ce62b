//! Microsoft.Web: what is asked and what is read.

use azure::{ArmId, site_model, web};
use rollout::{
    SiteId,
    facts::{Plan, Site},
    site::AppSetting,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    cassette::Interaction,
    checker::{Checker, Reader, response, scope},
    new_site,
};

const REPEATS: (&str, &str) = ("id name type location", "the answer repeats what was asked for");

pub const SETTINGS: Reader = Reader { name: "the reader of connection strings", drops: &[REPEATS] };

pub const NAMES: Reader = Reader {
    name: "the reader of application settings",
    drops: &[REPEATS, ("properties", "the values may be secrets: only their names are kept, which is checked apart")],
};

pub const PLAN: Reader = Reader {
    name: "the reader of a plan",
    drops: &[
        ("name type kind sku.size sku.family", "the id and two words of the sku say it"),
        ("properties", "the state of the machines: no rule looks at it; whether they run Linux is checked apart"),
    ],
};

pub const SITE: Reader = Reader {
    name: "the reader of a site",
    drops: &[
        (
            "id name type kind properties.name properties.kind properties.resourceGroup properties.selfLink \
             properties.repositorySiteName properties.deploymentId properties.slotName",
            "the answer repeats what was asked for",
        ),
        (
            "properties.sku properties.serverFarm properties.computeMode properties.siteMode properties.containerSize \
             properties.reserved properties.isXenon properties.hyperV properties.maxNumberOfWorkers \
             properties.dailyMemoryTimeQuota properties.functionExecutionUnitsCache properties.redundancyMode \
             properties.geoDistributions",
            "the plan is asked itself",
        ),
        (
            "properties.siteConfig properties.siteProperties",
            "almost all null here; settings are asked for where needed",
        ),
        (
            "properties.enabled properties.adminEnabled properties.usageState properties.availabilityState \
             properties.contentAvailabilityState properties.runtimeAvailabilityState \
             properties.storageRecoveryDefaultState properties.suspendedTill properties.siteDisabledReason \
             properties.scmSiteAlsoStopped properties.hostNamesDisabled properties.lastModifiedTimeUtc \
             properties.migrationState properties.buildVersion properties.targetBuildVersion \
             properties.inProgressOperationId properties.inFlightFeatures",
            "whether it works is seen by asking it as its users do",
        ),
        (
            "properties.targetSwapSlot properties.slotSwapStatus properties.cloningInfo \
             properties.trafficManagerHostNames",
            "null but in the middle of what no step does",
        ),
        (
            "properties.sslCertificates properties.csrs properties.cers properties.clientCertEnabled \
             properties.clientCertMode properties.clientCertExclusionPaths properties.httpsOnly \
             properties.clientAffinityEnabled properties.domainVerificationIdentifiers \
             properties.customDomainVerificationId properties.defaultHostNameScope",
            "how it speaks with users is seen by asking it as they do",
        ),
        (
            "properties.dnsConfiguration properties.vnetRouteAllEnabled properties.vnetImagePullEnabled \
             properties.vnetContentShareEnabled properties.vnetBackupRestoreEnabled properties.virtualNetworkSubnetId \
             properties.containerAllocationSubnet properties.useContainerLocalhostBindings \
             properties.inboundIpAddress properties.possibleInboundIpAddresses properties.outboundIpAddresses \
             properties.possibleOutboundIpAddresses properties.privateEndpointConnections \
             properties.privateLinkIdentifiers properties.publicNetworkAccess",
            "the network is its owner's affair",
        ),
        (
            "properties.owner properties.webSpace properties.homeStamp properties.hostingEnvironment \
             properties.hostingEnvironmentProfile properties.hostingEnvironmentId properties.managedEnvironmentId \
             properties.ftpUsername properties.ftpsHostName properties.eligibleLogCategories \
             properties.storageAccountRequired properties.keyVaultReferenceIdentity",
            "the platform's own",
        ),
        ("properties.tags", "always null: the tags stand beside the properties"),
    ],
};

pub fn id(seen: &Interaction) -> SiteId {
    let (group, name) = (seen.name_of("resourceGroups"), seen.name_of("sites"));
    SiteId { group: group.to_owned(), name: name.to_owned(), slot: None }
}

pub fn site_is_read(seen: &Interaction, checker: &mut Checker) {
    let asked = id(seen);
    let (site, body) = (checker.check(seen, &web::site(&scope(), &asked)).unwrap(), seen.received());
    let Site { id, running, location, plan, default_host, host_names, publish_host, tags } = site;
    assert_eq!(id, asked, "{}", seen.place);
    let names: Vec<&str> = host_names.iter().map(|host| host.name.as_str()).collect();
    // `sslState` of the default name is Disabled, though it has Azure's own certificate.
    assert!(host_names.iter().all(|host| host.tls == (host.name == default_host)), "{}: {host_names:?}", seen.place);
    let scm = format!("{}.scm.azurewebsites.net", default_host.split('.').next().unwrap());
    assert_eq!(publish_host, Some(scm), "{}", seen.place);
    new_site::definition_is_read(seen, checker);
    let properties = &body["properties"];
    let kept = [
        ("location", json!(location)),
        ("tags", if tags.is_empty() { Value::Null } else { json!(tags) }),
        ("properties.state", json!(if running { "Running" } else { "Stopped" })),
        ("properties.serverFarmId", json!(plan)),
        ("properties.defaultHostName", json!(default_host)),
        ("properties.hostNames", json!(names)),
        // Read for what `hostNames` does not tell: certificates, and which name serves no users.
        ("properties.hostNameSslStates", properties["hostNameSslStates"].clone()),
        ("properties.enabledHostNames", properties["enabledHostNames"].clone()),
    ];
    checker.lossless(&seen.place, &SITE, &body, &kept);
}

pub fn plan_is_read(seen: &Interaction, checker: &mut Checker) {
    let asked = ArmId::parse(seen.uri.path()).unwrap();
    let Plan { id, tier, size, instances, location, linux } = checker.check(seen, &web::plan(&asked)).unwrap();
    let kept = [
        ("id", json!(id)),
        ("location", json!(location)),
        ("sku.tier", json!(tier)),
        ("sku.name", json!(size)),
        ("sku.capacity", json!(instances)),
    ];
    let body = seen.received();
    assert_eq!(body["properties"]["reserved"], linux, "{}", seen.place);
    checker.lossless(&seen.place, &PLAN, &body, &kept);
}

pub fn connections_are_listed(seen: &Interaction, checker: &mut Checker) {
    let settings = checker.check(seen, &web::connection_settings(&scope(), &id(seen)));
    let written = web::put_connection_settings(&scope(), &id(seen), &settings).body.unwrap();
    checker.lossless(&seen.place, &SETTINGS, &seen.received(), &[("properties", written["properties"].clone())]);
}

/// What was sent is what our reader and our builder make of it together.
pub fn connections_are_put(seen: &Interaction, checker: &mut Checker) {
    let sent = azure::Response { body: seen.sent.to_string().into(), ..response(seen) };
    let settings = web::connection_settings(&scope(), &id(seen)).read(&sent).unwrap();
    let request = web::put_connection_settings(&scope(), &id(seen), &settings);
    checker.check(seen, &request);
    assert_eq!(request.body.unwrap(), seen.sent, "{}: to the last field", seen.place);
}

pub fn application_settings_are_listed(seen: &Interaction, checker: &mut Checker) {
    let settings = checker.check(seen, &site_model::app_settings(&scope(), &id(seen)));
    let body = seen.received();
    let pair = |setting: &AppSetting| (setting.name.clone(), json!(setting.value.expose_secret()));
    let settings: serde_json::Map<_, _> = settings.iter().map(pair).collect();
    assert_eq!(Value::Object(settings), body["properties"], "{}", seen.place);
    checker.lossless(&seen.place, &NAMES, &body, &[]);
}

/// What was sent is what our reader and our builder make of it together.
pub fn application_settings_are_put(seen: &Interaction, checker: &mut Checker) {
    let sent = azure::Response { body: seen.sent.to_string().into(), ..response(seen) };
    let settings = site_model::app_settings(&scope(), &id(seen)).read(&sent).unwrap();
    let request = web::put_app_settings(&scope(), &id(seen), &settings);
    checker.check(seen, &request);
    assert_eq!(request.body.unwrap(), seen.sent, "{}: to the last field", seen.place);
}
