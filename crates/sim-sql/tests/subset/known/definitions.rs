//! Definitions.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "`CREATE TABLE`, constraints with and without names",
        "CREATE TABLE dbo.t (a int NOT NULL IDENTITY(5, 2) CONSTRAINT PK_t PRIMARY KEY CLUSTERED, b nvarchar(9) NULL UNIQUE, c int DEFAULT 3 CHECK (c > 0), CONSTRAINT FK_t FOREIGN KEY (c) REFERENCES dbo.Artist (ArtistId)); INSERT t (b) VALUES ('x'); SELECT * FROM t",
        "5|x|3",
    ),
    (
        "computed columns",
        "CREATE TABLE t (a int, b AS (a * 2) PERSISTED); INSERT t (a) VALUES (4); SELECT b FROM t",
        "8",
    ),
    (
        "indexes in a table",
        "CREATE TABLE t (a int, INDEX IX_a NONCLUSTERED (a)); SELECT name FROM sys.indexes WHERE name = 'IX_a'",
        "IX_a",
    ),
    (
        "without effect: storage options, `ROWGUIDCOL`, `SPARSE`",
        "CREATE TABLE t (a int NOT NULL, g uniqueidentifier ROWGUIDCOL, s int SPARSE NULL, PRIMARY KEY (a) WITH (PAD_INDEX = OFF) ON [PRIMARY]) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]",
        "done",
    ),
    (
        "`ALTER TABLE … ADD` columns",
        "ALTER TABLE Artist ADD a int NULL, b int NOT NULL CONSTRAINT DF_b DEFAULT (7); SELECT a, b FROM Artist WHERE ArtistId = 1",
        "NULL|7",
    ),
    (
        "`DEFAULT … WITH VALUES`",
        "ALTER TABLE Artist ADD a int NULL DEFAULT 3 WITH VALUES; SELECT a FROM Artist WHERE ArtistId = 1",
        "3",
    ),
    (
        "`ALTER TABLE … ADD CONSTRAINT`",
        "ALTER TABLE Artist ADD CONSTRAINT UQ UNIQUE (Name), CONSTRAINT CK CHECK (Name <> 'x'), CONSTRAINT DF DEFAULT ('d') FOR Name; INSERT Artist (ArtistId) VALUES (9); SELECT Name FROM Artist WHERE ArtistId = 9",
        "d",
    ),
    (
        "`WITH CHECK`, `WITH NOCHECK`",
        "ALTER TABLE Album WITH NOCHECK ADD CONSTRAINT CK_new CHECK (Price > 2)\nGO\nALTER TABLE Album WITH CHECK ADD CONSTRAINT CK_old CHECK (Price > 2)",
        "error 547",
    ),
    (
        "`ALTER COLUMN`",
        "ALTER TABLE Artist ALTER COLUMN Name nvarchar(80) NOT NULL; SELECT COL_LENGTH('Artist', 'Name')",
        "160",
    ),
    (
        "`DROP COLUMN`, `IF EXISTS`",
        "ALTER TABLE Album DROP COLUMN Made; ALTER TABLE Album DROP COLUMN IF EXISTS Made; SELECT COL_LENGTH('Album', 'Made')",
        "NULL",
    ),
    (
        "`DROP CONSTRAINT`, `IF EXISTS`",
        "ALTER TABLE Album DROP CONSTRAINT CK_Price, FK_Album_Artist; ALTER TABLE Album DROP CONSTRAINT IF EXISTS CK_Price; UPDATE Album SET Price = -1, ArtistId = 9; SELECT COUNT(*) FROM Album WHERE Price < 0",
        "3",
    ),
    (
        "`DROP TABLE`, `IF EXISTS`, several",
        "CREATE TABLE t (a int); CREATE TABLE u (a int); DROP TABLE t, dbo.u; DROP TABLE IF EXISTS t; SELECT OBJECT_ID('u')",
        "NULL",
    ),
    (
        "`CREATE INDEX`: unique, filtered, included columns",
        "CREATE UNIQUE NONCLUSTERED INDEX UX ON dbo.Album (Made DESC, AlbumId) INCLUDE (Title) WHERE Made IS NOT NULL WITH (ONLINE = ON); SELECT is_unique, has_filter FROM sys.indexes WHERE name = 'UX'",
        "1|1",
    ),
    (
        "`DROP INDEX`, both forms",
        "DROP INDEX UX_Title ON Album; CREATE INDEX IX ON Album (Made); DROP INDEX Album.IX; DROP INDEX IF EXISTS IX ON Album; SELECT COUNT(*) FROM sys.indexes WHERE object_id = OBJECT_ID('Album')",
        "1",
    ),
    (
        "`CREATE SCHEMA`, `DROP SCHEMA`",
        "CREATE SCHEMA archive AUTHORIZATION dbo\nGO\nCREATE TABLE archive.t (a int); DROP TABLE archive.t; DROP SCHEMA archive; SELECT SCHEMA_ID('archive')",
        "NULL",
    ),
    (
        "`ALTER SCHEMA … TRANSFER` of tables",
        "CREATE SCHEMA old\nGO\nALTER SCHEMA old TRANSFER OBJECT::dbo.Album; SELECT COUNT(*) FROM old.Album",
        "3",
    ),
    (
        "`sp_rename` of tables and columns",
        "EXEC sp_rename 'dbo.Album.Title', 'Name', 'COLUMN'; EXEC sp_rename 'dbo.Album', 'Record'; SELECT MAX(Name) FROM Record",
        "Two",
    ),
    (
        "`CREATE`, `ALTER`, `CREATE OR ALTER`, `DROP VIEW`",
        "CREATE VIEW dbo.v (Id) WITH SCHEMABINDING AS SELECT AlbumId FROM dbo.Album\nGO\nALTER VIEW v AS SELECT AlbumId AS Id, Title FROM Album WHERE Price < 2\nGO\nSELECT * FROM v",
        "1|One",
    ),
    (
        "`CREATE`, `ALTER`, `CREATE OR ALTER`, `DROP PROCEDURE`",
        "CREATE PROC p @a int = 1 AS SELECT @a\nGO\nCREATE OR ALTER PROCEDURE p (@a int = 2) WITH RECOMPILE AS SELECT @a\nGO\nEXEC p",
        "2",
    ),
    (
        "`CREATE`, `DROP FUNCTION`",
        "CREATE FUNCTION f () RETURNS int AS BEGIN RETURN 1 END\nGO\nDROP FUNCTION dbo.f; SELECT OBJECT_ID('f')",
        "NULL",
    ),
    ("a module that is not alone in its batch", "SELECT 1 CREATE VIEW v AS SELECT 1 AS a", "error 111"),
    ("a name that is taken", "CREATE TABLE Album (a int)", "error 2714"),
    ("a column twice", "CREATE TABLE t (a int, A int)", "error 2705"),
    ("an unknown schema", "CREATE TABLE none.t (a int)", "error 2760"),
    ("`NOT NULL` without a default", "ALTER TABLE Album ADD e int NOT NULL", "error 4901"),
    ("a table that is not there", "ALTER TABLE Nothing ADD a int\nGO\nDROP TABLE Nothing", "error 4902, 3701"),
    ("a column that is in use", "ALTER TABLE Album DROP COLUMN Title", "error 5074, 4922"),
    ("a table that is referenced", "DROP TABLE Artist\nGO\nTRUNCATE TABLE Artist", "error 3726, 4712"),
    ("a key that is referenced", "ALTER TABLE Artist DROP CONSTRAINT PK_Artist", "error 3725"),
    ("a unique index over rows that are not", "CREATE UNIQUE INDEX UX ON Album (ArtistId)", "error 1505"),
    (
        "an index that is there, over no column",
        "CREATE INDEX UX_Title ON Album (Made)\nGO\nCREATE INDEX IX ON Album (Nope)",
        "error 1913, 1911",
    ),
    ("a second primary key", "ALTER TABLE Artist ADD PRIMARY KEY (Name)", "error 1779, 1750"),
    ("a schema that is in use", "CREATE SCHEMA s\nGO\nCREATE TABLE s.t (a int); DROP SCHEMA s", "error 3729"),
];
