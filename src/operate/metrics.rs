//! `/metrics`: how everything stands, in Prometheus' text format.
//!
//! Everything is asked when it is wanted and written by a recorder of its own, so that what is gone, a tenant or a version,
//! leaves no series behind. Labels are names of the configuration, never anything of a message.

use std::collections::HashMap;

use metrics::{Recorder, counter, describe_counter, describe_gauge, gauge, with_local_recorder};
use metrics_exporter_prometheus::PrometheusBuilder;

use super::api::count;
use super::standing::Standing;
use super::{Desk, Recounted};
use crate::config::{Snapshot, Tenant};
use crate::diagnostic::Severity;
use crate::flow::Drain;
use crate::mapping::Party;
use crate::model::{Name, Rate};
use crate::store::{Holding, Ledger, Lettered, Node};

/// What one tenant's messages come to.
struct Account {
    tenant: Name,
    ledger: Ledger,
    queued: u64,
}

impl Desk {
    pub(super) async fn metrics(&self) -> String {
        let snapshot = self.flow.snapshot.load_full();
        let mut accounts = Vec::with_capacity(snapshot.tenants.len());
        for tenant in &snapshot.tenants {
            // From memory, or what all gateways that share the store added up.
            if let Ok(ledger) = self.flow.store.ledger(&tenant.name).await {
                let queued = self.flow.store.backlog(&tenant.name);
                accounts.push(Account { tenant: tenant.name.clone(), ledger, queued });
            }
        }
        let drains = self.flow.drains().await.unwrap_or_default();
        let letters = self.flow.store.count_letters().await.unwrap_or_default();
        let writable = self.writable().await.is_ok();
        let recorder = PrometheusBuilder::new().build_recorder();
        let text = recorder.handle();
        let recorder: &dyn Recorder = &recorder;
        with_local_recorder(recorder, || {
            describe();
            gauge!("switchboard_store_writable").set(if writable { 1.0 } else { 0.0 });
            configuration(&self.standing(), &snapshot);
            accounts.iter().for_each(messages);
            self.recounted().iter().for_each(|recounted| recount(recounted));
            self.rates(&snapshot, &drains);
            self.holds(&snapshot);
            self.callers();
            if let Some(until) = self.certified.load_full() {
                let until = u64::try_from(until.millis()).unwrap_or_default();
                gauge!("switchboard_certificate_expiry_timestamp_seconds").set(number(until) / 1000.0);
            }
            for (result, count) in self.told.counts() {
                counter!("switchboard_alarms_told_total", "result" => result).absolute(count);
            }
            letters.iter().for_each(lettered);
            nodes(&self.flow.store.nodes());
            for ((mapping, table), count) in self.flow.misses.all() {
                let labels = [("mapping", mapping), ("table", table)];
                counter!("switchboard_table_misses_total", &labels).absolute(count);
            }
            for tenant in &snapshot.tenants {
                let count = self.flow.unpriced.of(&tenant.name);
                counter!("switchboard_costs_unusable_total", "tenant" => tenant.name.to_string()).absolute(count);
            }
            for ((mapping, section), checked) in self.flow.shapes.all() {
                let labels = [("mapping", mapping), ("section", section.to_owned())];
                counter!("switchboard_schema_checked_total", &labels).absolute(checked.documents);
                counter!("switchboard_schema_mismatches_total", &labels).absolute(checked.mismatches);
            }
        });
        text.render()
    }

