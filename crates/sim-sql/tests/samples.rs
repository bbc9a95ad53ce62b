//! Whole scripts that were not written for this engine.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::path::{Path, PathBuf};

use support::{World, batches, ok, value};

#[expect(
    clippy::disallowed_methods,
    reason = "whether evidence may be left out is said to the test run, not to the engine"
)]
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// Shared material beside the checkout; `None` where it is absent, which `CI=true` does not allow.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    let ci = in_ci();
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

fn sample(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample").join(path);
    std::fs::read_to_string(path).unwrap()
}

/// The statements of an app, as the sites run them.
fn app_statements(path: &str) -> Vec<String> {
    let app: serde_json::Value = serde_json::from_str(&sample(path)).unwrap();
    let lists = ["health", "read", "write"].map(|list| app[list].as_array().unwrap().clone());
    let prefix = "DECLARE @user int = 7, @sequence int = 3, @token nvarchar(36) = N'6f9619ff';";
    lists.concat().iter().map(|sql| format!("{prefix} {}", sql.as_str().unwrap())).collect()
}

#[test]
fn the_book_shop_goes_from_its_first_version_to_its_second() {
    let world = World::new();
    let mut session = world.admin();
    for batch in batches(&sample("shop.sql")) {
        ok(&mut session, &batch);
    }
    for statement in app_statements("v1/app.json") {
        ok(&mut session, &statement);
    }
    let orders = value(&mut session, "SELECT COUNT(*) FROM dbo.Orders");
    for script in ["1-customer-names", "2-order-totals", "3-shipments", "4-book-ratings", "10-lists"] {
        ok(&mut session, "SET XACT_ABORT ON; BEGIN TRANSACTION;");
        for batch in batches(&sample(&format!("upgrade/{script}.sql"))) {
            ok(&mut session, &batch);
        }
        ok(&mut session, "COMMIT TRANSACTION;");
    }
    for statement in app_statements("v2/app.json") {
        ok(&mut session, &statement);
    }
    let expected = (orders.parse::<u32>().unwrap() + 1).to_string();
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM dbo.Orders"), expected);
    let shipped = value(&mut session, "SELECT COUNT(*) FROM dbo.Orders WHERE Status <> 'X'");
    assert_eq!(value(&mut session, "SELECT COUNT(*) FROM dbo.Shipment"), shipped);
    let totals = "SELECT COUNT(*) FROM dbo.Orders AS o JOIN (SELECT OrderId, SUM(Quantity * UnitPrice) AS Total FROM dbo.OrderLine GROUP BY OrderId) AS t ON t.OrderId = o.OrderId WHERE o.Total <> t.Total";
    assert_eq!(value(&mut session, totals), "0");
    assert_eq!(
        value(&mut session, "SELECT COUNT(*) FROM dbo.Customer WHERE GivenName + N' ' + FamilyName IS NULL"),
        "0"
    );
}

#[test]
fn the_broken_script_fails_and_leaves_nothing() {
    let world = World::new();
    let mut session = world.admin();
    for batch in batches(&sample("shop.sql")) {
        ok(&mut session, &batch);
    }
    let before = world.store.digest(&|_| false);
    ok(&mut session, "SET XACT_ABORT ON; BEGIN TRANSACTION;");
    let script = batches(&sample("broken/20-stock-count.sql"));
    ok(&mut session, &script[0]);
    assert_eq!(support::errors(&mut session, &script[1]), [547]);
    assert_eq!(value(&mut session, "SELECT @@TRANCOUNT"), "0");
    assert_eq!(world.store.digest(&|_| false), before);
}
