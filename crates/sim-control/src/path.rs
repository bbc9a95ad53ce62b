//! The paths of the interface.

/// `GET`: the [`Report`](crate::Report).
pub const REPORT: &str = "/report";
/// `GET`: the state of the world without secrets; with `?digest` a hash over it.
pub const WORLD: &str = "/world";
/// `POST` a [`Wait`](crate::Wait): 200 once the condition holds, 408 if it does not in time, 400 if there is no such
/// condition.
pub const WAIT: &str = "/wait";
/// `POST`: every user reads and writes once.
pub const TICK: &str = "/tick";
/// `POST` an [`Output`](crate::Output), in which secrets are looked for.
pub const OUTPUT: &str = "/output";
/// `POST` an [`AskForState`](crate::AskForState): a [`StateDump`](crate::StateDump).
pub const STATE_DUMP: &str = "/state-dump";
/// `POST` a [`Fault`](crate::Fault) or `null` sets it and counts requests from 1 again; `GET`: what became of it, as
/// [`Faulted`](crate::Faulted).
pub const FAULT: &str = "/fault";
/// `POST` an [`Act`](crate::Act): 409 if there is nothing that the hand could act on.
pub const HAND: &str = "/hand";
/// `POST`: operations that a fault made hang go on, links that a restored world made stand still, and a paused request.
pub const RELEASE: &str = "/release";
/// `POST` a [`Runner`](crate::Runner).
pub const RUNNER: &str = "/runner";
/// `POST`: saves the world, under a name if the query has one (`?name=`).
pub const SNAPSHOT: &str = "/snapshot";
/// `POST`: puts the world in the state that was saved under this name (`?name=`); 409 if none was.
pub const RESTORE: &str = "/restore";
