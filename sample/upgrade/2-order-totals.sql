-- An order carries its total, so that a list of orders need not add up all lines.
ALTER TABLE dbo.Orders ADD Total DECIMAL(12, 2) NOT NULL CONSTRAINT DF_Orders_Total DEFAULT (0);
GO
UPDATE o
SET o.Total = t.Total
FROM dbo.Orders AS o
JOIN (SELECT OrderId, SUM(Quantity * UnitPrice) AS Total FROM dbo.OrderLine GROUP BY OrderId) AS t
    ON t.OrderId = o.OrderId;
GO
ALTER TABLE dbo.Orders ADD CONSTRAINT CK_Orders_Total CHECK (Total >= 0);
CREATE INDEX IX_Orders_Status ON dbo.Orders (Status, Placed);
GO
