-- A script that fails on purpose, for a rehearsal of the way back: the correction takes more from the shelves than they
-- hold, and CK_Stock_OnHand refuses it.
ALTER TABLE dbo.Stock ADD Counted DATETIME2(3) NULL;
GO
UPDATE dbo.Stock
SET OnHand = OnHand - 100000, Counted = SYSUTCDATETIME();
GO
