//! Effects on web sites and their connection settings.

use std::time::Duration;

use azure::{Probe, web};
use rollout::{
    DatabaseId, SiteEffect, SiteId, Upgrade,
    connection::{ConnectionString, value_of},
    facts::ConnectionSetting,
    ids::eq_azure_name,
};
use secrecy::{ExposeSecret, SecretString};
use tsql::Credentials;

use super::executor::Executor;
use crate::{
    failure::{Failure, failed_at_azure},
    observe::connection_settings,
    wait,
};

/// Users wait for write access meanwhile, so the looks follow one another quickly.
const BETWEEN_HEALTH_CHECKS: Duration = Duration::from_millis(500);

impl Executor<'_> {
    pub(super) async fn site(&mut self, effect: &SiteEffect) -> Result<(), Failure> {
        match effect {
            SiteEffect::ProvePointed { site, setting, database } => self.prove_pointed(site, setting, database).await,
            SiteEffect::ProveHostNames { site, address, hosts } => self.prove_host_names(site, address, hosts).await,
            SiteEffect::AwaitHealthy { address, hosts, path, repeats, .. } => {
                self.await_healthy(address, hosts, path, *repeats).await
            }
            SiteEffect::Create(new) => self.create_site(new).await,
            SiteEffect::CopyConnections { from, to, setting, database, others } => {
                self.copy_connections(from, to, setting, database, others).await
            }
            SiteEffect::BindHost { site, host, certificate } => {
                self.bind_host(site, host, certificate.as_deref()).await
            }
            SiteEffect::Deploy { site, digest, profile } => self.deploy_package(site, digest, profile).await,
            SiteEffect::Point { site, setting, database, keep } => self.point_site(site, setting, database, keep).await,
            SiteEffect::RestoreSetting { site, setting, kept } => self.restore_setting(site, setting, kept).await,
            SiteEffect::Stop { site } => self.stop_site(site).await,
            SiteEffect::Start { site } => self.start_site(site).await,
        }
    }

    /// The collection is read, merged and replaced as a whole: that is the only way Azure offers. What earlier upgrades
    /// kept goes: the site restarts anyway.
    pub(super) async fn point_site(
        &self,
        site: &SiteId,
        setting: &str,
        database: &DatabaseId,
        keep: &str,
    ) -> Result<(), Failure> {
        let mut all = connection_settings(self.cloud, site).await.map_err(failed_at_azure)?;
        let old = find(&all, site, setting)?.clone();
        let fqdn = self.cloud.fqdn(&database.server_id());
        let value = pointed(site, &old, &fqdn, &database.name)?;
        self.prove_log_in(site, &value, &fqdn, database).await?;
        all.retain(|other| !Upgrade::is_kept_setting(&other.name));
        all.push(ConnectionSetting { name: keep.to_owned(), ..old.clone() });
        replace(&mut all, ConnectionSetting { value, ..old });
        self.put_settings(site, &all).await
    }

    /// The site's own user must be able to log in to the copy: contained users replicate, log-ins of a server do not.
    /// A string without user and password, such as one with a managed identity, cannot be tried from here.
    pub(super) async fn prove_log_in(
        &self,
        site: &SiteId,
        value: &SecretString,
        fqdn: &str,
        database: &DatabaseId,
    ) -> Result<(), Failure> {
        let text = value.expose_secret();
        let user = value_of(text, &["user id", "uid", "user"]);
        let Some((user, password)) = user.zip(value_of(text, &["password", "pwd"])) else {
            self.cloud
                .notice(format!("the log-in of site `{site}` to `{database}` cannot be tried: it has no password"));
            return Ok(());
        };
        let who = Credentials::Password { user: user.clone(), password: password.into() };
        match self.cloud.connect_as(fqdn, &database.name, &who).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error =
                    anyhow::Error::new(error).context(format!("site `{site}` could not log in to `{database}`"));
                let hint = format!(
                    "create the log-in `{user}` on server `{}` with the same SID and password",
                    database.server
                );
                Err(Failure::refused(error, hint))
            }
        }
    }

    pub(super) async fn restore_setting(&self, site: &SiteId, setting: &str, kept: &str) -> Result<(), Failure> {
        let mut all = connection_settings(self.cloud, site).await.map_err(failed_at_azure)?;
        let old = find(&all, site, kept)?.clone();
        all.retain(|other| !eq_azure_name(&other.name, kept));
        replace(&mut all, ConnectionSetting { name: setting.to_owned(), ..old });
        self.put_settings(site, &all).await
    }

    pub(super) async fn put_settings(&self, site: &SiteId, all: &[ConnectionSetting]) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        arm.send(&web::put_connection_settings(arm.scope(), site, all)).await.map_err(failed_at_azure)
    }

    pub(super) async fn stop_site(&self, site: &SiteId) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        arm.send(&web::stop(arm.scope(), site)).await.map_err(failed_at_azure)?;
        self.await_running(site, false).await
    }

    pub(super) async fn start_site(&self, site: &SiteId) -> Result<(), Failure> {
        let arm = &self.cloud.arm;
        arm.send(&web::start(arm.scope(), site)).await.map_err(failed_at_azure)?;
        self.await_running(site, true).await
    }

    async fn await_running(&self, id: &SiteId, running: bool) -> Result<(), Failure> {
        let (arm, pace) = (&self.cloud.arm, self.cloud.pace);
        let look = || async {
            let site = arm.send(&web::site(arm.scope(), id)).await.map_err(failed_at_azure)?;
            Ok(site.filter(|site| site.running == running).map(|_| ()))
        };
        let what = format!("site `{id}` {}", if running { "runs" } else { "is stopped" });
        wait::until(&what, pace.poll, pace.health, look).await
    }

    pub(super) async fn await_healthy(
        &self,
        address: &str,
        hosts: &[String],
        path: &str,
        repeats: u32,
    ) -> Result<(), Failure> {
        let pace = self.cloud.pace;
        for host in hosts {
            let probe = Probe {
                connect_host: address.to_owned(),
                host: host.clone(),
                path: path.to_owned(),
                timeout: pace.request,
            };
            let interval = pace.poll.min(BETWEEN_HEALTH_CHECKS);
            let healthy = self.cloud.prober.healthy_in_a_row(&probe, repeats, interval, pace.health).await;
            healthy.map_err(Failure::broken)?;
        }
        Ok(())
    }

    pub(super) async fn prove_pointed(
        &mut self,
        site: &SiteId,
        setting: &str,
        database: &DatabaseId,
    ) -> Result<(), Failure> {
        let all = connection_settings(self.cloud, site).await.map_err(failed_at_azure)?;
        let fqdn = self.cloud.fqdn(&database.server_id());
        let leads_there = all.iter().filter(|one| eq_azure_name(&one.name, setting)).any(|one| {
            ConnectionString::parse(one.value.expose_secret())
                .is_ok_and(|string| string.leads_to(&fqdn, &database.name))
        });
        if leads_there {
            return Ok(());
        }
        let why = format!("connection string `{setting}` of site `{site}` no longer points to `{database}`");
        Err(Failure::broken(anyhow::anyhow!(why)))
    }
}

