//! The operations that are simulated.

use super::{
    bindings, creation, databases, deployments, endpoints, firewall, links, operations,
    path::{LEGACY_SQL, LEGACY_SQL_POLLING, NETWORK_VERSION, SQL_VERSION, WEB_VERSION},
    profiles,
    route::{Handler, Route},
    servers, settings, sites, webjobs,
};

/// All of them. No two rows have the same method and path.
#[rustfmt::skip]
pub(super) static ROUTES: &[Route] = &[
    sql("GET", "Microsoft.Sql/servers", servers::list).or_without_group().with_query(&["$expand"]),
    sql("GET", "Microsoft.Sql/servers/{serverName}", servers::get).with_query(&["$expand"]),
    sql("GET", "Microsoft.Sql/servers/{serverName}/firewallRules", firewall::list),
    sql("GET", "Microsoft.Sql/servers/{serverName}/firewallRules/{firewallRuleName}", firewall::get),
    sql("PUT", "Microsoft.Sql/servers/{serverName}/firewallRules/{firewallRuleName}", firewall::put),
    sql("DELETE", "Microsoft.Sql/servers/{serverName}/firewallRules/{firewallRuleName}", firewall::delete),
    sql("GET", "Microsoft.Sql/servers/{serverName}/replicationLinks", links::list_of_server),
    sql("GET", "Microsoft.Sql/servers/{serverName}/databases", databases::list),
    sql("GET", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}", databases::get),
    sql("PUT", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}", databases::put),
    sql("PATCH", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}", databases::patch),
    sql("DELETE", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}", databases::delete),
    sql("GET", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/operations", operations::list),
    sql("GET", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/replicationLinks", links::list),
    sql("GET", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/replicationLinks/{linkId}", links::get),
    sql("DELETE", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/replicationLinks/{linkId}", links::delete),
    Route::new("POST", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/replicationLinks/{linkId}/unlink",
        LEGACY_SQL, links::unlink),
    Route::new("GET", "Microsoft.Sql/servers/{serverName}/databases/{databaseName}/replicationLinks/{linkId}/operationResults/{operationId}",
        LEGACY_SQL_POLLING, operations::link_result),
    sql("GET", "Microsoft.Sql/locations/{locationName}/databaseAzureAsyncOperation/{operationId}", operations::status).or_without_group(),
    sql("GET", "Microsoft.Sql/locations/{locationName}/databaseOperationResults/{operationId}", operations::result).or_without_group(),
    sql("GET", "Microsoft.Sql/locations/{locationName}/replicationLinksAzureAsyncOperation/{operationId}", operations::status).or_without_group(),
    sql("GET", "Microsoft.Sql/locations/{locationName}/replicationLinksOperationResults/{operationId}", operations::result).or_without_group(),

    network("GET", "Microsoft.Network/trafficmanagerprofiles", profiles::list).or_without_group(),
    network("GET", "Microsoft.Network/trafficmanagerprofiles/{profileName}", profiles::get),
    network("PATCH", "Microsoft.Network/trafficmanagerprofiles/{profileName}", profiles::patch),
    network("GET", "Microsoft.Network/trafficmanagerprofiles/{profileName}/{endpointType}/{endpointName}", endpoints::get),
    network("PUT", "Microsoft.Network/trafficmanagerprofiles/{profileName}/{endpointType}/{endpointName}", endpoints::put),
    network("PATCH", "Microsoft.Network/trafficmanagerprofiles/{profileName}/{endpointType}/{endpointName}", endpoints::patch),
    network("DELETE", "Microsoft.Network/trafficmanagerprofiles/{profileName}/{endpointType}/{endpointName}", endpoints::delete),

    web("GET", "Microsoft.Web/serverfarms", sites::plans).or_without_group(),
    web("GET", "Microsoft.Web/serverfarms/{name}", sites::plan),
    web("GET", "Microsoft.Web/sites", sites::list).or_without_group().with_query(&["includeslots"]),
    web("GET", "Microsoft.Web/sites/{name}", sites::get),
    web("PUT", "Microsoft.Web/sites/{name}", creation::put),
    web("PATCH", "Microsoft.Web/sites/{name}", sites::patch),
    web("DELETE", "Microsoft.Web/sites/{name}", sites::delete).with_query(&["deletemetrics", "deleteemptyserverfarm"]),
    web("GET", "Microsoft.Web/sites/{name}/operationresults/{operationId}", creation::result),
    web("POST", "Microsoft.Web/sites/{name}/start", sites::start).with_query(&["softrestart", "synchronous"]),
    web("POST", "Microsoft.Web/sites/{name}/stop", sites::stop).with_query(&["softrestart", "synchronous"]),
    web("POST", "Microsoft.Web/sites/{name}/restart", sites::restart).with_query(&["softrestart", "synchronous"]),
    web("GET", "Microsoft.Web/sites/{name}/slots", sites::slots),
    web("GET", "Microsoft.Web/sites/{name}/config/web", settings::web),
    web("PATCH", "Microsoft.Web/sites/{name}/config/web", settings::patch_web),
    web("PUT", "Microsoft.Web/sites/{name}/config/appsettings", settings::put_app),
    web("POST", "Microsoft.Web/sites/{name}/config/appsettings/list", settings::list_app),
    web("PUT", "Microsoft.Web/sites/{name}/config/connectionstrings", settings::put_connections),
    web("POST", "Microsoft.Web/sites/{name}/config/connectionstrings/list", settings::list_connections),
    web("GET", "Microsoft.Web/sites/{name}/config/slotConfigNames", settings::sticky),
    web("GET", "Microsoft.Web/sites/{name}/config/authsettingsV2", settings::authentication),
    web("GET", "Microsoft.Web/sites/{name}/hostNameBindings", bindings::list),
    web("GET", "Microsoft.Web/sites/{name}/hostNameBindings/{hostName}", bindings::get),
    web("PUT", "Microsoft.Web/sites/{name}/hostNameBindings/{hostName}", bindings::put),
    web("GET", "Microsoft.Web/sites/{name}/deployments", deployments::list),
    web("PUT", "Microsoft.Web/sites/{name}/extensions/onedeploy", deployments::put).with_body_of_its_own(),
    web("GET", "Microsoft.Web/sites/{name}/continuouswebjobs", webjobs::list_continuous),
    web("GET", "Microsoft.Web/sites/{name}/continuouswebjobs/{webJobName}", webjobs::get_continuous),
    web("POST", "Microsoft.Web/sites/{name}/continuouswebjobs/{webJobName}/start", webjobs::start),
    web("POST", "Microsoft.Web/sites/{name}/continuouswebjobs/{webJobName}/stop", webjobs::stop),
    web("GET", "Microsoft.Web/sites/{name}/triggeredwebjobs", webjobs::list_triggered),
];

const fn sql(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route::new(method, path, SQL_VERSION, handler)
}

const fn network(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route::new(method, path, NETWORK_VERSION, handler)
}

const fn web(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route::new(method, path, WEB_VERSION, handler)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{call::Names, route::parameter},
        *,
    };

    #[test]
    fn every_operation_is_there_once() {
        let rows: BTreeSet<_> = ROUTES.iter().map(|row| (row.method, row.path.to_ascii_lowercase())).collect();
        assert_eq!(rows.len(), ROUTES.len());
    }

    #[test]
    fn every_parameter_is_known() {
        for segment in ROUTES.iter().flat_map(|row| row.path.split('/')) {
            let value = if segment == "{endpointType}" { "azureEndpoints" } else { "a" };
            let known = parameter(segment).is_none_or(|name| Names::below(None).set(name, value).is_some());
            assert!(known, "{segment}");
        }
    }
}
