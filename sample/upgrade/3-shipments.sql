-- Shipments get a table of their own. What was shipped before gets one from the order's date.
CREATE TABLE dbo.Carrier
(
    Code CHAR(3) NOT NULL,
    Name NVARCHAR(40) NOT NULL,
    CONSTRAINT PK_Carrier PRIMARY KEY CLUSTERED (Code)
);

CREATE TABLE dbo.Shipment
(
    ShipmentId INT NOT NULL IDENTITY(1, 1),
    OrderId INT NOT NULL,
    Carrier CHAR(3) NOT NULL CONSTRAINT DF_Shipment_Carrier DEFAULT ('PAR'),
    Sent DATETIME2(3) NULL,
    CONSTRAINT PK_Shipment PRIMARY KEY CLUSTERED (ShipmentId),
    CONSTRAINT FK_Shipment_Order FOREIGN KEY (OrderId) REFERENCES dbo.Orders (OrderId),
    CONSTRAINT FK_Shipment_Carrier FOREIGN KEY (Carrier) REFERENCES dbo.Carrier (Code)
);
GO
INSERT INTO dbo.Carrier (Code, Name) VALUES
('PAR', N'Parcel by road'),
('AIR', N'Air mail'),
('BIK', N'Bicycle courier');

INSERT INTO dbo.Shipment (OrderId, Carrier, Sent)
SELECT o.OrderId, CASE WHEN c.Country IN ('CA', 'GH', 'IN', 'JP', 'KE', 'ZA') THEN 'AIR' ELSE 'PAR' END,
    DATEADD(HOUR, 20, o.Placed)
FROM dbo.Orders AS o
JOIN dbo.Customer AS c ON c.CustomerId = o.CustomerId
WHERE o.Status IN ('S', 'R');

INSERT INTO dbo.Shipment (OrderId)
SELECT OrderId
FROM dbo.Orders
WHERE Status IN ('N', 'P');
GO
CREATE INDEX IX_Shipment_Order ON dbo.Shipment (OrderId);
GO
