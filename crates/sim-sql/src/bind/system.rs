//! Functions about the session, the server and the catalogue. What they say is fixed for a statement.

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{Binder, Bound, Scope, object_name};
use crate::{
    Access, Message, Role,
    catalogue::{Object, same},
    error, outside, session,
    store::LockMode,
    syntax,
    system::{self, DATABASE_COLLATION, VERSION},
    types::{SYSNAME, Type, nvarchar},
};

impl Binder<'_> {
    /// `@@name`
    pub(super) fn global(&mut self, name: &str) -> Result<Bound, Message> {
        let env = self.env;
        let (value, kind) = match name.to_ascii_lowercase().as_str() {
            "@@rowcount" => (integer(env.state.row_count), Type::Int),
            "@@error" => (integer(i64::from(env.state.last_error)), Type::Int),
            "@@trancount" => (integer(i64::from(env.state.transaction.count)), Type::Int),
            "@@spid" => (integer(i64::from(env.member.id)), Type::SmallInt),
            "@@identity" => (env.state.identity.map_or(Value::Null, real), Type::Decimal(38, 0)),
            "@@servername" => (Value::Text(system::server_name(env)), SYSNAME),
            "@@version" => (Value::Text(VERSION.to_owned()), nvarchar(300)),
            "@@lock_timeout" => {
                (integer(env.state.settings.lock_timeout.map_or(-1, |limit| limit.as_millis() as i64)), Type::Int)
            }
            "@@nestlevel" => (integer(i64::from(!env.frame.procedure.is_empty())), Type::Int),
            "@@max_precision" => (integer(38), Type::TinyInt),
            "@@datefirst" => (integer(7), Type::TinyInt),
            "@@language" => (Value::Text("us_english".to_owned()), SYSNAME),
            "@@options" => (integer(5496), Type::Int),
            "@@servicename" => (Value::Text("MSSQLSERVER".to_owned()), SYSNAME),
            _ => return Err(outside::global(name)),
        };
        Ok(self.parameter(value, kind))
    }

    /// `CURRENT_USER` and its relatives.
    pub(super) fn user(&mut self, name: &str) -> Result<Bound, Message> {
        let who = &self.env.member.who;
        let user = if name != "system_user" && who.owns_database() && who.server_admin { "dbo" } else { &who.login };
        Ok(self.parameter(Value::Text(user.to_owned()), SYSNAME))
    }

    pub(super) fn system_call(
        &mut self,
        name: &str,
        arguments: &[&Expr],
        scope: &Scope<'_>,
    ) -> Result<Option<Bound>, Message> {
        if let Some(bound) = self.by_lookup(name, arguments, scope)? {
            return Ok(Some(bound));
        }
        let texts = Texts { arguments };
        let found = match name {
            "suser_sname" | "suser_name" | "original_login" => Some((text(&self.env.member.who.login), SYSNAME)),
            "user_name" if arguments.is_empty() => return self.user("user_name").map(Some),
            "app_name" | "program_name" => Some((text(&self.env.member.who.application), SYSNAME)),
            "host_name" => Some((text(&self.env.member.who.host), SYSNAME)),
            "current_transaction_id" if arguments.is_empty() => Some((integer(self.transaction_id()), Type::BigInt)),
            "xact_state" => Some((integer(self.transaction_state()), Type::SmallInt)),
            "scope_identity" => Some((self.env.frame.identity.map_or(Value::Null, real), Type::Decimal(38, 0))),
            "serverproperty" => Some(self.server_property(&texts)?),
            "databasepropertyex" => Some((self.database_property(&texts)?, SYSNAME)),
            "is_rolemember" | "is_member" => Some((self.role_member(&texts)?, Type::Int)),
            "is_srvrolemember" => Some((self.server_role_member(&texts)?, Type::Int)),
            "has_perms_by_name" => Some((self.has_permission(&texts)?, Type::Int)),
            "has_dbaccess" => {
                let database = texts.get(self, 0)?;
                Some((integer(i64::from(self.database_id(&database).is_some())), Type::Int))
            }
            "connectionproperty" => Some((connection_property(&texts.get(self, 0)?), nvarchar(48))),
            "object_id" => Some((self.object_id(&texts)?, Type::Int)),
            "col_length" => Some((self.column_length(&texts)?, Type::SmallInt)),
            "ident_current" => Some((self.current_identity(&texts)?, Type::Decimal(38, 0))),
            "applock_test" => Some((self.test_lock(&texts)?, Type::Int)),
            "objectproperty" => Some((self.object_property(&texts)?, Type::Int)),
            "sessionproperty" => Some((integer(1), Type::Int)),
            _ => self.error_function(name),
        };
        Ok(found.map(|(value, kind)| self.parameter(value, kind)))
    }

    /// `ERROR_NUMBER()` and its relatives, inside `CATCH`.
    fn error_function(&self, name: &str) -> Option<(Value, Type)> {
        let caught = self.env.frame.caught.last().map(|caught| &caught.message);
        let number = |number: Option<u32>| number.map_or(Value::Null, |number| integer(i64::from(number)));
        Some(match name {
            "error_number" => (number(caught.map(|error| error.number)), Type::Int),
            "error_severity" => (number(caught.map(|error| u32::from(error.class))), Type::Int),
            "error_state" => (number(caught.map(|error| u32::from(error.state))), Type::Int),
            "error_line" => (number(caught.map(|error| error.line)), Type::Int),
            "error_message" => (caught.map_or(Value::Null, |error| text(&error.text)), nvarchar(4000)),
            "error_procedure" => {
                let name = caught.map(|error| error.procedure.as_str()).filter(|name| !name.is_empty());
                (name.map_or(Value::Null, text), SYSNAME)
            }
            _ => return None,
        })
    }

    fn transaction_id(&self) -> i64 {
        let transaction = &self.env.state.transaction;
        if transaction.count > 0 { transaction.id } else { session::next_transaction_id() }
    }

    fn transaction_state(&self) -> i64 {
        match &self.env.state.transaction {
            transaction if transaction.count == 0 => 0,
            transaction if transaction.doomed => -1,
            _ => 1,
        }
    }

    /// Names by id, which may come from a column.
    fn by_lookup(&mut self, name: &str, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Option<Bound>, Message> {
        let Some(argument) = arguments.first() else {
            return Ok(match name {
                "db_name" => Some(self.parameter(text(self.env.state.database()), SYSNAME)),
                "db_id" => Some(self.parameter(integer(i64::from(system::database_id(self.env))), Type::SmallInt)),
                "schema_name" => Some(self.parameter(text("dbo"), SYSNAME)),
                "schema_id" => Some(self.parameter(integer(1), Type::Int)),
                _ => None,
            });
        };
        let (pairs, key, kind): (Vec<(Value, Value)>, Type, Type) = match name {
            "db_name" => (swapped(system::database_ids(self.env)), Type::Int, SYSNAME),
            "db_id" => (system::database_ids(self.env), SYSNAME, Type::SmallInt),
            "schema_name" => (swapped(self.schema_ids()), Type::Int, SYSNAME),
            "schema_id" => (self.schema_ids(), SYSNAME, Type::Int),
            "object_name" => (swapped(self.object_ids(false)), Type::Int, SYSNAME),
            "object_schema_name" => (swapped(self.object_ids(true)), Type::Int, SYSNAME),
            "type_name" => (system::type_names(), Type::Int, SYSNAME),
            "user_name" => (vec![(integer(1), text("dbo"))], Type::Int, SYSNAME),
            "col_name" => return self.column_name(arguments, scope).map(Some),
            _ => return Ok(None),
        };
        let operand = self.expression_as(argument, scope, key)?;
        let mut sql = format!("CASE {}", operand.collated());
        for (key, result) in pairs {
            sql.push_str(&format!(" WHEN {} THEN {}", super::literal::sql(&key), super::literal::sql(&result)));
        }
        if sql.ends_with(&operand.collated()) {
            return Ok(Some(Bound { kind, ..Bound::null() }));
        }
        sql.push_str(" END");
        Ok(Some(Bound::new(sql, kind)))
    }

    fn schema_ids(&self) -> Vec<(Value, Value)> {
        self.env.catalogue.schemas.iter().map(|schema| (text(&schema.name), integer(i64::from(schema.id)))).collect()
    }

    fn object_ids(&self, schema: bool) -> Vec<(Value, Value)> {
        let header = |object: &Object| {
            let header = object.header();
            (text(if schema { &header.schema } else { &header.name }), integer(i64::from(header.id)))
        };
        self.env.catalogue.objects.values().map(header).collect()
    }

    fn column_name(&mut self, arguments: &[&Expr], scope: &Scope<'_>) -> Result<Bound, Message> {
        let [table, column] = arguments else { return Err(error::argument_count("col_name", 2)) };
        let table = self.expression_as(table, scope, Type::Int)?.sql;
        let column = self.expression_as(column, scope, Type::Int)?.sql;
        let mut sql = String::from("CASE");
        for found in self.env.catalogue.tables() {
            for (place, named) in found.columns.iter().enumerate() {
                let name = super::literal::sql(&text(&named.name));
                sql.push_str(&format!(" WHEN {table} = {} AND {column} = {} THEN {name}", found.header.id, place + 1));
            }
        }
        Ok(Bound::new(format!("{sql} WHEN 0 THEN NULL END"), SYSNAME))
    }

    /// `OBJECT_ID('name'[, 'type'])`
    fn object_id(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let written = texts.get(self, 0)?;
        let kind = texts.optional(self, 1)?.map(|kind| kind.trim().to_uppercase());
        let Ok(parts) = split_name(&written) else { return Ok(Value::Null) };
        let last = parts.last().cloned().unwrap_or_default();
        if let Some(table) = self.env.state.temporary.get(&last.to_lowercase()) {
            return Ok(integer(i64::from(table.header.id)));
        }
        let Ok(name) = object_name(&parts, self.env.state.database()) else { return Ok(Value::Null) };
        let found =
            self.env.catalogue.object(&name).filter(|object| kind.as_deref().is_none_or(|kind| kind == object.kind()));
        if let Some(object) = found {
            return Ok(integer(i64::from(object.header().id)));
        }
        Ok(self.constraint_id(&name.schema, &name.name, kind.as_deref()))
    }

    fn constraint_id(&self, schema: &str, name: &str, kind: Option<&str>) -> Value {
        let found = system::constraints(self.env.catalogue).into_iter().find(|constraint| {
            same(&constraint.name, name)
                && same(&constraint.schema, schema)
                && kind.is_none_or(|kind| kind == constraint.kind)
        });
        found.map_or(Value::Null, |constraint| integer(i64::from(constraint.id)))
    }

    fn object_property(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let id: i64 = texts.get(self, 0)?.parse().unwrap_or(0);
        let property = texts.get(self, 1)?.to_lowercase();
        let object = self.env.catalogue.objects.values().find(|object| i64::from(object.header().id) == id);
        let answer = |kind: &str| object.map_or(Value::Null, |object| integer(i64::from(object.kind() == kind)));
        Ok(match property.as_str() {
            "isusertable" | "istable" => answer("U"),
            "isview" => answer("V"),
            "isprocedure" => answer("P"),
            "isscalarfunction" => answer("FN"),
            "tablehasidentity" => match object {
                Some(Object::Table(table)) => integer(i64::from(table.identity_column().is_some())),
                _ => Value::Null,
            },
            _ => Value::Null,
        })
    }

    fn column_length(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let (table, column) = (texts.get(self, 0)?, texts.get(self, 1)?);
        let Ok(target) = split_name(&table).and_then(|parts| self.target(&parts)) else { return Ok(Value::Null) };
        Ok(target
            .table
            .column(&column)
            .map_or(Value::Null, |column| integer(i64::from(system::max_length(column.kind)))))
    }

    fn current_identity(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let table = texts.get(self, 0)?;
        let Ok(target) = split_name(&table).and_then(|parts| self.target(&parts)) else { return Ok(Value::Null) };
        let Some((seed, _)) = target.table.identity_column().and_then(|column| column.identity) else {
            return Ok(Value::Null);
        };
        let sql = "SELECT coalesce((SELECT last FROM main.__identity WHERE object = ?1), ?2)";
        match self.env.query_value(sql, &[integer(i64::from(target.table.header.id)), integer(seed)])? {
            Value::Integer(last) => Ok(real(last)),
            other => Ok(other),
        }
    }

    fn server_property(&mut self, texts: &Texts<'_>) -> Result<(Value, Type), Message> {
        Ok(match texts.get(self, 0)?.to_lowercase().as_str() {
            "edition" => (text("SQL Azure"), SYSNAME),
            "engineedition" => (integer(5), Type::Int),
            "productversion" => (text("12.0.2000.8"), SYSNAME),
            "productlevel" => (text("RTM"), SYSNAME),
            "servername" => (text(&system::server_name(self.env)), SYSNAME),
            "collation" => (text(DATABASE_COLLATION), SYSNAME),
            "isclustered" | "issingleuser" => (integer(0), Type::Int),
            _ => (Value::Null, SYSNAME),
        })
    }

    fn database_property(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let (database, property) = (texts.get(self, 0)?, texts.get(self, 1)?.to_lowercase());
        let Some((access, role)) = system::access_of(self.env, &database) else { return Ok(Value::Null) };
        Ok(match property.as_str() {
            "updateability" => {
                text(if access == Access::ReadOnly || role == Role::Secondary { "READ_ONLY" } else { "READ_WRITE" })
            }
            "status" => text("ONLINE"),
            "useraccess" => text("MULTI_USER"),
            "recovery" => text("FULL"),
            "collation" => text(DATABASE_COLLATION),
            "edition" => text("GeneralPurpose"),
            "serviceobjective" => text("GP_Gen5_2"),
            _ => Value::Null,
        })
    }

    fn role_member(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let role = texts.get(self, 0)?;
        let known = [
            "db_owner",
            "db_datareader",
            "db_datawriter",
            "db_ddladmin",
            "db_executor",
            "db_securityadmin",
            "db_accessadmin",
            "db_backupoperator",
            "db_denydatareader",
            "db_denydatawriter",
            "public",
            "dbmanager",
            "loginmanager",
        ];
        if !known.iter().any(|known| known.eq_ignore_ascii_case(&role)) {
            return Ok(Value::Null);
        }
        Ok(integer(i64::from(self.env.member.who.is_member(&role, self.env.state.master))))
    }

    fn server_role_member(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let role = texts.get(self, 0)?.to_lowercase();
        Ok(match role.as_str() {
            "public" => integer(1),
            _ if role.starts_with("##") || role == "sysadmin" => {
                integer(i64::from(self.env.member.who.server_admin && role.starts_with("##")))
            }
            _ => Value::Null,
        })
    }

    /// `HAS_PERMS_BY_NAME(securable, class, permission)`
    fn has_permission(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        use crate::principal::Permission;
        let permission = texts.get(self, 2)?.to_uppercase();
        let who = &self.env.member.who;
        let allowed = match permission.as_str() {
            "SELECT" => who.may(Permission::Read),
            "INSERT" | "UPDATE" | "DELETE" => who.may(Permission::Write),
            "EXECUTE" => who.may(Permission::Execute),
            "CONNECT" => true,
            "ALTER" if texts.optional(self, 1)?.is_some_and(|class| class.eq_ignore_ascii_case("database")) => {
                who.owns_database()
            }
            "CONTROL" | "VIEW DATABASE STATE" | "ALTER ANY CONNECTION" => who.owns_database(),
            _ if permission.starts_with("CREATE") || permission.starts_with("ALTER") => who.may(Permission::Define),
            _ => who.owns_database(),
        };
        Ok(integer(i64::from(allowed)))
    }

    /// `APPLOCK_TEST('principal', 'resource', 'mode', 'owner')`
    fn test_lock(&mut self, texts: &Texts<'_>) -> Result<Value, Message> {
        let (resource, mode) = (texts.get(self, 1)?, texts.get(self, 2)?);
        let mode = LockMode::parse(&mode).ok_or_else(|| error::internal("the lock mode is not known"))?;
        let free = self.env.state.store.lock().locks.free(self.env.member.id, &resource, mode);
        Ok(integer(i64::from(free)))
    }

    fn database_id(&self, name: &str) -> Option<i32> {
        system::visible_databases(self.env).into_iter().find(|row| same(&row.0, name)).map(|row| row.1)
    }
}

