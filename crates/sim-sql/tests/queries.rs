//! Queries over tables.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Answer, World, errors, ok, value};

const TABLES: &str = "
CREATE TABLE dbo.Artist (ArtistId int NOT NULL PRIMARY KEY, Name nvarchar(40) NULL);
CREATE TABLE dbo.Album (AlbumId int NOT NULL PRIMARY KEY, Title nvarchar(40) NOT NULL, ArtistId int NOT NULL, Price decimal(9, 2) NOT NULL, Made date NULL);
INSERT INTO dbo.Artist VALUES (1, N'Alpha'), (2, N'beta'), (3, N'Gamma'), (4, NULL);
INSERT INTO dbo.Album VALUES (1, N'One', 1, 1.50, '2020-01-01'), (2, N'Two', 1, 2.25, '2021-01-01'), (3, N'Three', 2, 3.00, NULL), (4, N'Four', 3, 4.10, '2019-06-30');";

/// Queries with their rows: values joined by `|`, rows by ` ; `.
const CASES: &[(&str, &str)] = &[
    ("SELECT Name FROM Artist WHERE Name = 'BETA'", "beta"),
    ("SELECT Name FROM dbo.Artist ORDER BY Name", "NULL ; Alpha ; beta ; Gamma"),
    ("SELECT Name AS n FROM Artist ORDER BY n DESC", "Gamma ; beta ; Alpha ; NULL"),
    ("SELECT TOP 2 Title FROM Album ORDER BY Price DESC", "Four ; Three"),
    ("SELECT TOP (1) Title FROM Album ORDER BY 1", "Four"),
    ("SELECT Title FROM Album ORDER BY AlbumId OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", "Two ; Three"),
    (
        "SELECT a.Name, COUNT(*), SUM(b.Price) FROM Artist a JOIN Album b ON b.ArtistId = a.ArtistId GROUP BY a.Name HAVING COUNT(*) > 1",
        "Alpha|2|3.75",
    ),
    (
        "SELECT a.ArtistId, b.Title FROM Artist AS a LEFT JOIN Album AS b ON b.ArtistId = a.ArtistId AND b.Price > 2 ORDER BY a.ArtistId, b.Title",
        "1|Two ; 2|Three ; 3|Four ; 4|NULL",
    ),
    ("SELECT COUNT(*) FROM Artist a FULL JOIN Album b ON a.ArtistId = b.AlbumId AND b.AlbumId > 2", "6"),
    ("SELECT COUNT(*) FROM Artist, Album", "16"),
    ("SELECT COUNT(*) FROM Artist CROSS JOIN Album", "16"),
    (
        "SELECT Name FROM Artist a WHERE EXISTS (SELECT * FROM Album b WHERE b.ArtistId = a.ArtistId AND b.Price > 3)",
        "Gamma",
    ),
    ("SELECT Name FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album)", "NULL"),
    (
        "SELECT Title, (SELECT Name FROM Artist a WHERE a.ArtistId = b.ArtistId) FROM Album b WHERE AlbumId = 3",
        "Three|beta",
    ),
    ("SELECT DISTINCT ArtistId FROM Album ORDER BY ArtistId", "1 ; 2 ; 3"),
    ("SELECT COUNT(DISTINCT ArtistId) FROM Album", "3"),
    ("SELECT DISTINCT UPPER(x) FROM (VALUES ('a'), ('A'), ('b')) AS v(x) ORDER BY 1", "A ; B"),
    ("SELECT DISTINCT x FROM (VALUES ('a'), ('A')) AS v(x)", "a"),
    ("SELECT ArtistId FROM Artist EXCEPT SELECT ArtistId FROM Album", "4"),
    ("SELECT ArtistId FROM Artist INTERSECT SELECT ArtistId FROM Album WHERE Price > 2 ORDER BY ArtistId", "1 ; 2 ; 3"),
    ("SELECT 1 AS n UNION ALL SELECT 2.5 ORDER BY n", "1.0 ; 2.5"),
    ("SELECT COUNT(*) FROM (SELECT 'a' AS x UNION SELECT 'A') AS u", "1"),
    (
        "WITH c AS (SELECT ArtistId, COUNT(*) AS n FROM Album GROUP BY ArtistId) SELECT a.Name, c.n FROM c JOIN Artist a ON a.ArtistId = c.ArtistId WHERE c.n = 2",
        "Alpha|2",
    ),
    ("WITH c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT SUM(n), COUNT(*) FROM c", "15|5"),
    ("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b", "2"),
    (
        "SELECT Title, ROW_NUMBER() OVER (PARTITION BY ArtistId ORDER BY Price DESC) FROM Album ORDER BY AlbumId",
        "One|2 ; Two|1 ; Three|1 ; Four|1",
    ),
    (
        "SELECT Title, LAG(Title) OVER (ORDER BY AlbumId), SUM(Price) OVER (ORDER BY AlbumId ROWS UNBOUNDED PRECEDING) FROM Album",
        "One|NULL|1.50 ; Two|One|3.75 ; Three|Two|6.75 ; Four|Three|10.85",
    ),
    ("SELECT RANK() OVER (ORDER BY ArtistId) FROM Album", "1 ; 1 ; 3 ; 4"),
    ("SELECT STRING_AGG(Title, ', ') WITHIN GROUP (ORDER BY Title DESC) FROM Album", "Two, Three, One, Four"),
    ("SELECT AVG(Price), MIN(Made), MAX(Title) FROM Album", "2.712500|2019-06-30|Two"),
    ("SELECT AVG(AlbumId) FROM Album", "2"),
    ("SELECT t.n FROM (SELECT TOP 1 AlbumId AS n FROM Album ORDER BY AlbumId DESC) AS t", "4"),
    ("SELECT x.* FROM (SELECT AlbumId, Title FROM Album) AS x (a, b) WHERE x.a = 1", "1|One"),
    ("SELECT * FROM Album WITH (NOLOCK) WHERE AlbumId = 1 OPTION (RECOMPILE)", "1|One|1|1.50|2020-01-01"),
    ("SELECT Title FROM Album WHERE Made > '2020-06-01'", "Two"),
    ("SELECT Title FROM Album WHERE Price = 3", "Three"),
    ("SELECT Title FROM Album WHERE AlbumId = '3'", "Three"),
    ("SELECT [Title] \"T\" FROM [shop].[dbo].[Album] WHERE [dbo].[Album].[AlbumId] = 1", "One"),
    ("SELECT T = Title, 1 AS one FROM Album WHERE AlbumId = 1", "One|1"),
    (
        "SELECT YEAR(Made) AS y, COUNT(*) FROM Album WHERE Made IS NOT NULL GROUP BY YEAR(Made) ORDER BY y",
        "2019|1 ; 2020|1 ; 2021|1",
    ),
    ("SELECT name FROM sys.databases ORDER BY database_id", "master ; shop"),
    (
        "SELECT s.name, t.name, SUM(p.row_count) FROM sys.dm_db_partition_stats AS p JOIN sys.tables AS t ON t.object_id = p.object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE p.index_id IN (0, 1) GROUP BY s.name, t.name ORDER BY t.name",
        "dbo|Album|4 ; dbo|Artist|4",
    ),
    (
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'artist' ORDER BY ORDINAL_POSITION",
        "Artist|ArtistId|int|NULL ; Artist|Name|nvarchar|40",
    ),
    (
        "SELECT c.name, TYPE_NAME(c.user_type_id), c.max_length, c.is_nullable FROM sys.columns c WHERE c.object_id = OBJECT_ID('dbo.Artist')",
        "ArtistId|int|4|0 ; Name|nvarchar|80|1",
    ),
    ("SELECT COL_LENGTH('dbo.Album', 'Title'), COL_LENGTH('dbo.Album', 'None')", "80|NULL"),
    (
        "SELECT OBJECT_NAME(OBJECT_ID(N'[dbo].[Album]')), OBJECT_ID('nothing'), CASE WHEN OBJECT_ID('Album', 'V') IS NULL THEN 1 END",
        "Album|NULL|1",
    ),
    ("SELECT type_desc, is_primary_key FROM sys.indexes WHERE object_id = OBJECT_ID('Album')", "CLUSTERED|1"),
];

