//! Requests and answers of the simulated HTTP services.

mod answer;
mod request;

pub(crate) use answer::Answer;
pub(crate) use request::Request;
