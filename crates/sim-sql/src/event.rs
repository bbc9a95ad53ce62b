//! What a batch says to its client, in order, independent of any wire format.

/// One item of the answer to a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A result set begins.
    Columns(Vec<Column>),
    /// A row of the result set that began last.
    Row(Vec<Value>),
    /// A statement has ended; `rows` where it counts rows (`SET NOCOUNT OFF`).
    Done {
        /// Rows returned or affected.
        rows: Option<u64>,
        /// The statement failed.
        error: bool,
    },
    /// A message of severity 10 or less: `PRINT`, `RAISERROR` of low severity.
    Info(Message),
    /// An error, severity 11 or more.
    Error(Message),
    /// Something about the session itself changed.
    Environment(Environment),
}

/// A change of the session's own state (MS-TDS 2.2.7.9, ENVCHANGE).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// `USE` succeeded, or the log-in chose this database.
    Database {
        /// The database that is current now.
        new: String,
        /// The one that was.
        old: String,
    },
    /// A transaction began, with its descriptor.
    Begin(u64),
    /// The transaction with this descriptor was committed.
    Commit(u64),
    /// The transaction with this descriptor was rolled back.
    Rollback(u64),
}

/// An error or an informational message, as SQL Server numbers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The number, e.g. 3906.
    pub number: u32,
    /// What `ERROR_STATE()` gives: it tells apart the places in the server that send the same number.
    pub state: u8,
    /// The class, which is the severity: 0 to 25.
    pub class: u8,
    /// The line in the batch, from 1.
    pub line: u32,
    /// The text with its arguments filled in, as `ERROR_MESSAGE()` gives it.
    pub text: String,
    /// The procedure it comes from; empty for a batch.
    pub procedure: String,
}

impl Message {
    /// A message of this number and severity, in line 1, state 1, outside any procedure.
    pub fn new(number: u32, class: u8, text: impl Into<String>) -> Self {
        Self { number, state: 1, class, line: 1, text: text.into(), procedure: String::new() }
    }

    /// The same message in this line of its batch.
    #[must_use]
    pub fn at(self, line: u32) -> Self {
        Self { line, ..self }
    }
}

/// A column of a result set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name; empty for an unnamed expression.
    pub name: String,
    /// Its type on the wire.
    pub kind: ColumnType,
}

/// The types that a result set can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `bit`
    Bit,
    /// `tinyint`
    TinyInt,
    /// `smallint`
    SmallInt,
    /// `int`
    Int,
    /// `bigint`
    BigInt,
    /// `float` (53 bits)
    Float,
    /// `decimal(precision, scale)`; the value travels as text.
    Decimal(u8, u8),
    /// `nvarchar(n)`, `None` for `nvarchar(max)`.
    NVarChar(Option<u16>),
    /// `varbinary(n)`, `None` for `varbinary(max)`.
    VarBinary(Option<u16>),
    /// `uniqueidentifier`
    Guid,
    /// `date`
    Date,
    /// `time(7)`
    Time,
    /// `datetime`
    DateTime,
    /// `datetime2(scale)`
    DateTime2(u8),
}

/// A value of a row. Which variant may stand under which [`ColumnType`] is given by the variant's comment.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `NULL`, in a column of any type.
    Null,
    /// `Bit`
    Bit(bool),
    /// `TinyInt`, `SmallInt`, `Int`, `BigInt`
    Int(i64),
    /// `Float`
    Float(f64),
    /// `NVarChar`; and `Decimal` ("-12.50"), `Guid` (8-4-4-4-12), `Date` (`YYYY-MM-DD`), `Time` (`hh:mm:ss[.fffffff]`),
    /// `DateTime` and `DateTime2` (`YYYY-MM-DD hh:mm:ss[.fffffff]`) in their text form.
    Text(String),
    /// `VarBinary`
    Binary(Vec<u8>),
}