pub(super) fn find<'s>(
    all: &'s [ConnectionSetting],
    site: &SiteId,
    name: &str,
) -> Result<&'s ConnectionSetting, Failure> {
    all.iter().find(|setting| eq_azure_name(&setting.name, name)).ok_or_else(|| {
        let error = anyhow::anyhow!("site `{site}` no longer has a connection string `{name}`");
        Failure::refused(
            error,
            "the site was changed by hand or by another program: check it, then run this step again",
        )
    })
}

pub(super) fn pointed(
    site: &SiteId,
    old: &ConnectionSetting,
    fqdn: &str,
    database: &str,
) -> Result<SecretString, Failure> {
    let string = ConnectionString::parse(old.value.expose_secret());
    let pointed = string.and_then(|string| string.with_target(fqdn, database));
    pointed.map(SecretString::from).map_err(|error| {
        let error = anyhow::Error::new(error);
        let error =
            error.context(format!("could not point connection string `{}` of site `{site}` at stage", old.name));
        Failure::refused(error, "use an ADO.NET connection string as the setting's value")
    })
}

pub(super) fn replace(all: &mut Vec<ConnectionSetting>, new: ConnectionSetting) {
    match all.iter_mut().find(|setting| eq_azure_name(&setting.name, &new.name)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}
