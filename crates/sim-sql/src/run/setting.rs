//! `SET` of options.

use super::{Engine, Outcome};
use crate::{
    bind::{Binder, Frame},
    syntax::Setting,
};

impl Engine<'_> {
    pub(super) fn set(&mut self, setting: &Setting, frame: &Frame) -> Outcome<()> {
        let settings = &mut self.state.settings;
        match setting {
            Setting::XactAbort(on) => settings.xact_abort = *on,
            Setting::NoCount(on) => settings.no_count = *on,
            Setting::ParseOnly(on) => settings.parse_only = *on,
            Setting::NoExec(on) => settings.no_exec = *on,
            Setting::ImplicitTransactions(on) => settings.implicit_transactions = *on,
            Setting::LockTimeout(limit) => settings.lock_timeout = *limit,
            Setting::IdentityInsert { table, on } => return self.identity_insert(table, *on, frame),
            Setting::Other => {}
        }
        Ok(())
    }

    fn identity_insert(&mut self, table: &[String], on: bool, frame: &Frame) -> Outcome<()> {
        let catalogue = self.catalogue()?;
        let environment = self.environment(frame, &catalogue);
        let target = Binder::new(&environment).target(table)?;
        let name = target.table.header.full_name();
        if target.table.identity_column().is_none() {
            let text = format!("Table '{name}' does not have the identity property. Cannot perform SET operation.");
            return Err(crate::Message::new(8106, 16, text).into());
        }
        let key = name.to_lowercase();
        let other = self.state.settings.identity_insert.clone().filter(|other| *other != key);
        if let (true, Some(other)) = (on, other) {
            let text = format!(
                "IDENTITY_INSERT is already ON for table '{other}'. Cannot perform SET operation for table '{name}'."
            );
            return Err(crate::Message::new(8107, 16, text).into());
        }
        self.state.settings.identity_insert = on.then_some(key);
        Ok(())
    }
}
