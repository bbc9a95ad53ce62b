-- V2 writes to people by their given name.
ALTER TABLE dbo.Customer ADD GivenName nvarchar(60) NULL;
GO
UPDATE dbo.Customer SET GivenName = LEFT(FullName, CHARINDEX(N' ', FullName) - 1);
GO
