-- An invoice has a status. Those of past years are paid.
CREATE TABLE dbo.InvoiceStatus
(
    InvoiceStatusId INT NOT NULL,
    Name NVARCHAR(40) NOT NULL,
    CONSTRAINT PK_InvoiceStatus PRIMARY KEY CLUSTERED (InvoiceStatusId)
);
INSERT INTO dbo.InvoiceStatus (InvoiceStatusId, Name) VALUES (1, N'Open'), (2, N'Paid');
GO
ALTER TABLE dbo.Invoice ADD InvoiceStatusId INT NOT NULL CONSTRAINT DF_Invoice_InvoiceStatusId DEFAULT (1);
GO
UPDATE dbo.Invoice SET InvoiceStatusId = 2 WHERE InvoiceDate < '20260101';
ALTER TABLE dbo.Invoice ADD CONSTRAINT FK_InvoiceInvoiceStatusId
    FOREIGN KEY (InvoiceStatusId) REFERENCES dbo.InvoiceStatus (InvoiceStatusId);
CREATE INDEX IFK_InvoiceInvoiceStatusId ON dbo.Invoice (InvoiceStatusId);
GO
