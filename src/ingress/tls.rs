//! TLS on the way in: certificates and a key, replaced while connections live on.
//!
//! TLS 1.2 and 1.3, HTTP/1.1 only, no early data: what is sent with it could be sent twice by others.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig, crypto::aws_lc_rs};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::value::Timestamp;

/// What a listener proves itself with. Clones are one: what is replaced in one is replaced in all.
#[derive(Clone)]
pub struct Tls(Arc<ArcSwap<Proof>>);

struct Proof {
    config: Arc<ServerConfig>,
    until: Option<Timestamp>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Why certificates and key cannot be used. Quotes nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Nothing begins with `BEGIN CERTIFICATE`, or it is damaged.
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    /// Nothing begins with `BEGIN … PRIVATE KEY`, or it is damaged.
    #[error("there is no private key in PEM form")]
    NoKey,
    /// The key is another certificate's, or of a kind that is not supported.
    #[error("the first certificate and the key do not fit: {0}")]
    Unfit(#[source] rustls::Error),
}

impl Tls {
    /// Of certificates, the listener's own first, and the key of that one; both in PEM form.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(proof(certificates, key)?))))
    }

    /// Puts others in place for the connections that come from now on.
    ///
    /// # Errors
    /// [`TlsError`]; then those of before stay.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.store(Arc::new(proof(certificates, key)?));
        Ok(())
    }

    /// When the first of the certificates ends: from then on callers refuse them. Nothing where they do not say.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.0.load().until
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.0.load().config).into()
    }
}

fn proof(certificates: &[u8], key: &[u8]) -> Result<Proof, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
    let until = chain.iter().filter_map(end).min();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Proof { config: Arc::new(config), until })
}

/// When a certificate ends.
fn end(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(Timestamp::from_millis(certificate.validity().not_after.timestamp().saturating_mul(1000)))
}
