//! V2's package: where it is, and what it holds.

use std::{fs, path::Path};

use azure::{Cause, PackageAddress, is_zip};
use bytes::Bytes;
use rollout::digest::sha256;

use crate::{
    cloud::Cloud,
    failure::{Failure, failed_at_azure},
    inputs::{PackageInput, SiteInputs},
};

/// V2's package.
#[derive(Debug)]
pub enum Package {
    /// At an address, from which Azure fetches it.
    Address(PackageAddress),
    /// A zip that was read.
    Zip(Bytes),
}

impl Package {
    /// The package that the inputs name; a file is read now, so that what is deployed is what was looked at.
    ///
    /// # Errors
    /// The file cannot be read, or is no zip.
    pub fn read(inputs: &SiteInputs) -> Result<Option<Self>, Failure> {
        Ok(match inputs.package()? {
            None => None,
            Some(PackageInput::Address(address)) => Some(Self::Address(address)),
            Some(PackageInput::File(path)) => Some(Self::Zip(read_zip(&path)?)),
        })
    }

    /// SHA-256 of what it holds now, in lower-case hex.
    ///
    /// # Errors
    /// It cannot be fetched.
    pub async fn digest(&self, cloud: &Cloud) -> Result<String, Failure> {
        match self {
            Self::Zip(bytes) => Ok(sha256(bytes)),
            Self::Address(address) => cloud.arm.digest_of(address, cloud.pace.deployment).await.map_err(not_fetched),
        }
    }
}

fn read_zip(path: &Path) -> Result<Bytes, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("could not read the package `{}`", path.display()));
        Failure::refused(error, "pass the path of a zip that is there in this job, or an https address as `package`")
    })?;
    if is_zip(&bytes) {
        return Ok(bytes.into());
    }
    let error = anyhow::anyhow!("the package `{}` is not a zip file", path.display());
    Err(Failure::refused(error, "pack the files of V2 into a zip, with the folder layout that the site is to have"))
}

/// Who gives the package out is not Azure Resource Manager, and knows none of our tokens.
fn not_fetched(error: azure::Error) -> Failure {
    match error.cause.as_ref() {
        Cause::Package { .. } | Cause::NoZip => {
            let hint = "check the address and how long its signature lasts: this job fetches the package too, to check \
                        its digest";
            Failure::refused(error, hint)
        }
        _ => failed_at_azure(error),
    }
}
