//! The subset of T-SQL: what the engine answers, what it refuses by name, and what is no T-SQL.
#![allow(clippy::unwrap_used)]

mod broken;
mod known;
mod outside;
mod readme;
#[path = "../support/mod.rs"]
mod support;

use sim_sql::Session;
use support::{Answer, World, batches, errors, ok, value};

/// What every example begins with.
const TABLES: &str = "
CREATE TABLE dbo.Artist (ArtistId int NOT NULL CONSTRAINT PK_Artist PRIMARY KEY, Name nvarchar(40) NULL);
CREATE TABLE dbo.Album (
    AlbumId int IDENTITY NOT NULL CONSTRAINT PK_Album PRIMARY KEY,
    Title nvarchar(40) NOT NULL,
    ArtistId int NOT NULL CONSTRAINT FK_Album_Artist REFERENCES dbo.Artist (ArtistId),
    Price decimal(9, 2) NOT NULL CONSTRAINT DF_Price DEFAULT (1) CONSTRAINT CK_Price CHECK (Price >= 0),
    Made date NULL);
CREATE UNIQUE INDEX UX_Title ON dbo.Album (Title);
INSERT dbo.Artist VALUES (1, N'Alpha'), (2, N'beta'), (3, N'Gamma');
INSERT dbo.Album VALUES (N'One', 1, 1.50, '2020-01-01'), (N'Two', 1, 2.25, '2021-01-01'), (N'Three', 2, 3.00, NULL);";

fn world() -> (World, Session) {
    let world = World::new();
    let mut session = world.admin();
    ok(&mut session, TABLES);
    (world, session)
}

/// The answers of an example's batches as its row writes them: the errors of all, and what the last one answered.
fn answered(answers: &[Answer]) -> String {
    let numbers: Vec<String> = answers.iter().flat_map(Answer::numbers).map(|number| number.to_string()).collect();
    let last = answers.last().filter(|last| last.errors.is_empty()).and_then(shown);
    match (numbers.is_empty(), last) {
        (true, shown) => shown.unwrap_or_else(|| "done".to_owned()),
        (false, None) => format!("error {}", numbers.join(", ")),
        (false, Some(shown)) => format!("error {}, then {shown}", numbers.join(", ")),
    }
}

/// The rows of the last result, or what was printed.
fn shown(answer: &Answer) -> Option<String> {
    if !answer.results.is_empty() {
        return Some(answer.rows().iter().map(|row| row.join("|")).collect::<Vec<_>>().join(" ; "));
    }
    let printed: Vec<&str> = answer.infos.iter().map(|info| info.text.as_str()).collect();
    (!printed.is_empty()).then(|| printed.join(" ; "))
}

#[test]
fn each_form_of_the_subset_answers_as_its_row_says() {
    let mut wrong = Vec::new();
    for (form, example, expected) in known::FAMILIES.iter().flat_map(|family| family.rows) {
        let (_world, mut session) = world();
        let answers: Vec<Answer> = batches(example).iter().map(|batch| Answer::of(&mut session, batch)).collect();
        let found = answered(&answers);
        if found != *expected {
            wrong.push(format!("{form}: {example}\n     {found}\n not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_outside_is_refused_by_its_name_and_changes_nothing() {
    let mut wrong = Vec::new();
    for (example, name) in outside::FAMILIES.iter().flat_map(|family| family.rows) {
        let (world, mut session) = world();
        let example = batches(example);
        let (last, first) = example.split_last().unwrap();
        first.iter().for_each(|batch| drop(ok(&mut session, batch)));
        let before = world.store.digest(&|_| false);
        let answer = Answer::of(&mut session, last);
        let refused = answer.rows().is_empty() && refusals(&answer) == [refusal(name)];
        if !refused || world.store.digest(&|_| false) != before {
            wrong.push(format!("{last}\n     {:?}\n not {name}", answer.errors));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The one wording of error 40510.
fn refusal(name: &str) -> (u32, String) {
    let text = format!(
        "Statement '{name}' is not supported in this version of SQL Server. The simulated server does not know it."
    );
    (40510, text)
}

fn refusals(answer: &Answer) -> Vec<(u32, String)> {
    answer.errors.iter().map(|error| (error.number, error.text.clone())).collect()
}

#[test]
fn what_is_no_t_sql_stays_a_syntax_error() {
    let mut wrong = Vec::new();
    for (batch, number) in broken::BATCHES {
        let (_world, mut session) = world();
        let found = Answer::of(&mut session, batch).numbers();
        if found != [*number] {
            wrong.push(format!("{batch}: {found:?}, not {number}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_refusal_ends_its_batch_where_it_is_reached() {
    let (_world, mut session) = world();
    assert_eq!(errors(&mut session, "DELETE Album WHERE AlbumId = 1 SET ROWCOUNT 1 DELETE Album"), [40510]);
    assert_eq!(value(&mut session, "IF 1 = 0 SET ROWCOUNT 1 SELECT COUNT(*) FROM Album"), "2");
    let caught = "BEGIN TRY KILL 55 END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH";
    assert_eq!(value(&mut session, caught), "40510");
}
