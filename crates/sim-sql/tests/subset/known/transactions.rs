//! Transactions.

use super::Row;

pub const ROWS: &[Row] = &[
    (
        "`BEGIN`, `COMMIT TRANSACTION`, nested",
        "BEGIN TRAN BEGIN TRANSACTION DELETE Album COMMIT SELECT @@TRANCOUNT COMMIT TRAN SELECT @@TRANCOUNT, COUNT(*) FROM Album",
        "0|0",
    ),
    ("`ROLLBACK`", "BEGIN TRAN DELETE Album ROLLBACK WORK SELECT COUNT(*) FROM Album", "3"),
    (
        "names, `WITH MARK`",
        "BEGIN TRAN change WITH MARK 'a change' DELETE Album ROLLBACK TRAN change SELECT COUNT(*) FROM Album",
        "3",
    ),
    (
        "`SAVE TRANSACTION`",
        "BEGIN TRAN DELETE Album WHERE AlbumId = 1 SAVE TRAN s DELETE Album ROLLBACK TRAN s COMMIT SELECT COUNT(*) FROM Album",
        "2",
    ),
    ("definitions are part of it", "BEGIN TRAN CREATE TABLE t (a int) ROLLBACK SELECT OBJECT_ID('t')", "NULL"),
    (
        "`SET XACT_ABORT`",
        "SET XACT_ABORT ON; BEGIN TRAN; DELETE Album; INSERT Artist (ArtistId) VALUES (1)\nGO\nSELECT @@TRANCOUNT, COUNT(*) FROM Album",
        "error 2627, then 0|3",
    ),
    ("`SET IMPLICIT_TRANSACTIONS`", "SET IMPLICIT_TRANSACTIONS ON; DELETE Album; SELECT @@TRANCOUNT", "1"),
    (
        "without effect: `SET TRANSACTION ISOLATION LEVEL`",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT 1",
        "1",
    ),
    (
        "`XACT_STATE()`, doomed transactions",
        "SET XACT_ABORT ON; BEGIN TRAN BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH SELECT XACT_STATE() ROLLBACK END CATCH",
        "-1",
    ),
    (
        "a write in a doomed one",
        "SET XACT_ABORT ON; BEGIN TRAN BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH DELETE Album END CATCH",
        "error 3930",
    ),
    (
        "a doomed one at the end of its batch",
        "SET XACT_ABORT ON; BEGIN TRAN BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH PRINT 'caught' END CATCH",
        "error 3998",
    ),
    (
        "`CURRENT_TRANSACTION_ID()`",
        "BEGIN TRAN DECLARE @a bigint = CURRENT_TRANSACTION_ID(); SELECT CURRENT_TRANSACTION_ID() - @a",
        "0",
    ),
    ("`COMMIT` without `BEGIN`", "COMMIT", "error 3902"),
    ("`ROLLBACK` without `BEGIN`", "ROLLBACK", "error 3903"),
    ("`SAVE` without `BEGIN`", "SAVE TRAN s", "error 628"),
    ("an unknown savepoint", "BEGIN TRAN ROLLBACK TRAN nobody", "error 6401"),
    ("a procedure that leaves one open", "CREATE PROCEDURE p AS BEGIN TRAN\nGO\nEXEC p", "error 266"),
];