    /// A tenant without a hold has its zeros, so that an alarm ends.
    fn holds(&self, snapshot: &Snapshot) {
        let mut held: HashMap<&str, [u64; 3]> = HashMap::new();
        let (lanes, people) = (self.flow.held.all(), self.flow.limits.held_recipients());
        for (what, _) in &lanes {
            match what {
                Holding::Messages(lane) => held.entry(lane.tenant.as_str()).or_default()[0] += 1,
                Holding::Calls(lane) => held.entry(lane.tenant.as_str()).or_default()[1] += 1,
            }
        }
        for ((tenant, _), count) in &people {
            held.entry(tenant.as_str()).or_default()[2] += u64::try_from(*count).unwrap_or(u64::MAX);
        }
        let paused = self.flow.store.paused();
        for tenant in &snapshot.tenants {
            let pauses = count(&paused, &tenant.name);
            gauge!("switchboard_paused", "tenant" => tenant.name.to_string()).set(number(pauses));
            let [messages, calls, people] = held.get(tenant.name.as_str()).copied().unwrap_or_default();
            let name = tenant.name.to_string();
            gauge!("switchboard_lanes_held", "tenant" => name.clone(), "of" => "messages").set(number(messages));
            gauge!("switchboard_lanes_held", "tenant" => name.clone(), "of" => "calls").set(number(calls));
            gauge!("switchboard_recipients_held", "tenant" => name).set(number(people));
        }
    }

    fn callers(&self) {
        for (listener, traffic) in ["public", "admin"].into_iter().zip(&self.traffic) {
            let open = u32::try_from(traffic.open()).unwrap_or(u32::MAX);
            gauge!("switchboard_connections", "listener" => listener).set(f64::from(open));
            let closed = [("surplus", traffic.surplus()), ("displaced", traffic.displaced())];
            for (why, count) in closed {
                let labels = [("listener", listener), ("why", why)];
                counter!("switchboard_connections_closed_total", &labels).absolute(count);
            }
        }
        let (wrong, later) = self.flow.failures.counts();
        counter!("switchboard_credentials_wrong_total").absolute(wrong);
        counter!("switchboard_credentials_barred_total").absolute(later);
    }

    /// Messages a second that a tenant's file lets it send, and those that it may send now.
    pub(super) fn speed(&self, tenant: &Tenant) -> (f64, f64) {
        let each = tenant.numbers.iter().map(|number| (per_second(number.rate), self.flow.percent(tenant, number)));
        let (ceiling, current) = each.fold((0.0, 0.0), |(ceiling, current), (rate, percent)| {
            (ceiling + rate, current + rate * f64::from(percent) / 100.0)
        });
        let most = tenant.limits.send.map_or(f64::INFINITY, per_second);
        (most.min(ceiling), most.min(current))
    }

    fn rates(&self, snapshot: &Snapshot, drains: &HashMap<Name, Drain>) {
        for tenant in &snapshot.tenants {
            let (ceiling, current) = self.speed(tenant);
            gauge!("switchboard_rate_ceiling", "tenant" => tenant.name.to_string()).set(ceiling);
            gauge!("switchboard_rate_current", "tenant" => tenant.name.to_string()).set(current);
            if let Some(drain) = drains.get(&tenant.name) {
                let takes = drain.takes.map_or(f64::INFINITY, |takes| takes.as_secs_f64());
                gauge!("switchboard_drain_seconds", "tenant" => tenant.name.to_string()).set(takes);
            }
        }
    }
}

