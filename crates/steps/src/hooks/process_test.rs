use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

use runner::Environment;
use tempfile::TempDir;

use super::*;

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A script as a hook, and how it ends within this time; with what the log has.
fn ends(text: &str, limit: Duration) -> (Result<(), String>, String) {
    let (_folder, file) = script(text);
    let told = Told::default();
    let runner_io = RunnerIo::new(Environment::default(), Box::new(std::io::sink()), Box::new(told.clone()));
    let call = Call { hook: Hook::Quiesce, file: &file, variables: vec![("UPGRADE_HOOK", "x".to_owned())], limit };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(run(&call, &runner_io)).map_err(|error| format!("{error:#}"));
    let log = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    (ended.map_err(|error| error.replace(file.to_str().unwrap(), "FILE")), log)
}

fn script(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hook");
    fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, file)
}

const PATIENT: Duration = Duration::from_secs(60);

#[test]
fn it_ends_as_the_process_does() {
    let why = |text| ends(text, PATIENT).0.unwrap_err();
    assert_eq!(ends("true", PATIENT), (Ok(()), String::new()));
    assert_eq!(why("exit 7"), "hook-quiesce (`FILE`) ended with exit code 7");
    assert_eq!(why("kill -KILL $$"), "hook-quiesce (`FILE`) was ended by signal 9");
}

#[test]
fn what_is_no_program_cannot_be_started() {
    let (_folder, file) = script("");
    fs::write(&file, "#!/no/such/interpreter\n").unwrap();
    let runner_io = RunnerIo::new(Environment::default(), Box::new(std::io::sink()), Box::new(std::io::sink()));
    let call = Call { hook: Hook::Resume, file: &file, variables: Vec::new(), limit: PATIENT };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = format!("{:#}", runtime.block_on(run(&call, &runner_io)).unwrap_err());
    let expected =
        format!("could not start hook-resume (`{}`): No such file or directory (os error 2)", file.display());
    assert_eq!(error, expected);
}

#[test]
fn lines_of_both_channels_are_told_with_the_name_of_the_hook() {
    let (ended, log) = ends("echo $UPGRADE_HOOK\necho err >&2\nprintf '\\303\\050 '", PATIENT);
    ended.unwrap();
    let mut lines: Vec<_> = log.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["hook-quiesce: err", "hook-quiesce: x", "hook-quiesce: \u{fffd}("]);
}

/// In two pieces a secret would not be found.
#[test]
fn the_rest_of_an_endless_line_is_dropped() {
    let (ended, log) = ends("head -c 200000 /dev/zero | tr '\\0' a; echo; echo next", PATIENT);
    ended.unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!((lines.len(), lines[1]), (2, "hook-quiesce: next"));
    assert_eq!(lines[0], format!("hook-quiesce: {} …", "a".repeat(LONGEST_LINE)));
}

/// A child that goes on holds the output open: the hook has ended all the same.
#[test]
fn a_child_that_is_left_behind_is_not_waited_for() {
    let (folder, _) = script("");
    let left = folder.path().join("left");
    let start = Instant::now();
    let (ended, log) = ends(&format!("echo told; sleep 30 & echo $! > '{}'", left.display()), PATIENT);
    ended.unwrap();
    assert!(log == "hook-quiesce: told\n" && start.elapsed() < Duration::from_secs(20), "{log} {:?}", start.elapsed());
    let child = fs::read_to_string(left).unwrap();
    let alive = rustix::process::test_kill_process(Pid::from_raw(child.trim().parse().unwrap()).unwrap());
    alive.unwrap();
    rustix::process::kill_process(Pid::from_raw(child.trim().parse().unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn one_that_heeds_the_first_signal_has_time_to_tidy_up() {
    let (ended, log) = ends("trap 'echo tidied; exit 0' TERM\nsleep 600 &\nwait", Duration::from_millis(500));
    assert_eq!(ended.unwrap_err(), "hook-quiesce (`FILE`) did not end within 500ms and was killed");
    assert_eq!(log, "hook-quiesce: tidied\n");
}
