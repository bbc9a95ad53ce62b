//! Expressions and functions: what SQL Server documents that they give.
#![allow(clippy::unwrap_used)]

mod support;

use sim_sql::ColumnType;
use support::{Answer, World, errors, ok, value};

/// Expressions with their values as text.
const CASES: &[(&str, &str)] = &[
    ("1 + 2 * 3", "7"),
    ("7 / 2", "3"),
    ("-7 / 2", "-3"),
    ("7 % 3", "1"),
    ("7.0 / 2", "3.500000"),
    ("CAST(1 AS decimal(9, 2)) + 0.5", "1.50"),
    ("0.1 + 0.2", "0.3"),
    ("1.10 * 3", "3.30"),
    ("CASE WHEN 0.1 + 0.2 = 0.3 THEN 'same' ELSE 'other' END", "same"),
    ("CAST(10 AS float) / 4", "2.5"),
    ("5 & 3", "1"),
    ("5 | 3", "7"),
    ("5 ^ 3", "6"),
    ("'a' + N'b'", "ab"),
    ("'a' + NULL", "NULL"),
    ("CONCAT('a', NULL, 1, 2.50)", "a12.50"),
    ("CONCAT_WS(', ', 'a', NULL, 'b')", "a, b"),
    ("LEN('abc  ')", "3"),
    ("DATALENGTH('abc')", "3"),
    ("DATALENGTH(N'abc')", "6"),
    ("UPPER('aé') + LOWER('BÉ')", "AÉbé"),
    ("LEFT('abcdef', 2) + RIGHT('abcdef', 2)", "abef"),
    ("SUBSTRING('abcdef', 2, 3)", "bcd"),
    ("SUBSTRING('abcdef', 0, 3)", "ab"),
    ("CHARINDEX('C', 'abcabc')", "3"),
    ("CHARINDEX('c', 'abcabc', 4)", "6"),
    ("CHARINDEX('x', 'abc')", "0"),
    ("PATINDEX('%b_d%', 'abcd')", "2"),
    ("REPLACE('aXbxc', 'x', '-')", "a-b-c"),
    ("STUFF('abcdef', 2, 3, 'ijk')", "aijkef"),
    ("REPLICATE('ab', 3)", "ababab"),
    ("REVERSE('abc')", "cba"),
    ("LTRIM('  a ') + '|'", "a |"),
    ("RTRIM(' a  ') + '|'", " a|"),
    ("TRIM('  a  ')", "a"),
    ("QUOTENAME('a]b')", "[a]]b]"),
    ("TRANSLATE('2*[3+4]', '[]', '()')", "2*(3+4)"),
    ("ISNULL(NULL, 'x')", "x"),
    ("COALESCE(NULL, NULL, 3)", "3"),
    ("NULLIF('A', 'a')", "NULL"),
    ("IIF(1 < 2, 'yes', 'no')", "yes"),
    ("CHOOSE(2, 'a', 'b', 'c')", "b"),
    ("CASE 'B' WHEN 'a' THEN 1 WHEN 'b' THEN 2 END", "2"),
    ("CASE WHEN 'abc ' = 'ABC' THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN 'e' = 'é' THEN 1 ELSE 0 END", "0"),
    ("CASE WHEN 'b' IN ('A', 'B') THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN 'Rock' LIKE 'r[a-o]%' THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN '10%' LIKE '10!%' ESCAPE '!' THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN 5 BETWEEN 1 AND 5 THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN '5' > 4 THEN 1 ELSE 0 END", "1"),
    ("CASE WHEN NULL = NULL THEN 1 ELSE 0 END", "0"),
    ("CASE WHEN NULL IS NOT DISTINCT FROM NULL THEN 1 ELSE 0 END", "1"),
    ("CAST('12' AS int) + 1", "13"),
    ("CAST(12.7 AS int)", "12"),
    ("CAST(2.345 AS decimal(9, 2))", "2.35"),
    ("CAST('abc' AS varchar(2))", "ab"),
    ("CAST('x' AS char(3)) + '|'", "x  |"),
    ("CAST(1 AS bit)", "1"),
    ("CAST('true' AS bit)", "1"),
    ("CAST(12.5 AS money)", "12.5000"),
    ("CAST(CAST(12.5 AS money) AS varchar(20))", "12.50"),
    ("CAST(3.0 AS varchar(10))", "3.0"),
    ("CAST(CAST(0.1 AS float) AS varchar(20))", "0.1"),
    ("TRY_CAST('x' AS int)", "NULL"),
    ("TRY_CONVERT(date, '2020-02-30')", "NULL"),
    ("CONVERT(varchar(10), CAST('2020-03-04T05:06:07' AS datetime), 120)", "2020-03-04"),
    ("CONVERT(varchar(30), CAST('2020-03-04T05:06:07' AS datetime2(3)), 126)", "2020-03-04T05:06:07.000"),
    ("CONVERT(varchar(10), CAST('2020-03-04' AS date), 103)", "04/03/2020"),
    ("CONVERT(char(8), CAST('2020-03-04' AS datetime), 112)", "20200304"),
    ("CONVERT(datetime, '04/03/2020', 103)", "2020-03-04 00:00:00.000"),
    ("CAST('20200304 01:02:03.4567' AS datetime2)", "2020-03-04 01:02:03.4567000"),
    ("CAST('2020-03-04 01:02:03.456' AS datetime)", "2020-03-04 01:02:03.457"),
    ("CAST('13:14' AS time(0))", "13:14:00"),
    ("CAST('2020-01-31' AS datetime) + 1", "2020-02-01 00:00:00.000"),
    ("DATEADD(month, 1, CAST('2020-01-31' AS date))", "2020-02-29"),
    ("DATEADD(HOUR, 20, CAST('2020-01-31T10:00:00' AS datetime2(3)))", "2020-02-01 06:00:00.000"),
    ("DATEADD(day, -1, '2020-03-01')", "2020-02-29 00:00:00.000"),
    ("DATEDIFF(day, '2019-12-31T23:00:00', '2020-01-01T01:00:00')", "1"),
    ("DATEDIFF(month, '2020-01-31', '2020-02-01')", "1"),
    ("DATEDIFF(second, '2020-01-01', '2020-01-02')", "86400"),
    ("DATEPART(quarter, '2020-05-01')", "2"),
    ("YEAR('2020-05-01') * 100 + MONTH('2020-05-01')", "202005"),
    ("DATENAME(weekday, '2020-03-04')", "Wednesday"),
    ("DATENAME(month, '2020-03-04')", "March"),
    ("EOMONTH('2020-02-05')", "2020-02-29"),
    ("DATEFROMPARTS(2020, 3, 4)", "2020-03-04"),
    ("FORMAT(CAST('2020-03-04' AS date), 'yyyy/MM')", "2020/03"),
    ("FORMAT(1234.5, 'N2')", "1,234.50"),
    ("ABS(-3.5)", "3.5"),
    ("CEILING(1.2)", "2"),
    ("FLOOR(-1.2)", "-2"),
    ("ROUND(2.345, 2)", "2.350"),
    ("ROUND(1250, -2)", "1300"),
    ("ROUND(2.999, 1, 1)", "2.900"),
    ("POWER(2, 10)", "1024"),
    ("SIGN(-4)", "-1"),
    ("SQRT(9)", "3"),
    ("0x0AFF", "0x0AFF"),
    ("CONVERT(varchar(10), 0x0AFF, 1)", "0x0AFF"),
    ("CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)", "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
    ("CASE WHEN NEWID() <> NEWID() THEN 1 ELSE 0 END", "1"),
    ("HASHBYTES('SHA2_256', 'a')", "0x0E65B6C3D8F9E3F3F2B6A5"),
    ("DB_NAME()", "shop"),
    ("DB_NAME(1)", "master"),
    ("DB_ID()", "5"),
    ("DB_ID('nowhere')", "NULL"),
    ("SCHEMA_NAME(1)", "dbo"),
    ("SCHEMA_ID('none')", "NULL"),
    ("SUSER_SNAME()", "sqladmin"),
    ("ORIGINAL_LOGIN()", "sqladmin"),
    ("USER_NAME()", "dbo"),
    ("APP_NAME()", "tests"),
    ("HOST_NAME()", "here"),
    ("@@SERVERNAME", "contoso-sql-1"),
    ("SERVERPROPERTY('EngineEdition')", "5"),
    ("SERVERPROPERTY('Edition')", "SQL Azure"),
    ("DATABASEPROPERTYEX(DB_NAME(), 'Updateability')", "READ_WRITE"),
    ("CAST(DATABASEPROPERTYEX('shop', N'Status') AS nvarchar(60))", "ONLINE"),
    ("IS_ROLEMEMBER('db_owner')", "1"),
    ("IS_ROLEMEMBER('nobody')", "NULL"),
    ("COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'ALTER'), 0)", "1"),
    ("XACT_STATE()", "0"),
    ("@@TRANCOUNT", "0"),
    ("ERROR_NUMBER()", "NULL"),
    ("ISNUMERIC('12.5')", "1"),
    ("ISDATE('2020-13-01')", "0"),
    ("PARSENAME('a.b.c', 1)", "c"),
    ("GREATEST(1, 3, 2)", "3"),
    ("(SELECT 1 WHERE 1 = 0)", "NULL"),
    ("(SELECT MAX(n) FROM (VALUES (1), (3), (2)) AS v(n))", "3"),
];

#[test]
fn expressions_have_their_documented_values() {
    let world = World::new();
    let mut session = world.admin();
    let mut wrong = Vec::new();
    for (expression, expected) in CASES {
        let answer = Answer::of(&mut session, &format!("SELECT {expression}"));
        let found = answer.rows().first().map(|row| row.join("|")).unwrap_or_else(|| format!("{:?}", answer.errors));
        let prefix_only = expression.starts_with("HASHBYTES");
        if found != *expected && !(prefix_only && found.len() == 66) {
            wrong.push(format!("{expression}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn columns_have_the_types_that_a_strict_client_expects() {
    use ColumnType::{
        BigInt, Bit, Date, DateTime, DateTime2, Decimal, Float, Guid, Int, NVarChar, SmallInt, TinyInt, VarBinary,
    };
    let world = World::new();
    let mut session = world.admin();
    let t = "CREATE TABLE t (i int, b bigint, f bit, d decimal(9, 2), s nvarchar(20), m nvarchar(max), x varbinary(8), w datetime2(3), q date, y tinyint)";
    ok(&mut session, t);
    for (expression, kind) in [
        ("i", Int),
        ("b", BigInt),
        ("f", Bit),
        ("d", Decimal(9, 2)),
        ("s", NVarChar(Some(20))),
        ("m", NVarChar(None)),
        ("x", VarBinary(Some(8))),
        ("w", DateTime2(3)),
        ("q", Date),
        ("y", TinyInt),
        ("COUNT(*)", Int),
        ("COUNT_BIG(*)", BigInt),
        ("SUM(i)", Int),
        ("SUM(b)", BigInt),
        ("SUM(d)", Decimal(38, 2)),
        ("AVG(d)", Decimal(38, 6)),
        ("AVG(i)", Int),
        ("MAX(w)", DateTime2(3)),
        ("MIN(s)", NVarChar(Some(20))),
    ] {
        let answer = ok(&mut session, &format!("SELECT {expression} FROM t"));
        assert_eq!(answer.results[0].0[0].kind, kind, "{expression}");
    }
    for (expression, kind) in [
        ("1", Int),
        ("3000000000", BigInt),
        ("1.50", Decimal(3, 2)),
        ("1e0", Float),
        ("GETDATE()", DateTime),
        ("SYSUTCDATETIME()", DateTime2(7)),
        ("NEWID()", Guid),
        ("CAST(1 AS bit)", Bit),
        ("@@SPID", SmallInt),
        ("@@ROWCOUNT", Int),
        ("SCOPE_IDENTITY()", Decimal(38, 0)),
        ("ROW_NUMBER() OVER (ORDER BY (SELECT 1))", BigInt),
        ("N'abc' + 'de'", NVarChar(Some(5))),
        ("CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END", Decimal(11, 1)),
        ("(SELECT row_count FROM sys.dm_db_partition_stats)", BigInt),
        ("(SELECT TOP 1 is_read_only FROM sys.databases)", Bit),
        ("(SELECT last_commit FROM sys.dm_geo_replication_link_status)", DateTime2(7)),
    ] {
        let answer = ok(&mut session, &format!("SELECT {expression}"));
        assert_eq!(answer.results[0].0[0].kind, kind, "{expression}");
    }
}

#[test]
fn expressions_fail_with_their_numbers() {
    let world = World::new();
    let mut session = world.admin();
    for (expression, number) in [
        ("1 / 0", 8134),
        ("1 % 0", 8134),
        ("1.0 / 0", 8134),
        ("CAST('x' AS int)", 245),
        ("'x' + 1", 245),
        ("CAST('x' AS bigint)", 8114),
        ("CAST('x' AS decimal(5, 2))", 8114),
        ("CAST('x' AS date)", 241),
        ("CAST('x' AS uniqueidentifier)", 8169),
        ("CAST(300 AS tinyint)", 8115),
        ("2147483647 + 1", 8115),
        ("CAST(1 AS date)", 529),
        ("nope", 207),
        ("t.nope", 4104),
        ("NOPE(1)", 195),
        ("@nope", 137),
        ("LEN()", 174),
        ("CAST(1 AS nope)", 243),
        ("(SELECT n FROM (VALUES (1), (2)) AS v(n))", 512),
    ] {
        assert_eq!(errors(&mut session, &format!("SELECT {expression}")), [number], "{expression}");
    }
    assert_eq!(value(&mut session, "SELECT 'still here'"), "still here");
}
