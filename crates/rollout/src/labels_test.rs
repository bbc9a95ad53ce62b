use super::*;
use crate::decide::tests::model::{at, fresh, upgrade};

fn labelled(value: &str) -> Profile {
    let mut profile = fresh().profile;
    profile.tags.insert(TAG.to_owned(), upgrade().id.to_string());
    profile.tags.insert(SYNCHRONISED.to_owned(), value.to_owned());
    profile
}

fn value(reading: Option<&Reading>) -> String {
    synchronised_value(&upgrade(), at(0), reading)
}

#[test]
fn a_reading_comes_back_from_the_label() {
    let reading = Reading { instance: at(5), updates: i64::MAX, canary: 3 };
    let profile = labelled(&value(Some(&reading)));
    assert_eq!(production_reading(&profile, &upgrade()), Some(reading));
    assert!(synchronised(&profile, &upgrade(), Some(at(0))));
    assert!(!synchronised(&profile, &upgrade(), Some(at(1))), "it is of another freeze");
    assert!(!synchronised(&profile, &upgrade(), None), "nothing is frozen");
}

#[test]
fn without_a_reading_the_label_says_the_rest() {
    let of_the_release_before = upgrade().id.to_string();
    for value in [value(None), of_the_release_before] {
        let profile = labelled(&value);
        assert_eq!(production_reading(&profile, &upgrade()), None, "{value}");
        assert!(synchronised(&profile, &upgrade(), Some(at(0))), "{value}");
    }
}

/// The longest value that Azure takes has 256 characters.
#[test]
fn the_longest_value_fits_into_a_tag() {
    let id = "i".repeat(64).parse().unwrap();
    let reading = Reading { instance: at(5), updates: i64::MIN, canary: i64::MAX };
    let value = synchronised_value(&Upgrade { id, ..upgrade() }, at(0), Some(&reading));
    assert!(value.len() <= 256, "{value}");
}

#[test]
fn what_somebody_has_written_into_the_label_is_no_reading() {
    let id = upgrade().id;
    let torn = [
        format!("{id}/x/y"),
        format!("{id}/x/2026-01-01T00:00:00.000Z/1"),
        format!("{id}/x/2026-01-01T00:00:00.000Z/1/2/3"),
        "another/x/2026-01-01T00:00:00.000Z/1/a".to_owned(),
    ];
    for value in torn {
        assert_eq!(production_reading(&labelled(&value), &upgrade()), None, "{value}");
    }
}
