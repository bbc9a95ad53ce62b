//! An upgrade that no rule objects to, for tests to spoil.

use super::{Finding, check};
use crate::{
    Upgrade, World,
    decide::tests::model,
    facts::{Database, Link, TAG},
    plan::{LogIn, Preflight},
};

pub struct DecisionInput {
    pub upgrade: Upgrade,
    pub world: World,
    pub preflight: Preflight,
}

impl DecisionInput {
    /// Production serves, stage has a site and a server.
    pub fn fresh() -> Self {
        Self { upgrade: model::upgrade(), world: model::fresh(), preflight: model::preflight() }
    }

    /// The stage database is there, as prepare makes it.
    pub fn prepared() -> Self {
        let mut case = Self::fresh();
        let mut copy = case.world.production.database.clone().unwrap();
        copy.tags.insert(TAG.to_owned(), case.upgrade.id.to_string());
        case.world.stage.database = Some(copy);
        case
    }

    pub fn production(&mut self) -> &mut Database {
        self.world.production.database.as_mut().unwrap()
    }

    pub fn stage(&mut self) -> &mut Database {
        self.world.stage.database.as_mut().unwrap()
    }

    /// A geo-secondary of production on another server.
    pub fn with_secondary_on(mut self, server: &str) -> Self {
        self.world.production.links.push(Link {
            name: format!("link to {server}"),
            partner_server: server.to_owned(),
            partner_database: "shop".to_owned(),
            role: "Primary".to_owned(),
            state: "CATCH_UP".to_owned(),
        });
        self
    }

    pub fn all(&self) -> Vec<Finding> {
        check(&self.upgrade, &self.world, &self.preflight)
    }

    /// What this rule finds.
    pub fn finds(&self, rule: &str) -> Option<Finding> {
        assert!(super::names().contains(&rule), "{rule}");
        self.all().into_iter().find(|finding| finding.rule == rule)
    }

    /// What this rule blocks with.
    #[track_caller]
    pub fn blocked_by(&self, rule: &str) -> String {
        let finding = self.finds(rule).unwrap_or_else(|| panic!("{rule} finds nothing in {:#?}", self.all()));
        assert!(finding.blocks, "{finding:?}");
        finding.what
    }

    /// What this rule only remarks.
    #[track_caller]
    pub fn remarked_by(&self, rule: &str) -> String {
        let finding = self.finds(rule).unwrap_or_else(|| panic!("{rule} finds nothing in {:#?}", self.all()));
        assert!(!finding.blocks, "{finding:?}");
        finding.what
    }

    #[track_caller]
    pub fn passes(&self, rule: &str) {
        assert_eq!(self.finds(rule), None);
    }
}

pub fn log_in(name: &str, sid: &str) -> LogIn {
    LogIn { name: name.to_owned(), sid: sid.to_owned() }
}
