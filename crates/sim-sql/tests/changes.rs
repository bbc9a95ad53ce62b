//! `INSERT`, `UPDATE`, `DELETE` and the constraints that watch them.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Answer, World, errors, ok, value};

const TABLES: &str = "
CREATE TABLE dbo.Parent (Id int NOT NULL CONSTRAINT PK_Parent PRIMARY KEY, Code nvarchar(5) NULL CONSTRAINT UQ_Parent_Code UNIQUE, Up int NULL CONSTRAINT FK_Parent_Up REFERENCES dbo.Parent (Id));
CREATE TABLE dbo.Child (Id int IDENTITY(10, 5) NOT NULL CONSTRAINT PK_Child PRIMARY KEY, ParentId int NOT NULL CONSTRAINT FK_Child_Parent FOREIGN KEY REFERENCES dbo.Parent (Id), Amount decimal(9, 2) NOT NULL CONSTRAINT DF_Amount DEFAULT (1.5), Made datetime2(3) NOT NULL DEFAULT (SYSUTCDATETIME()), Note varchar(10) NULL, CONSTRAINT CK_Amount CHECK (Amount >= 0));
CREATE UNIQUE INDEX UX_Note ON dbo.Child (Note) WHERE Note IS NOT NULL;
INSERT dbo.Parent (Id, Code) VALUES (1, N'a'), (2, N'b');
INSERT dbo.Child (ParentId, Note) VALUES (1, 'x'), (2, 'y');";

fn world() -> (World, sim_sql::Session) {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    (world, session)
}

#[test]
fn violations_are_worded_as_sql_server_words_them() {
    let (_world, mut session) = world();
    for (batch, number, text) in [
        (
            "INSERT Parent (Id) VALUES (1)",
            2627,
            "Violation of PRIMARY KEY constraint 'PK_Parent'. Cannot insert duplicate key in object 'dbo.Parent'. The duplicate key value is (1).",
        ),
        (
            "INSERT Parent (Id, Code) VALUES (3, 'A')",
            2627,
            "Violation of UNIQUE KEY constraint 'UQ_Parent_Code'. Cannot insert duplicate key in object 'dbo.Parent'. The duplicate key value is (A).",
        ),
        (
            "INSERT Parent (Id, Code) VALUES (3, NULL), (4, NULL)",
            2627,
            "Violation of UNIQUE KEY constraint 'UQ_Parent_Code'. Cannot insert duplicate key in object 'dbo.Parent'. The duplicate key value is (<NULL>).",
        ),
        (
            "INSERT Child (ParentId, Note) VALUES (1, 'X ')",
            2601,
            "Cannot insert duplicate key row in object 'dbo.Child' with unique index 'UX_Note'. The duplicate key value is (X ).",
        ),
        (
            "INSERT Child (ParentId) VALUES (NULL)",
            515,
            "Cannot insert the value NULL into column 'ParentId', table 'shop.dbo.Child'; column does not allow nulls. INSERT fails.",
        ),
        (
            "UPDATE Child SET Amount = NULL",
            515,
            "Cannot insert the value NULL into column 'Amount', table 'shop.dbo.Child'; column does not allow nulls. UPDATE fails.",
        ),
        (
            "INSERT Child (ParentId) VALUES (9)",
            547,
            "The INSERT statement conflicted with the FOREIGN KEY constraint \"FK_Child_Parent\". The conflict occurred in database \"shop\", table \"dbo.Parent\", column 'Id'.",
        ),
        (
            "UPDATE Child SET ParentId = 9 WHERE ParentId = 1",
            547,
            "The UPDATE statement conflicted with the FOREIGN KEY constraint \"FK_Child_Parent\". The conflict occurred in database \"shop\", table \"dbo.Parent\", column 'Id'.",
        ),
        (
            "DELETE Parent WHERE Id = 1",
            547,
            "The DELETE statement conflicted with the REFERENCE constraint \"FK_Child_Parent\". The conflict occurred in database \"shop\", table \"dbo.Child\", column 'ParentId'.",
        ),
        (
            "INSERT Parent (Id, Code, Up) VALUES (5, 'e', 77)",
            547,
            "The INSERT statement conflicted with the FOREIGN KEY SAME TABLE constraint \"FK_Parent_Up\". The conflict occurred in database \"shop\", table \"dbo.Parent\", column 'Id'.",
        ),
        (
            "UPDATE Child SET Amount = Amount - 100",
            547,
            "The UPDATE statement conflicted with the CHECK constraint \"CK_Amount\". The conflict occurred in database \"shop\", table \"dbo.Child\", column 'Amount'.",
        ),
        (
            "UPDATE Child SET Note = 'elevenchars'",
            2628,
            "String or binary data would be truncated in table 'shop.dbo.Child', column 'Note'. Truncated value: 'elevenchar'.",
        ),
        (
            "INSERT Child (ParentId, Amount) VALUES (1, 99999999)",
            8115,
            "Arithmetic overflow error converting expression to data type numeric.",
        ),
        (
            "INSERT Child (Id, ParentId) VALUES (1, 1)",
            544,
            "Cannot insert explicit value for identity column in table 'Child' when IDENTITY_INSERT is set to OFF.",
        ),
        ("UPDATE Child SET Id = 3", 8102, "Cannot update identity column 'Id'."),
        ("INSERT Child (ParentId, Amount) VALUES (1)", 109, "There are more columns"),
        ("INSERT Child (ParentId) VALUES (1, 2)", 110, "There are fewer columns"),
        ("INSERT Child VALUES (1)", 213, "Column name or number of supplied values does not match table definition."),
        ("INSERT Child (ParentId, Amount) SELECT 1", 120, "The select list"),
        ("INSERT Child (Nope) VALUES (1)", 207, "Invalid column name 'Nope'."),
    ] {
        let answer = Answer::of(&mut session, batch);
        assert_eq!(answer.numbers(), [number], "{batch}: {:?}", answer.errors);
        assert!(answer.errors[0].text.starts_with(text), "{batch}\n{}\n{text}", answer.errors[0].text);
    }
    assert_eq!(value(&mut session, "SELECT (SELECT COUNT(*) FROM Parent), (SELECT COUNT(*) FROM Child)"), "2|2");
}

