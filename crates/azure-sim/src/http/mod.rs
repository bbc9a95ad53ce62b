//! Requests and answers of the simulated HTTP services.

mod answer;
mod request;
mod site;

pub(crate) use answer::Answer;
pub(crate) use request::Request;
pub(crate) use site::{Reply, SiteRequest};
