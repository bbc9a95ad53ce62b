//! The batches of a database script.

/// Splits a script at lines that say only `GO` and leaves out what is for a server rather than for a database: the
/// batches before the first `CREATE TABLE` that say `USE`, or make or drop a database. (This splitter reads scripts that
/// belong to a scenario; it knows nothing of comments that hold a `GO` line.)
pub(crate) fn batches(script: &str) -> Vec<String> {
    let mut batches = vec![String::new()];
    for line in script.trim_start_matches('\u{feff}').lines() {
        if line.trim().trim_end_matches(';').eq_ignore_ascii_case("go") {
            batches.push(String::new());
        } else if let Some(last) = batches.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    batches.retain(|batch| !batch.trim().is_empty());
    let first = batches.iter().position(|batch| says(batch, "create table")).unwrap_or(batches.len());
    let mut at = 0;
    batches.retain(|batch| {
        at += 1;
        at > first || !for_a_server(batch)
    });
    batches
}

fn for_a_server(batch: &str) -> bool {
    let words = ["create database", "drop database", "alter database", "master.dbo"];
    let uses =
        batch.lines().any(|line| line.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("use ")));
    uses || words.iter().any(|word| says(batch, word))
}

fn says(batch: &str, words: &str) -> bool {
    batch.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase().contains(words)
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn leaves_out_what_is_for_a_server() {
        let script = "IF EXISTS (SELECT 1 FROM master.dbo.sysdatabases) DROP DATABASE x\nGO\nCREATE DATABASE [x];\ngo;\n\
                      USE [x];\nGO\nCREATE SCHEMA s\nGO\n\nCREATE  TABLE a (b int)\nGO\nUSE x\nGO\n\nGO\n";
        assert_eq!(batches(script), ["CREATE SCHEMA s\n", "\nCREATE  TABLE a (b int)\n", "USE x\n"]);
    }
}
