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

/// What a listener proves itself with. Clones are one: what is replaced in one is replaced in all.
#[derive(Clone)]
pub struct Tls(Arc<ArcSwap<ServerConfig>>);

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
        Ok(Self(Arc::new(ArcSwap::from_pointee(config(certificates, key)?))))
    }

    /// Puts others in place for the connections that come from now on.
    ///
    /// # Errors
    /// [`TlsError`]; then those of before stay.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.store(Arc::new(config(certificates, key)?));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.0.load_full().into()
    }
}

fn config(certificates: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
