//! The wire of a SQL database service for tests: a TDS 7.4 server, as far as clients of Azure SQL Database use it
//! ([MS-TDS]). It takes log-ins and batches to a [`Service`] and [`sim_sql`] sessions, and brings their events back as
//! tokens.
//!
//! What it speaks: prelogin, TLS inside packets and then on the socket (always required), Login7 with a SQL password or
//! an access token, SQL batches, `sp_executesql`, transaction manager requests, Attention, connection reset. What it
//! refuses by name: other remote procedure calls, bulk load, Windows authentication, MARS, TDS 8.0.
//!
//! [MS-TDS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/

mod answer;
mod backend;
mod column;
mod connection;
mod decimal;
mod login;
mod login7;
mod moment;
mod packet;
mod parameter;
mod prelogin;
mod read;
mod request;
mod row;
mod rpc;
mod run;
mod server;
mod service;
mod session;
mod tls;
mod token;
mod transaction;
mod wire;

#[cfg(test)]
mod tests;

pub use server::serve;
pub use service::{Greeting, Login, Redirect, Service, Verdict};
