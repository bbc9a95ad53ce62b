use serde_json::Value;

use super::*;

const GROUP: &str = "https://management.azure.com/subscriptions/s/resourceGroups/rg/providers";

fn action(method: &str, path: &str) -> Action {
    let exchange = Exchange {
        method: method.to_owned(),
        url: format!("{GROUP}/{path}?api-version=2021-11-01"),
        content_type: None,
        body: Value::Null,
        status: 200,
        response_content_type: None,
        response_body: Value::Null,
    };
    of(&exchange).unwrap()
}

#[test]
fn the_name_follows_from_method_and_path() {
    for (method, path, name) in [
        ("GET", "Microsoft.Sql/servers", "Microsoft.Sql/servers/read"),
        ("PUT", "Microsoft.Sql/servers/a/databases/b", "Microsoft.Sql/servers/databases/write"),
        ("DELETE", "Microsoft.Sql/servers/a/databases/b", "Microsoft.Sql/servers/databases/delete"),
        ("POST", "Microsoft.Web/sites/a/config/connectionstrings/list", "Microsoft.Web/sites/config/list/action"),
        ("PUT", "Microsoft.Web/sites/a/config/connectionstrings", "Microsoft.Web/sites/config/write"),
        ("POST", "Microsoft.Web/sites/a/slots/b/stop", "Microsoft.Web/sites/slots/stop/action"),
        (
            "PATCH",
            "Microsoft.Network/trafficManagerProfiles/a/AzureEndpoints/b",
            "Microsoft.Network/trafficManagerProfiles/azureEndpoints/write",
        ),
        (
            "POST",
            "Microsoft.Sql/servers/a/databases/b/replicationLinks/c/unlink",
            "Microsoft.Sql/servers/databases/replicationLinks/unlink/action",
        ),
        (
            "GET",
            "Microsoft.Sql/servers/a/providers/Microsoft.Authorization/permissions",
            "Microsoft.Authorization/permissions/read",
        ),
        ("GET", "Microsoft.Sql/locations/westeurope/databaseAzureAsyncOperation/1", "Microsoft.Sql/locations/*/read"),
    ] {
        assert_eq!(action(method, path).name, name, "{method} {path}");
    }
}

#[test]
fn the_slot_follows_from_the_names_of_the_simulated_world() {
    let slot = |path: &str| action("GET", path).slot;
    assert_eq!(slot("Microsoft.Sql/servers/contoso-sql-1/databases/shop"), Some(Slot::Production));
    assert_eq!(
        slot("Microsoft.Sql/servers/contoso-sql-2/providers/Microsoft.Authorization/permissions"),
        Some(Slot::Stage)
    );
    assert_eq!(slot("Microsoft.Network/trafficManagerProfiles/contoso/ExternalEndpoints/contoso-2"), Some(Slot::Stage));
    assert_eq!(slot("Microsoft.Network/trafficManagerProfiles/contoso"), None);
}
