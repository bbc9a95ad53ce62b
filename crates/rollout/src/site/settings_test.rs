use super::*;
use crate::decide::tests::model;

fn site_options(shared: &[&str]) -> SiteOptions {
    SiteOptions { shared: shared.iter().map(|name| (*name).to_owned()).collect(), ..SiteOptions::default() }
}

fn setting(name: &str, value: &str) -> AppSetting {
    AppSetting { name: name.to_owned(), value: value.into() }
}

fn connection(name: &str, kind: &str, value: &str) -> ConnectionSetting {
    ConnectionSetting { name: name.to_owned(), kind: kind.to_owned(), value: value.into() }
}

#[track_caller]
fn judged(name: &str, value: &str, expected: Option<Reason>) {
    let (upgrade, site_options) = (model::upgrade(), site_options(&[]));
    let sharing = Sharing { upgrade: &upgrade, site_options: &site_options };
    let left_out = sharing.left_out(&[setting(name, value)], &[]);
    assert_eq!(left_out.first().map(|left_out| left_out.reason), expected, "{name}={value}");
    assert_eq!(sharing.app_settings(&[setting(name, value)]).is_empty(), expected.is_some(), "{name}={value}");
}

#[test]
fn what_looks_like_a_queue_storage_or_a_bus_is_left_out_by_name_or_by_value() {
    for (name, value) in [
        ("OrderQueue", "orders"),
        ("Storage__Account", "contosostorage"),
        ("SERVICE_BUS", "contoso"),
        ("Event-Hub:Name", "clicks"),
        ("AzureWebJobsDashboard", "x"),
        ("WEBSITE_CONTENTSHARE", "contoso-1a2b"),
        ("Files", "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=a2V5;EndpointSuffix=core.windows.net"),
        ("Orders", "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=k"),
        ("WEBSITE_RUN_FROM_PACKAGE", "https://contoso.blob.core.windows.net/packages/v1.zip?sig=s"),
        ("Broker", "amqps://user:password@broker.example"),
        ("Reference", "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/order-queue/)"),
    ] {
        judged(name, value, Some(Reason::Messages));
    }
}

#[test]
fn flags_numbers_and_everything_else_is_copied() {
    for (name, value) in [
        ("WEBSITES_ENABLE_APP_SERVICE_STORAGE", "false"),
        ("QueueLimit", "32"),
        ("StorageAccount", ""),
        ("Shop__Theme", "autumn"),
        ("WEBSITE_TIME_ZONE", "W. Europe Standard Time"),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=0;IngestionEndpoint=https://we.in.example/"),
        ("Api", "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/api-key/)"),
    ] {
        judged(name, value, None);
    }
}

#[test]
fn what_leads_to_productions_database_is_left_out_and_to_another_is_copied() {
    let to = |server: &str| format!("Server=tcp:{server}.database.windows.net,1433;Database=SHOP;User ID=a;Password=p");
    judged("Reports", &to("SQL-1"), Some(Reason::Database));
    judged("Reports", &to("sql-3"), None);
}

#[test]
fn a_name_that_is_given_is_shared_and_webjobs_are_never_copied() {
    let (upgrade, site_options) = (model::upgrade(), site_options(&["ORDERQUEUE", "Bus"]));
    let sharing = Sharing { upgrade: &upgrade, site_options: &site_options };
    let settings = [setting("OrderQueue", "orders"), setting("Webjobs_Stopped", "0"), setting("Storage", "s")];
    assert_eq!(sharing.app_settings(&settings), ["OrderQueue"]);
    let connections =
        [connection("Bus", "ServiceBus", "b"), connection("Hub", "EventHub", "h"), connection("Cache", "Custom", "c")];
    assert_eq!(sharing.connections(&connections), ["Bus", "Cache"]);
    let left_out: Vec<_> = sharing.left_out(&settings, &connections).into_iter().map(|left| left.name).collect();
    assert_eq!(left_out, ["Storage", "Hub"]);
}

#[test]
fn the_connection_of_the_upgrade_and_what_earlier_upgrades_kept_are_no_others() {
    let (upgrade, site_options) = (model::upgrade(), site_options(&[]));
    let sharing = Sharing { upgrade: &upgrade, site_options: &site_options };
    let connections = [connection("SHOP", "SQLAzure", "x"), connection("Shop_before_upgrade_3", "SQLAzure", "y")];
    assert!(sharing.connections(&connections).is_empty());
    assert!(sharing.left_out(&[], &connections).is_empty());
}
