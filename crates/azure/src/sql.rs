//! Logical SQL servers, databases and their replication links (Microsoft.Sql 2021-11-01).

use reqwest::Method;
use rollout::{
    DatabaseId, ServerId,
    facts::{Database, FirewallRule, Link, Server, Tags},
};
use serde_json::json;

use crate::{
    arm_id::{ArmId, Scope},
    json::{Node, ReadError},
    operation::{STARTED, Started, started},
    request::Request,
};

/// The version of the interface that these requests and readers are written for.
pub const API_VERSION: &str = "2021-11-01";

/// The one version that has the friendly end of a link. It retires, last announced for 30 June 2027
/// (learn.microsoft.com/rest/api/sql/retirement).
pub const UNLINK_API_VERSION: &str = "2014-04-01";

/// A logical server, `None` where there is none.
pub fn server(scope: &Scope, id: &ServerId) -> Request<Option<Server>> {
    let (tried, asked) = (format!("read the SQL server `{id}`"), id.clone());
    Request::look(tried, &scope.server(id), API_VERSION, move |response| {
        response.read(|node| read_server(&asked, node))
    })
}

/// All logical servers of the subscription.
pub fn servers(scope: &Scope) -> Request<Vec<Server>> {
    let tried = "list the SQL servers of the subscription".to_owned();
    Request::new(Method::GET, tried, &scope.servers(), API_VERSION, |response| response.read(read_servers)).paged()
}

/// The firewall rules of a logical server.
pub fn firewall_rules(scope: &Scope, id: &ServerId) -> Request<Vec<FirewallRule>> {
    let tried = format!("list the firewall rules of the SQL server `{id}`");
    let list = scope.server(id).join(&["firewallRules"]);
    Request::new(Method::GET, tried, &list, API_VERSION, |response| response.read(read_firewall_rules)).paged()
}

/// Makes a firewall rule, or gives the one of this name these addresses. Azure may take five minutes to act on it.
pub fn put_firewall_rule(scope: &Scope, id: &ServerId, rule: &FirewallRule) -> Request<FirewallRule> {
    let tried = format!("add the firewall rule `{}` to the SQL server `{id}`", rule.name);
    let path = scope.server(id).join(&["firewallRules", &rule.name]);
    let body = json!({ "properties": { "startIpAddress": rule.start, "endIpAddress": rule.end } });
    Request::new(Method::PUT, tried, &path, API_VERSION, |response| response.read(read_firewall_rule)).with_body(body)
}

/// Deletes a firewall rule; one that is not there is deleted already.
pub fn delete_firewall_rule(scope: &Scope, id: &ServerId, name: &str) -> Request<()> {
    let tried = format!("delete the firewall rule `{name}` of the SQL server `{id}`");
    let path = scope.server(id).join(&["firewallRules", name]);
    Request::new(Method::DELETE, tried, &path, API_VERSION, |_| Ok(()))
}

/// A database, `None` where there is none.
pub fn database(scope: &Scope, id: &DatabaseId) -> Request<Option<Database>> {
    let tried = format!("read the database `{id}`");
    Request::look(tried, &scope.database(id), API_VERSION, |response| response.read(read_database))
}

/// The replication links of a database as they are seen from it, `None` where there is no such database.
pub fn links(scope: &Scope, id: &DatabaseId) -> Request<Option<Vec<Link>>> {
    let tried = format!("list the replication links of the database `{id}`");
    let list = scope.database(id).join(&["replicationLinks"]);
    Request::look(tried, &list, API_VERSION, |response| response.read(read_links)).paged()
}

/// What a geo-secondary is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondary<'a> {
    /// The database to create. Its server must not be that of the source.
    pub target: &'a DatabaseId,
    /// The database to follow; for a chain, a secondary.
    pub source: &'a DatabaseId,
    /// Region of the target's server.
    pub location: &'a str,
    /// Its tags.
    pub tags: &'a Tags,
}

/// Creates a geo-secondary. Without a `sku`, Azure gives it the size and the backup redundancy of the primary.
pub fn create_secondary(scope: &Scope, secondary: &Secondary<'_>) -> Request<Started> {
    let tried = format!("create the database `{}` as a secondary of `{}`", secondary.target, secondary.source);
    let body = json!({
        "location": secondary.location,
        "tags": secondary.tags,
        "properties": {
            "createMode": "Secondary",
            "secondaryType": "Geo",
            "sourceDatabaseId": scope.database(secondary.source).to_string(),
        },
    });
    Request::new(Method::PUT, tried, &scope.database(secondary.target), API_VERSION, started)
        .with_body(body)
        .expecting(STARTED)
}

/// Deletes a database, linked or not; one that is not there is deleted already.
pub fn delete_database(scope: &Scope, id: &DatabaseId) -> Request<Started> {
    let tried = format!("delete the database `{id}`");
    Request::new(Method::DELETE, tried, &scope.database(id), API_VERSION, started).expecting(&[200, 202, 204, 404])
}

