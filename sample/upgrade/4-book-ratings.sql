-- The average rating moves into the book's row.
ALTER TABLE dbo.Book ADD Stars DECIMAL(3, 2) NULL, Reviews INT NOT NULL CONSTRAINT DF_Book_Reviews DEFAULT (0);
GO
UPDATE b
SET b.Stars = r.Stars, b.Reviews = r.Reviews
FROM dbo.Book AS b
JOIN (
    SELECT BookId, CAST(AVG(CAST(Stars AS DECIMAL(9, 4))) AS DECIMAL(3, 2)) AS Stars, COUNT(*) AS Reviews
    FROM dbo.Review
    GROUP BY BookId
) AS r ON r.BookId = b.BookId;
GO
ALTER TABLE dbo.Book ADD CONSTRAINT CK_Book_Stars CHECK (Stars BETWEEN 1 AND 5);
GO
