-- Players show whole seconds.
ALTER TABLE dbo.Track ADD Seconds INT NULL;
GO
UPDATE dbo.Track SET Seconds = (Milliseconds + 500) / 1000;
GO
ALTER TABLE dbo.Track ALTER COLUMN Seconds INT NOT NULL;
ALTER TABLE dbo.Track ADD CONSTRAINT CK_Track_Seconds CHECK (Seconds >= 0);
GO
