//! The database's access, application locks, geo-replication.

use super::Row;

pub const ROWS: &[Row] = &[
    ("`ALTER DATABASE … SET READ_ONLY`", "ALTER DATABASE shop SET READ_ONLY\nGO\nDELETE Album", "error 3906"),
    (
        "`CURRENT`, `READ_WRITE`",
        "ALTER DATABASE CURRENT SET READ_ONLY; ALTER DATABASE CURRENT SET READ_WRITE; DELETE Album; SELECT @@ROWCOUNT",
        "3",
    ),
    (
        "`WITH ROLLBACK IMMEDIATE`",
        "ALTER DATABASE [shop] SET READ_ONLY WITH ROLLBACK IMMEDIATE; SELECT is_read_only FROM sys.databases WHERE name = 'shop'",
        "1",
    ),
    (
        "`WITH ROLLBACK AFTER`",
        "ALTER DATABASE shop SET READ_ONLY WITH ROLLBACK AFTER 1 SECONDS; SELECT DATABASEPROPERTYEX('shop', 'Updateability')",
        "READ_ONLY",
    ),
    (
        "`WITH NO_WAIT`",
        "ALTER DATABASE shop SET READ_ONLY WITH NO_WAIT; SELECT DATABASEPROPERTYEX('shop', 'Updateability')",
        "READ_ONLY",
    ),
    ("in a transaction", "BEGIN TRAN ALTER DATABASE shop SET READ_ONLY", "error 226"),
    ("of another database", "ALTER DATABASE nowhere SET READ_ONLY", "error 5011, 5069"),
    (
        "`ALTER DATABASE … REMOVE SECONDARY ON SERVER`: in `master`",
        "ALTER DATABASE shop REMOVE SECONDARY ON SERVER [contoso-sql-2]",
        "error 40511, 5069",
    ),
    (
        "`sp_getapplock`, `sp_releaseapplock`",
        "DECLARE @a int, @b int; EXEC @a = sp_getapplock @Resource = 'r', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; EXEC @b = sp_releaseapplock @Resource = 'r', @LockOwner = 'Session'; SELECT @a, @b",
        "0|0",
    ),
    ("`APPLOCK_TEST`", "BEGIN TRAN SELECT APPLOCK_TEST('public', 'r', 'Exclusive', 'Transaction')", "1"),
    (
        "`sys.sp_wait_for_database_copy_sync`",
        "DECLARE @r int; EXEC @r = sys.sp_wait_for_database_copy_sync @target_server = N'contoso-sql-2', @target_database = N'shop'; SELECT @r",
        "0",
    ),
];