#[test]
fn queries_give_their_rows() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    let mut wrong = Vec::new();
    for (query, expected) in CASES {
        let answer = Answer::of(&mut session, query);
        let rows: Vec<String> = answer.rows().iter().map(|row| row.join("|")).collect();
        let found = if answer.errors.is_empty() { rows.join(" ; ") } else { format!("{:?}", answer.errors) };
        if found != *expected {
            wrong.push(format!("{query}\n     {found}\n not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unknown_names_are_told_apart() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    for (query, number) in [
        ("SELECT * FROM Nowhere", 208),
        ("SELECT Nothing FROM Album", 207),
        ("SELECT a.Title FROM Album", 4104),
        ("SELECT ArtistId FROM Album JOIN Artist ON 1 = 1", 209),
        ("SELECT * FROM other.dbo.Album", 40515),
        ("SELECT * FROM sys.geo_replication_links", 208),
        ("SELECT * FROM @t", 1087),
        ("SELECT Title FROM Album FOR XML PATH", 40510),
        ("SELECT * FROM Album CROSS APPLY (SELECT 1 AS x) AS a", 40510),
    ] {
        assert_eq!(errors(&mut session, query), [number], "{query}");
    }
    let named = Answer::of(&mut session, "SELECT * FROM Album CROSS APPLY (SELECT 1 AS x) AS a");
    assert!(named.errors[0].text.contains("CROSS APPLY"), "{:?}", named.errors);
}

#[test]
fn views_are_written_in_place() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    ok(
        &mut session,
        "CREATE VIEW dbo.Cheap (Id, Name, Price) AS SELECT AlbumId, Title, Price FROM dbo.Album WHERE Price < 3",
    );
    ok(
        &mut session,
        "CREATE VIEW dbo.Cheaper AS SELECT c.Id, c.Price * 2 AS Twice FROM dbo.Cheap AS c WHERE c.Price < 2;",
    );
    assert_eq!(value(&mut session, "SELECT v.Id, v.Twice FROM dbo.Cheaper AS v"), "1|3.00");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM Cheap WHERE Id IN (SELECT Id FROM Cheaper)"), "1");
    assert_eq!(errors(&mut session, "CREATE VIEW dbo.Wrong AS SELECT Nope FROM dbo.Album"), [207]);
    assert_eq!(errors(&mut session, "CREATE VIEW dbo.Cheap AS SELECT 1 AS x"), [2714]);
    ok(&mut session, "ALTER VIEW dbo.Cheap AS SELECT AlbumId AS Id, Price FROM dbo.Album WHERE Price < 2");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM dbo.Cheap"), "1");
    ok(&mut session, "DROP VIEW dbo.Cheap");
    assert_eq!(errors(&mut session, "SELECT * FROM dbo.Cheaper"), [208]);
}

#[test]
fn several_results_and_counts_come_in_order() {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    let answer = ok(
        &mut session,
        "SELECT 1 SELECT Title FROM Album WHERE Price > 2 UPDATE Album SET Price += 1 WHERE AlbumId < 3 SET NOCOUNT ON SELECT @@ROWCOUNT",
    );
    assert_eq!(answer.results.len(), 3);
    assert_eq!(answer.counts, [1, 3, 2]);
    assert_eq!(answer.results[2].1[0][0], sim_sql::Value::Int(2));
}