#[test]
fn a_statement_is_done_whole_or_not_at_all() {
    let (_world, mut session) = world();
    assert_eq!(errors(&mut session, "INSERT Parent (Id) VALUES (7), (8), (1)"), [2627]);
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM Parent"), "2");
    ok(&mut session, "BEGIN TRAN INSERT Parent (Id, Code) VALUES (7, 'g')");
    assert_eq!(errors(&mut session, "INSERT Parent (Id, Code) VALUES (8, 'h'), (1, 'i')"), [2627]);
    ok(&mut session, "COMMIT");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM Parent"), "3");
}

#[test]
fn identity_counts_by_its_increment() {
    let (_world, mut session) = world();
    assert_eq!(value(&mut session, "SELECT MIN(Id), MAX(Id), IDENT_CURRENT('dbo.Child') FROM Child"), "10|15|15");
    assert_eq!(value(&mut session, "INSERT Child (ParentId) VALUES (1); SELECT SCOPE_IDENTITY(), @@IDENTITY"), "20|20");
    ok(
        &mut session,
        "SET IDENTITY_INSERT dbo.Child ON INSERT Child (Id, ParentId) VALUES (100, 1) SET IDENTITY_INSERT dbo.Child OFF",
    );
    assert_eq!(
        value(&mut session, "INSERT Child (ParentId) SELECT Id FROM Parent; SELECT MAX(Id), COUNT(*) FROM Child"),
        "110|6"
    );
}

#[test]
fn updates_and_deletes_join() {
    let (_world, mut session) = world();
    ok(
        &mut session,
        "UPDATE c SET c.Amount = p.Id * 10, Note = p.Code + '!' FROM dbo.Child AS c JOIN dbo.Parent p ON p.Id = c.ParentId WHERE p.Id = 2",
    );
    assert_eq!(value(&mut session, "SELECT Amount, Note FROM Child WHERE ParentId = 2"), "20.00|b!");
    ok(
        &mut session,
        "UPDATE dbo.Child SET Amount = t.n FROM (SELECT 1 AS id, 3 AS n) AS t WHERE t.id = ParentId AND 1 = 0",
    );
    assert_eq!(ok(&mut session, "UPDATE TOP (1) Child SET Amount = 7").counts, [1]);
    assert_eq!(ok(&mut session, "WITH big AS (SELECT ParentId FROM Child WHERE Amount > 8) DELETE Child WHERE ParentId IN (SELECT ParentId FROM big)").counts, [1]);
    assert_eq!(
        ok(&mut session, "DELETE c FROM Child c INNER JOIN Parent p ON p.Id = c.ParentId WHERE p.Code = 'A'").counts,
        [1]
    );
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM Child"), "0");
    assert_eq!(value(&mut session, "DECLARE @old int; UPDATE Parent SET @old = Id WHERE Id = 2; SELECT @old"), "2");
}

