//! Prints the interface of the steps as JSON, for `cargo xtask interface`.
#![allow(clippy::print_stdout, reason = "the JSON is what it is run for")]

fn main() -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(&steps::interface())?);
    Ok(())
}
