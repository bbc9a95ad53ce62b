-- The lists that V2 shows. They use what scripts 1 to 4 make, so this one comes last: 10 is after 4 in natural order.
DROP VIEW dbo.BookList;
GO
CREATE VIEW dbo.BookList
AS
SELECT b.BookId, b.Title, p.Name AS Publisher, c.Name AS Category, b.Price, s.OnHand, b.Stars, b.Reviews
FROM dbo.Book AS b
JOIN dbo.Publisher AS p ON p.PublisherId = b.PublisherId
JOIN dbo.Category AS c ON c.CategoryId = b.CategoryId
JOIN dbo.Stock AS s ON s.BookId = b.BookId;
GO
CREATE VIEW dbo.CustomerList
AS
SELECT c.CustomerId, c.GivenName, c.FamilyName, c.City, t.Orders, t.Spent
FROM dbo.Customer AS c
LEFT JOIN (
    SELECT CustomerId, COUNT(*) AS Orders, SUM(Total) AS Spent
    FROM dbo.Orders
    WHERE Status <> 'X'
    GROUP BY CustomerId
) AS t ON t.CustomerId = c.CustomerId;
GO
