//! Changes of rows.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "`INSERT … VALUES`, `DEFAULT`",
        "INSERT INTO dbo.Album (Title, ArtistId, Price) VALUES ('Four', 3, DEFAULT), ('Five', 3, 5); SELECT Price FROM Album WHERE ArtistId = 3",
        "1.00 ; 5.00",
    ),
    ("`INSERT … SELECT`", "INSERT Artist SELECT ArtistId + 10, Name FROM Artist; SELECT COUNT(*) FROM Artist", "6"),
    (
        "`INSERT … EXEC`",
        "CREATE PROCEDURE p AS SELECT 7, N'seven'\nGO\nINSERT INTO Artist (ArtistId, Name) EXEC p; SELECT Name FROM Artist WHERE ArtistId = 7",
        "seven",
    ),
    (
        "`INSERT … DEFAULT VALUES`",
        "CREATE TABLE t (a int IDENTITY, b int DEFAULT 4); INSERT t DEFAULT VALUES; SELECT * FROM t",
        "1|4",
    ),
    (
        "`UPDATE`, `c += e`",
        "UPDATE Album SET Price += 1, Title = UPPER(Title) WHERE AlbumId = 1; SELECT Title, Price FROM Album WHERE AlbumId = 1",
        "ONE|2.50",
    ),
    ("`UPDATE … SET @x =`", "DECLARE @p int; UPDATE Album SET @p = AlbumId WHERE Title = 'Two'; SELECT @p", "2"),
    (
        "`UPDATE … FROM` with joins",
        "UPDATE b SET b.Title = a.Name FROM dbo.Album AS b JOIN Artist a ON a.ArtistId = b.ArtistId WHERE b.AlbumId = 3; SELECT Title FROM Album WHERE AlbumId = 3",
        "beta",
    ),
    ("`UPDATE TOP`", "UPDATE TOP (2) Album SET Price = 9; SELECT COUNT(*) FROM Album WHERE Price = 9", "2"),
    (
        "`DELETE`, with and without `FROM`",
        "DELETE Album WHERE AlbumId = 1; DELETE FROM Album WHERE AlbumId = 2; SELECT COUNT(*) FROM Album",
        "1",
    ),
    (
        "`DELETE … FROM` with joins",
        "DELETE b FROM Album b INNER JOIN Artist a ON a.ArtistId = b.ArtistId WHERE a.Name = 'alpha'; SELECT COUNT(*) FROM Album",
        "1",
    ),
    ("`DELETE TOP`", "DELETE TOP (1) FROM Album; SELECT COUNT(*) FROM Album", "2"),
    (
        "`WITH … UPDATE`, `DELETE`, `INSERT`",
        "WITH d AS (SELECT AlbumId AS id FROM Album WHERE Price > 2) DELETE Album WHERE AlbumId IN (SELECT id FROM d); SELECT COUNT(*) FROM Album",
        "1",
    ),
    (
        "`OUTPUT` to the client",
        "UPDATE Album SET Price = Price * 2 OUTPUT inserted.Title, deleted.Price, inserted.Price WHERE AlbumId = 1",
        "One|1.50|3.00",
    ),
    (
        "`OUTPUT … INTO`",
        "DECLARE @gone TABLE (id int); DELETE Album OUTPUT deleted.AlbumId INTO @gone WHERE ArtistId = 1; SELECT COUNT(*) FROM @gone",
        "2",
    ),
    (
        "`TRUNCATE TABLE`",
        "TRUNCATE TABLE dbo.Album; INSERT Album (Title, ArtistId) VALUES ('New', 1); SELECT AlbumId FROM Album",
        "1",
    ),
    (
        "temporary tables",
        "SELECT Title INTO #t FROM Album; INSERT #t VALUES ('x'); UPDATE #t SET Title = 'y' WHERE Title = 'x'; SELECT COUNT(*), MAX(Title) FROM #t",
        "4|y",
    ),
    (
        "identity values",
        "INSERT Album (Title, ArtistId) OUTPUT inserted.AlbumId VALUES ('Four', 1), ('Five', 1)",
        "4 ; 5",
    ),
    ("a value for an identity column", "INSERT Album (AlbumId, Title, ArtistId) VALUES (9, 'x', 1)", "error 544"),
    ("an update of one", "UPDATE Album SET AlbumId = 9", "error 8102"),
    ("`NULL` in a column that takes none", "UPDATE Album SET Title = NULL", "error 515"),
    ("a key twice", "INSERT Artist VALUES (1, 'x')", "error 2627"),
    ("a row twice in a unique index", "UPDATE Album SET Title = 'Same'", "error 2601"),
    ("a reference to nothing", "UPDATE Album SET ArtistId = 9", "error 547"),
    ("a row that is referenced", "DELETE Artist", "error 547"),
    ("a `CHECK` that does not hold", "UPDATE Album SET Price = -1", "error 547"),
    ("a string that is too long", "UPDATE Artist SET Name = REPLICATE('x', 41)", "error 2628"),
    ("a number that is too large", "UPDATE Album SET Price = 12345678901", "error 8115"),
    (
        "more or fewer values than columns",
        "INSERT Artist (ArtistId) VALUES (1, 2)\nGO\nINSERT Artist (ArtistId, Name) VALUES (1)\nGO\nINSERT Artist VALUES (1)",
        "error 110, 109, 213",
    ),
    (
        "a statement is done whole or not at all",
        "INSERT Artist VALUES (7, 'x'), (1, 'y')\nGO\nSELECT COUNT(*) FROM Artist",
        "error 2627, then 3",
    ),
    (
        "`ON DELETE`, `ON UPDATE` `CASCADE`, `SET NULL`",
        "CREATE TABLE c (a int REFERENCES Album (AlbumId) ON DELETE CASCADE, b int REFERENCES Artist ON DELETE SET NULL); INSERT c VALUES (1, 3), (2, 3); DELETE Album WHERE AlbumId = 1; DELETE Artist WHERE ArtistId = 3; SELECT * FROM c",
        "2|NULL",
    ),
];
