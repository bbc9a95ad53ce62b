//! The messages of SQL Server that the engine can send, by number. Texts follow `sys.messages`.

use crate::Message;

/// The number that tells of something outside the engine's subset (Azure SQL Database itself uses it for statements
/// that it does not support).
pub(crate) const UNSUPPORTED: u32 = 40510;

fn error(number: u32, class: u8, text: String) -> Message {
    Message::new(number, class, text)
}

fn with_state(state: u8, message: Message) -> Message {
    Message { state, ..message }
}

pub(crate) fn unsupported(what: &str) -> Message {
    error(
        UNSUPPORTED,
        16,
        format!(
            "Statement '{what}' is not supported in this version of SQL Server. The simulated server does not know it."
        ),
    )
}

pub(crate) fn syntax(near: &str) -> Message {
    error(102, 15, format!("Incorrect syntax near '{near}'."))
}

pub(crate) fn syntax_keyword(near: &str) -> Message {
    error(156, 15, format!("Incorrect syntax near the keyword '{near}'."))
}

pub(crate) fn unclosed_string(text: &str) -> Message {
    error(105, 15, format!("Unclosed quotation mark after the character string '{text}'."))
}

pub(crate) fn missing_end_comment() -> Message {
    error(113, 15, "Missing end comment mark '*/'.".to_owned())
}

pub(crate) fn first_in_batch(what: &str) -> Message {
    error(111, 15, format!("'{what}' must be the first statement in a query batch."))
}

pub(crate) fn undeclared(name: &str) -> Message {
    with_state(1, error(137, 15, format!("Must declare the scalar variable \"{name}\".")))
}

pub(crate) fn undeclared_table(name: &str) -> Message {
    error(1087, 16, format!("Must declare the table variable \"{name}\"."))
}

pub(crate) fn declared_twice(name: &str) -> Message {
    error(
        134,
        15,
        format!(
            "The variable name '{name}' has already been declared. Variable names must be unique within a query batch or stored procedure."
        ),
    )
}

pub(crate) fn invalid_column(name: &str) -> Message {
    error(207, 16, format!("Invalid column name '{name}'."))
}

pub(crate) fn invalid_object(name: &str) -> Message {
    error(208, 16, format!("Invalid object name '{name}'."))
}

pub(crate) fn ambiguous_column(name: &str) -> Message {
    error(209, 16, format!("Ambiguous column name '{name}'."))
}

pub(crate) fn unbound(name: &str) -> Message {
    error(4104, 16, format!("The multi-part identifier \"{name}\" could not be bound."))
}

pub(crate) fn unknown_function(name: &str) -> Message {
    error(195, 15, format!("'{name}' is not a recognized built-in function name."))
}

pub(crate) fn argument_count(name: &str, expected: usize) -> Message {
    error(174, 15, format!("The {name} function requires {expected} argument(s)."))
}

pub(crate) fn unknown_type(name: &str) -> Message {
    error(243, 16, format!("Type {name} is not a defined system type."))
}

pub(crate) fn outside_database(name: &str) -> Message {
    error(
        40515,
        15,
        format!("Reference to database and/or server name in '{name}' is not supported in this version of SQL Server."),
    )
}

pub(crate) fn use_refused() -> Message {
    error(40508, 16, "USE statement is not supported to switch between databases. Use a new connection to connect to a different database.".to_owned())
}

pub(crate) fn no_procedure(name: &str) -> Message {
    error(2812, 16, format!("Could not find stored procedure '{name}'."))
}

pub(crate) fn already_exists(name: &str) -> Message {
    with_state(6, error(2714, 16, format!("There is already an object named '{name}' in the database.")))
}

pub(crate) fn index_exists(index: &str, table: &str) -> Message {
    error(
        1913,
        16,
        format!(
            "The operation failed because an index or statistics with name '{index}' already exists on table '{table}'."
        ),
    )
}

pub(crate) fn column_exists(column: &str, table: &str) -> Message {
    with_state(
        4,
        error(
            2705,
            16,
            format!(
                "Column names in each table must be unique. Column name '{column}' in table '{table}' is specified more than once."
            ),
        ),
    )
}

