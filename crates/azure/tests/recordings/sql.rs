//! Microsoft.Sql: what is asked and what is read.

use azure::{ArmId, Started, operation::PollBy, sql};
use rollout::{
    DatabaseId, ServerId,
    facts::{Database, FirewallRule, Link, Server, Tags},
};
use serde_json::{Value, json};

use crate::{
    cassette::Interaction,
    checker::{Checker, Reader, response, scope},
};

pub const SERVER: Reader = Reader {
    name: "the reader of a server",
    drops: &[
        ("kind name type", "told by the id, which is kept"),
        ("properties.version properties.state", "one value in practice, and no rule looks at it"),
        (
            "properties.administratorLogin properties.administratorLoginPassword properties.externalAdministratorLogin \
             properties.externalAdministratorSid",
            "who administers a server is its owner's affair",
        ),
        (
            "properties.privateEndpointConnections properties.restrictOutboundNetworkAccess \
             properties.externalGovernanceStatus",
            "whether it can be reached is tried, not guessed",
        ),
    ],
};

pub const DATABASE: Reader = Reader {
    name: "the reader of a database",
    drops: &[
        ("id name type kind", "the answer repeats what was asked for"),
        ("sku.family properties.currentSku", "the size that was asked for is what a secondary inherits"),
        ("properties.currentServiceObjectiveName properties.requestedServiceObjectiveName", "the sku in one word"),
        (
            "properties.collation properties.catalogCollation properties.maxLogSizeBytes \
             properties.licenseType properties.isInfraEncryptionEnabled properties.isLedgerOn",
            "a secondary has them of its primary, or Azure refuses it",
        ),
        (
            "properties.zoneRedundant properties.availabilityZone properties.storageAccountType \
             properties.currentBackupStorageRedundancy properties.requestedBackupStorageRedundancy \
             properties.maintenanceConfigurationId properties.readScale properties.readReplicaCount",
            "how it is kept available says nothing of whether it can be upgraded",
        ),
        (
            "properties.databaseId properties.creationDate properties.earliestRestoreDate \
             properties.defaultSecondaryLocation",
            "no rule looks at it",
        ),
    ],
};

pub const LINK: Reader = Reader {
    name: "the reader of a replication link",
    drops: &[
        ("id type location", "the answer repeats what was asked for"),
        ("properties.partnerLocation properties.partnerRole", "the partner is asked itself"),
        ("properties.replicationMode properties.startTime", "one value in practice, and no rule looks at it"),
        ("properties.percentComplete", "0 or 100 in every recording: the state says more"),
        ("properties.isTerminationAllowed", "true in every recording: a refusal comes with the attempt"),
    ],
};

pub const FIREWALL_RULE: Reader =
    Reader { name: "the reader of a firewall rule", drops: &[("id type", "the answer repeats what was asked for")] };

pub const ACCEPTED: Reader = Reader {
    name: "the reader of a begun operation",
    drops: &[("operation startTime", "the address to ask at is in the headers")],
};

pub fn server_id(seen: &Interaction) -> ServerId {
    ServerId { group: seen.name_of("resourceGroups").to_owned(), name: seen.name_of("servers").to_owned() }
}

pub fn database_id(seen: &Interaction) -> DatabaseId {
    server_id(seen).database(seen.name_of("databases"))
}

pub fn server_is_read(seen: &Interaction, checker: &mut Checker) {
    let (server, body) = (checker.check(seen, &sql::server(&scope(), &server_id(seen))).unwrap(), seen.received());
    let list = azure::Response { body: json!({ "value": [body] }).to_string().into(), ..response(seen) };
    let listed = sql::servers(&scope()).read(&list).unwrap();
    assert_eq!(listed, std::slice::from_ref(&server), "{}: as an element of a list", seen.place);
    let Server { id, location, fqdn, public_access_disabled, key, minimal_tls, administrator } = server;
    assert_eq!(scope().server(&id), ArmId::parse(body["id"].as_str().unwrap()).unwrap(), "{}", seen.place);
    let access = if public_access_disabled { "Disabled" } else { "Enabled" };
    let kept = [
        ("id", body["id"].clone()),
        ("location", json!(location)),
        ("properties.fullyQualifiedDomainName", json!(fqdn)),
        // Where the answer says nothing (2014-04-01), the public may come in.
        ("properties.publicNetworkAccess", if_said(&body["properties"]["publicNetworkAccess"], access)),
        ("properties.keyId", json!(key)),
        ("properties.minimalTlsVersion", json!(minimal_tls)),
        ("properties.administrators.login", json!(administrator)),
    ];
    checker.lossless(&seen.place, &SERVER, &body, &kept);
}

/// Our word, or nothing where the answer says nothing.
fn if_said(theirs: &Value, ours: &str) -> Value {
    if theirs.is_null() { Value::Null } else { json!(ours) }
}

pub fn firewall_rules_are_read(seen: &Interaction, checker: &mut Checker) {
    let rules = checker.check(seen, &sql::firewall_rules(&scope(), &server_id(seen)));
    let recorded = seen.received()["value"].as_array().unwrap().clone();
    assert_eq!(rules.len(), recorded.len(), "{}", seen.place);
    for (rule, body) in rules.iter().zip(&recorded) {
        is_lossless_rule(seen, rule, body, checker);
    }
}

fn is_lossless_rule(seen: &Interaction, rule: &FirewallRule, body: &Value, checker: &mut Checker) {
    let kept = [
        ("name", json!(rule.name)),
        ("properties.startIpAddress", json!(rule.start)),
        ("properties.endIpAddress", json!(rule.end)),
    ];
    checker.lossless(&seen.place, &FIREWALL_RULE, body, &kept);
}

