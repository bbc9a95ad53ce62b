-- A shop that is small enough to be copied tens of thousands of times.
CREATE TABLE dbo.Customer
(
    CustomerId int NOT NULL CONSTRAINT PK_Customer PRIMARY KEY,
    FullName nvarchar(60) NOT NULL
);
CREATE TABLE dbo.Stock
(
    Item int NOT NULL CONSTRAINT PK_Stock PRIMARY KEY,
    OnHand int NOT NULL
);
CREATE TABLE dbo.Orders
(
    OrderId int IDENTITY(1, 1) NOT NULL CONSTRAINT PK_Orders PRIMARY KEY,
    CustomerId int NOT NULL,
    Reference nvarchar(36) NOT NULL,
    CONSTRAINT FK_Orders_Customer FOREIGN KEY (CustomerId) REFERENCES dbo.Customer (CustomerId)
);
-- What a user has chosen last: it goes and comes with each write.
CREATE TABLE dbo.Basket
(
    UserNo int NOT NULL CONSTRAINT PK_Basket PRIMARY KEY,
    Reference nvarchar(36) NOT NULL
);
GO
INSERT INTO dbo.Customer (CustomerId, FullName) VALUES (1, N'Ada Lovelace'), (2, N'Grace Hopper'), (3, N'Edsger Dijkstra');
INSERT INTO dbo.Stock (Item, OnHand) VALUES (1, 500), (2, 500), (3, 500);
INSERT INTO dbo.Basket (UserNo, Reference) VALUES (0, N''), (1, N''), (2, N''), (3, N''), (4, N'');
GO
