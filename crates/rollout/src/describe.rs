//! Effects in words, for the log and the summary.

use std::fmt;

use crate::{Effect, site::WEBJOBS_STOPPED};

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateFenceTable { database } => write!(f, "create the fence table in `{database}`"),
            Self::RecordUpgrade { database, .. } => write!(f, "write into `{database}` what belongs to this upgrade"),
            Self::RecordMilestone { database, moment, .. } => {
                write!(f, "write into `{database}`: {}", moment.word())
            }
            Self::EraseMilestone { database, moment, .. } => {
                write!(f, "take out of `{database}`: {}", moment.word())
            }
            Self::BeginServing { database, .. } => {
                write!(f, "write into `{database}` that users may be on it from now on")
            }
            Self::CloseFenceOfCopy { database, .. } => {
                write!(f, "write into `{database}` that it has every write, and close its fence")
            }
            Self::CloseUnlessWritten { database, .. } => {
                write!(f, "set `{database}` READ_ONLY unless users wrote to it")
            }
            Self::ProveWritable { database } => write!(f, "prove that `{database}` takes writes"),
            Self::ProveLogUnmoved { source, .. } => write!(f, "prove that nobody has written to `{source}`"),
            Self::ProveServed { endpoint, without: None, .. } => {
                write!(f, "prove that users get endpoint `{endpoint}`")
            }
            Self::ProveServed { endpoint, without: Some(other), .. } => {
                write!(f, "prove that users get endpoint `{endpoint}` once `{}` is disabled", other.name)
            }
            Self::ProvePointed { site, database, .. } => write!(f, "prove that site `{site}` leads to `{database}`"),
            Self::Once { what, .. } => what.fmt(f),
            Self::ServeProduction { production, stage } => {
                write!(f, "send users to endpoint `{production}`, and not to `{stage}`")
            }
            Self::UndoLateRequests { within, .. } => {
                write!(f, "look for {within:#} whether a request of a dead step comes late")
            }
            Self::Label { profile, set, remove } => {
                let words = [names("set", set.iter().map(|(name, _)| name)), names("remove", remove)];
                let words: Vec<_> = words.into_iter().flatten().collect();
                write!(f, "label profile `{profile}`: {}", words.join(", "))
            }
            Self::LabelSwitched { profile, .. } => write!(f, "label profile `{profile}` with the time of the switch"),
            Self::CreateSecondary { source, target, .. } => write!(f, "create geo-secondary `{target}` of `{source}`"),
            Self::AwaitCatchUp { target, .. } => write!(f, "wait until `{target}` is seeded and in CATCH_UP"),
            Self::CreateSite(new) => write!(f, "create site `{}` in plan `{}` like `{}`", new.site, new.plan, new.like),
            Self::CopyConnections { from, to, setting, database, .. } => {
                write!(f, "copy the connection strings of site `{from}` to `{to}`, `{setting}` pointed at `{database}`")
            }
            Self::BindHost { site, host, certificate: Some(_) } => {
                write!(f, "bind host name `{host}` with its certificate to site `{site}`")
            }
            Self::BindHost { site, host, certificate: None } => write!(f, "bind host name `{host}` to site `{site}`"),
            Self::DeployPackage { site, digest, .. } => write!(f, "deploy package `{digest}` to site `{site}`"),
            Self::ProveHostNames { site, hosts, .. } => {
                let hosts: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
                write!(f, "prove that site `{site}` answers as {} with its certificate", hosts.join(", "))
            }
            Self::PointSite { site, setting, database, .. } => {
                write!(f, "point connection string `{setting}` of site `{site}` at `{database}`")
            }
            Self::RestoreSetting { site, setting, .. } => {
                write!(f, "give site `{site}` its old connection string `{setting}` back")
            }
            Self::AddEndpoint { endpoint, target, .. } => {
                write!(f, "add endpoint `{endpoint}` for `{target}`, disabled")
            }
            Self::UpdateSchema { database } => write!(f, "bring schema `rolling_upgrade` in `{database}` up to date"),
            Self::OpenFence { database, within, .. } => {
                write!(f, "open the fence of `{database}`, deadline in {within:#}")
            }
            Self::CloseFence { database, .. } => write!(f, "close the fence of `{database}`"),
            Self::DropFence { database } => {
                write!(f, "remove all but the journal of schema `rolling_upgrade` in `{database}`")
            }
            Self::SetReadOnly { database, grace } if grace.is_zero() => write!(f, "set `{database}` READ_ONLY at once"),
            Self::SetReadOnly { database, grace } => {
                write!(f, "set `{database}` READ_ONLY, open transactions get {grace:#}")
            }
            Self::SetReadWrite { database, .. } => write!(f, "set `{database}` READ_WRITE"),
            Self::ProveReadOnly { database, .. } => write!(f, "prove that `{database}` is the primary and READ_ONLY"),
            Self::AwaitCopySync { source, target } => write!(f, "wait until `{target}` has every write of `{source}`"),
            Self::ProveSynchronised { source, target } => {
                write!(f, "prove that `{source}` and `{target}` have the same last commit")
            }
            Self::EndReplication { source, ending } => {
                write!(f, "end replication from `{source}` to `{}`", ending.partner)
            }
            Self::ProveIndependent { target, .. } => {
                write!(f, "prove that `{target}` stands alone and holds the fence row")
            }
            Self::CompareRows { source, target } => write!(f, "compare the row counts of `{source}` and `{target}`"),
            Self::RecordRows { source, target, .. } => {
                write!(f, "keep the row counts of `{source}` and `{target}`")
            }
            Self::ProveGone { endpoint, site, database } => {
                let site = site.as_ref().map_or_else(String::new, |site| format!(", site `{site}`"));
                write!(f, "prove that endpoint `{endpoint}`{site} and `{database}` are gone")
            }
            Self::ProveUnused { database } => write!(f, "prove that nobody works on `{database}` any more"),
            Self::StopSite { site } => write!(f, "stop site `{site}`"),
            Self::StartSite { site } => write!(f, "start site `{site}`"),
            Self::RunScripts { database, .. } => write!(f, "run the upgrade scripts on `{database}`"),
            Self::KeepFolder { database, .. } => write!(f, "write down in `{database}` which scripts are finished"),
            Self::RunChecks { database } => write!(f, "run the checks on `{database}`"),
            Self::AwaitHealthy { site, repeats, .. } => {
                write!(f, "wait until site `{site}` answered well {repeats} times in a row")
            }
            Self::EnableEndpoint { endpoint, .. } => write!(f, "enable endpoint `{endpoint}`"),
            Self::DisableEndpoint { endpoint, .. } => write!(f, "disable endpoint `{endpoint}`"),
            Self::AwaitOnline { endpoint } => write!(f, "wait until endpoint `{endpoint}` is Online"),
            Self::ProveLock => f.write_str("prove that this run still holds the lock"),
            Self::DeleteEndpoint { endpoint, .. } => write!(f, "remove endpoint `{endpoint}`"),
            Self::DeleteSite { site } => write!(f, "delete site `{site}`"),
            Self::RecordWebJobs { database, side, jobs, .. } => {
                let jobs = list(jobs.iter().map(|job| &job.name));
                write!(f, "write down WebJobs {jobs} of {} in `{database}`", side.word())
            }
            Self::ForgetWebJobs { database, .. } => {
                write!(f, "forget the WebJobs that were written down in `{database}`")
            }
            Self::UnrecordWebJobs { database, side, .. } => {
                write!(f, "delete what was written down of {}'s WebJobs in `{database}`", side.word())
            }
            Self::StopWebJobs { site, names, .. } => write!(f, "stop WebJobs {} of site `{site}`", list(names)),
            Self::StartWebJobs { site, names, .. } => write!(f, "start WebJobs {} of site `{site}`", list(names)),
            Self::SuspendWebJobs { site, .. } => {
                write!(f, "keep every WebJob of site `{site}` from running with `{WEBJOBS_STOPPED}`")
            }
            Self::ReleaseWebJobs { site } => write!(f, "take `{WEBJOBS_STOPPED}` from site `{site}`"),
            Self::RestoreWebJobs { site, .. } => write!(f, "give site `{site}` its old `{WEBJOBS_STOPPED}` back"),
            Self::RunHook { hook, .. } => write!(f, "run {hook}"),
            Self::DeleteDatabase { database } => write!(f, "delete database `{database}`"),
            Self::Firewall { change } => change.fmt(f),
        }
    }
}

fn names<'n>(verb: &str, names: impl IntoIterator<Item = &'n String>) -> Option<String> {
    let names = list(names);
    (!names.is_empty()).then(|| format!("{verb} {names}"))
}

fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
