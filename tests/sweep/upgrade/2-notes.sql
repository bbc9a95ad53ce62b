-- V2 keeps a note for each customer, and an order has a channel.
CREATE TABLE dbo.Note (CustomerId int NOT NULL CONSTRAINT PK_Note PRIMARY KEY, Text nvarchar(80) NOT NULL);
INSERT INTO dbo.Note (CustomerId, Text) SELECT CustomerId, N'Dear ' + GivenName FROM dbo.Customer;
ALTER TABLE dbo.Orders ADD Channel nchar(3) NOT NULL CONSTRAINT DF_Orders_Channel DEFAULT (N'web');
GO