pub(crate) fn cannot_drop(kind: &str, name: &str) -> Message {
    with_state(
        5,
        error(
            3701,
            11,
            format!("Cannot drop the {kind} '{name}', because it does not exist or you do not have permission."),
        ),
    )
}

pub(crate) fn cannot_find(kind: &str, name: &str) -> Message {
    error(
        4902,
        16,
        format!("Cannot find the {kind} \"{name}\" because it does not exist or you do not have permissions."),
    )
}

pub(crate) fn drop_referenced(name: &str) -> Message {
    error(3726, 16, format!("Could not drop object '{name}' because it is referenced by a FOREIGN KEY constraint."))
}

pub(crate) fn truncate_referenced(name: &str) -> Message {
    error(
        4712,
        16,
        format!("Cannot truncate table '{name}' because it is being referenced by a FOREIGN KEY constraint."),
    )
}

pub(crate) fn not_a_constraint(name: &str) -> Message {
    error(3728, 16, format!("'{name}' is not a constraint."))
}

/// 5074 names what uses the column, 4922 the statement that failed. `verb` is `ALTER` or `DROP`.
pub(crate) fn column_in_use(verb: &str, user: &str, column: &str) -> [Message; 2] {
    let action = if verb == "DROP" { "DROP COLUMN" } else { "ALTER COLUMN" };
    let object = format!("The object '{user}' is dependent on column '{column}'.");
    let failed = format!("ALTER TABLE {action} {column} failed because one or more objects access this column.");
    [error(5074, 16, object), with_state(9, error(4922, 16, failed))]
}

pub(crate) fn cannot_alter_column(column: &str, table: &str) -> Message {
    error(
        4924,
        16,
        format!("ALTER TABLE ALTER COLUMN failed because column '{column}' does not exist in table '{table}'."),
    )
}

pub(crate) fn cannot_drop_column(column: &str, table: &str) -> Message {
    error(
        4924,
        16,
        format!("ALTER TABLE DROP COLUMN failed because column '{column}' does not exist in table '{table}'."),
    )
}

pub(crate) fn null_refused(column: &str, table: &str, statement: &str) -> Message {
    with_state(
        2,
        error(
            515,
            16,
            format!(
                "Cannot insert the value NULL into column '{column}', table '{table}'; column does not allow nulls. {statement} fails."
            ),
        ),
    )
}

pub(crate) fn conflict(
    statement: &str,
    kind: &str,
    name: &str,
    database: &str,
    table: &str,
    column: Option<&str>,
) -> Message {
    let column = column.map(|column| format!(", column '{column}'")).unwrap_or_default();
    with_state(
        0,
        error(
            547,
            16,
            format!(
                "The {statement} statement conflicted with the {kind} constraint \"{name}\". The conflict occurred in database \"{database}\", table \"{table}\"{column}."
            ),
        ),
    )
}

