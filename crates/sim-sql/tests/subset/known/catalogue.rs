//! System views.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "`sys.databases`, `sysdatabases`",
        "SELECT d.name, d.is_read_only FROM sys.databases d JOIN sysdatabases s ON s.name = d.name ORDER BY d.database_id",
        "master|0 ; shop|0",
    ),
    ("`sys.triggers`: none", "SELECT COUNT(*) FROM sys.triggers", "0"),
    ("`sys.schemas`", "SELECT schema_id FROM sys.schemas WHERE name = 'dbo'", "1"),
    (
        "`sys.objects`, `sys.all_objects`, `sysobjects`",
        "SELECT o.type, s.xtype FROM sys.objects o JOIN sysobjects s ON s.id = o.object_id WHERE o.name = 'Album'",
        "U|U",
    ),
    ("`sys.tables`", "SELECT name FROM sys.tables ORDER BY name", "Album ; Artist"),
    (
        "`sys.columns`, `sys.all_columns`",
        "SELECT name, max_length, is_identity FROM sys.columns WHERE object_id = OBJECT_ID('Album') AND column_id < 3",
        "AlbumId|4|1 ; Title|80|0",
    ),
    ("`sys.identity_columns`", "SELECT name FROM sys.identity_columns", "AlbumId"),
    ("`sys.types`", "SELECT name FROM sys.types WHERE system_type_id = 56", "int"),
    (
        "`sys.indexes`, `sys.index_columns`",
        "SELECT i.name, COUNT(*) FROM sys.indexes i JOIN sys.index_columns c ON c.object_id = i.object_id AND c.index_id = i.index_id WHERE i.object_id = OBJECT_ID('Album') GROUP BY i.name ORDER BY i.name",
        "PK_Album|1 ; UX_Title|1",
    ),
    ("`sys.key_constraints`", "SELECT name, type FROM sys.key_constraints ORDER BY name", "PK_Album|PK ; PK_Artist|PK"),
    (
        "`sys.foreign_keys`, `sys.foreign_key_columns`",
        "SELECT k.name, COUNT(*) FROM sys.foreign_keys k JOIN sys.foreign_key_columns c ON c.constraint_object_id = k.object_id GROUP BY k.name",
        "FK_Album_Artist|1",
    ),
    (
        "`sys.check_constraints`, `sys.default_constraints`",
        "SELECT c.name, d.name FROM sys.check_constraints c JOIN sys.default_constraints d ON d.parent_object_id = c.parent_object_id",
        "CK_Price|DF_Price",
    ),
    (
        "`sys.views`, `sys.procedures`, `sys.sql_modules`",
        "CREATE VIEW v AS SELECT 1 AS a\nGO\nCREATE PROCEDURE p AS SELECT 1\nGO\nSELECT v.name, p.name, (SELECT COUNT(*) FROM sys.sql_modules) FROM sys.views v CROSS JOIN sys.procedures p",
        "v|p|2",
    ),
    (
        "`sys.partitions`, `sys.dm_db_partition_stats`",
        "SELECT p.rows, s.row_count FROM sys.partitions p JOIN sys.dm_db_partition_stats s ON s.object_id = p.object_id AND s.index_id = p.index_id WHERE p.object_id = OBJECT_ID('Artist')",
        "3|3",
    ),
    (
        "`sys.database_principals`, `sys.database_role_members`, `sysusers`",
        "SELECT COUNT(*) FROM sys.database_principals p WHERE name = 'dbo' AND EXISTS (SELECT * FROM sysusers WHERE name = 'dbo') AND NOT EXISTS (SELECT * FROM sys.database_role_members WHERE member_principal_id = 99)",
        "1",
    ),
    (
        "`sys.dm_exec_sessions`",
        "SELECT login_name, program_name FROM sys.dm_exec_sessions WHERE session_id = @@SPID",
        "sqladmin|tests",
    ),
    (
        "`sys.dm_tran_locks` (application locks)",
        "BEGIN TRAN EXEC sp_getapplock 'r', 'Exclusive'; SELECT resource_type, request_mode FROM sys.dm_tran_locks",
        "APPLICATION|X",
    ),
    (
        "`sys.dm_db_index_usage_stats`, `sys.dm_os_sys_info`",
        "UPDATE Artist SET Name = 'x'; SELECT u.user_updates FROM sys.dm_db_index_usage_stats u CROSS JOIN sys.dm_os_sys_info WHERE u.object_id = OBJECT_ID('Artist') AND u.index_id = 1",
        "2",
    ),
    ("`sys.dm_db_log_stats(DB_ID())`", "SELECT COUNT(log_end_lsn) FROM sys.dm_db_log_stats(DB_ID())", "1"),
    ("`sys.dm_geo_replication_link_status`", "SELECT COUNT(*) FROM sys.dm_geo_replication_link_status", "0"),
    (
        "`sys.geo_replication_links`, `sys.sql_logins`: in `master`",
        "SELECT * FROM sys.geo_replication_links",
        "error 208",
    ),
    ("`sys.database_ledger_digest_locations`", "SELECT COUNT(*) FROM sys.database_ledger_digest_locations", "0"),
    (
        "`INFORMATION_SCHEMA.TABLES`, `VIEWS`",
        "SELECT TABLE_SCHEMA, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'Album' AND NOT EXISTS (SELECT * FROM INFORMATION_SCHEMA.VIEWS)",
        "dbo|BASE TABLE",
    ),
    (
        "`INFORMATION_SCHEMA.COLUMNS`",
        "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'Artist' ORDER BY ORDINAL_POSITION",
        "ArtistId|int|NO ; Name|nvarchar|YES",
    ),
    (
        "`INFORMATION_SCHEMA.SCHEMATA`, `ROUTINES`",
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.SCHEMATA s WHERE s.SCHEMA_NAME = 'dbo' AND NOT EXISTS (SELECT * FROM INFORMATION_SCHEMA.ROUTINES)",
        "1",
    ),
    (
        "`INFORMATION_SCHEMA.TABLE_CONSTRAINTS`, `KEY_COLUMN_USAGE`",
        "SELECT c.CONSTRAINT_TYPE, k.COLUMN_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS c JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE k ON k.CONSTRAINT_NAME = c.CONSTRAINT_NAME WHERE c.TABLE_NAME = 'Artist'",
        "PRIMARY KEY|ArtistId",
    ),
];