/// Ends a replication link in the friendly way: what is still on its way arrives first. Its operation is followed by
/// `Location` alone, as in all of this version (specification: `stable/2014-04-01/replicationLinks.json`). A POST is not
/// sent again after a lost answer: look whether the link is still there.
pub fn unlink(scope: &Scope, source: &DatabaseId, link: &str) -> Request<Started> {
    let tried = format!("unlink the replication link `{link}` of the database `{source}`");
    let action = scope.database(source).join(&["replicationLinks", link, "unlink"]);
    Request::new(Method::POST, tried, &action, UNLINK_API_VERSION, started)
        .with_body(json!({ "forcedTermination": false }))
        .expecting(&[200, 202, 204])
}

/// Deletes a replication link, which Azure carries out as a forced stop (recorded as `ForceStopDatabaseCopy`): nothing
/// is sent first. One that is not there is deleted already.
pub fn delete_link(scope: &Scope, source: &DatabaseId, link: &str) -> Request<Started> {
    let tried = format!("delete the replication link `{link}` of the database `{source}`");
    let link = scope.database(source).join(&["replicationLinks", link]);
    Request::new(Method::DELETE, tried, &link, API_VERSION, started).expecting(&[200, 202, 204, 404])
}

fn read_server(id: &ServerId, node: &Node<'_>) -> Result<Server, ReadError> {
    let access = node.optional_text("properties.publicNetworkAccess")?;
    Ok(Server {
        id: id.clone(),
        location: node.text("location")?,
        fqdn: node.text("properties.fullyQualifiedDomainName")?,
        public_access_disabled: access.is_some_and(|access| access.eq_ignore_ascii_case("Disabled")),
        key: node.optional_text("properties.keyId")?.filter(|key| !key.is_empty()),
        minimal_tls: node.optional_text("properties.minimalTlsVersion")?,
        administrator: node.optional_text("properties.administrators.login")?,
    })
}

fn read_firewall_rules(node: &Node<'_>) -> Result<Vec<FirewallRule>, ReadError> {
    whole_list(node)?;
    node.list("value")?.iter().map(read_firewall_rule).collect()
}

fn read_firewall_rule(node: &Node<'_>) -> Result<FirewallRule, ReadError> {
    Ok(FirewallRule {
        name: node.text("name")?,
        start: node.text("properties.startIpAddress")?,
        end: node.text("properties.endIpAddress")?,
    })
}

fn read_servers(node: &Node<'_>) -> Result<Vec<Server>, ReadError> {
    whole_list(node)?;
    node.list("value")?.iter().map(|server| read_server(&server_id(server)?, server)).collect()
}

fn server_id(node: &Node<'_>) -> Result<ServerId, ReadError> {
    let text = node.text("id")?;
    let id = ArmId::parse(&text).ok();
    let part = |kind| id.as_ref().and_then(|id| id.get(kind)).map(str::to_owned);
    let parts = part("resourceGroups").zip(part("servers"));
    parts.map(|(group, name)| ServerId { group, name }).ok_or_else(|| node.unlike("the id of a server"))
}

fn read_database(node: &Node<'_>) -> Result<Database, ReadError> {
    Ok(Database {
        location: node.text("location")?,
        status: node.text("properties.status")?,
        sku_name: node.text("sku.name")?,
        sku_tier: node.optional_text("sku.tier")?.unwrap_or_default(),
        sku_capacity: node.optional_number("sku.capacity")?,
        secondary_type: node.optional_text("properties.secondaryType")?,
        elastic_pool: node.optional_text("properties.elasticPoolId")?,
        failover_group: node.optional_text("properties.failoverGroupId")?,
        max_size: node.optional_number("properties.maxSizeBytes")?,
        tags: node.tags()?,
    })
}

fn read_links(node: &Node<'_>) -> Result<Vec<Link>, ReadError> {
    whole_list(node)?;
    node.list("value")?.iter().map(read_link).collect()
}

/// The client joins the pages of a list before it is read.
fn whole_list(node: &Node<'_>) -> Result<(), ReadError> {
    let more = node.optional_text("nextLink")?.is_some_and(|link| !link.is_empty());
    if more { Err(ReadError::MorePages) } else { Ok(()) }
}

fn read_link(node: &Node<'_>) -> Result<Link, ReadError> {
    Ok(Link {
        name: node.text("name")?,
        partner_server: node.text("properties.partnerServer")?,
        partner_database: node.text("properties.partnerDatabase")?,
        role: node.text("properties.role")?,
        state: node.optional_text("properties.replicationState")?.unwrap_or_else(|| "unknown".to_owned()),
    })
}

#[cfg(test)]
#[path = "sql_test.rs"]
mod tests;
