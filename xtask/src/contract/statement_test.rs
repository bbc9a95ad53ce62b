use super::*;

fn batch(session: &str, sql: &str) -> Batch {
    let text = str::to_owned;
    let (origin, server, database) = (text("a_test-1"), text("contoso-sql-1.database.windows.net"), text("shop"));
    Batch { step: "migrate", origin, session: text(session), server, database, sql: text(sql) }
}

fn needs(batches: &[Batch]) -> Vec<Need> {
    classify(batches).unwrap().into_iter().map(|(_, kind)| kind.need).collect()
}

#[test]
fn blanks_and_line_ends_do_not_matter() {
    let batches = [
        batch("1", "ALTER  DATABASE\n[shop] SET READ_WRITE WITH ROLLBACK IMMEDIATE;"),
        batch("1", "SELECT 1 AS alive"),
    ];
    assert_eq!(needs(&batches), [Need::Owner, Need::User]);
}

#[test]
fn a_batch_that_is_not_in_the_table_is_an_error() {
    let error = classify(&[batch("1", "DROP TABLE dbo.Orders;")]).unwrap_err().to_string();
    assert!(error.contains("`DROP TABLE dbo.Orders;` (test `a_test-1`)"), "{error}");
}

#[test]
fn a_script_is_whatever_its_session_gets_after_its_beginning() {
    let begin = format!("{SCRIPT} (run) VALUES (N'x');");
    assert_eq!(needs(&[batch("1", &begin), batch("1", "DROP TABLE dbo.Orders;")]), [Need::Owner, Need::Owner]);
    assert_eq!(needs(&[batch("2", PARSE_ONLY), batch("2", "DROP TABLE dbo.Orders;")]), [Need::User, Need::User]);
    assert_eq!(needs(&[batch("3", CHECK), batch("3", "DELETE dbo.Orders;")]), [Need::Owner, Need::Owner]);
    assert!(classify(&[batch("1", &begin), batch("2", "DROP TABLE dbo.Orders;")]).is_err(), "another session");
}

#[test]
fn no_row_hides_another() {
    for (start, need, does) in KINDS {
        assert_eq!(kind(start), Some(Kind { need, does }), "{start}");
    }
}
