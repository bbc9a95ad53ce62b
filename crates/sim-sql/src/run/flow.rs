//! Statements in order, control flow and `TRY … CATCH`.

use rusqlite::types::Value;
use sqlparser::ast::Expr;

use super::{Engine, Failure, Fault, Outcome, Reach};
use crate::{
    bind::{CaughtError, Frame},
    error,
    syntax::{Kind, Setting, Statement},
    types::Type,
};

/// What comes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    /// With a procedure's return code.
    Return(i64),
}

impl Engine<'_> {
    pub(super) fn all(&mut self, statements: &[Statement], frame: &mut Frame) -> Outcome<Flow> {
        for statement in statements {
            let flow = self.settled(statement, frame)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// Runs a statement; an error that concerns it alone is reported, and the next one runs.
    fn settled(&mut self, statement: &Statement, frame: &mut Frame) -> Outcome<Flow> {
        self.check_stopped()?;
        if self.state.settings.no_exec && !matches!(statement.kind, Kind::Set(Setting::NoExec(_))) {
            return Ok(Flow::Next);
        }
        match self.located(statement, frame) {
            Err(Failure::Fault(fault)) if self.tries == 0 => self.settle(&fault),
            outcome => outcome,
        }
    }

    fn settle(&mut self, fault: &Fault) -> Outcome<Flow> {
        self.report(fault);
        let abort = self.state.settings.xact_abort && !fault.raised;
        if fault.reach == Reach::Transaction || abort {
            self.roll_back();
            return Err(Failure::Aborted(Reach::Transaction));
        }
        if fault.reach == Reach::Statement { Ok(Flow::Next) } else { Err(Failure::Aborted(fault.reach)) }
    }

    /// Runs a statement; its errors know where they come from.
    fn located(&mut self, statement: &Statement, frame: &mut Frame) -> Outcome<Flow> {
        let outcome = self.statement(statement, frame);
        match outcome {
            Ok(flow) => {
                if resets_error(&statement.kind) {
                    self.state.last_error = 0;
                }
                Ok(flow)
            }
            Err(Failure::Fault(mut fault)) => {
                fault.locate(statement.line, &frame.procedure, self.depth);
                if let Some(message) = fault.main() {
                    self.state.last_error = message.number;
                }
                Err(Failure::Fault(fault))
            }
            Err(other) => Err(other),
        }
    }

    fn statement(&mut self, statement: &Statement, frame: &mut Frame) -> Outcome<Flow> {
        match &statement.kind {
            Kind::Block(statements) => self.all(statements, frame),
            Kind::If { condition, then, otherwise } => {
                let branch = if self.holds(condition, frame)? { Some(then) } else { otherwise.as_ref() };
                branch.map_or(Ok(Flow::Next), |branch| self.settled(branch, frame))
            }
            Kind::While { condition, body } => self.repeat(condition, body, frame),
            Kind::Break => Ok(Flow::Break),
            Kind::Continue => Ok(Flow::Continue),
            Kind::Return(code) => self.leave(code.as_ref(), frame),
            Kind::Try { body, handler } => self.attempt(body, handler, frame),
            other => self.plain(other, frame).map(|()| Flow::Next),
        }
    }

    fn holds(&mut self, condition: &Expr, frame: &Frame) -> Outcome<bool> {
        let (value, _) = self.value_of(condition, None, frame)?;
        Ok(matches!(value, Value::Integer(number) if number != 0)
            || matches!(value, Value::Real(number) if number != 0.0))
    }

    fn repeat(&mut self, condition: &Expr, body: &Statement, frame: &mut Frame) -> Outcome<Flow> {
        while self.holds(condition, frame)? {
            match self.settled(body, frame)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                leaving @ Flow::Return(_) => return Ok(leaving),
            }
        }
        Ok(Flow::Next)
    }

    fn leave(&mut self, code: Option<&Expr>, frame: &Frame) -> Outcome<Flow> {
        let code = match code {
            Some(code) => match self.value_of(code, Some(Type::Int), frame)?.0 {
                Value::Integer(code) => code,
                _ => 0,
            },
            None => 0,
        };
        Ok(Flow::Return(code))
    }

    fn attempt(&mut self, body: &[Statement], handler: &[Statement], frame: &mut Frame) -> Outcome<Flow> {
        self.tries += 1;
        let outcome = self.all(body, frame);
        self.tries -= 1;
        let fault = match outcome {
            Err(Failure::Fault(fault)) if self.catches(&fault) => fault,
            outcome => return outcome,
        };
        if self.state.transaction.count > 0
            && (fault.reach == Reach::Transaction || (self.state.settings.xact_abort && !fault.raised))
        {
            self.state.transaction.doomed = true;
        }
        let message = fault.main().cloned().unwrap_or_else(|| error::internal("an error without a message"));
        frame.caught.push(CaughtError { message });
        let handled = self.all(handler, frame);
        frame.caught.pop();
        handled
    }

    /// `CATCH` sees errors of severity 11 to 19, but not that a name in its own scope could not be resolved.
    fn catches(&self, fault: &Fault) -> bool {
        let unresolved_here = fault.reach == Reach::Scope && fault.depth == Some(self.depth);
        let class = fault.main().map_or(0, |message| message.class);
        !unresolved_here && (11..20).contains(&class)
    }

    fn plain(&mut self, kind: &Kind, frame: &mut Frame) -> Outcome<()> {
        match kind {
            Kind::Print(value) => self.print(value, frame),
            Kind::RaiseError(arguments) => self.raise(arguments, frame),
            Kind::Throw(arguments) => self.throw(arguments.as_deref(), frame),
            Kind::Declare(declarations) => self.declare(declarations, frame),
            Kind::Assign { variable, value } => self.assign(variable, value, frame),
            Kind::Set(setting) => self.set(setting, frame),
            Kind::Use(database) => self.use_database(database),
            Kind::WaitFor(delay) => self.wait_for(delay, frame),
            Kind::Execute(execute) => self.execute(execute, frame),
            Kind::ExecuteText(text) => self.execute_text(text, frame),
            Kind::Begin(name) => self.begin(name.as_deref()),
            Kind::Commit => self.commit(),
            Kind::Rollback(name) => self.roll_back_to(name.as_deref()),
            Kind::Save(name) => self.save(name),
            Kind::SetAccess { database, access, termination } => {
                self.set_access(database.as_deref(), *access, *termination)
            }
            Kind::RemoveSecondary { database, server } => self.remove_secondary(database, server),
            Kind::Query(query) => self.query(query, frame),
            Kind::Insert(insert) => self.insert(insert, frame),
            Kind::InsertExecute { table, columns, source } => self.insert_execute(table, columns, source, frame),
            Kind::Update { update, top, with } => self.update(update, top.as_ref(), with.as_ref(), frame),
            Kind::Delete { delete, top, with } => self.delete(delete, top.as_ref(), with.as_ref(), frame),
            Kind::Unsupported(what) => Err(error::unsupported(what).into()),
            definition => self.define(definition, frame),
        }
    }
}

/// Whether `@@ERROR` is 0 after the statement; control flow leaves it to what it runs.
fn resets_error(kind: &Kind) -> bool {
    !matches!(
        kind,
        Kind::Block(_)
            | Kind::If { .. }
            | Kind::While { .. }
            | Kind::Try { .. }
            | Kind::Declare(_)
            | Kind::RaiseError(_)
    )
}
