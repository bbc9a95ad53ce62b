use super::*;

fn session(program: &str, host: &str, login: &str) -> OtherSession {
    OtherSession { id: 60, program: program.to_owned(), host: host.to_owned(), login: login.to_owned() }
}

fn site(connection: &str) -> SiteClient {
    let (name, kind, value) = ("Shop".to_owned(), "SQLAzure".to_owned(), connection.to_owned().into());
    SiteClient::of_setting(&ConnectionSetting { name, kind, value })
}

const PLAIN: &str = "Server=tcp:sql-1.database.windows.net,1433;Database=shop;User ID=app;Password=hunter2";

fn told_of(connection: &str, sessions: &[OtherSession]) -> String {
    let site = site(connection);
    describe(&"rg/sql-1/shop", &site, &others(&site, sessions))
}

#[test]
fn the_site_with_all_its_instances_and_we_ourselves_are_nobody() {
    let sessions = [
        session("Core Microsoft SqlClient Data Provider", "dw0sdwk0001", "app"),
        session("Core Microsoft SqlClient Data Provider", "dw0sdwk0002", "APP"),
        session("rolling-upgrade/freeze/run-1", "runner", "deployer"),
    ];
    assert_eq!(others(&site(PLAIN), &sessions), []);
    assert_eq!(others(&site(&PLAIN.replace("app", "app@sql-1")), &sessions), []);
}

#[test]
fn others_are_grouped_and_told_with_program_host_and_log_in() {
    let sessions = [
        session("Reports", "vm-7", "reporting"),
        session("Azure Data Studio", "laptop", "ann@contoso.example"),
        session("reports", "VM-7", "reporting"),
        session("", "", "etl"),
    ];
    assert_eq!(
        told_of(PLAIN, &sessions),
        "other clients work on `rg/sql-1/shop`: program without a name on host without a name as `etl` (1 session); program \
         `Azure Data Studio` on host `laptop` as `ann@contoso.example` (1 session); program `Reports` on host `vm-7` as \
         `reporting` (2 sessions)"
    );
    let clients = others(&site(PLAIN), &sessions);
    assert_eq!(accepting(&site(PLAIN), &clients), "ann@contoso.example,etl,reporting");
    let accepted = vec!["ETL".to_owned(), "VM-7".to_owned(), "azure data studio".to_owned()];
    assert!(clients.iter().all(|client| client.is_accepted(&accepted)), "by log-in, by host, by program");
    let others = vec!["report".to_owned(), String::new()];
    assert!(!clients.iter().any(|client| client.is_accepted(&others)), "neither by a part of a name nor by none");
}

#[test]
fn with_an_application_name_another_program_under_the_sites_own_user_is_somebody_else() {
    let connection = format!("{PLAIN};Application Name=Shop");
    let sessions = [session("shop", "dw0sdwk0001", "app"), session("sqlcmd", "laptop", "app")];
    let clients = others(&site(&connection), &sessions);
    assert_eq!(clients.len(), 1, "{clients:?}");
    assert_eq!(accepting(&site(&connection), &clients), "sqlcmd", "its log-in would accept more than it");
}

#[test]
fn a_managed_identity_is_known_by_its_application_name_or_its_client_id_or_not_at_all() {
    let identity = "Server=sql-1.database.windows.net;Database=shop;Authentication=Active Directory Managed Identity";
    let sessions = [session("Shop", "dw0sdwk0001", "0e1d2c3b-0000@72f988bf-0000"), session("ETL", "vm-7", "etl")];
    let named = format!("{identity};Application Name=Shop");
    assert_eq!(others(&site(&named), &sessions).len(), 1);
    let assigned = format!("{identity};User Id=0e1d2c3b-0000");
    assert_eq!(others(&site(&assigned), &sessions).len(), 1);
    assert_eq!(
        told_of(identity, &sessions),
        "other clients work on `rg/sql-1/shop`: program `ETL` on host `vm-7` as `etl` (1 session); program `Shop` on host \
         `dw0sdwk0001` as `0e1d2c3b-0000@72f988bf-0000` (1 session). Its site's connection string has neither a user nor an \
         `Application Name`, so the site's own sessions cannot be told from others and are among them"
    );
}

#[test]
fn a_name_with_a_comma_is_not_proposed() {
    let odd = [session("Acme, Inc. Sync", "vm-9", "app")];
    let connection = format!("{PLAIN};Application Name=Shop");
    let clients = others(&site(&connection), &odd);
    assert_eq!(accepting(&site(&connection), &clients), "vm-9");
}
