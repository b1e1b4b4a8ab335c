//! Certificates made for a test, and connections that trust one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// Whom the certificates are for.
const NAME: &str = "gateway.example";

/// A certificate that vouches for itself, and its key.
pub(crate) struct Pair {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    /// When it ends, in Unix time; no two end together.
    pub(super) until: i64,
}

static MADE: AtomicI32 = AtomicI32::new(0);

impl Pair {
    pub(crate) fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut about = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        about.not_after = rcgen::date_time_ymd(2040 + MADE.fetch_add(1, Ordering::Relaxed), 1, 1);
        let (until, certificate) = (about.not_after.unix_timestamp(), about.self_signed(&key).unwrap());
        Self { certificate: certificate.der().clone(), key: key.serialize_der(), until }
    }

    pub(crate) fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    pub(crate) fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key)
    }

    /// TLS over a connection, by somebody who trusts this certificate and no other.
    pub(super) async fn over(&self, stream: TcpStream, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
