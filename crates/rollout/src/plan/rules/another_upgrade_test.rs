use super::super::case::DecisionInput;
use crate::{facts::TAG, labels};

fn labelled(names: &[(&str, &str)]) -> DecisionInput {
    let mut case = DecisionInput::fresh();
    case.world.profile.tags.extend(names.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    case
}

#[test]
fn an_upgrade_under_way_blocks() {
    assert_eq!(
        labelled(&[(TAG, "8"), (labels::ENDPOINT, "contoso-1")]).blocked_by("another-upgrade"),
        "profile `rg/contoso` is in use by upgrade `8`; this is upgrade `7`"
    );
}

#[test]
fn one_that_has_switched_or_was_cleaned_up_or_is_this_one_passes() {
    labelled(&[(TAG, "8"), (labels::ENDPOINT, "contoso-1"), (labels::SWITCHED, "then")]).passes("another-upgrade");
    labelled(&[(TAG, "8"), (labels::ENDPOINT, "contoso-9")]).passes("another-upgrade");
    labelled(&[(TAG, "7"), (labels::ENDPOINT, "contoso-1")]).passes("another-upgrade");
}
