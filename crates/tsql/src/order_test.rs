use proptest::prelude::*;

use super::*;

/// Names as teams give them, each list in the order in which its scripts have to run.
const NAMES: [&[&str]; 6] = [
    // Plain numbers, with the words that people put behind them.
    &[
        "1.sql",
        "1-init.sql",
        "1.1.sql",
        "1.2.sql",
        "1.2.10.sql",
        "1.10.SQL",
        "2.sql",
        "02_views.sql",
        "10-drop-column.sql",
        "99 clean up.sql",
        "after.sql",
    ],
    // Flyway: V<version>__<description>, parts of the version behind dots or underscores.
    &[
        "V1.sql",
        "V1__init.sql",
        "V1__2_tables.sql",
        "V1.1__patch.sql",
        "V1_2__Add_index.sql",
        "V1.10__Seed.sql",
        "V2__Orders.sql",
        "V2.0.1__hotfix.sql",
        "V10__drop.sql",
        "V20240301.1015__late.sql",
    ],
    // DbUp: mostly Script<number> - <description>.
    &[
        "Script0001 - Create tables.sql",
        "Script0002 - Add customers.sql",
        "Script0010 - Fill prices.sql",
        "Script0010a - Fill them again.sql",
        "Script0100.sql",
    ],
    // grate and RoundhousE: numbers of four digits, or dates.
    &["0001_CreateTables.sql", "0002_AddIndex.sql", "0002.1_FixIndex.sql", "0010_Data.sql", "2023-02-11_names.sql"],
    // Entity Framework: the time of the migration.
    &[
        "20230101120000_InitialCreate.sql",
        "20230101120001_AddBlog.sql",
        "20231101090000_DropPosts.sql",
        "20240101000000_A.sql",
    ],
    // Words first.
    &["upgrade.sql", "Upgrade-fix.sql", "upgrade_index.sql", "upgrade2.sql", "upgrade2-fix.sql", "upgrade10.sql"],
];

#[test]
fn forty_real_names_are_in_the_order_that_their_teams_mean() {
    assert!(NAMES.iter().map(|names| names.len()).sum::<usize>() >= 40);
    for names in NAMES {
        let mut sorted = names.to_vec();
        sorted.reverse();
        sorted.sort_by(|left, right| natural_order(left, right));
        assert_eq!(sorted, names);
    }
}

#[test]
fn the_extension_and_separators_do_not_decide() {
    for (first, second) in [
        ("1.sql", "1-a.sql"),
        ("1.2.sql", "1.2.1.sql"),
        ("1-2.sql", "1_3.sql"),
        ("1_b.sql", "1-c.sql"),
        ("a.SQL", "a-1.sql"),
        ("V1__z.sql", "V1_1__a.sql"),
        ("007.sql", "8.sql"),
    ] {
        assert_eq!(natural_order(first, second), Ordering::Less, "{first} {second}");
    }
}

proptest! {
    #[test]
    fn natural_order_is_a_total_order(names in proptest::collection::vec("[aAbB0-2._ -]{0,6}(\\.sql)?", 3)) {
        let [a, b, c] = [&names[0], &names[1], &names[2]];
        prop_assert_eq!(natural_order(a, b), natural_order(b, a).reverse());
        prop_assert_eq!(natural_order(a, b) == Ordering::Equal, a == b);
        if natural_order(a, b).is_le() && natural_order(b, c).is_le() {
            prop_assert!(natural_order(a, c).is_le());
        }
    }

    #[test]
    fn numbers_are_ordered_by_value(left in 0u64.., right in 0u64..) {
        prop_assert_eq!(natural_order(&format!("v{left}.sql"), &format!("v{right}.sql")), left.cmp(&right));
    }

    #[test]
    fn a_version_comes_before_all_that_go_on_from_it(version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}", part in 0u16..999) {
        let longer = format!("{version}.{part}.sql");
        prop_assert_eq!(natural_order(&format!("{version}.sql"), &longer), Ordering::Less);
        prop_assert_eq!(natural_order(&format!("{version}__name.sql"), &longer), Ordering::Less);
        prop_assert_eq!(natural_order(&format!("{version}-name.sql"), &longer), Ordering::Less);
    }
}
