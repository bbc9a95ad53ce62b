//! Connection strings, as SqlClient reads them.

use std::collections::BTreeMap;

use super::ConnectionString;

/// Connection strings by their names.
type Settings = BTreeMap<String, ConnectionString>;

/// The parts of a connection string that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionText {
    pub(crate) server: String,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) application: String,
}

/// What SqlClient calls itself where the connection string does not say.
const DEFAULT_APPLICATION: &str = "Core Microsoft SqlClient Data Provider";

impl ConnectionText {
    /// Reads `key=value;…` with quoted values; keys are compared without case, the last of a kind counts.
    ///
    /// # Errors
    /// What is wrong with the text; never the text itself.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut read = Self {
            server: String::new(),
            database: String::new(),
            user: String::new(),
            password: String::new(),
            application: DEFAULT_APPLICATION.to_owned(),
        };
        for (key, value) in pairs(text)? {
            match key.as_str() {
                "server" | "data source" | "address" | "addr" | "network address" => read.server = host(&value),
                "database" | "initial catalog" => read.database = value,
                "user id" | "uid" | "user" => read.user = value,
                "password" | "pwd" => read.password = value,
                "application name" | "app" => read.application = value,
                _ => {}
            }
        }
        if read.server.is_empty() { Err("it names no server".to_owned()) } else { Ok(read) }
    }
}

/// The one connection string for SQL that the application uses: `Shop`, else the first.
pub(crate) fn sql_setting(settings: &Settings) -> Option<&ConnectionString> {
    let sql = |setting: &&ConnectionString| matches!(setting.kind.as_str(), "SQLAzure" | "SQLServer");
    settings.get("Shop").filter(sql).or_else(|| settings.values().find(sql))
}

/// `tcp:name,1433` without protocol and port.
fn host(value: &str) -> String {
    let value = value.trim();
    let name = value.get(..4).filter(|start| start.eq_ignore_ascii_case("tcp:")).map_or(value, |_| &value[4..]);
    name.split(',').next().unwrap_or_default().trim().to_owned()
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut rest = text.trim_start_matches([';', ' ']);
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or("a part of it has no `=`")?;
        let (value, next) = value(after.trim_start())?;
        pairs.push((key.trim().to_ascii_lowercase(), value));
        rest = next.trim_start_matches([';', ' ']);
    }
    Ok(pairs)
}

/// A value and what follows it. Within quotes a doubled quote stands for one.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return Ok((value.trim_end().to_owned(), rest));
    };
    let (mut value, mut rest) = (String::new(), &text[1..]);
    loop {
        let end = rest.find(quote).ok_or("a quoted value has no end")?;
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(after) => (value.push(quote), rest = after).0,
            None => return Ok((value, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ConnectionText {
        ConnectionText::read(text).unwrap()
    }

    #[test]
    fn reads_what_azure_gives_out() {
        let text = "Server=tcp:contoso-sql-1.database.windows.net,1433;Initial Catalog=shop;User ID=app;Password=a=b;Encrypt=True";
        let connection = read(text);
        assert_eq!(connection.server, "contoso-sql-1.database.windows.net");
        assert_eq!(
            (connection.database.as_str(), connection.user.as_str(), connection.password.as_str()),
            ("shop", "app", "a=b")
        );
        assert_eq!(connection.application, DEFAULT_APPLICATION);
    }

    #[test]
    fn reads_quotes_and_synonyms() {
        let connection = read(r#" ;data source=s ; DATABASE='a;b' ;uid=u;PWD="x""y;z";App=web"#);
        assert_eq!((connection.database.as_str(), connection.password.as_str()), ("a;b", "x\"y;z"));
        assert_eq!((connection.server.as_str(), connection.application.as_str()), ("s", "web"));
    }

    #[test]
    fn says_what_is_wrong_without_showing_it() {
        assert_eq!(ConnectionText::read("Database=shop").unwrap_err(), "it names no server");
        assert_eq!(ConnectionText::read("Server=s;Password='secret").unwrap_err(), "a quoted value has no end");
        assert_eq!(ConnectionText::read("Server=s;secret").unwrap_err(), "a part of it has no `=`");
    }
}
