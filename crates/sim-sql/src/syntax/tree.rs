//! What a batch is made of.

use std::time::Duration;

use sqlparser::ast::{self, Expr};

use crate::{
    Access,
    catalogue::{Action, Sorted},
    store::Termination,
    types::Type,
};

/// One statement and the line of the batch that it begins in, from 1.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

/// A name as written: up to four parts.
pub(crate) type Parts = Vec<String>;

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Block(Vec<Statement>),
    If { condition: Expr, then: Box<Statement>, otherwise: Option<Box<Statement>> },
    While { condition: Expr, body: Box<Statement> },
    Break,
    Continue,
    Return(Option<Expr>),
    Try { body: Vec<Statement>, handler: Vec<Statement> },
    Print(Expr),
    RaiseError(Vec<Expr>),
    Throw(Option<Box<[Expr; 3]>>),
    Declare(Vec<Declaration>),
    Assign { variable: String, value: Expr },
    Set(Setting),
    Use(String),
    Execute(Execute),
    ExecuteText(Expr),
    WaitFor(Expr),
    Begin(Option<String>),
    Commit,
    Rollback(Option<String>),
    Save(String),
    SetAccess { database: Option<String>, access: Access, termination: Termination },
    RemoveSecondary { database: String, server: String },
    CreateTable(TableDefinition),
    AlterTable { table: Parts, change: TableChange },
    CreateIndex(IndexDefinition),
    DropIndex { index: String, table: Parts, if_exists: bool },
    Drop { kind: DropKind, names: Vec<Parts>, if_exists: bool },
    Truncate(Parts),
    CreateSchema(String),
    Transfer { schema: String, object: Parts },
    CreateView { name: Parts, columns: Vec<String>, query: Box<ast::Query>, mode: CreateMode },
    CreateRoutine { name: Parts, routine: Box<Routine>, mode: CreateMode },
    Query(Box<ast::Query>),
    Insert(Box<ast::Insert>),
    InsertExecute { table: Parts, columns: Vec<String>, source: Box<Statement> },
    Update { update: Box<ast::Update>, top: Option<Expr>, with: Option<ast::With> },
    Delete { delete: Box<ast::Delete>, top: Option<Expr>, with: Option<ast::With> },
    Unsupported(String),
}

/// Whether a definition may, must or must not be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CreateMode {
    Create,
    Alter,
    CreateOrAlter,
}

#[derive(Debug, Clone)]
pub(crate) enum Declaration {
    Variable { name: String, kind: Type, value: Option<Box<Expr>> },
    Table { name: String, elements: Vec<Element> },
}

/// `SET` of an option.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    XactAbort(bool),
    NoCount(bool),
    ParseOnly(bool),
    NoExec(bool),
    ImplicitTransactions(bool),
    LockTimeout(Option<Duration>),
    IdentityInsert {
        table: Parts,
        on: bool,
    },
    /// Accepted without effect.
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct Execute {
    /// The variable that takes the return code.
    pub(crate) result: Option<String>,
    pub(crate) procedure: Parts,
    pub(crate) arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// With its `@`.
    pub(crate) name: Option<String>,
    /// `None` for `DEFAULT`.
    pub(crate) value: Option<Expr>,
    pub(crate) output: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct TableDefinition {
    pub(crate) name: Parts,
    pub(crate) elements: Vec<Element>,
}

/// What stands between the parentheses of a `CREATE TABLE`.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    Column(Box<ColumnDefinition>),
    Constraint(ConstraintDefinition),
    Index(IndexDefinition),
}

#[derive(Debug, Clone)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    /// `None` for a computed column.
    pub(crate) kind: Option<Type>,
    pub(crate) computed: Option<String>,
    pub(crate) nullable: Option<bool>,
    pub(crate) identity: Option<(i64, i64)>,
    pub(crate) default: Option<DefaultDefinition>,
    pub(crate) constraints: Vec<ConstraintDefinition>,
}

#[derive(Debug, Clone)]
pub(crate) struct DefaultDefinition {
    pub(crate) name: Option<String>,
    pub(crate) text: String,
    /// `WITH VALUES`
    pub(crate) with_values: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct ConstraintDefinition {
    pub(crate) name: Option<String>,
    pub(crate) rule: Rule,
}

#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// Without columns where it stands at a column.
    Key {
        primary: bool,
        clustered: Option<bool>,
        columns: Vec<Sorted>,
    },
    Check {
        text: String,
        column: Option<String>,
    },
    Reference {
        columns: Vec<String>,
        table: Parts,
        parents: Vec<String>,
        on_delete: Action,
        on_update: Action,
    },
    /// `DEFAULT … FOR column`
    Default {
        default: DefaultDefinition,
        column: String,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct IndexDefinition {
    pub(crate) name: String,
    /// Empty inside a `CREATE TABLE`.
    pub(crate) table: Parts,
    pub(crate) unique: bool,
    pub(crate) clustered: bool,
    pub(crate) columns: Vec<Sorted>,
    pub(crate) included: Vec<String>,
    pub(crate) filter: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum TableChange {
    Add {
        elements: Vec<Element>,
        check_existing: bool,
    },
    AlterColumn {
        column: String,
        kind: Type,
        nullable: Option<bool>,
    },
    DropColumns {
        columns: Vec<String>,
        if_exists: bool,
    },
    DropConstraints {
        constraints: Vec<String>,
        if_exists: bool,
    },
    /// `CHECK CONSTRAINT`, `NOCHECK CONSTRAINT`, `ENABLE TRIGGER` …
    Unsupported(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropKind {
    Table,
    View,
    Procedure,
    Function,
    Schema,
}

/// A procedure or scalar function.
#[derive(Debug, Clone)]
pub(crate) struct Routine {
    pub(crate) parameters: Vec<Parameter>,
    /// The type that a function returns.
    pub(crate) returns: Option<Type>,
    pub(crate) body: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    /// With its `@`.
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) default: Option<Expr>,
    pub(crate) output: bool,
}