/// Arguments that are evaluated as strings before the statement runs.
struct Texts<'a> {
    arguments: &'a [&'a Expr],
}

impl Texts<'_> {
    fn get(&self, binder: &mut Binder<'_>, place: usize) -> Result<String, Message> {
        Ok(self.optional(binder, place)?.unwrap_or_default())
    }

    fn optional(&self, binder: &mut Binder<'_>, place: usize) -> Result<Option<String>, Message> {
        let Some(argument) = self.arguments.get(place) else { return Ok(None) };
        Ok(match binder.evaluate(argument, Some(nvarchar(4000)))?.0 {
            Value::Text(text) => Some(text),
            _ => None,
        })
    }
}

fn integer(number: i64) -> Value {
    Value::Integer(number)
}

fn real(number: i64) -> Value {
    Value::Real(number as f64)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn swapped(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    pairs.into_iter().map(|(a, b)| (b, a)).collect()
}

fn connection_property(property: &str) -> Value {
    match property.to_lowercase().as_str() {
        "net_transport" => text("TCP"),
        "protocol_type" => text("TSQL"),
        "auth_scheme" => text("SQL"),
        "client_net_address" => text("127.0.0.1"),
        _ => Value::Null,
    }
}

/// The parts of a name inside a string, with its brackets.
pub(crate) fn split_name(text: &str) -> Result<Vec<String>, Message> {
    syntax::parse_name(text)
}
