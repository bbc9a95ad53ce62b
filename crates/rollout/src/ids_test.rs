use proptest::prelude::*;

use super::*;

#[test]
fn reads_each_shape() {
    let database: DatabaseId = "rg/srv/shop".parse().unwrap();
    assert_eq!(database.server_id(), "RG/SRV".parse().unwrap());
    let site: SiteId = "rg/web/stage".parse().unwrap();
    assert_eq!(site.slot.as_deref(), Some("stage"));
    let endpoint: EndpointId = "rg/profile/blue".parse().unwrap();
    assert_eq!(endpoint.profile_id().to_string(), "rg/profile");
}

#[test]
fn compares_without_case() {
    assert_eq!("RG/Web".parse::<SiteId>().unwrap(), "rg/wEB".parse().unwrap());
    assert_ne!("rg/web".parse::<SiteId>().unwrap(), "rg/web/slot".parse().unwrap());
}

#[test]
fn an_empty_identifier_names_the_trap() {
    let message = "".parse::<DatabaseId>().unwrap_err().to_string();
    assert_eq!(
        message,
        "it is empty, expected `<resource-group>/<server>/<database>`; if a job output should have filled it: GitHub \
         drops a job output that contains a masked value, so look for a warning \"Skip output … since it may contain \
         secret\" in the job before this one"
    );
}

#[test]
fn refuses_other_shapes_and_characters() {
    let error = |text: &str| text.parse::<DatabaseId>().unwrap_err().to_string();
    assert_eq!(error("a/b"), "`a/b` is not a database identifier: expected `<resource-group>/<server>/<database>`");
    assert_eq!(
        error("a/b/ c"),
        "`a/b/ c` is not a database identifier: expected `<resource-group>/<server>/<database>`"
    );
    assert_eq!(
        error("a/../c"),
        "`a/../c` is not a database identifier: expected `<resource-group>/<server>/<database>`"
    );
    assert_eq!(
        error("a/b/c?x"),
        "`c?x` in the database identifier `a/b/c?x` has the character `?`, which no Azure name can have"
    );
}

#[test]
fn an_upgrade_id_is_plain() {
    assert_eq!("7301-a_b".parse::<UpgradeId>().unwrap().as_str(), "7301-a_b");
    for bad in ["", "a b", "a/b", "ü", &"x".repeat(65)] {
        assert!(bad.parse::<UpgradeId>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(group in "[a-z0-9._()-]{1,20}", server in "[a-z0-9-]{1,20}", name in "[A-Za-z0-9 _.-]{1,20}") {
        let plain = |part: &str| part.trim() == part && part != "." && part != "..";
        prop_assume!(plain(&name) && plain(&group));
        let id = DatabaseId { group, server, name };
        prop_assert_eq!(&id.to_string().parse::<DatabaseId>().unwrap(), &id);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = text.parse::<SiteId>();
        let _ = text.parse::<EndpointId>();
        let _ = text.parse::<UpgradeId>();
    }
}
