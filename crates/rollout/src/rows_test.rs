use super::*;

fn rows(tables: &[(&str, i64)]) -> Vec<TableRows> {
    tables.iter().map(|(table, rows)| TableRows { table: (*table).to_owned(), rows: *rows }).collect()
}

#[test]
fn equal_counts_are_no_change_whatever_their_order() {
    let changes = Changes::between(&rows(&[("dbo.A", 1), ("dbo.B", 2)]), &rows(&[("dbo.B", 2), ("dbo.A", 1)]));
    assert!(changes.is_empty(), "{changes}");
}

#[test]
fn what_grew_what_came_and_what_went_is_told() {
    let before = rows(&[("dbo.Orders", 3), ("dbo.Old", 1), ("dbo.Same", 7)]);
    let after = rows(&[("dbo.Orders", 5), ("dbo.Same", 7), ("dbo.New", 0)]);
    assert_eq!(
        Changes::between(&before, &after).to_string(),
        "`dbo.New` is new, with 0 rows, `dbo.Old` is gone, `dbo.Orders` has 5 rows, not 3"
    );
}

#[test]
fn many_tables_are_counted_and_not_listed() {
    let names: Vec<String> = (0..8).map(|number| format!("dbo.T{number}")).collect();
    let after: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let described = Changes::between(&[], &rows(&after)).to_string();
    assert!(described.ends_with("`dbo.T4` is new, with 1 row, and 3 more tables"), "{described}");
}