fn describe() {
    let gauges = [
        ("switchboard_info", "The program's version."),
        ("switchboard_configuration_info", "A hash of all that is served."),
        ("switchboard_configuration_files", "Files in the folder."),
        ("switchboard_configuration_problems", "Problems of all files, as `check` prints them."),
        ("switchboard_configuration_last_good", "Files with an error, or gone, whose last good text is served."),
        ("switchboard_configuration_readable", "1 where the folders could be read at the last try."),
        ("switchboard_configuration_loaded_seconds", "When the configuration was put in place, in Unix time."),
        ("switchboard_configuration_load_duration_seconds", "From the settled change to the swap, at the last load."),
        ("switchboard_mappings", "Versions of mappings that are loaded."),
        (
            "switchboard_nodes",
            "Gateways that share the store, by whether their configuration is this one's; this one counts.",
        ),
        ("switchboard_node_parts", "Parts of the work that this gateway has."),
        ("switchboard_tenants", "Tenants by state; removed: its file is gone, its last message not settled."),
        ("switchboard_store_writable", "1 where the store takes writes, as /readyz has it."),
        ("switchboard_messages", "Where the messages stand that were accepted."),
        ("switchboard_messages_queued", "Messages that wait for their turn."),
        (
            "switchboard_drain_seconds",
            "How long these take at the rates of now, at least; +Inf: their sender cannot send.",
        ),
        ("switchboard_rate_ceiling", "Messages a second that a tenant's file lets it send."),
        ("switchboard_rate_current", "The same less what its provider called too fast."),
        ("switchboard_dead_letters", "What could not be done and waits for a person, by what it is."),
        ("switchboard_statuses_looked_for", "Statuses that found no message and are looked for again."),
        ("switchboard_lanes_held", "Lanes that wait because of what a party said, of messages or of calls."),
        (
            "switchboard_paused",
            "Pauses of the operator's: the whole tenant, or numbers of it. Nothing goes out from there.",
        ),
        ("switchboard_recipients_held", "People whom the provider wants left alone for a while."),
        (
            "switchboard_ledger_difference",
            "Accepted messages less those that stand somewhere: anything but 0 is a fault.",
        ),
        (
            "switchboard_ledger_recount_difference",
            "Messages that the ledger has elsewhere than the last count of what is stored: anything but 0 is a fault.",
        ),
        (
            "switchboard_certificate_expiry_timestamp_seconds",
            "When the first of the public listener's certificates ends, in Unix time.",
        ),
        ("switchboard_connections", "Connections that are open at a listener."),
        ("switchboard_ledger_recounted_seconds", "When all messages were counted last, in Unix time."),
    ];
    for (name, help) in gauges {
        describe_gauge!(name, help);
    }
    describe_counter!("switchboard_configuration_loads_total", "How often the files were read, by what came of it.");
    describe_counter!("switchboard_alarms_told_total", "Alarms that were posted, by whether somebody took them.");
    describe_counter!("switchboard_messages_accepted_total", "Messages accepted.");
    describe_counter!(
        "switchboard_schema_checked_total",
        "Documents held against their section's JSON Schema: a sample."
    );
    describe_counter!("switchboard_schema_mismatches_total", "Those of them that are not of the declared shape.");
    describe_counter!(
        "switchboard_connections_closed_total",
        "Connections closed at once (surplus: their source has enough) or, while idle, for a newcomer (displaced)."
    );
    describe_counter!("switchboard_credentials_wrong_total", "Requests whose credentials are nobody's.");
    describe_counter!(
        "switchboard_credentials_barred_total",
        "Requests told to come later, since their source had too many wrong credentials."
    );
    describe_counter!(
        "switchboard_costs_unusable_total",
        "Costs in statuses that could not be read: they are in no total."
    );
    describe_counter!("switchboard_table_misses_total", "Look-ups that no row of the table has.");
}

fn per_second(rate: Rate) -> f64 {
    f64::from(rate.cells().get()) / rate.period().as_secs_f64()
}

/// The gateways that share the store, where several can.
fn nodes(nodes: &[Node]) {
    let Some(own) = nodes.iter().find(|node| node.own) else { return };
    let (same, other): (Vec<_>, Vec<_>) = nodes.iter().partition(|node| node.configuration == own.configuration);
    gauge!("switchboard_nodes", "configuration" => "same").set(number(same.len()));
    gauge!("switchboard_nodes", "configuration" => "other").set(number(other.len()));
    gauge!("switchboard_node_parts").set(number(own.parts));
}

/// A count as a gauge: exact up to 2^53.
fn number(count: impl TryInto<u64>) -> f64 {
    let count = count.try_into().unwrap_or(u64::MAX);
    let (high, low) = (u32::try_from(count >> 32).unwrap_or(u32::MAX), u32::try_from(count & 0xffff_ffff));
    f64::from(high) * 4_294_967_296.0 + f64::from(low.unwrap_or(u32::MAX))
}

