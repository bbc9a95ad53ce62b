//! Whole scripts that were not written for this engine.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};

use support::{World, batches, ok, value};

/// Shared material beside the checkout; `None` where it is absent, which `CI=true` does not allow.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    let ci = std::process::Command::new("printenv")
        .arg("CI")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"true"));
    assert!(!ci, "`{}` is not there", found.display());
    println!("evidence: not run (../shared absent)");
    None
}

#[test]
fn chinook_loads() {
    let Some(path) = shared("data/chinook_sqlserver.sql") else { return };
    let script = std::fs::read_to_string(path).unwrap();
    let world = World::new();
    let mut session = world.admin();
    let all = batches(&script);
    let first = all.iter().position(|batch| batch.contains("CREATE TABLE")).unwrap();
    for batch in &all[first..] {
        ok(&mut session, batch);
    }
    for (table, rows) in [
        ("Album", 347),
        ("Artist", 275),
        ("Customer", 59),
        ("Employee", 8),
        ("Genre", 25),
        ("Invoice", 412),
        ("InvoiceLine", 2240),
        ("MediaType", 5),
        ("Playlist", 18),
        ("PlaylistTrack", 8715),
        ("Track", 3503),
    ] {
        assert_eq!(value(&mut session, &format!("SELECT COUNT(*) FROM dbo.{table}")), rows.to_string(), "{table}");
    }
    assert_eq!(value(&mut session, "SELECT SUM(Total) FROM Invoice"), "2328.60");
    let longest = "SELECT TOP (1) t.Name, ar.Name FROM Track t JOIN Album al ON al.AlbumId = t.AlbumId JOIN Artist ar ON ar.ArtistId = al.ArtistId ORDER BY t.Milliseconds DESC";
    assert_eq!(value(&mut session, longest), "Occupation / Precipice|Battlestar Galactica");
    assert_eq!(
        value(&mut session, "SELECT InvoiceDate FROM Invoice WHERE InvoiceId = 1").get(..10),
        Some("2021-01-01")
    );
}