/// New or not: Azure answers both alike.
pub fn firewall_rule_is_put(seen: &Interaction, checker: &mut Checker) {
    let address = |name: &str| seen.sent["properties"][name].as_str().unwrap().to_owned();
    let (start, end) = (address("startIpAddress"), address("endIpAddress"));
    let rule = FirewallRule { name: seen.name_of("firewallRules").to_owned(), start, end };
    let answered = checker.check(seen, &sql::put_firewall_rule(&scope(), &server_id(seen), &rule));
    assert_eq!(answered, rule, "{}", seen.place);
    is_lossless_rule(seen, &answered, &seen.received(), checker);
}

pub fn firewall_rule_is_deleted(seen: &Interaction, checker: &mut Checker) {
    let request = sql::delete_firewall_rule(&scope(), &server_id(seen), seen.name_of("firewallRules"));
    checker.check(seen, &request);
}

pub fn database_is_read(seen: &Interaction, checker: &mut Checker) {
    let database = checker.check(seen, &sql::database(&scope(), &database_id(seen))).unwrap();
    is_lossless(seen, database, checker);
}

pub fn is_lossless(seen: &Interaction, database: Database, checker: &mut Checker) {
    let Database { location, status, sku_name, sku_tier, sku_capacity, secondary_type, tags, .. } = &database;
    let kept = [
        ("location", json!(location)),
        ("properties.status", json!(status)),
        ("sku.name", json!(sku_name)),
        ("sku.tier", json!(sku_tier)),
        ("sku.capacity", json!(sku_capacity)),
        ("properties.secondaryType", json!(secondary_type)),
        ("properties.elasticPoolId", json!(database.elastic_pool)),
        ("properties.failoverGroupId", json!(database.failover_group)),
        ("properties.maxSizeBytes", json!(database.max_size)),
        ("tags", tags_as_said(tags)),
    ];
    checker.lossless(&seen.place, &DATABASE, &seen.received(), &kept);
}

/// Microsoft.Sql leaves out the tags of what has none.
fn tags_as_said(tags: &Tags) -> Value {
    if tags.is_empty() { Value::Null } else { json!(tags) }
}

pub fn create_secondary(seen: &Interaction) -> azure::Request<Started> {
    let source = seen.sent["properties"]["sourceDatabaseId"].as_str().unwrap();
    let source = ArmId::parse(source).unwrap();
    let part = |kind| source.get(kind).unwrap().to_owned();
    let source = DatabaseId { group: part("resourceGroups"), server: part("servers"), name: part("databases") };
    let (target, location) = (database_id(seen), seen.sent["location"].as_str().unwrap());
    let secondary = sql::Secondary { target: &target, source: &source, location, tags: &Tags::new() };
    sql::create_secondary(&scope(), &secondary)
}

pub fn delete_database(seen: &Interaction) -> azure::Request<Started> {
    sql::delete_database(&scope(), &database_id(seen))
}

pub fn unlink(seen: &Interaction) -> azure::Request<Started> {
    sql::unlink(&scope(), &database_id(seen), seen.name_of("replicationLinks"))
}

pub fn secondary_is_created(seen: &Interaction, checker: &mut Checker) {
    begins(seen, &create_secondary(seen), checker);
}

pub fn database_is_deleted(seen: &Interaction, checker: &mut Checker) {
    begins(seen, &delete_database(seen), checker);
}

fn begins(seen: &Interaction, request: &azure::Request<Started>, checker: &mut Checker) {
    let Started::Polling(polling) = checker.check(seen, request) else { panic!("{}: nothing to poll", seen.place) };
    assert_eq!(polling.by, PollBy::AsyncOperation, "{}: before Location, which is there too", seen.place);
    assert_eq!(Some(polling.url.as_str()), seen.header("azure-asyncoperation"), "{}", seen.place);
    assert_eq!(polling.after.map(|wait| wait.as_secs().to_string()).as_deref(), seen.header("retry-after"));
    checker.lossless(&seen.place, &ACCEPTED, &seen.received(), &[]);
}

pub fn absent_database_is_deleted(seen: &Interaction, checker: &mut Checker) {
    assert_eq!(checker.check(seen, &delete_database(seen)), Started::Done, "{}", seen.place);
}

/// Version 2014-04-01 answers at once, where later ones answer 202.
pub fn link_is_deleted(seen: &Interaction, checker: &mut Checker) {
    let request = sql::delete_link(&scope(), &database_id(seen), seen.name_of("replicationLinks"));
    assert_eq!(checker.check(seen, &request), Started::Done, "{}", seen.place);
}

pub fn links_are_read(seen: &Interaction, checker: &mut Checker) {
    let links = checker.check(seen, &sql::links(&scope(), &database_id(seen))).unwrap();
    let body = seen.received();
    let recorded = body["value"].as_array().unwrap();
    assert_eq!((links.len(), body.as_object().unwrap().len()), (recorded.len(), 1), "{}: the list alone", seen.place);
    for (link, recorded) in links.into_iter().zip(recorded) {
        let Link { name, partner_server, partner_database, role, state } = link;
        let kept = [
            ("name", json!(name)),
            ("properties.partnerServer", json!(partner_server)),
            ("properties.partnerDatabase", json!(partner_database)),
            ("properties.role", json!(role)),
            ("properties.replicationState", json!(state)),
        ];
        checker.lossless(&seen.place, &LINK, recorded, &kept);
    }
}
