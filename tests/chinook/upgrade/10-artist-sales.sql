-- Sales of each artist, added up once and kept by V2 from then on.
CREATE TABLE dbo.ArtistSales
(
    ArtistId INT NOT NULL,
    Sold INT NOT NULL CONSTRAINT DF_ArtistSales_Sold DEFAULT (0),
    Revenue NUMERIC(10, 2) NOT NULL CONSTRAINT DF_ArtistSales_Revenue DEFAULT (0),
    CONSTRAINT PK_ArtistSales PRIMARY KEY CLUSTERED (ArtistId),
    CONSTRAINT FK_ArtistSalesArtistId FOREIGN KEY (ArtistId) REFERENCES dbo.Artist (ArtistId)
);
GO
INSERT INTO dbo.ArtistSales (ArtistId)
SELECT ArtistId
FROM dbo.Artist;
GO
UPDATE s
SET s.Sold = t.Sold, s.Revenue = t.Revenue
FROM dbo.ArtistSales AS s
JOIN (
    SELECT a.ArtistId, SUM(l.Quantity) AS Sold, SUM(l.Quantity * l.UnitPrice) AS Revenue
    FROM dbo.InvoiceLine AS l
    JOIN dbo.Track AS k ON k.TrackId = l.TrackId
    JOIN dbo.Album AS a ON a.AlbumId = k.AlbumId
    GROUP BY a.ArtistId
) AS t ON t.ArtistId = s.ArtistId;
GO
