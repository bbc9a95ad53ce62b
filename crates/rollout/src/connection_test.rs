use proptest::prelude::*;

use super::*;

const USUAL: &str =
    "Server=tcp:contoso-1.database.windows.net,1433;Initial Catalog=shop;User ID=app;Password=p;Encrypt=True;";

#[test]
fn finds_server_and_database() {
    let read = ConnectionString::parse(USUAL).unwrap();
    assert_eq!((read.host(), read.database()), ("contoso-1.database.windows.net", "shop"));
    assert!(read.leads_to("CONTOSO-1.database.windows.net", "Shop"));
}

#[test]
fn replaces_only_the_two() {
    let new = ConnectionString::parse(USUAL).unwrap().with_target("c2.database.windows.net", "shop2").unwrap();
    let expected = "Server=tcp:c2.database.windows.net,1433;Initial Catalog=shop2;User ID=app;Password=p;Encrypt=True;";
    assert_eq!(new, expected);
}

#[test]
fn knows_synonyms_quotes_and_white_space() {
    let text = " DATABASE = 'my shop' ; password = \"a;b\"\"c='d'\" ;data source = srv\\inst ; ";
    let read = ConnectionString::parse(text).unwrap();
    assert_eq!((read.host(), read.database()), ("srv", "my shop"));
    assert_eq!(value_of(text, &["pwd", "password"]).unwrap(), "a;b\"c='d'");
    let new = read.with_target("other", "that one").unwrap();
    assert_eq!(new, " DATABASE = 'that one' ; password = \"a;b\"\"c='d'\" ;data source = other\\inst ; ");
}

#[test]
fn says_what_is_wrong_without_the_value() {
    let error = |text| ConnectionString::parse(text).unwrap_err().to_string();
    assert_eq!(error("@Microsoft.KeyVault(SecretUri=https://v/s)"), ConnectionError::KeyVault.to_string());
    assert_eq!(error("Server=a;Password='x"), ConnectionError::Form.to_string());
    assert_eq!(error("hunter2"), ConnectionError::Form.to_string());
    assert_eq!(error("Database=a;Password=hunter2"), ConnectionError::Server.to_string());
    assert_eq!(error("Server=a;Data Source=b;Database=c"), ConnectionError::Server.to_string());
    assert_eq!(error("Server=a;Password=hunter2"), ConnectionError::Database.to_string());
    let read = ConnectionString::parse("Server=a;Database=b").unwrap();
    assert_eq!(read.with_target("a;Password=x", "b"), Err(ConnectionError::Name));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = ConnectionString::parse(&text);
        let _ = value_of(&text, &["password"]);
    }

    #[test]
    fn a_replacement_goes_there_and_back(
        host in "[a-z0-9.-]{1,20}", database in "[a-z0-9_ ]{0,9}[a-z]",
        password in "[^;'\"=]{0,12}", quoted in any::<bool>(),
    ) {
        prop_assume!(database.trim() == database);
        let password = if quoted { format!("'{password};='") } else { password };
        let text = format!("Server={host};x=1;Database={database};Password={password}");
        let away = ConnectionString::parse(&text).unwrap().with_target("elsewhere", "other").unwrap();
        let away = ConnectionString::parse(&away).unwrap();
        prop_assert!(away.leads_to("elsewhere", "other"));
        prop_assert_eq!(away.with_target(&host, &database).unwrap(), text);
    }
}
