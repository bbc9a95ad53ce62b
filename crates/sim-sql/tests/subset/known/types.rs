//! Types, literals and conversions.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "`bit`, `tinyint`, `smallint`, `int`, `bigint`",
        "SELECT CAST('true' AS bit), CAST(255 AS tinyint), CAST(-5 AS smallint), CAST(12.7 AS int), 3000000000",
        "1|255|-5|12|3000000000",
    ),
    (
        "`decimal`, `numeric`",
        "SELECT CAST(2.345 AS decimal(9, 2)), CAST(1 AS numeric(5, 1)) + 0.25, 0.1 + 0.2",
        "2.35|1.25|0.3",
    ),
    (
        "`money`, `smallmoney`",
        "SELECT CAST(12.5 AS money), CAST(1 AS smallmoney), CAST(CAST(12.5 AS money) AS varchar(9))",
        "12.5000|1.0000|12.50",
    ),
    (
        "`real`, `float`, `double precision`",
        "SELECT CAST(10 AS float) / 4, CAST(0.5 AS real), CAST(1 AS double precision)",
        "2.5|0.5|1",
    ),
    (
        "`char`, `varchar`, `nchar`, `nvarchar`, `(max)`",
        "SELECT CAST('x' AS char(3)) + '|', CAST(N'abc' AS nvarchar(2)), CAST('a' AS varchar(max))",
        "x  ||ab|a",
    ),
    (
        "`text`, `ntext`, `image`, `sysname`",
        "DECLARE @n sysname = 'n'; CREATE TABLE t (a text, b ntext, c image); INSERT t VALUES ('a', @n, 0x01); SELECT * FROM t",
        "a|n|0x01",
    ),
    (
        "`binary`, `varbinary`",
        "SELECT 0x0AFF, CAST(0x01 AS binary(3)), CAST('a' AS varbinary(5))",
        "0x0AFF|0x010000|0x61",
    ),
    (
        "`uniqueidentifier`",
        "SELECT CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier)",
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    ),
    ("`date`, `time`", "SELECT CAST('2020-03-04' AS date), CAST('13:14' AS time(0))", "2020-03-04|13:14:00"),
    (
        "`datetime`, `smalldatetime`",
        "SELECT CAST('2020-03-04T01:02:03.456' AS datetime), CAST('2020-03-04 01:02:03' AS smalldatetime)",
        "2020-03-04 01:02:03.457|2020-03-04 01:02:00",
    ),
    (
        "`datetime2`",
        "SELECT CAST('20200304 01:02:03.4567' AS datetime2), CAST('2020-03-04' AS datetime2(3))",
        "2020-03-04 01:02:03.4567000|2020-03-04 00:00:00.000",
    ),
    (
        "`CAST`, `TRY_CAST`",
        "SELECT CAST('12' AS int) + 1, TRY_CAST('x' AS int), CAST(3.0 AS varchar(10))",
        "13|NULL|3.0",
    ),
    ("`CONVERT`, `TRY_CONVERT`", "SELECT CONVERT(int, '12'), TRY_CONVERT(date, '2020-02-30')", "12|NULL"),
    (
        "`CONVERT` with the styles of dates",
        "SELECT CONVERT(char(8), CAST('2020-03-04' AS datetime), 112), CONVERT(varchar(10), CAST('2020-03-04' AS date), 103), CONVERT(varchar(30), CAST('2020-03-04T05:06:07' AS datetime2(3)), 126), CONVERT(datetime, '04/03/2020', 103)",
        "20200304|04/03/2020|2020-03-04T05:06:07.000|2020-03-04 00:00:00.000",
    ),
    (
        "`CONVERT` with the styles of binaries",
        "SELECT CONVERT(varchar(10), 0x0AFF, 1), CONVERT(varchar(10), 0x0AFF, 2)",
        "0x0AFF|0AFF",
    ),
    ("conversion by itself", "SELECT IIF('5' > 4, 1, 0), '2' + 1", "1|3"),
    ("a conversion that fails", "SELECT CAST('x' AS int)", "error 245"),
    ("of a date", "SELECT CAST('x' AS date)", "error 241"),
    ("of a `decimal`", "SELECT CAST('x' AS decimal(5, 2))", "error 8114"),
    ("of a `uniqueidentifier`", "SELECT CAST('x' AS uniqueidentifier)", "error 8169"),
    ("one that is not allowed", "SELECT CAST(1 AS date)", "error 529"),
    ("operands that do not fit", "SELECT CAST('2020-01-01' AS date) + 1", "error 206"),
    ("overflow", "SELECT 2147483647 + 1", "error 8115"),
    ("an unknown type", "SELECT CAST(1 AS nope)", "error 243"),
];