#[test]
fn keys_may_move_among_each_other() {
    let (_world, mut session) = world();
    ok(&mut session, "DELETE Child; INSERT Parent (Id, Code) VALUES (3, 'c')");
    ok(&mut session, "UPDATE Parent SET Id = Id + 1");
    ok(&mut session, "UPDATE Parent SET Code = CASE Code WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' ELSE Code END");
    let rows = ok(&mut session, "SELECT Id, Code FROM Parent ORDER BY Id").rows();
    assert_eq!(rows, [["2", "b"], ["3", "a"], ["4", "c"]]);
    assert_eq!(errors(&mut session, "UPDATE Parent SET Id = 9"), [2627]);
}

#[test]
fn output_shows_what_was_written() {
    let (_world, mut session) = world();
    let inserted = ok(
        &mut session,
        "INSERT Child (ParentId, Note) OUTPUT inserted.Id, inserted.Note AS n VALUES (1, 'p'), (2, 'q')",
    );
    assert_eq!(inserted.rows(), [["20", "p"], ["25", "q"]]);
    let updated =
        ok(&mut session, "UPDATE Child SET Amount = Amount * 2 OUTPUT deleted.Amount, inserted.Amount WHERE Id = 20");
    assert_eq!(updated.rows(), [["1.50", "3.00"]]);
    ok(
        &mut session,
        "DECLARE @gone TABLE (id int, note varchar(10)); DELETE Child OUTPUT deleted.Id, deleted.Note INTO @gone WHERE Id >= 20; SELECT * INTO dbo.Gone FROM @gone",
    );
    assert_eq!(value(&mut session, "SELECT COUNT(*), MAX(note) FROM dbo.Gone"), "2|q");
    assert_eq!(errors(&mut session, "DELETE Child OUTPUT inserted.Id"), [4104]);
}

#[test]
fn references_cascade_where_they_say_so() {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE); CREATE TABLE n (id int PRIMARY KEY, p int NULL REFERENCES p (id) ON DELETE SET NULL)",
    );
    ok(&mut session, "INSERT p VALUES (1), (2); INSERT c VALUES (1, 1), (2, 2); INSERT n VALUES (1, 1)");
    ok(&mut session, "UPDATE p SET id = 5 WHERE id = 2; DELETE p WHERE id = 1");
    assert_eq!(
        value(
            &mut session,
            "SELECT (SELECT COUNT(*) FROM c), (SELECT MAX(p) FROM c), (SELECT COUNT(*) FROM n WHERE p IS NULL)"
        ),
        "1|5|1"
    );
    ok(
        &mut session,
        "CREATE TABLE tree (id int PRIMARY KEY, up int NULL REFERENCES tree (id)); INSERT tree VALUES (1, 2), (2, 3), (3, NULL); DELETE tree",
    );
    assert_eq!(errors(&mut session, "INSERT tree VALUES (1, 2), (2, 4)"), [547]);
}

#[test]
fn defaults_are_evaluated_for_each_statement_or_row() {
    let world = World::new();
    let mut session = world.admin();
    ok(
        &mut session,
        "CREATE TABLE t (id uniqueidentifier DEFAULT NEWID(), at datetime2 DEFAULT SYSUTCDATETIME(), n int DEFAULT 3, s nvarchar(10) DEFAULT N'x' + 'y', c AS (n * 2))",
    );
    ok(&mut session, "INSERT t DEFAULT VALUES; INSERT t (n) VALUES (DEFAULT), (4); INSERT t (n, s) SELECT 5, NULL");
    assert_eq!(
        value(&mut session, "SELECT COUNT(DISTINCT id), MIN(n), MAX(c), COUNT(s), MIN(s) FROM t"),
        "4|3|10|3|xy"
    );
}

#[test]
fn merge_is_refused_by_its_name() {
    let (_world, mut session) = world();
    let answer = Answer::of(
        &mut session,
        "MERGE Parent AS t USING (SELECT 1 AS Id) AS s ON s.Id = t.Id WHEN MATCHED THEN UPDATE SET Code = 'z' WHEN NOT MATCHED THEN INSERT (Id) VALUES (s.Id);",
    );
    assert_eq!(answer.numbers(), [40510]);
    assert!(answer.errors[0].text.contains("MERGE"));
}
