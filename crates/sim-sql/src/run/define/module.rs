//! Views, procedures and functions: their text is kept, and read again when they are used.

use std::sync::{Arc, OnceLock};

use super::super::{Engine, Outcome};
use crate::{
    bind::{Binder, Frame},
    catalogue::{Header, Name, Object, Routine, View},
    clock, error,
    syntax::{self, CreateMode},
};

impl Engine<'_> {
    /// The query must be bound, so that a view over what is not there is refused.
    pub(super) fn create_view(&mut self, parts: &[String], mode: CreateMode, frame: &Frame) -> Outcome<()> {
        self.may_define("CREATE VIEW", parts)?;
        let text = frame.text.clone();
        self.writing(|engine| {
            let name = engine.new_name(parts)?;
            let header = engine.module_header(name, mode, "V")?;
            let view = View { header, text, parsed: OnceLock::new() };
            engine.check_view(&view)?;
            engine.keep(&Object::View(Arc::new(view)))
        })
    }

    fn check_view(&mut self, view: &View) -> Outcome<()> {
        let catalogue = self.catalogue()?;
        let frame = Frame::default();
        let environment = self.environment(&frame, &catalogue);
        let definition = view.definition()?;
        let bound = Binder::new(&environment).query(&definition.query, None)?;
        let unnamed =
            bound.columns.iter().skip(definition.columns.len()).find(|column| column.visible_name().is_empty());
        if unnamed.is_some() {
            let text = format!(
                "Create View or Function failed because no column name was specified for column {}.",
                bound.columns.len()
            );
            return Err(crate::Message::new(4511, 16, text).into());
        }
        Ok(())
    }

    pub(super) fn create_routine(
        &mut self,
        parts: &[String],
        routine: &syntax::Routine,
        mode: CreateMode,
        frame: &Frame,
    ) -> Outcome<()> {
        let function = routine.returns.is_some();
        self.may_define(if function { "CREATE FUNCTION" } else { "CREATE PROCEDURE" }, parts)?;
        let text = frame.text.clone();
        self.writing(|engine| {
            let name = engine.new_name(parts)?;
            let header = engine.module_header(name, mode, if function { "FN" } else { "P" })?;
            engine.keep(&Object::Routine(Arc::new(Routine { header, function, text })))
        })
    }

    /// A new header, or that of the object which is altered.
    fn module_header(&mut self, name: Name, mode: CreateMode, kind: &str) -> Outcome<Header> {
        let catalogue = self.catalogue()?;
        match (catalogue.object(&name), mode) {
            (Some(object), CreateMode::Alter | CreateMode::CreateOrAlter) if object.kind() == kind => {
                Ok(Header { modified: clock::unix_now(), ..object.header().clone() })
            }
            (None, CreateMode::Alter) => Err(error::invalid_object(&format!("{}.{}", name.schema, name.name)).into()),
            _ => {
                self.check_free(&name)?;
                self.new_header(name)
            }
        }
    }
}
