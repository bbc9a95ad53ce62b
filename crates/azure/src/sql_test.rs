use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Response, arbitrary_json::arbitrary_json};

fn scope() -> Scope {
    Scope::new("00000000-0000-0000-0000-000000000000")
}

const SERVER: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-2";

fn id() -> DatabaseId {
    "contoso-rg/contoso-sql-2/shop".parse().unwrap()
}

fn ok(body: &Value) -> Response {
    Response { status: 200, headers: Default::default(), body: body.to_string().into() }
}

fn tags() -> Tags {
    Tags::from([("rolling-upgrade".into(), "7".into())])
}

#[test]
fn reads_are_gets_of_the_resource() {
    let version = vec![("api-version", "2021-11-01".to_owned())];
    let server = server(&scope(), &id().server_id());
    assert_eq!((server.method.as_str(), server.path.as_str(), &server.query), ("GET", SERVER, &version));
    let database = database(&scope(), &id());
    assert_eq!((database.path, database.query), (format!("{SERVER}/databases/shop"), version));
    assert_eq!(links(&scope(), &id()).path, format!("{SERVER}/databases/shop/replicationLinks"));
    assert!(server.safe_to_repeat && server.body.is_none());
}

#[test]
fn a_secondary_names_its_source_and_leaves_the_size_to_azure() {
    let (source, target) = ("contoso-rg/contoso-sql-1/shop".parse().unwrap(), id());
    let secondary = Secondary { target: &target, source: &source, location: "westeurope", tags: &tags() };
    let request = create_secondary(&scope(), &secondary);
    assert_eq!(
        request.tried,
        "create the database `contoso-rg/contoso-sql-2/shop` as a secondary of `contoso-rg/contoso-sql-1/shop`"
    );
    assert_eq!((request.method.as_str(), request.path), ("PUT", format!("{SERVER}/databases/shop")));
    assert_eq!(
        request.body.unwrap(),
        json!({
            "location": "westeurope",
            "tags": { "rolling-upgrade": "7" },
            "properties": {
                "createMode": "Secondary",
                "secondaryType": "Geo",
                "sourceDatabaseId": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/contoso-rg/providers/Microsoft.Sql/servers/contoso-sql-1/databases/shop",
            },
        })
    );
    assert_eq!((request.expected, request.safe_to_repeat), (STARTED, true));
}

#[test]
fn databases_are_deleted() {
    let request = delete_database(&scope(), &id());
    assert_eq!((request.method.as_str(), request.path), ("DELETE", format!("{SERVER}/databases/shop")));
    assert_eq!((request.body, request.expected), (None, &[200, 202, 204, 404][..]));
}

#[test]
fn a_link_is_unlinked_in_the_friendly_way_and_deleted() {
    let request = unlink(&scope(), &id(), "g-1");
    assert_eq!(request.tried, "unlink the replication link `g-1` of the database `contoso-rg/contoso-sql-2/shop`");
    let path = format!("{SERVER}/databases/shop/replicationLinks/g-1");
    assert_eq!((request.method.as_str(), &request.path), ("POST", &format!("{path}/unlink")));
    assert_eq!(request.query, [("api-version", "2014-04-01".to_owned())]);
    assert_eq!(request.body.unwrap(), json!({ "forcedTermination": false }));
    assert_eq!((request.expected, request.safe_to_repeat), (&[200, 202, 204][..], false));

    let request = delete_link(&scope(), &id(), "g-1");
    assert_eq!((request.method.as_str(), request.path), ("DELETE", path));
    assert_eq!(request.query, [("api-version", "2021-11-01".to_owned())]);
    assert_eq!((request.body, request.expected), (None, &[200, 202, 204, 404][..]));
}

#[test]
fn a_firewall_rule_is_put_with_its_addresses_and_deleted_by_name() {
    let (server, rule) =
        (id().server_id(), FirewallRule { name: "r-1".into(), start: "1.2.3.4".into(), end: "1.2.3.4".into() });
    let request = put_firewall_rule(&scope(), &server, &rule);
    assert_eq!(request.tried, "add the firewall rule `r-1` to the SQL server `contoso-rg/contoso-sql-2`");
    assert_eq!((request.method.as_str(), &request.path), ("PUT", &format!("{SERVER}/firewallRules/r-1")));
    let properties = json!({ "startIpAddress": "1.2.3.4", "endIpAddress": "1.2.3.4" });
    assert_eq!(request.body.as_ref().unwrap(), &json!({ "properties": properties }));
    assert_eq!((request.expected, request.safe_to_repeat), (&[200, 201][..], true));
    assert_eq!(request.read(&ok(&json!({ "name": "r-1", "properties": properties }))).unwrap(), rule);

    let request = delete_firewall_rule(&scope(), &server, "r-1");
    assert_eq!((request.method.as_str(), request.path), ("DELETE", format!("{SERVER}/firewallRules/r-1")));
    assert_eq!((request.body, request.expected), (None, &[200, 204, 404][..]));
}

