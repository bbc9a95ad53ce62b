//! Where simulators record their traffic for `cargo xtask contract`: one file for each, which holds secrets, under the
//! target folder.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

thread_local! {
    static OPENED: Cell<u32> = const { Cell::new(0) };
}

/// A file for the next simulator of this test. It is named after the test, so that a finding says where its request was
/// sent and the next run of the test writes over it.
pub fn file() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("capture");
    fs::create_dir_all(&folder).unwrap();
    let number = OPENED.replace(OPENED.get() + 1) + 1;
    folder.join(format!("{}-{number}.jsonl", name()))
}

/// The test runner names the thread of a test after it.
fn name() -> String {
    let thread = std::thread::current();
    let name = thread.name().expect("a simulator is started on the thread of a test");
    name.replace("::", ".")
}

#[test]
fn each_simulator_has_a_file_of_its_own() {
    let (one, two) = (file(), file());
    assert_ne!(one, two);
    let of = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(of(&one), "capture.each_simulator_has_a_file_of_its_own-1.jsonl");
    assert_eq!(one.parent(), two.parent());
}
