//! Transitions of sites.

use super::{Name, Refusal, World};

impl World {
    /// Starts a stopped site; a running one goes on as it is.
    pub(crate) fn start_site(&mut self, group: &str, name: &str, ready_at: f64) -> Result<(), Refusal> {
        let site = self.site_mut(group, name)?;
        if !site.running {
            site.running = true;
            site.begin(ready_at);
        }
        Ok(())
    }

    pub(crate) fn stop_site(&mut self, group: &str, name: &str) -> Result<(), Refusal> {
        self.site_mut(group, name)?.running = false;
        Ok(())
    }

    /// A new process of a running site, and of its Kudu whether it runs or not.
    pub(crate) fn restart_site(&mut self, group: &str, name: &str, ready_at: f64) -> Result<(), Refusal> {
        let site = self.site_mut(group, name)?;
        match site.running {
            true => site.restart(ready_at),
            false => site.restart_kudu(ready_at),
        }
        Ok(())
    }

    /// Takes a site away, and with `with_empty_plan` its plan if no other site is in it. False if there was none.
    pub(crate) fn delete_site(&mut self, group: &str, name: &str, with_empty_plan: bool) -> Result<bool, Refusal> {
        self.group(group)?;
        if self.site_in(group, name).is_err() {
            return Ok(false);
        }
        let plan = self.sites.remove(&Name::from(name)).map(|site| site.plan);
        let empty = |plan: &(Name, Name)| !self.sites.values().any(|site| site.plan == *plan);
        if let Some(plan) = plan.filter(|plan| with_empty_plan && empty(plan)) {
            self.plans.remove(&plan);
        }
        Ok(true)
    }
}