#[test]
fn reads_a_server() {
    let body = json!({
        "kind": "v12.0",
        "properties": {
            "administratorLogin": "sqladmin", "version": "12.0", "state": "Ready",
            "fullyQualifiedDomainName": "contoso-sql-2.database.windows.net",
            "privateEndpointConnections": [], "publicNetworkAccess": "Enabled",
        },
        "location": "westeurope", "id": SERVER, "name": "contoso-sql-2", "type": "Microsoft.Sql/servers",
    });
    let asked = id().server_id();
    let server = server(&scope(), &asked).read(&ok(&body)).unwrap().unwrap();
    assert_eq!(server.fqdn, "contoso-sql-2.database.windows.net");
    assert_eq!((server.id, server.location.as_str(), server.public_access_disabled), (asked, "westeurope", false));
}

#[test]
fn reads_what_geo_replication_does_not_copy_of_a_server() {
    let body = json!({
        "properties": {
            "fullyQualifiedDomainName": "x.database.windows.net", "minimalTlsVersion": "1.2",
            "keyId": "https://vault-1.vault.azure.net/keys/tde/1",
            "administrators": { "administratorType": "ActiveDirectory", "login": "dba@contoso.example" },
        },
        "location": "westeurope",
    });
    let request = server(&scope(), &id().server_id());
    let found = request.read(&ok(&body)).unwrap().unwrap();
    assert_eq!(found.key.as_deref(), Some("https://vault-1.vault.azure.net/keys/tde/1"));
    assert_eq!(found.minimal_tls.as_deref(), Some("1.2"));
    assert_eq!(found.administrator.as_deref(), Some("dba@contoso.example"));
    let bare = json!({ "properties": { "fullyQualifiedDomainName": "x", "keyId": "" }, "location": "westeurope" });
    let found = request.read(&ok(&bare)).unwrap().unwrap();
    assert_eq!((found.key, found.minimal_tls, found.administrator), (None, None, None));
}

#[test]
fn lists_firewall_rules() {
    let request = firewall_rules(&scope(), &id().server_id());
    assert_eq!((request.path.as_str(), request.paged), (&*format!("{SERVER}/firewallRules"), true));
    let rule =
        json!({ "name": "office", "properties": { "startIpAddress": "192.0.2.1", "endIpAddress": "192.0.2.9" } });
    let found = request.read(&ok(&json!({ "value": [rule] }))).unwrap();
    let office = FirewallRule { name: "office".into(), start: "192.0.2.1".into(), end: "192.0.2.9".into() };
    assert_eq!(found, [office]);
    assert!(request.read(&ok(&json!({ "value": [{ "name": "office" }] }))).is_err());
}

#[test]
fn reads_where_a_database_belongs() {
    let group = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Sql/servers/a/failoverGroups/dr";
    let body = json!({
        "sku": { "name": "ElasticPool" }, "location": "x",
        "properties": { "status": "Online", "elasticPoolId": "pool", "failoverGroupId": group, "maxSizeBytes": 1 },
    });
    let found = database(&scope(), &id()).read(&ok(&body)).unwrap().unwrap();
    assert_eq!(
        (found.elastic_pool.as_deref(), found.failover_group.as_deref(), found.max_size),
        (Some("pool"), Some(group), Some(1))
    );
}

