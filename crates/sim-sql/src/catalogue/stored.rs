//! The catalogue's rows in the hidden table `__catalogue`.

use rusqlite::{Connection, params};

use super::{Catalogue, Object, Schema};

const SCHEMAS: &str = ":schemas";

/// Reads the whole catalogue.
pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Catalogue> {
    let mut catalogue = Catalogue::empty();
    let mut statement = connection.prepare_cached("SELECT key, body FROM __catalogue ORDER BY key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, body): (String, String) = (row.get(0)?, row.get(1)?);
        if key == SCHEMAS {
            catalogue.schemas = decode::<Vec<Schema>>(&body)?;
        } else {
            catalogue.objects.insert(key, decode::<Object>(&body)?);
        }
    }
    Ok(catalogue)
}

/// Writes one object and marks the catalogue as changed.
pub(crate) fn save(connection: &Connection, key: &str, object: &Object) -> rusqlite::Result<()> {
    put(connection, key, &encode(object)?)
}

/// Writes the list of schemas and marks the catalogue as changed.
pub(crate) fn save_schemas(connection: &Connection, schemas: &[Schema]) -> rusqlite::Result<()> {
    put(connection, SCHEMAS, &encode(&schemas)?)
}

/// Removes one object and marks the catalogue as changed.
pub(crate) fn remove(connection: &Connection, key: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM __catalogue WHERE key = ?1", [key])?;
    touch(connection)
}

fn put(connection: &Connection, key: &str, body: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO __catalogue(key, body) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET body = excluded.body";
    connection.execute(sql, params![key, body])?;
    touch(connection)
}

fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE __version SET catalogue = catalogue + 1", [])?;
    Ok(())
}

fn encode<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn decode<T: serde::de::DeserializeOwned>(body: &str) -> rusqlite::Result<T> {
    serde_json::from_str(body).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
