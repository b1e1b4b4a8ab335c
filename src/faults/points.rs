//! The table of points. A new step of store or network gets its row here and its line where it is made; the tests do the
//! rest.

macro_rules! points {
    ($($point:ident $name:literal $what:literal,)*) => {
        /// A place between two steps.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Point {
            $(#[doc = $what] $point,)*
        }

        impl Point {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$point),*];

            /// As in the environment and in docs/reliability.md.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)*
                }
            }

            /// What has been done and what has not.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$point => $what,)*
                }
            }
        }
    };
}

points! {
    // Writes: inside the transaction, and after the commit before anybody is told.
    AcceptWritten "accept.written" "a message is written, not committed",
    AcceptCommitted "accept.committed" "a message is committed, nobody knows",
    BeginWritten "begin.written" "an attempt is written, not committed",
    BeginCommitted "begin.committed" "an attempt is committed, nobody knows",
    SettleWritten "settle.written" "what an answer, a status or the time changes is written, not committed",
    SettleCommitted "settle.committed" "what an answer, a status or the time changes is committed, nobody knows",
    CallWritten "call.written" "the end of a call is written, not committed",
    CallCommitted "call.committed" "the end of a call is committed, nobody knows",
    TakeWritten "take.written" "an inbound message with its opt-out and reply is written, not committed",
    TakeCommitted "take.committed" "an inbound message with its opt-out and reply is committed, nobody knows",
    ParkWritten "park.written" "a dead letter is written, not committed",
    ParkCommitted "park.committed" "a dead letter is committed, nobody knows",
    PurgeWritten "purge.written" "old messages are removed, not committed",
    PurgeCommitted "purge.committed" "old messages are removed and committed",
    SuppressWritten "suppress.written" "an opt-out or opt-in by hand is written, not committed",
    SuppressCommitted "suppress.committed" "an opt-out or opt-in by hand is committed, nobody knows",
    PauseWritten "pause.written" "a pause, or its end, is written, not committed",
    PauseCommitted "pause.committed" "a pause, or its end, is committed, nobody knows",
    PutOffWritten "put_off.written" "the next look for a status's message is written, not committed",
    PutOffCommitted "put_off.committed" "the next look for a status's message is committed, nobody knows",
    RedriveWritten "redrive.written" "a dead letter is a call again, not committed",
    RedriveCommitted "redrive.committed" "a dead letter is a call again and committed, nobody knows",
    DiscardWritten "discard.written" "a dead letter that was done again is removed, not committed",
    DiscardCommitted "discard.committed" "a dead letter that was done again is removed and committed, nobody knows",
    TokenWritten "token.written" "the admin token is written, not committed",
    TokenCommitted "token.committed" "the admin token is committed",
    RevokeWritten "revoke.written" "an admin token is taken away, not committed",
    RevokeCommitted "revoke.committed" "an admin token is taken away and committed, nobody knows",
    AuditWritten "audit.written" "a line of the audit log is written, not committed; nothing of what it says is done",
    AuditCommitted "audit.committed" "a line of the audit log is committed, nothing of what it says is done",
    ForgetWritten "forget.written" "a part of what is known of a person is erased, not committed",
    ForgetCommitted "forget.committed" "a part of what is known of a person is erased and committed, the rest is not",
    ExpireWritten "expire.written" "what is too old besides messages is removed, not committed",
    ExpireCommitted "expire.committed" "what is too old besides messages is removed and committed",
    TextsWritten "texts.written" "texts of the configuration are written, not committed",
    TextsCommitted "texts.committed" "texts of the configuration are committed, nobody knows",

    // A send of a platform.
    AcceptDecided "accept.decided" "a send is decided, nothing is stored",
    AcceptStored "accept.stored" "a message is stored, neither dispatched nor answered",
    AcceptHanded "accept.handed" "a message is with the dispatcher, its platform has no answer",
    AnswerWritten "answer.written" "an answer is written to its caller",

    // An attempt.
    SendBegun "send.begun" "an attempt is recorded, the call not prepared to its end",
    SendOut "send.out" "the call to the provider is about to go out",
    SendIn "send.in" "the provider's answer is here, nothing of it stored",
    SendSettled "send.settled" "the provider's answer is stored, the lane does not know",

    // A webhook.
    WebhookDecided "webhook.decided" "a webhook is verified and read, nothing is stored",
    WebhookStored "webhook.stored" "what a webhook says is stored, what cannot be used is not",
    WebhookDone "webhook.done" "everything of a webhook is stored, it is not acknowledged",

    // A call to the platform.
    ReportOut "report.out" "a report or other call is about to go out",
    ReportIn "report.in" "the answer to a report is here, nothing of it stored",
    ReportSettled "report.settled" "a report is settled, its party's queue does not know",

    // Templates.
    ListingOut "listing.out" "the question for templates is about to go out",
    ListingIn "listing.in" "the list of templates is here, nothing is kept",

    // After a stop: what was under way.
    RecoverFound "recover.found" "interrupted attempts are known, none is settled",
    RecoverSettled "recover.settled" "an interrupted attempt is in doubt, the others are not yet",
    WakeFound "wake.found" "the end of a doubt or delay has come, nothing is stored",

    // Start, change of files, stop.
    StoreMade "store.made" "the store's file is made, its tables are not",
    StoreOpened "store.opened" "the store is open, no file is read",
    TextsKept "texts.kept" "the texts of a configuration are kept, it is not in place",
    StartListening "start.listening" "the listener is there, nothing is dispatched",
    StopClosed "stop.closed" "told to stop: nobody is let in, work goes on",
    StopDrained "stop.drained" "told to stop: work has ended, the store is open",
    StoreDrained "store.drained" "the store has written everything, its log is not folded in",
    StoreFolded "store.folded" "the store's log is folded in, the file is not closed",
}
