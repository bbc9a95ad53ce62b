//! Reads the report of `cargo build --timings`, whose form as JSON is not stable: the page has the same data as a constant
//! of its script.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

/// A call of the compiler or of a build script.
#[derive(Deserialize)]
struct Unit {
    name: String,
    duration: f64,
}

/// Seconds by crate: all calls for it, build scripts included. They are seconds on the clock.
pub fn by_crate(page: &str) -> anyhow::Result<BTreeMap<String, f64>> {
    let (_, data) = page.split_once("const UNIT_DATA = ").context("the page has no `UNIT_DATA`")?;
    let mut values = serde_json::Deserializer::from_str(data).into_iter::<Vec<Unit>>();
    let units = values.next().context("`UNIT_DATA` is empty")?.context("read `UNIT_DATA`")?;
    let mut seconds = BTreeMap::new();
    for Unit { name, duration } in units {
        *seconds.entry(name).or_default() += duration;
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_a_crate_are_added() {
        let page = r#"<script>
const UNIT_DATA = [
  { "i": 0, "name": "cc", "target": "", "duration": 1.5, "sections": null },
  { "i": 1, "name": "sqlite", "target": " build script", "duration": 0.5, "sections": null },
  { "i": 2, "name": "sqlite", "target": " build script (run)", "duration": 20.0, "sections": null }
];
const CONCURRENCY_DATA = [];"#;
        let expected = [("cc", 1.5), ("sqlite", 20.5)].map(|(name, seconds)| (name.to_owned(), seconds));
        assert_eq!(by_crate(page).unwrap(), expected.into());
        assert_eq!(by_crate("<html>").unwrap_err().to_string(), "the page has no `UNIT_DATA`");
    }
}
