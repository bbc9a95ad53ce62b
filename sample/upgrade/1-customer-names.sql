-- V2 writes to people by their given name, so the full name is split at its first blank.
ALTER TABLE dbo.Customer ADD GivenName NVARCHAR(60) NULL, FamilyName NVARCHAR(120) NULL;
GO
UPDATE dbo.Customer
SET GivenName = SUBSTRING(FullName, 1, CHARINDEX(N' ', FullName) - 1),
    FamilyName = SUBSTRING(FullName, CHARINDEX(N' ', FullName) + 1, LEN(FullName))
WHERE CHARINDEX(N' ', FullName) > 1;

UPDATE dbo.Customer
SET GivenName = N'', FamilyName = FullName
WHERE FamilyName IS NULL;
GO
ALTER TABLE dbo.Customer ALTER COLUMN GivenName NVARCHAR(60) NOT NULL;
ALTER TABLE dbo.Customer ALTER COLUMN FamilyName NVARCHAR(120) NOT NULL;
DROP INDEX IX_Customer_FullName ON dbo.Customer;
ALTER TABLE dbo.Customer DROP COLUMN FullName;
GO
CREATE INDEX IX_Customer_FamilyName ON dbo.Customer (FamilyName, GivenName);
GO
