//! Definitions: what they change, refuse and leave alone.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Answer, World, errors, ok, value};

fn world() -> (World, sim_sql::Session) {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE dbo.Parent (Id int NOT NULL CONSTRAINT PK_Parent PRIMARY KEY CLUSTERED, Name nvarchar(20) NULL)",
    );
    ok(
        &mut session,
        "CREATE TABLE dbo.Child ([Id] INT IDENTITY(1,1) NOT NULL, ParentId int NOT NULL, Text varchar(20) NULL, CONSTRAINT [PK_Child] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]) ON [PRIMARY];",
    );
    ok(
        &mut session,
        "INSERT Parent VALUES (1, 'one'), (2, 'two'); INSERT Child (ParentId, Text) VALUES (1, '10'), (2, '20'), (2, NULL)",
    );
    (world, session)
}

#[test]
fn columns_are_added_with_their_defaults() {
    let (_world, mut session) = world();
    ok(
        &mut session,
        "ALTER TABLE dbo.Child ADD A int NULL, B int NOT NULL CONSTRAINT DF_B DEFAULT (7), C nvarchar(5) NULL DEFAULT N'c' WITH VALUES, D datetime2 NOT NULL DEFAULT SYSUTCDATETIME()",
    );
    assert_eq!(value(&mut session, "SELECT COUNT(A), SUM(B), COUNT(C), COUNT(DISTINCT D) FROM Child"), "0|21|3|1");
    ok(&mut session, "INSERT Child (ParentId) VALUES (1)");
    assert_eq!(value(&mut session, "SELECT B, C FROM Child WHERE Id = 4"), "7|c");
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD E int NOT NULL"), [4901]);
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD A int"), [2705]);
    assert_eq!(errors(&mut session, "ALTER TABLE Nothing ADD A int"), [4902]);
    ok(&mut session, "ALTER TABLE Parent ADD Number int IDENTITY(5, 5)");
    assert_eq!(
        value(&mut session, "INSERT Parent (Id) VALUES (9); SELECT MAX(Number), SUM(Number) FROM Parent"),
        "15|30"
    );
}

#[test]
fn columns_change_their_type() {
    let (_world, mut session) = world();
    ok(&mut session, "ALTER TABLE Child ALTER COLUMN Text nvarchar(40) NULL");
    ok(&mut session, "ALTER TABLE Child ALTER COLUMN Text int NULL");
    assert_eq!(value(&mut session, "SELECT SUM(Text), MAX(DATALENGTH(Text)) FROM Child"), "30|4");
    assert_eq!(errors(&mut session, "ALTER TABLE Child ALTER COLUMN Text int NOT NULL"), [515]);
    ok(
        &mut session,
        "UPDATE Child SET Text = 0 WHERE Text IS NULL ALTER TABLE Child ALTER COLUMN Text bigint NOT NULL",
    );
    assert_eq!(errors(&mut session, "INSERT Child (ParentId, Text) VALUES (1, NULL)"), [515]);
    assert_eq!(errors(&mut session, "ALTER TABLE Parent ALTER COLUMN Name nvarchar(2)"), [2628]);
    assert_eq!(errors(&mut session, "ALTER TABLE Parent ALTER COLUMN Name int"), [245]);
    assert_eq!(errors(&mut session, "ALTER TABLE Parent ALTER COLUMN Id bigint NOT NULL"), [5074, 4922]);
    assert_eq!(errors(&mut session, "ALTER TABLE Parent ALTER COLUMN Nope int"), [4924]);
}

#[test]
fn columns_go_when_nothing_uses_them() {
    let (_world, mut session) = world();
    ok(&mut session, "CREATE INDEX IX_Text ON dbo.Child (Text)");
    let used = Answer::of(&mut session, "ALTER TABLE Child DROP COLUMN Text");
    assert_eq!(used.numbers(), [5074, 4922]);
    assert!(used.errors[0].text.contains("IX_Text"), "{:?}", used.errors);
    ok(&mut session, "DROP INDEX IX_Text ON dbo.Child; ALTER TABLE Child DROP COLUMN Text");
    assert_eq!(errors(&mut session, "SELECT Text FROM Child"), [207]);
    assert_eq!(errors(&mut session, "ALTER TABLE Child DROP COLUMN Text"), [4924]);
    ok(&mut session, "ALTER TABLE Child DROP COLUMN IF EXISTS Text");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM Child WHERE ParentId > 1"), "2");
}

