//! Who may log in where.

use azure_sim::{Scenario, SqlLogin};
use tiberius::AuthMethod;

use crate::bench::{Bench, SQL, error_number, small};

fn refused(bench: &Bench, server: &str, database: &str, user: &str, password: &str) -> u32 {
    match bench.log_in(server, database, user, password) {
        Ok(_) => panic!("`{user}` got into `{server}/{database}`"),
        Err(error) => error_number(&error),
    }
}

#[test]
fn passwords_and_tokens() {
    let bench = Bench::small();
    let known = bench.simulator.credentials();
    assert_eq!(refused(&bench, "contoso-sql-1", "shop", &known.sql_user, "wrong"), 18456);
    assert_eq!(refused(&bench, "contoso-sql-1", "shop", "nobody", &known.sql_password), 18456);
    let mut by_token =
        bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token(&known.sql_token), "a test").unwrap();
    assert_eq!(by_token.value::<i32>("SELECT COUNT(*) FROM dbo.Customer"), 3);
    let wrong = bench.connect("contoso-sql-1", "shop", AuthMethod::aad_token("wrong"), "a test");
    let error = wrong.err().unwrap();
    assert_eq!(error_number(&error), 18456);
    assert!(error.to_string().contains("<token-identified principal>"));
}

#[test]
fn databases_that_cannot_be_opened() {
    let bench = Bench::new(Scenario { seeding_ms: 3_600_000, ..small() });
    let known = bench.simulator.credentials();
    assert_eq!(refused(&bench, "contoso-sql-1", "nothing", &known.sql_user, &known.sql_password), 4060);
    let accepted = bench.arm("PUT", &bench.database("contoso-sql-2"), SQL, Some(bench.secondary()));
    bench.finish(&accepted);
    assert_eq!(bench.get(&bench.database("contoso-sql-2"), SQL)["properties"]["status"], "Online");
    assert_eq!(refused(&bench, "contoso-sql-2", "shop", &known.sql_user, &known.sql_password), 4060);
    let links = bench.get(&format!("{}/replicationLinks", bench.database("contoso-sql-1")), SQL);
    assert_eq!(links["value"][0]["properties"]["replicationState"], "SEEDING");
}

#[test]
fn an_unknown_server_is_told_apart() {
    let bench = Bench::small();
    let known = bench.simulator.credentials();
    assert_eq!(refused(&bench, "contoso-sql-7", "shop", &known.sql_user, &known.sql_password), 40532);
}

#[test]
fn logins_are_per_server_and_users_come_with_the_database() {
    let login = |name: &str, servers: &[&str]| SqlLogin {
        name: name.to_owned(),
        password: "Pw-of-a-test-1".to_owned(),
        servers: servers.iter().map(|server| (*server).to_owned()).collect(),
        master_roles: vec!["dbmanager".to_owned()],
        database_roles: vec!["db_owner".to_owned()],
    };
    let bench =
        Bench::new(Scenario { logins: vec![login("both", &[]), login("first", &["contoso-sql-1"])], ..small() });
    bench.make_stage();
    let mut both = bench.log_in("contoso-sql-2", "shop", "both", "Pw-of-a-test-1").unwrap();
    assert_eq!(both.value::<i32>("SELECT IS_ROLEMEMBER('db_owner')"), 1);
    assert_eq!(refused(&bench, "contoso-sql-2", "shop", "first", "Pw-of-a-test-1"), 18456);
    let mut master = bench.log_in("contoso-sql-1", "master", "first", "Pw-of-a-test-1").unwrap();
    assert_eq!(master.value::<i32>("SELECT IS_ROLEMEMBER('dbmanager')"), 1);
}
