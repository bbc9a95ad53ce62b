//! The simulator against recordings of Azure and against its specification. Where the shared material is absent these
//! tests say so; with `CI=true` they fail then.

use std::path::{Path, PathBuf};

use azure_sim::Scenario;

use crate::bench::{Bench, PATIENCE, fixture, small};

mod answers;
mod differences;
mod drive;
mod left_out;
mod shape;
mod specification;

/// The folder beside the checkout, or `None` where it may be absent.
#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "whether evidence may be missing is a matter of the environment"
)]
fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/azure");
    if folder.exists() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").ok().as_deref(), Some("true"), "the shared material is absent");
    println!("evidence: not run (../shared absent)");
    None
}

/// A database script that nobody here wrote: it loads, its application runs on it, and its secondary has all of it.
#[test]
fn chinook_is_production() {
    let Some(folder) = shared() else { return };
    let app = Some(fixture("chinook.json"));
    let script = folder.join("../data/chinook_sqlserver.sql");
    let bench =
        Bench::new(Scenario { database_script: Some(script), app_v1: app.clone(), app_v2: app, users: 3, ..small() });
    bench.make_stage();
    bench.simulator.tick();
    assert!(bench.simulator.wait("idle", PATIENCE));
    let rows = "SELECT (SELECT COUNT(*) FROM dbo.Artist) + (SELECT COUNT(*) FROM dbo.Track) + (SELECT COUNT(*) FROM dbo.InvoiceLine)";
    assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>(rows), 275 + 3503 + 2240);
    let playlists = "SELECT COUNT(*) FROM dbo.Playlist";
    let report = bench.simulator.report();
    assert_eq!((report.writes.failed, report.reads.failed), (0, 0));
    let written = i32::try_from(report.writes.acknowledged).unwrap();
    assert_eq!(bench.sql("contoso-sql-2", "shop").value::<i32>(playlists), 18 + written);
}
