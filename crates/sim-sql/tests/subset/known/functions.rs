//! Built-in functions and functions of the user's.

use super::Row;

pub const ROWS: &[Row] = &[
    ("`LEN`, `DATALENGTH`", "SELECT LEN('abc  '), DATALENGTH('abc'), DATALENGTH(N'abc')", "3|3|6"),
    ("`UPPER`, `LOWER`", "SELECT UPPER('aé'), LOWER('BÉ')", "AÉ|bé"),
    (
        "`LEFT`, `RIGHT`, `SUBSTRING`",
        "SELECT LEFT('abcdef', 2), RIGHT('abcdef', 2), SUBSTRING('abcdef', 2, 3)",
        "ab|ef|bcd",
    ),
    ("`LTRIM`, `RTRIM`, `TRIM`", "SELECT LTRIM('  a'), RTRIM('a  '), TRIM('  a  '), TRIM('x' FROM 'xax')", "a|a|a|a"),
    (
        "`CHARINDEX`, `PATINDEX`",
        "SELECT CHARINDEX('C', 'abcabc'), CHARINDEX('c', 'abcabc', 4), PATINDEX('%b_d%', 'abcd')",
        "3|6|2",
    ),
    (
        "`REPLACE`, `STUFF`, `TRANSLATE`",
        "SELECT REPLACE('aXbxc', 'x', '-'), STUFF('abcdef', 2, 3, 'ijk'), TRANSLATE('2*[3]', '[]', '()')",
        "a-b-c|aijkef|2*(3)",
    ),
    (
        "`REPLICATE`, `SPACE`, `REVERSE`",
        "SELECT REPLICATE('ab', 3), 'a' + SPACE(2) + 'b', REVERSE('abc')",
        "ababab|a  b|cba",
    ),
    ("`CONCAT`, `CONCAT_WS`", "SELECT CONCAT('a', NULL, 1, 2.50), CONCAT_WS(', ', 'a', NULL, 'b')", "a12.50|a, b"),
    ("`ASCII`, `UNICODE`, `CHAR`, `NCHAR`", "SELECT ASCII('A'), UNICODE(N'é'), CHAR(65), NCHAR(233)", "65|233|A|é"),
    (
        "`QUOTENAME`, `PARSENAME`",
        "SELECT QUOTENAME('a]b'), QUOTENAME('a', ''''), PARSENAME('a.b.c', 1)",
        "[a]]b]|'a'|c",
    ),
    (
        "`STRING_ESCAPE`, `ISJSON`",
        "SELECT STRING_ESCAPE('a\"b', 'json'), ISJSON('{\"a\": 1}'), ISJSON('{')",
        "a\\\"b|1|0",
    ),
    ("`SOUNDEX`", "SELECT SOUNDEX('Robert')", "R163"),
    (
        "`FORMAT` of plain patterns",
        "SELECT FORMAT(CAST('2020-03-04' AS date), 'yyyy/MM'), FORMAT(1234.5, 'N2')",
        "2020/03|1,234.50",
    ),
    ("`ISNUMERIC`, `ISDATE`", "SELECT ISNUMERIC('12.5'), ISNUMERIC('x'), ISDATE('2020-13-01')", "1|0|0"),
    (
        "`ISNULL`, `COALESCE`, `NULLIF`",
        "SELECT ISNULL(NULL, 'x'), COALESCE(NULL, NULL, 3), NULLIF('A', 'a')",
        "x|3|NULL",
    ),
    ("`IIF`, `CHOOSE`", "SELECT IIF(1 < 2, 'yes', 'no'), CHOOSE(2, 'a', 'b', 'c')", "yes|b"),
    ("`GREATEST`, `LEAST`", "SELECT GREATEST(1, 3, 2), LEAST(1.5, 3, 2)", "3|1.5"),
    ("`ABS`, `SIGN`, `CEILING`, `FLOOR`", "SELECT ABS(-3.5), SIGN(-4), CEILING(1.2), FLOOR(-1.2)", "3.5|-1|2|-2"),
    ("`ROUND`", "SELECT ROUND(2.345, 2), ROUND(1250, -2), ROUND(2.999, 1, 1)", "2.350|1300|2.900"),
    (
        "`POWER`, `SQRT`, `SQUARE`, `EXP`, `LOG`, `LOG10`",
        "SELECT POWER(2, 10), SQRT(9), SQUARE(3), EXP(0), LOG(1), LOG10(100)",
        "1024|3|9|1|0|2",
    ),
    ("`PI`, `SIN`, `COS`, `TAN`, `ATAN`", "SELECT FLOOR(PI()), SIN(0), COS(0), TAN(0), ATAN(0)", "3|0|1|0|0"),
    ("`RAND`", "SELECT IIF(RAND() < 1, 1, 0), IIF(RAND(5) < 1, 1, 0)", "1|1"),
    (
        "`NEWID`, `NEWSEQUENTIALID`",
        "CREATE TABLE t (a uniqueidentifier DEFAULT NEWSEQUENTIALID()); INSERT t DEFAULT VALUES; SELECT COUNT(a), IIF(NEWID() <> NEWID(), 1, 0) FROM t",
        "1|1",
    ),
    (
        "`HASHBYTES` with SHA2",
        "SELECT HASHBYTES('SHA2_256', N'a')",
        "0xFFE9AAEAA2A2D5048174DF0B80599EF0197EC024C4B051BC9860CFF58EF7F9F3",
    ),
    ("`CHECKSUM` of one value, by numbers of its own", "SELECT IIF(CHECKSUM('a') = CHECKSUM('a'), 1, 0)", "1"),
    (
        "`GETDATE`, `GETUTCDATE`, `SYSDATETIME`, `SYSUTCDATETIME`, `CURRENT_TIMESTAMP`: UTC, once for a statement",
        "SELECT DATEDIFF(second, GETDATE(), CURRENT_TIMESTAMP), DATEDIFF(second, GETUTCDATE(), SYSDATETIME()), DATEDIFF(day, SYSUTCDATETIME(), GETDATE())",
        "0|0|0",
    ),
    (
        "`DATEADD`",
        "SELECT DATEADD(month, 1, CAST('2020-01-31' AS date)), DATEADD(hh, -1, '2020-01-01')",
        "2020-02-29|2019-12-31 23:00:00.000",
    ),
    (
        "`DATEDIFF`, `DATEDIFF_BIG`",
        "SELECT DATEDIFF(day, '2019-12-31T23:00', '2020-01-01T01:00'), DATEDIFF_BIG(ms, '2020-01-01', '2020-01-02')",
        "1|86400000",
    ),
    (
        "`DATEPART`, `DATENAME`, `YEAR`, `MONTH`, `DAY`",
        "SELECT DATEPART(quarter, '2020-05-01'), DATENAME(weekday, '2020-03-04'), YEAR('2020-05-07'), MONTH('2020-05-07'), DAY('2020-05-07')",
        "2|Wednesday|2020|5|7",
    ),
    (
        "`EOMONTH`, `DATEFROMPARTS`",
        "SELECT EOMONTH('2020-02-05'), EOMONTH('2020-02-05', 1), DATEFROMPARTS(2020, 3, 4)",
        "2020-02-29|2020-03-31|2020-03-04",
    ),
    ("`@@ROWCOUNT`, `@@ERROR`", "UPDATE Artist SET Name = 'x'; SELECT @@ROWCOUNT, @@ERROR", "3|0"),
    (
        "`SCOPE_IDENTITY`, `@@IDENTITY`, `IDENT_CURRENT`",
        "INSERT Album (Title, ArtistId) VALUES ('Four', 3); SELECT SCOPE_IDENTITY(), @@IDENTITY, IDENT_CURRENT('Album')",
        "4|4|4",
    ),
    ("`DB_NAME`, `DB_ID`", "SELECT DB_NAME(), DB_NAME(1), DB_ID(), DB_ID('nowhere')", "shop|master|5|NULL"),
    (
        "`OBJECT_ID`, `OBJECT_NAME`, `OBJECT_SCHEMA_NAME`",
        "SELECT OBJECT_NAME(OBJECT_ID('dbo.Album', 'U')), OBJECT_SCHEMA_NAME(OBJECT_ID('Album')), OBJECT_ID('nothing')",
        "Album|dbo|NULL",
    ),
    (
        "`SCHEMA_ID`, `SCHEMA_NAME`",
        "SELECT SCHEMA_NAME(), SCHEMA_NAME(1), SCHEMA_ID('dbo'), SCHEMA_ID('none')",
        "dbo|dbo|1|NULL",
    ),
    (
        "`COL_LENGTH`, `COL_NAME`, `TYPE_NAME`",
        "SELECT COL_LENGTH('Album', 'Title'), COL_NAME(OBJECT_ID('Album'), 2), TYPE_NAME(56)",
        "80|Title|int",
    ),
    (
        "`OBJECTPROPERTY`",
        "SELECT OBJECTPROPERTY(OBJECT_ID('Album'), 'IsUserTable'), OBJECTPROPERTY(OBJECT_ID('Album'), 'TableHasIdentity')",
        "1|1",
    ),
    (
        "`SUSER_SNAME`, `SUSER_NAME`, `ORIGINAL_LOGIN`, `SYSTEM_USER`",
        "SELECT SUSER_SNAME(), SUSER_NAME(), ORIGINAL_LOGIN(), SYSTEM_USER",
        "sqladmin|sqladmin|sqladmin|sqladmin",
    ),
    (
        "`USER_NAME`, `USER`, `CURRENT_USER`, `SESSION_USER`",
        "SELECT USER_NAME(), USER, CURRENT_USER, SESSION_USER, USER_NAME(1)",
        "dbo|dbo|dbo|dbo|dbo",
    ),
    ("`APP_NAME`, `PROGRAM_NAME`, `HOST_NAME`", "SELECT APP_NAME(), PROGRAM_NAME(), HOST_NAME()", "tests|tests|here"),
    (
        "`@@SERVERNAME`, `@@VERSION`, `@@SERVICENAME`, `@@LANGUAGE`, `@@OPTIONS`, `@@DATEFIRST`, `@@MAX_PRECISION`",
        "SELECT @@SERVERNAME, LEFT(@@VERSION, 19), @@SERVICENAME, @@LANGUAGE, @@OPTIONS, @@DATEFIRST, @@MAX_PRECISION",
        "contoso-sql-1|Microsoft SQL Azure|MSSQLSERVER|us_english|5496|7|38",
    ),
    (
        "`@@SPID`, `@@TRANCOUNT`, `@@NESTLEVEL`, `@@LOCK_TIMEOUT`",
        "SELECT IIF(@@SPID > 50, 1, 0), @@TRANCOUNT, @@NESTLEVEL, @@LOCK_TIMEOUT",
        "1|0|0|-1",
    ),
    (
        "`SERVERPROPERTY`",
        "SELECT SERVERPROPERTY('Edition'), SERVERPROPERTY('EngineEdition'), SERVERPROPERTY('ProductVersion')",
        "SQL Azure|5|12.0.2000.8",
    ),
    (
        "`DATABASEPROPERTYEX`",
        "SELECT DATABASEPROPERTYEX('shop', 'Updateability'), DATABASEPROPERTYEX('shop', 'Status'), DATABASEPROPERTYEX('shop', 'Collation')",
        "READ_WRITE|ONLINE|SQL_Latin1_General_CP1_CI_AS",
    ),
    (
        "`CONNECTIONPROPERTY`, `SESSIONPROPERTY`",
        "SELECT CONNECTIONPROPERTY('net_transport'), SESSIONPROPERTY('ANSI_NULLS')",
        "TCP|1",
    ),
    (
        "`IS_ROLEMEMBER`, `IS_MEMBER`, `IS_SRVROLEMEMBER`",
        "SELECT IS_ROLEMEMBER('db_owner'), IS_MEMBER('nobody'), IS_SRVROLEMEMBER('public')",
        "1|NULL|1",
    ),
    (
        "`HAS_PERMS_BY_NAME`, `HAS_DBACCESS`",
        "SELECT HAS_PERMS_BY_NAME('dbo.Album', 'OBJECT', 'SELECT'), HAS_DBACCESS('shop')",
        "1|1",
    ),
    ("an unknown function", "SELECT NOPE(1)", "error 195"),
    ("a wrong number of arguments", "SELECT LEN()", "error 174"),
    ("an unknown variable", "SELECT @nope", "error 137"),
    (
        "functions of the user's whose body is one `RETURN`",
        "CREATE FUNCTION dbo.twice (@x int) RETURNS int AS BEGIN RETURN @x * 2 END\nGO\nSELECT dbo.twice(AlbumId) FROM Album",
        "2 ; 4 ; 6",
    ),
    ("an unknown one", "SELECT dbo.nope(1)", "error 4121"),
    (
        "with too few arguments",
        "CREATE FUNCTION dbo.twice (@x int) RETURNS int AS BEGIN RETURN @x * 2 END\nGO\nSELECT dbo.twice()",
        "error 313",
    ),
];
