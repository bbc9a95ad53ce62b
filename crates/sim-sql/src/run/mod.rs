//! The interpreter.
use std::sync::Arc;

use rusqlite::Connection;

use crate::{
    Event,
    session::{Ended, State},
    store::Member,
};

/// The catalogue as the session read it last.
#[derive(Default)]
pub(crate) struct CatalogueCache;

pub(crate) fn batch(
    _c: &mut Connection,
    _m: &Arc<Member>,
    _s: &mut State,
    _text: &str,
    out: &mut dyn FnMut(Event),
) -> Ended {
    out(Event::Done { rows: None, error: false });
    Ended::Completed
}