#[test]
fn constraints_are_checked_when_they_come() {
    let (_world, mut session) = world();
    ok(
        &mut session,
        "ALTER TABLE dbo.Child WITH CHECK ADD CONSTRAINT FK_Child FOREIGN KEY (ParentId) REFERENCES dbo.Parent (Id) ON DELETE NO ACTION ON UPDATE NO ACTION",
    );
    assert_eq!(errors(&mut session, "INSERT Child (ParentId) VALUES (5)"), [547]);
    ok(&mut session, "ALTER TABLE Child DROP CONSTRAINT FK_Child INSERT Child (ParentId) VALUES (5)");
    let broken = Answer::of(
        &mut session,
        "ALTER TABLE dbo.Child ADD CONSTRAINT FK_Child FOREIGN KEY (ParentId) REFERENCES dbo.Parent (Id)",
    );
    assert_eq!(
        broken.errors[0].text,
        "The ALTER TABLE statement conflicted with the FOREIGN KEY constraint \"FK_Child\". The conflict occurred in database \"shop\", table \"dbo.Parent\", column 'Id'."
    );
    ok(
        &mut session,
        "ALTER TABLE dbo.Child WITH NOCHECK ADD CONSTRAINT FK_Child FOREIGN KEY (ParentId) REFERENCES dbo.Parent (Id)",
    );
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT CK CHECK (ParentId < 3)"), [547]);
    ok(
        &mut session,
        "ALTER TABLE Child ADD CONSTRAINT CK CHECK (ParentId < 9 AND Text <> 'no'), CONSTRAINT UQ UNIQUE (Id, Text), CONSTRAINT DF DEFAULT ('d') FOR Text",
    );
    assert_eq!(errors(&mut session, "INSERT Child (ParentId, Text) VALUES (1, 'NO')"), [547]);
    assert_eq!(
        value(
            &mut session,
            "INSERT Child (ParentId) SELECT 1 WHERE 1 = 0; SELECT COUNT(*) FROM sys.check_constraints WHERE name = 'CK'"
        ),
        "1"
    );
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT UQ2 UNIQUE (ParentId)"), [1505, 1750]);
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT PK2 PRIMARY KEY (ParentId)"), [1779, 1750]);
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT CK CHECK (1 = 1)"), [2714, 1750]);
    assert_eq!(
        errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT F2 FOREIGN KEY (Text) REFERENCES Nowhere (Id)"),
        [1767, 1750]
    );
    assert_eq!(
        errors(&mut session, "ALTER TABLE Child ADD CONSTRAINT F2 FOREIGN KEY (Text) REFERENCES Parent (Name)"),
        [1776, 1750]
    );
    assert_eq!(errors(&mut session, "ALTER TABLE Child DROP CONSTRAINT Nope"), [3728]);
    assert_eq!(errors(&mut session, "ALTER TABLE Parent DROP CONSTRAINT PK_Parent"), [3725]);
}

#[test]
fn what_is_referenced_stays() {
    let (_world, mut session) = world();
    ok(&mut session, "ALTER TABLE dbo.Child ADD CONSTRAINT FK_Child FOREIGN KEY (ParentId) REFERENCES dbo.Parent (Id)");
    assert_eq!(errors(&mut session, "DROP TABLE dbo.Parent"), [3726]);
    assert_eq!(errors(&mut session, "TRUNCATE TABLE dbo.Parent"), [4712]);
    ok(&mut session, "TRUNCATE TABLE dbo.Child; INSERT Child (ParentId) VALUES (1)");
    assert_eq!(value(&mut session, "SELECT MAX(Id), COUNT(*) FROM Child"), "1|1");
    ok(&mut session, "DROP TABLE dbo.Child, dbo.Parent");
    assert_eq!(errors(&mut session, "DROP TABLE dbo.Child"), [3701]);
    ok(&mut session, "DROP TABLE IF EXISTS dbo.Child");
    assert_eq!(errors(&mut session, "DROP VIEW dbo.Child"), [3701]);
}