pub(crate) fn duplicate_key(kind: &str, name: &str, table: &str, key: &str) -> Message {
    error(
        2627,
        14,
        format!(
            "Violation of {kind} constraint '{name}'. Cannot insert duplicate key in object '{table}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn duplicate_row(index: &str, table: &str, key: &str) -> Message {
    error(
        2601,
        14,
        format!(
            "Cannot insert duplicate key row in object '{table}' with unique index '{index}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn duplicate_on_create(table: &str, index: &str, key: &str) -> Message {
    error(
        1505,
        16,
        format!(
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '{table}' and the index name '{index}'. The duplicate key value is ({key})."
        ),
    )
}

pub(crate) fn truncated(table: &str, column: &str, value: &str) -> Message {
    error(
        2628,
        16,
        format!(
            "String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'."
        ),
    )
}

pub(crate) fn divide_by_zero() -> Message {
    error(8134, 16, "Divide by zero error encountered.".to_owned())
}

pub(crate) fn conversion_failed(kind: &str, value: &str, to: &str) -> Message {
    error(245, 16, format!("Conversion failed when converting the {kind} value '{value}' to data type {to}."))
}

pub(crate) fn conversion_failed_time() -> Message {
    error(241, 16, "Conversion failed when converting date and/or time from character string.".to_owned())
}

pub(crate) fn conversion_failed_guid() -> Message {
    error(8169, 16, "Conversion failed when converting from a character string to uniqueidentifier.".to_owned())
}

pub(crate) fn conversion_refused(from: &str, to: &str) -> Message {
    error(529, 16, format!("Explicit conversion from data type {from} to {to} is not allowed."))
}

pub(crate) fn operand_clash(from: &str, to: &str) -> Message {
    error(206, 16, format!("Operand type clash: {from} is incompatible with {to}"))
}

pub(crate) fn conversion_error(from: &str, to: &str) -> Message {
    error(8114, 16, format!("Error converting data type {from} to {to}."))
}

pub(crate) fn overflow(to: &str) -> Message {
    with_state(2, error(8115, 16, format!("Arithmetic overflow error converting expression to data type {to}.")))
}

pub(crate) fn out_of_range(to: &str) -> Message {
    error(
        242,
        16,
        format!("The conversion of a varchar data type to a {to} data type resulted in an out-of-range value."),
    )
}

pub(crate) fn read_only(database: &str) -> Message {
    error(3906, 16, format!("Failed to update database \"{database}\" because the database is read-only."))
}

pub(crate) fn commit_without_begin() -> Message {
    error(3902, 16, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.".to_owned())
}

pub(crate) fn rollback_without_begin() -> Message {
    error(3903, 16, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.".to_owned())
}

pub(crate) fn unknown_savepoint(name: &str) -> Message {
    error(6401, 16, format!("Cannot roll back {name}. No transaction or savepoint of that name was found."))
}

pub(crate) fn save_without_begin() -> Message {
    error(628, 16, "Cannot issue SAVE TRANSACTION when there is no active transaction.".to_owned())
}

pub(crate) fn doomed() -> Message {
    error(3930, 16, "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.".to_owned())
}

pub(crate) fn doomed_at_end() -> Message {
    error(
        3998,
        16,
        "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.".to_owned(),
    )
}

pub(crate) fn transaction_count(before: i32, now: i32) -> Message {
    with_state(
        2,
        error(
            266,
            16,
            format!(
                "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = {before}, current count = {now}."
            ),
        ),
    )
}

pub(crate) fn in_transaction(statement: &str) -> Message {
    with_state(6, error(226, 16, format!("{statement} statement not allowed within multi-statement transaction.")))
}

pub(crate) fn alter_not_permitted(database: &str) -> Message {
    error(
        5011,
        14,
        format!(
            "User does not have permission to alter database '{database}', the database does not exist, or the database is not in a state that allows access checks."
        ),
    )
}

pub(crate) fn alter_failed() -> Message {
    error(5069, 16, "ALTER DATABASE statement failed.".to_owned())
}

pub(crate) fn alter_lock_not_placed(database: &str) -> Message {
    error(
        5061,
        16,
        format!("ALTER DATABASE failed because a lock could not be placed on database '{database}'. Try again later."),
    )
}

pub(crate) fn other_users(database: &str) -> Message {
    with_state(
        2,
        error(
            5070,
            16,
            format!("Database state cannot be changed while other users are using the database '{database}'"),
        ),
    )
}

pub(crate) fn permission_denied(what: &str, object: &str, database: &str, schema: &str) -> Message {
    with_state(
        5,
        error(
            229,
            14,
            format!(
                "The {what} permission was denied on the object '{object}', database '{database}', schema '{schema}'."
            ),
        ),
    )
}

pub(crate) fn definition_denied(statement: &str, database: &str) -> Message {
    error(262, 14, format!("{statement} permission denied in database '{database}'."))
}

pub(crate) fn no_permission() -> Message {
    error(15247, 16, "User does not have permission to perform this action.".to_owned())
}

pub(crate) fn lock_timeout() -> Message {
    with_state(45, error(1222, 16, "Lock request time out period exceeded.".to_owned()))
}

pub(crate) fn column_count(more_columns: bool) -> Message {
    let (number, relation) = if more_columns { (109, "more") } else { (110, "fewer") };
    error(
        number,
        15,
        format!(
            "There are {relation} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement."
        ),
    )
}

pub(crate) fn select_list_count(more_in_insert: bool) -> Message {
    let (number, relation) = if more_in_insert { (120, "fewer") } else { (121, "more") };
    error(
        number,
        15,
        format!(
            "The select list for the INSERT statement contains {relation} items than the insert list. The number of SELECT values must match the number of INSERT columns."
        ),
    )
}

pub(crate) fn supplied_values() -> Message {
    error(213, 16, "Column name or number of supplied values does not match table definition.".to_owned())
}

pub(crate) fn identity_refused(table: &str) -> Message {
    error(
        544,
        16,
        format!(
            "Cannot insert explicit value for identity column in table '{table}' when IDENTITY_INSERT is set to OFF."
        ),
    )
}

pub(crate) fn identity_update(column: &str) -> Message {
    error(8102, 16, format!("Cannot update identity column '{column}'."))
}

pub(crate) fn subquery_rows() -> Message {
    error(512, 16, "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.".to_owned())
}

pub(crate) fn set_lists_differ() -> Message {
    error(205, 16, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.".to_owned())
}

pub(crate) fn nesting() -> Message {
    error(217, 16, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).".to_owned())
}

pub(crate) fn missing_parameter(procedure: &str, parameter: &str) -> Message {
    with_state(
        4,
        error(
            201,
            16,
            format!("Procedure or function '{procedure}' expects parameter '{parameter}', which was not supplied."),
        ),
    )
}

pub(crate) fn unknown_parameter(procedure: &str, parameter: &str) -> Message {
    with_state(2, error(8145, 16, format!("{parameter} is not a parameter for procedure {procedure}.")))
}

pub(crate) fn too_many_arguments(procedure: &str) -> Message {
    with_state(2, error(8144, 16, format!("Procedure or function {procedure} has too many arguments specified.")))
}

pub(crate) fn not_output(parameter: &str) -> Message {
    with_state(
        2,
        error(
            8162,
            16,
            format!(
                "The formal parameter \"{parameter}\" was not declared as an OUTPUT parameter, but the actual parameter passed in requested output."
            ),
        ),
    )
}

pub(crate) fn no_schema(name: &str) -> Message {
    error(
        2760,
        16,
        format!("The specified schema name \"{name}\" either does not exist or you do not have permission to use it."),
    )
}

pub(crate) fn no_referenced_table(constraint: &str, table: &str) -> Message {
    with_state(0, error(1767, 16, format!("Foreign key '{constraint}' references invalid table '{table}'.")))
}

pub(crate) fn no_referenced_key(table: &str, constraint: &str) -> Message {
    with_state(
        0,
        error(
            1776,
            16,
            format!(
                "There are no primary or candidate keys in the referenced table '{table}' that match the referencing column list in the foreign key '{constraint}'."
            ),
        ),
    )
}

pub(crate) fn constraint_failed() -> Message {
    with_state(1, error(1750, 16, "Could not create constraint or index. See previous errors.".to_owned()))
}

pub(crate) fn second_primary_key(table: &str) -> Message {
    with_state(0, error(1779, 16, format!("Table '{table}' already has a primary key defined on it.")))
}

pub(crate) fn add_not_null(column: &str, table: &str) -> Message {
    error(
        4901,
        16,
        format!(
            "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified, or the column being added is an identity or timestamp column, or alternatively if none of the previous conditions are satisfied the table must be empty to allow addition of this column. Column '{column}' cannot be added to non-empty table '{table}' because it does not satisfy these conditions."
        ),
    )
}

pub(crate) fn internal(text: &str) -> Message {
    error(UNSUPPORTED, 16, format!("The simulated server cannot run this statement: {text}"))
}

pub(crate) fn cannot_open(database: &str) -> Message {
    error(4060, 11, format!("Cannot open database \"{database}\" requested by the login. The login failed."))
}
