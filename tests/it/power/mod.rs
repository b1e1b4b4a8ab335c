//! Power cuts and failing disks, for real: a layer between the store and its files (tests/power/shim.c) records what the
//! disk is told, or fails as told. It is preloaded, which is Linux's way; elsewhere one test says that nothing was tested.
//!
//! `cuts` makes of one record the disk after a cut at any moment, opens the store on it, and asks for everything that had
//! been acknowledged. `trouble` is a gateway whose disk is full, sick, slow or read-only.

#[cfg(target_os = "linux")]
mod asked;
#[cfg(target_os = "linux")]
mod cuts;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod layer;
#[cfg(target_os = "linux")]
mod trouble;
#[cfg(target_os = "linux")]
mod workload;

#[cfg(not(target_os = "linux"))]
#[test]
#[ignore = "power cuts and failing disks are tested on Linux only: the layer under the store is preloaded (LD_PRELOAD)"]
fn only_on_linux() {
    panic!("run these tests on Linux");
}