#[test]
fn lists_the_servers_of_all_groups() {
    let request = servers(&scope());
    assert_eq!(request.path, "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Sql/servers");
    let server = |id: &str| {
        let properties = json!({ "fullyQualifiedDomainName": "x.database.windows.net", "publicNetworkAccess": null });
        json!({ "id": id, "location": "westeurope", "properties": properties })
    };
    let other = SERVER.replace("resourceGroups/contoso-rg", "resourcegroups/Other");
    let read = |body: Value| request.read(&ok(&body));
    let found = read(json!({ "value": [server(SERVER), server(&other)] })).unwrap();
    assert_eq!(
        found.iter().map(|server| server.id.to_string()).collect::<Vec<_>>(),
        ["contoso-rg/contoso-sql-2", "Other/contoso-sql-2"]
    );
    assert!(read(json!({ "value": [server("/subscriptions/s")] })).is_err());
    assert_eq!(read(json!({ "value": [], "nextLink": "https://…" })), Err(ReadError::MorePages));
}

#[test]
fn reads_a_database_with_nulls_and_without_what_is_optional() {
    let body = json!({
        "sku": { "name": "GP_Gen5", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 2 },
        "tags": { "rolling-upgrade": "7", "empty": null },
        "properties": { "status": "Online", "secondaryType": "Geo", "elasticPoolId": null },
        "location": "westeurope",
    });
    let database = database(&scope(), &id()).read(&ok(&body)).unwrap().unwrap();
    assert!(database.online());
    assert_eq!((database.sku_name.as_str(), database.sku_capacity), ("GP_Gen5", Some(2)));
    assert_eq!(database.secondary_type.as_deref(), Some("Geo"));
    assert_eq!(database.tags.get("empty").map(String::as_str), Some(""));
    let bare =
        json!({ "sku": { "name": "S0" }, "tags": null, "properties": { "status": "Creating" }, "location": "x" });
    let database = super::database(&scope(), &id()).read(&ok(&bare)).unwrap().unwrap();
    assert_eq!((database.online(), database.sku_tier.as_str(), database.sku_capacity), (false, "", None));
}

#[test]
fn reads_links_and_refuses_half_a_list() {
    let link = json!({
        "properties": {
            "partnerServer": "contoso-sql-1", "partnerDatabase": "shop", "partnerLocation": "West Europe",
            "role": "Secondary", "partnerRole": "Primary", "replicationMode": "ASYNC", "percentComplete": 100,
            "replicationState": "CATCH_UP", "isTerminationAllowed": true, "linkType": "GEO",
        },
        "id": "x", "name": "e10fea35-27bc-4228-8dfe-3e42c7e5ac3b",
    });
    let read = |body: Value| links(&scope(), &id()).read(&ok(&body));
    let found = read(json!({ "value": [link], "nextLink": null })).unwrap().unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].caught_up() && !found[0].is_primary());
    assert_eq!((found[0].partner_server.as_str(), found[0].name.len()), ("contoso-sql-1", 36));
    assert_eq!(read(json!({ "value": [] })), Ok(Some(Vec::new())));
    assert_eq!(read(json!({ "value": [link], "nextLink": "https://…" })), Err(ReadError::MorePages));
    let absent = Response { status: 404, ..ok(&json!({})) };
    assert_eq!(links(&scope(), &id()).read(&absent), Ok(None));
}

#[test]
fn lists_servers_with_the_group_that_their_ids_name() {
    let body = json!({ "value": [{
        "id": "/subscriptions/s/resourcegroups/Rg/providers/Microsoft.Sql/servers/One", "name": "One", "location": "x",
        "properties": { "fullyQualifiedDomainName": "one.database.windows.net", "publicNetworkAccess": "Disabled" },
    }] });
    let request = servers(&scope());
    assert!(request.path.ends_with("/providers/Microsoft.Sql/servers"), "{}", request.path);
    let found = request.read(&ok(&body)).unwrap();
    assert_eq!(found[0].id, "rg/one".parse().unwrap());
    assert!(found[0].public_access_disabled);
    assert_eq!(
        servers(&scope()).read(&ok(&json!({ "value": [], "nextLink": "https://…" }))),
        Err(ReadError::MorePages)
    );
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(body in arbitrary_json(&[
        "value", "properties", "sku", "name", "tags", "location", "status", "partnerServer", "partnerDatabase", "role",
        "fullyQualifiedDomainName", "capacity", "nextLink",
    ])) {
        let _ = server(&scope(), &id().server_id()).read(&ok(&body));
        let _ = database(&scope(), &id()).read(&ok(&body));
        let _ = links(&scope(), &id()).read(&ok(&body));
        let _ = servers(&scope()).read(&ok(&body));
        let _ = firewall_rules(&scope(), &id().server_id()).read(&ok(&body));
    }
}
