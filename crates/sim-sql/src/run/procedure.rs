//! The system procedures that are known here.

use super::{
    Engine, Outcome,
    execute::{argument_for, as_text},
};
use crate::{
    Message,
    bind::Frame,
    error,
    syntax::{Argument, Execute},
};

impl Engine<'_> {
    /// Runs a system procedure and gives its return code; `None` if there is none of this name.
    pub(super) fn system_procedure(&mut self, execute: &Execute, frame: &mut Frame) -> Outcome<Option<i64>> {
        let name = execute.procedure.last().cloned().unwrap_or_default().to_lowercase();
        let arguments = &execute.arguments;
        let code = match name.as_str() {
            "sp_executesql" => self.execute_sql(arguments, frame)?,
            "sp_getapplock" => self.get_lock(arguments, frame)?,
            "sp_releaseapplock" => self.release_lock(arguments, frame)?,
            "sp_rename" => {
                let old = self.required(arguments, 0, "@objname", frame)?;
                let new = self.required(arguments, 1, "@newname", frame)?;
                let kind = self.argument(arguments, 2, "@objtype", frame)?;
                self.rename(&old, &new, kind.as_deref())?;
                0
            }
            "sp_wait_for_database_copy_sync" => self.wait_for_copy_sync(arguments, frame)?,
            _ => return Ok(None),
        };
        Ok(Some(code))
    }

    /// An argument of a system procedure as text.
    pub(super) fn argument(
        &mut self,
        arguments: &[Argument],
        place: usize,
        name: &str,
        frame: &Frame,
    ) -> Outcome<Option<String>> {
        match argument_for(arguments, place, name).and_then(|argument| argument.value.as_ref()) {
            Some(value) => {
                let (value, kind) = self.value_of(value, None, frame)?;
                Ok(as_text(value, kind))
            }
            None => Ok(None),
        }
    }

    pub(super) fn required(
        &mut self,
        arguments: &[Argument],
        place: usize,
        name: &str,
        frame: &Frame,
    ) -> Outcome<String> {
        let found = self.argument(arguments, place, name, frame)?;
        found.ok_or_else(|| error::missing_parameter("system procedure", name).into())
    }

    /// Blocks until the partner has hardened what was committed before; only in a primary's own database.
    fn wait_for_copy_sync(&mut self, arguments: &[Argument], frame: &Frame) -> Outcome<i64> {
        let server = self.required(arguments, 0, "@target_server", frame)?;
        let target = self.required(arguments, 1, "@target_database", frame)?;
        if self.state.master {
            return Err(Message::new(
                37000,
                16,
                "sys.sp_wait_for_database_copy_sync must be run in the user database.",
            )
            .into());
        }
        let database = self.state.database().to_owned();
        let code = self.state.host.wait_for_copy_sync(&database, &server, &target, &self.member.stop)?;
        self.check_stopped()?;
        Ok(i64::from(code))
    }
}
