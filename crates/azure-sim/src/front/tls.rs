//! Certificates: an authority of this world's own, and one certificate for all of its hosts.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::{
    deploy::BLOB,
    sign_in::{ENTRA, GITHUB},
    sql::Door,
};

/// The hosts that the simulator stands for.
const HOSTS: [&str; 10] = [
    "management.azure.com",
    ENTRA,
    GITHUB,
    "*.database.windows.net",
    "*.azurewebsites.net",
    "*.scm.azurewebsites.net",
    "*.trafficmanager.net",
    BLOB,
    "www.contoso.example",
    "localhost",
];

/// The authority, as the file that clients trust.
pub(crate) struct Authority {
    pub(crate) pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    /// Makes an authority and a certificate signed by it, which is for the SQL workers too.
    pub(crate) fn new(workers: &[Door]) -> anyhow::Result<Self> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "azure-sim test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_certificate = ca.self_signed(&ca_key)?;
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate()?;
        let workers = workers.iter().flat_map(|worker| [worker.domain(), format!("*.{}", worker.domain())]);
        let hosts: Vec<String> = HOSTS.map(str::to_owned).into_iter().chain(workers).collect();
        let mut leaf = CertificateParams::new(hosts)?;
        leaf.distinguished_name.push(DnType::CommonName, "azure-sim");
        leaf.use_authority_key_identifier_extension = true;
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok(Self {
            pem: ca_certificate.pem(),
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }
}

/// The TLS configuration of a front; without application protocols, so that it serves TDS and HTTP/1.1 alike.
pub(crate) fn server_config(authority: &Authority) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(authority.chain.clone(), authority.key.clone_key())?;
    Ok(Arc::new(config))
}
