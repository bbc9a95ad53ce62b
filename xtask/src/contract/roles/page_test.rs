use super::*;
use crate::contract::{action::Action, statement::Need};

fn needs() -> Needs {
    let mut needs = Needs::default();
    let action = |name: &str, slot| Action { name: name.to_owned(), slot };
    needs.arm.insert("plan", BTreeSet::from([action("A/read", None), action("B/read", Some(Slot::Stage))]));
    needs.arm.insert(
        "cleanup",
        BTreeSet::from([action("B/read", Some(Slot::Production)), action("B/read", Some(Slot::Stage))]),
    );
    let place = Place { slot: Slot::Production, master: true };
    needs.sql.insert(("terminate", place), (Need::Dbmanager, BTreeSet::from(["REMOVE SECONDARY"])));
    needs
}

#[test]
fn a_part_is_written_between_its_marks_and_nothing_else() {
    let page = "a\n<!-- generated: sql -->\nold\n<!-- end -->\nb\n";
    let fill = |page: &str, name, text| generated::fill(page, &[Part::of_page(name, text)]);
    let once = fill(page, "sql", "new\n").unwrap();
    assert_eq!(once, "a\n<!-- generated: sql -->\n\nnew\n\n<!-- end -->\nb\n");
    assert_eq!(fill(&once, "sql", "new\n").unwrap(), once);
    assert!(fill(page, "arm", "new").is_err());
}

#[test]
fn actions_are_shown_by_step_and_slot() {
    let text = arm(&needs());
    let rows: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(rows, ["| `A/read` | • |  |  |  |  |  |  |  |  |  |", "| `B/read` | S |  |  |  |  |  |  | P S |  |  |"]);
}

#[test]
fn sql_roles_are_shown_by_step_and_place() {
    assert!(sql(&needs()).contains("| terminate |  | `dbmanager` |  |  |\n"));
    assert!(batches(&needs()).contains("| terminate | `master` of production's server | REMOVE SECONDARY |\n"));
}
