use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn names(files: &[&str]) -> Vec<String> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|name| (*name, b"select 1".as_slice())).collect();
    read_folder(folder(&files).path()).unwrap().into_iter().map(|script| script.name).collect()
}

fn refusal(files: &[(&str, &[u8])]) -> String {
    let folder = folder(files);
    let error = read_folder(folder.path()).unwrap_err();
    error.to_string().replace(folder.path().to_str().unwrap(), "<folder>")
}

#[test]
fn scripts_come_in_natural_order_and_other_files_are_left_alone() {
    assert_eq!(
        names(&["10-c.sql", "2-b.sql", "1-a.SQL", "README.md", "x.sql.bak"]),
        ["1-a.SQL", "2-b.sql", "10-c.sql"]
    );
    assert_eq!(
        names(&["b.sql", "A.sql", "C1.sql", "c02.sql", "c10.sql"]),
        ["A.sql", "b.sql", "C1.sql", "c02.sql", "c10.sql"]
    );
    assert_eq!(
        names(&["v1.10.sql", "v1.9.sql", "v1.sql", "01.sql", "1.sql"]),
        ["01.sql", "1.sql", "v1.sql", "v1.9.sql", "v1.10.sql"]
    );
}

#[test]
fn a_script_has_the_digest_of_its_bytes_and_the_batches_that_are_sent() {
    let folder = folder(&[("1.sql", b"\xEF\xBB\xBF-- head\nGO\nselect 1\nGO 2\n")]);
    let scripts = read_folder(folder.path()).unwrap();
    assert_eq!(scripts[0].digest, "163ea1c40d46d06e22f714b903986c8dab11a47b0dbddd3b4c92c3207bd61c5d");
    let batch = Batch { text: "select 1\n".into(), repeat: 2, first_line: 3, comments_only: false };
    assert_eq!(scripts[0].batches, [batch]);
}

#[test]
fn what_is_no_folder_of_scripts_is_refused() {
    assert_eq!(
        refusal(&[("a.txt", b"")]),
        "no file in `<folder>` ends in `.sql`: name the folder that holds the upgrade scripts"
    );
    assert_eq!(
        refusal(&[("a.sql", b""), ("A.sql", b"")]),
        "`A.sql` and `a.sql` differ only in case, and the journal compares names without case: rename one of them"
    );
    assert_eq!(
        refusal(&[("1.sql", b"a\nGO x")]),
        "`1.sql`, line 2, column 4: `x` cannot stand after `GO`: only a repeat count and a comment that begins with `--` \
         may follow; put anything else on a line of its own"
    );
    assert!(refusal(&[("1.sql", b"\xE9")]).starts_with("`1.sql` is not UTF-8: byte 0xE9 at offset 0"));
}

#[test]
fn a_missing_folder_and_a_folder_named_like_a_script_are_refused() {
    let outer = folder(&[]);
    fs::create_dir(outer.path().join("x.sql")).unwrap();
    let error = read_folder(outer.path()).unwrap_err();
    assert!(error.to_string().ends_with("x.sql`; the path must name a folder of readable files that end in `.sql`"));
    assert!(matches!(read_folder(&outer.path().join("none")), Err(ScriptError::Unreadable { .. })));
}