#[test]
fn names_are_taken_once() {
    let (_world, mut session) = world();
    assert_eq!(errors(&mut session, "CREATE TABLE Child (a int) SELECT 1"), [2714]);
    assert_eq!(errors(&mut session, "CREATE TABLE none.t (a int)"), [2760]);
    assert_eq!(errors(&mut session, "CREATE TABLE t (a int, A int)"), [2705]);
    ok(&mut session, "CREATE INDEX i ON Child (ParentId)");
    assert_eq!(errors(&mut session, "CREATE INDEX i ON Child (Text)"), [1913]);
    assert_eq!(errors(&mut session, "CREATE UNIQUE INDEX u ON Child (ParentId)"), [1505]);
    assert_eq!(errors(&mut session, "CREATE INDEX u ON Child (Nope)"), [1911]);
    assert_eq!(errors(&mut session, "DROP INDEX nope ON Child"), [3701]);
    assert_eq!(errors(&mut session, "DROP INDEX PK_Child ON Child"), [3723]);
    assert_eq!(errors(&mut session, "CREATE SCHEMA dbo"), [2714]);
}

#[test]
fn schemas_come_and_go() {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "IF SCHEMA_ID(N'rolling_upgrade') IS NULL EXEC (N'CREATE SCHEMA rolling_upgrade'); CREATE TABLE rolling_upgrade.version ([schema] int NOT NULL)",
    );
    ok(&mut session, "CREATE TABLE dbo.version (other int); INSERT rolling_upgrade.version VALUES (1)");
    assert_eq!(value(&mut session, "SELECT [schema] FROM rolling_upgrade.version"), "1");
    assert_eq!(errors(&mut session, "DROP SCHEMA rolling_upgrade"), [3729]);
    ok(&mut session, "DROP TABLE rolling_upgrade.version DROP SCHEMA rolling_upgrade");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM sys.schemas WHERE name = 'rolling_upgrade'"), "0");
}

#[test]
fn things_are_renamed() {
    let (_world, mut session) = world();
    ok(&mut session, "ALTER TABLE dbo.Child ADD CONSTRAINT FK_Child FOREIGN KEY (ParentId) REFERENCES dbo.Parent (Id)");
    ok(
        &mut session,
        "EXEC sp_rename 'dbo.Parent.Id', 'Key', 'COLUMN'; EXEC sp_rename 'dbo.Parent', 'Elder'; EXEC sp_rename @objname = 'Child.Text', @newname = 'Words', @objtype = 'COLUMN'",
    );
    assert_eq!(
        value(
            &mut session,
            "SELECT p.[Key], c.Words FROM Elder p JOIN Child c ON c.ParentId = p.[Key] WHERE p.[Key] = 1"
        ),
        "1|10"
    );
    assert_eq!(errors(&mut session, "INSERT Child (ParentId) VALUES (9)"), [547]);
    assert_eq!(errors(&mut session, "DELETE Elder WHERE [Key] = 1"), [547]);
    assert_eq!(errors(&mut session, "SELECT * FROM Parent"), [208]);
    ok(&mut session, "EXEC ('CREATE SCHEMA old')");
    ok(&mut session, "ALTER SCHEMA old TRANSFER dbo.Elder");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM old.Elder"), "2");
    assert_eq!(errors(&mut session, "INSERT Child (ParentId) VALUES (9)"), [547]);
}

#[test]
fn definitions_roll_back() {
    let (_world, mut session) = world();
    ok(&mut session, "BEGIN TRAN");
    ok(
        &mut session,
        "ALTER TABLE Child ADD X int NOT NULL DEFAULT 1 CREATE INDEX i ON Child (ParentId) CREATE TABLE n (a int) DROP TABLE Parent",
    );
    ok(&mut session, "ALTER TABLE Child ADD CONSTRAINT c CHECK (ParentId < 100) ALTER TABLE Child DROP COLUMN Text");
    ok(&mut session, "ROLLBACK");
    ok(&mut session, "INSERT Child (ParentId, Text) VALUES (200, 'x')");
    assert_eq!(
        value(
            &mut session,
            "SELECT COUNT(*), OBJECT_ID('n'), (SELECT COUNT(*) FROM Parent), COL_LENGTH('Child', 'X') FROM Child"
        ),
        "4|NULL|2|NULL"
    );
    assert_eq!(errors(&mut session, "ALTER TABLE Child ADD Y int NULL, Z int NOT NULL"), [4901]);
    assert_eq!(value(&mut session, "SELECT COL_LENGTH('Child', 'Y')"), "NULL");
}
