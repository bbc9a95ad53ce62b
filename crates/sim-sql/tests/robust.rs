//! Whatever is sent, the session answers and goes on.
#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use sim_sql::{Ended, Session};
use support::{Answer, World, errors, ok, value};

/// Pieces of T-SQL, some of them out of place.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "SELECT",
        "FROM",
        "WHERE",
        "t",
        "a",
        "*",
        "(",
        ")",
        ",",
        "=",
        "1",
        "'x'",
        "N'é'",
        "@v",
        "@@ROWCOUNT",
        "NULL",
        "INSERT",
        "INTO",
        "VALUES",
        "UPDATE",
        "SET",
        "DELETE",
        "BEGIN",
        "END",
        "TRY",
        "CATCH",
        "IF",
        "ELSE",
        "WHILE 1 = 0",
        "DECLARE @v int",
        "CREATE TABLE",
        "ALTER TABLE",
        "ADD",
        "DROP",
        "COLUMN",
        "int",
        "decimal(5, 2)",
        "CASE",
        "WHEN",
        "THEN",
        "EXEC",
        "sp_executesql",
        "ORDER BY",
        "GROUP BY",
        "TOP",
        "UNION",
        "WITH",
        "AS",
        "[b]",
        "\"c\"",
        ";",
        "--",
        "/*",
        "*/",
        "+",
        "-",
        ".",
        "0x1",
        "1e5",
        "LEFT",
        "JOIN",
        "ON",
        "EXISTS",
        "OUTPUT",
        "inserted.a",
        "CONVERT",
        "COUNT(*)",
        "OVER",
        "#t",
        "PRINT",
        "RAISERROR",
        "THROW",
        "RETURN",
        "ALTER DATABASE shop",
        "CONSTRAINT",
        "CHECK",
    ];
    prop_oneof![4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn session() -> (World, Session) {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, "CREATE TABLE t (a int NULL, b nvarchar(5) NULL, c decimal(5, 2) NULL)");
    (world, session)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_are_answered(batches in proptest::collection::vec(proptest::collection::vec(piece(), 0..25), 1..25)) {
        let (_world, mut session) = session();
        for batch in batches {
            let answer = Answer::of(&mut session, &batch.join(" "));
            prop_assert_eq!(answer.ended, Some(Ended::Completed));
        }
        prop_assert_eq!(value(&mut session, "SET PARSEONLY OFF; SELECT 'here'"), "here");
    }

    #[test]
    fn functions_take_any_arguments(number in any::<i64>(), text in "\\PC{0,12}", short in "[%_a-c\\[\\]^-]{0,6}") {
        let (_world, mut session) = session();
        let quoted = text.replace('\'', "''");
        for expression in [
            format!("SUBSTRING(N'{quoted}', {number}, {number})"),
            format!("STUFF(N'{quoted}', {number}, 2, 'x')"),
            format!("LEFT(N'{quoted}', 3) + RIGHT(N'{quoted}', 2) + REVERSE(N'{quoted}')"),
            format!("CHARINDEX(N'{quoted}', N'{quoted}', {number})"),
            format!("REPLACE(N'{quoted}', N'{short}', N'{quoted}')"),
            format!("CASE WHEN N'{quoted}' LIKE N'{short}' THEN 1 ELSE PATINDEX(N'{short}', N'{quoted}') END"),
            format!("TRY_CAST(N'{quoted}' AS datetime2)"),
            format!("TRY_CAST(N'{quoted}' AS int) + TRY_CAST(N'{quoted}' AS decimal(9, 2)) + TRY_CAST(N'{quoted}' AS float)"),
            format!("TRY_CAST(N'{quoted}' AS uniqueidentifier)"),
            format!("DATEADD(day, {number}, '2020-01-01')"),
            format!("DATEDIFF(nanosecond, DATEADD(year, {number} % 500, '2020-01-01'), '2020-01-01')"),
            format!("ROUND(CAST({number} AS float), {number} % 400) + POWER(CAST(2 AS float), {number} % 2000)"),
            format!("{number} + {number} - {number} * {number}"),
            format!("CAST({number} AS decimal(38, 10)) / 7"),
            format!("FORMAT({number}, N'{quoted}') + QUOTENAME(N'{quoted}')"),
            format!("CAST(N'{quoted}' AS varchar(3)) + CAST({number} AS char(5))"),
        ] {
            let answer = Answer::of(&mut session, &format!("SELECT {expression}"));
            prop_assert_eq!(answer.ended, Some(Ended::Completed));
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let (_world, mut session) = session();
    assert_eq!(errors(&mut session, &"BEGIN ".repeat(5000)), [191]);
    assert_eq!(errors(&mut session, &format!("SELECT {}1{}", "(".repeat(3000), ")".repeat(3000))), [191]);
    ok(&mut session, &format!("SELECT 1{}", " + 1".repeat(100)));
    ok(&mut session, "CREATE PROC again AS EXEC again");
    assert_eq!(errors(&mut session, "EXEC again"), [217]);
}

#[test]
fn a_long_list_of_rows_is_quick() {
    let (_world, mut session) = session();
    let rows: Vec<String> = (0..1000).map(|number| format!("({number}, N'r{number}', {number}0.25)")).collect();
    let start = std::time::Instant::now();
    assert_eq!(errors(&mut session, &format!("INSERT t VALUES {}", rows.join(", "))), [8115]);
    ok(&mut session, &format!("INSERT t (a, b) SELECT a, b FROM (VALUES {}) AS v(a, b, c)", rows.join(", ")));
    let rows: Vec<String> = (0..1000).map(|number| format!("({number}, N'r{number}', 1.25)")).collect();
    ok(&mut session, &format!("INSERT t VALUES {}", rows.join(", ")));
    assert_eq!(value(&mut session, "SELECT COUNT(*), SUM(c) FROM t"), "2000|1250.00");
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
}