fn signed(count: i64) -> f64 {
    number(count.unsigned_abs()).copysign(if count < 0 { -1.0 } else { 1.0 })
}

fn recount(recounted: &Recounted) {
    let at = u64::try_from(recounted.at.millis()).unwrap_or_default();
    gauge!("switchboard_ledger_recounted_seconds").set(number(at) / 1000.0);
    for count in &recounted.counts {
        let tenant = count.tenant.to_string();
        gauge!("switchboard_ledger_recount_difference", "tenant" => tenant).set(number(count.misplaced()));
    }
}

fn configuration(standing: &Standing, snapshot: &Snapshot) {
    gauge!("switchboard_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("switchboard_configuration_info", "version" => standing.version.clone()).set(1.0);
    for (kind, count) in ["mapping", "tenant"].into_iter().zip(standing.files) {
        gauge!("switchboard_configuration_files", "kind" => kind).set(number(count));
    }
    for severity in [Severity::Error, Severity::Warning] {
        let problems = gauge!("switchboard_configuration_problems", "severity" => severity.to_string());
        problems.set(number(standing.count(severity)));
    }
    gauge!("switchboard_configuration_last_good").set(number(standing.last_good.len()));
    gauge!("switchboard_configuration_readable").set(if standing.failure.is_none() { 1.0 } else { 0.0 });
    let at = u64::try_from(standing.at.millis()).unwrap_or_default();
    gauge!("switchboard_configuration_loaded_seconds").set(number(at) / 1000.0);
    gauge!("switchboard_configuration_load_duration_seconds").set(standing.took.as_secs_f64());
    counter!("switchboard_configuration_loads_total", "result" => "applied").absolute(standing.loads);
    counter!("switchboard_configuration_loads_total", "result" => "failed").absolute(standing.failures);
    for (party, name) in [(Party::Platform, "platform"), (Party::Provider, "provider")] {
        let count = snapshot.loaded.iter().filter(|mapping| mapping.party == party).count();
        gauge!("switchboard_mappings", "party" => name).set(number(count));
    }
    let state = |tenant: &Tenant| match (tenant.removed, tenant.enabled) {
        (true, _) => "removed",
        (_, true) => "enabled",
        (_, false) => "disabled",
    };
    for wanted in ["enabled", "disabled", "removed"] {
        let count = snapshot.tenants.iter().filter(|tenant| state(tenant) == wanted).count();
        gauge!("switchboard_tenants", "state" => wanted).set(number(count));
    }
}

/// What there is none of has no series: an alarm on it ends all the same.
fn lettered(letters: &Lettered) {
    let tenant = letters.tenant.as_ref().map(ToString::to_string).unwrap_or_default();
    if letters.listed {
        let labels = [("tenant", tenant), ("kind", letters.kind.clone())];
        gauge!("switchboard_dead_letters", &labels).set(number(letters.count));
    } else {
        gauge!("switchboard_statuses_looked_for", "tenant" => tenant).set(number(letters.count));
    }
}

fn messages(account: &Account) {
    let (tenant, ledger) = (account.tenant.to_string(), account.ledger);
    counter!("switchboard_messages_accepted_total", "tenant" => tenant.clone()).absolute(ledger.accepted);
    let states = [
        ("submitted", ledger.submitted),
        ("rejected", ledger.rejected),
        ("suppressed", ledger.suppressed),
        ("expired", ledger.expired),
        ("failed", ledger.failed),
        ("in_flight", ledger.in_flight),
    ];
    for (state, count) in states {
        gauge!("switchboard_messages", "tenant" => tenant.clone(), "state" => state).set(number(count));
    }
    let difference = signed(ledger.difference());
    gauge!("switchboard_ledger_difference", "tenant" => tenant.clone()).set(difference);
    gauge!("switchboard_messages_queued", "tenant" => tenant).set(number(account.queued));
}
