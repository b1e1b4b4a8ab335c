//! legs
