//! The command line: text in, exit code out. 0 fine, 1 findings or failure, 2 wrong usage.
//!
//! Commands hold no logic of their own: they start what `app`, `cases` and `sim` offer and print what came of it.

mod check;
mod demo;
mod diff;
mod fmt;
mod log;
mod manual;
mod onboard;
mod operator;
mod options;
mod out;
mod progress;
mod schema;
mod serve;
mod sim;
mod store;
mod test;
mod trial;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use log::{Lines, to_stderr};
pub use options::LogFormat;

/// One gateway between customer engagement platforms and WhatsApp providers, driven by YAML.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    Serve(options::ServeOptions),
    /// Check all mapping and tenant files: every problem with its place and fix
    Check(check::CheckOptions),
    /// Run the contract cases of mappings
    Test(test::TestOptions),
    /// Lay out mapping, tenant, gateway and case files; comments and meaning stay
    Fmt(fmt::FmtOptions),
    /// Print JSON Schemas of mapping, tenant, gateway and case files, for editors
    Schema(schema::SchemaOptions),
    /// Run a leg on a sample: what comes of it, and which line of which file said so
    Try(trial::TryOptions),
    /// What two versions of mappings and tenants make of the same traffic: every output that differs, and by which lines; nothing is sent
    Diff(diff::DiffOptions),
    /// See it work: a gateway, a provider and two platforms on this machine, two campaigns, a table
    Demo(demo::DemoOptions),
    /// Simulated parties to test against
    #[command(subcommand)]
    Sim(sim::SimCommand),
    /// Where every tenant's messages stand at a running gateway, and whether that adds up
    Ledger(operator::LedgerOptions),
    /// Do dead letters of a running gateway again: calls that were given up, webhooks that could not be used
    Redrive(operator::RedriveOptions),
    /// Let held lanes of a running gateway try again at once
    Release(operator::ReleaseOptions),
    /// Who may ask a running gateway, and what: make, list and revoke tokens
    #[command(subcommand)]
    Token(operator::TokenCommand),
    /// Who changed what at a running gateway, and who was shown personal data
    Audit(operator::AuditOptions),
    /// Everything that a running gateway knows of a message, by any of its ids, on one timeline
    Trace(operator::TraceOptions),
    /// How every tenant of a running gateway does, in a terminal, drawn anew each second
    Top(operator::TopOptions),
    /// How many messages of a campaign stand where at a running gateway, and which they are
    Campaign(operator::CampaignOptions),
    /// What each number of a running gateway used by month and category, with the provider's cost
    Usage(operator::UsageOptions),
    /// Write a new tenant's file, and say what to enter in whose dashboard
    Onboard(onboard::OnboardOptions),
    /// Look at everything that is known to go wrong with a tenant of a running gateway, and say what to do
    Doctor(operator::DoctorOptions),
    /// Send one template or text to one number at a running gateway, and follow it
    Send(operator::SendOptions),
    /// Let nothing go out from a tenant, one of its numbers or one campaign, at a running gateway; messages are accepted still
    Pause(operator::PauseOptions),
    /// Let what is paused go on
    Resume(operator::ResumeOptions),
    /// End what is queued of a tenant, one of its numbers or one campaign: the platform is told that it failed
    Cancel(operator::CancelOptions),
    /// Who opted out at a running gateway, since when and why: show, list, add, lift, import, export
    #[command(subcommand)]
    Suppressions(operator::SuppressionsCommand),
    /// Erase a person at a running gateway; an opt-out holds on
    Forget(operator::ForgetOptions),
    /// The store of a gateway that does not run
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Print what a shell needs to complete commands, options and their values
    Completions(manual::CompletionsOptions),
    /// Print the manual page, or write one for each command
    Man(manual::ManOptions),
}

/// The whole command line: its commands, their options and what may stand there.
#[must_use]
pub fn grammar() -> clap::Command {
    Arguments::command()
}

/// Runs the command that was typed.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(problem) => {
            // Help and version are no errors, but print through the same way.
            let code = if problem.use_stderr() { 2 } else { 0 };
            let _ = problem.print();
            return ExitCode::from(code);
        }
    };
    match arguments.command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Fmt(options) => fmt::run(&options),
        Command::Schema(options) => schema::run(&options),
        Command::Try(options) => trial::run(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Sim(command) => sim::run(command),
        Command::Ledger(options) => operator::ledger(&options),
        Command::Redrive(options) => operator::redrive(&options),
        Command::Release(options) => operator::release(&options),
        Command::Token(command) => operator::token(&command),
        Command::Audit(options) => operator::audit(&options),
        Command::Trace(options) => operator::trace(&options),
        Command::Top(options) => operator::top(&options),
        Command::Campaign(options) => operator::campaign(&options),
        Command::Usage(options) => operator::usage(&options),
        Command::Onboard(options) => onboard::run(&options),
        Command::Doctor(options) => operator::doctor(&options),
        Command::Send(options) => operator::send(&options),
        Command::Pause(options) => operator::pause(&options),
        Command::Resume(options) => operator::resume(&options),
        Command::Cancel(options) => operator::cancel(&options),
        Command::Suppressions(command) => operator::suppressions(&command),
        Command::Forget(options) => operator::forget(&options),
        Command::Store(command) => store::run(&command),
        Command::Completions(options) => manual::completions(&options),
        Command::Man(options) => manual::man(&options),
    }
}

/// Says why a command failed, and how.
fn fail(problem: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("switchboard: {problem}");
    ExitCode::from(1)
}

/// A runtime for the commands that serve or call.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
