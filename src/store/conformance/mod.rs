//! What every engine keeps: one test per promise and engine.

mod calls;
mod campaigns;
mod consents;
mod differential;
mod forget;
mod letters;
mod messages;
mod moved;
mod operator;
mod pauses;
mod people;
mod queues;
mod rings;
mod texts;
mod usage;

use super::samples::*;
use super::*;

type Made = (Box<dyn Store>, Option<tempfile::TempDir>);

fn memory_engine() -> Made {
    (Box::new(memory::Memory::new()), None)
}

fn sqlite_engine() -> Made {
    let directory = tempfile::tempdir().unwrap();
    let store = sqlite::Sqlite::open(&directory.path().join("deep/switchboard.db")).unwrap();
    (Box::new(store), Some(directory))
}

/// The same, with contents sealed, and nothing found from memory that can be in the index.
fn sealed_engine() -> Made {
    let directory = tempfile::tempdir().unwrap();
    let store = sqlite::Sqlite::open_sealed(&directory.path().join("switchboard.db"), &[seal_key()]).unwrap();
    store.index_together(1);
    (Box::new(store), Some(directory))
}

fn seal_key() -> SealKey {
    SealKey { name: "first".to_owned(), key: zeroize::Zeroizing::new([7; 32]) }
}

macro_rules! promises {
    ($($of:ident::$promise:ident,)*) => {
        mod memory_keeps {
            $(#[tokio::test] async fn $promise() { super::$of::$promise(&*super::memory_engine().0).await; })*
        }
        mod sqlite_keeps {
            $(#[tokio::test] async fn $promise() {
                let (store, _directory) = super::sqlite_engine();
                super::$of::$promise(&*store).await;
                store.close().await.unwrap();
            })*
        }
        mod postgres_keeps {
            $(#[tokio::test] async fn $promise() {
                let (store, _tables) = super::postgres::tests::made(&[]).await;
                super::$of::$promise(&store).await;
                super::Store::close(&store).await.unwrap();
            })*
        }
        mod sealed_postgres_keeps {
            $(#[tokio::test] async fn $promise() {
                let (store, _tables) = super::postgres::tests::made(&[super::seal_key()]).await;
                super::$of::$promise(&store).await;
                super::Store::close(&store).await.unwrap();
            })*
        }
        mod sealed_keeps {
            $(#[tokio::test] async fn $promise() {
                let (store, _directory) = super::sealed_engine();
                super::$of::$promise(&*store).await;
                store.close().await.unwrap();
            })*
        }
    };
}

promises! {
    messages::a_message_comes_back_as_it_was_accepted,
    messages::a_repeat_is_recognised_by_tenant_and_key,
    messages::a_change_is_all_or_nothing,
    messages::a_change_is_kept_whole,
    messages::a_message_is_found_by_every_id,
    messages::the_last_message_to_a_person_is_found,
    campaigns::a_campaign_is_found_newest_first_a_page_at_a_time,
    campaigns::what_is_forgotten_or_purged_is_in_no_campaign,
    messages::hostile_texts_come_back_unchanged,
    messages::a_bad_write_hurts_only_itself,
    messages::the_ledger_balances,
    usage::what_was_used_is_added_up_by_sender_month_and_category,
    usage::what_is_said_again_replaces_and_another_attempt_adds,
    usage::what_was_used_outlives_messages_and_people,
    messages::old_finished_messages_are_purged,
    messages::nothing_unknown_is_an_error,
    queues::lanes_and_backlog_count_what_is_queued,
    queues::claiming_goes_by_class_then_age,
    queues::claiming_leaves_out_what_waits_is_held_or_under_way,
    queues::attempts_that_never_ended_are_found,
    queues::the_newest_id_is_a_message_s_or_a_call_s,
    queues::only_a_queued_message_can_be_begun,
    queues::an_old_copy_cannot_be_begun,
    queues::what_is_due_comes_in_time_order,
    queues::queued_messages_are_due_when_their_time_runs_out,
    calls::calls_come_oldest_first_and_in_their_order,
    rings::samples_are_rings_by_tenant_and_leg,
    operator::a_recount_finds_a_wrong_tally,
    operator::what_was_purged_is_counted_still,
    operator::a_token_is_kept_once,
    operator::the_audit_log_is_found_by_what_stands_in_it,
    forget::nothing_of_a_person_is_left,
    forget::what_was_under_way_ends_and_the_ledger_adds_up,
    forget::a_repeat_is_known_after_its_person_was_forgotten,
    forget::an_opt_out_holds_on_and_can_be_ended,
    forget::others_lose_nothing,
    forget::what_grows_old_goes_by_its_kind,
    calls::a_call_is_done_again_or_parked,
    calls::tenants_share_the_calls,
    calls::stopped_lanes_are_stepped_over,
    calls::it_is_told_whether_calls_need_not_wait,
    letters::a_letter_that_repeats_is_kept_once,
    letters::letters_are_tried_again_in_time_order_and_then_listed,
    letters::unmatched_statuses_are_bounded_and_grow_old,
    letters::a_change_parks_its_letters_or_nothing,
    letters::letters_come_newest_first,
    letters::letters_are_found_by_what_they_are,
    letters::a_parked_call_is_queued_anew_or_thrown_away,
    people::an_inbound_message_is_taken_once,
    people::an_opt_out_counts_at_once_and_for_its_sender,
    people::an_opt_out_counts_for_every_address_of_a_person,
    people::an_opt_in_frees_every_address_of_a_person,
    people::replies_that_repeat_are_left_out,
    pauses::a_pause_holds_a_lane_until_it_ends,
    pauses::a_paused_campaign_is_stepped_over_and_the_rest_goes_on,
    pauses::what_is_in_doubt_is_found_by_its_lane,
    consents::each_change_of_the_list_has_a_line,
    consents::what_changes_nothing_leaves_no_line,
    consents::addresses_that_are_joined_have_lines_of_their_own,
    consents::the_list_is_read_a_page_at_a_time,
    consents::the_history_of_a_forgotten_person_holds_on_without_the_person,
    texts::texts_come_back_as_they_were_kept,
    texts::a_retired_text_stays_while_a_message_from_before_is_there,
    texts::a_probe_is_taken_and_changes_nothing,
}

/// An engine that is one process's alone can tell.
#[tokio::test]
async fn whether_calls_need_not_wait_is_known_where_nobody_else_makes_any() {
    for (store, _directory) in [memory_engine(), sqlite_engine(), sealed_engine()] {
        accept(&*store, vec![new(1)]).await;
        let change = Change { calls: vec![call(2, Some(1))], ..change(1, 0, crate::delivery::Phase::Submitted) };
        assert_eq!(store.update(change).await, Ok(true));
        store.close().await.unwrap();
    }
}

async fn accept(store: &dyn Store, messages: Vec<NewMessage>) {
    let count = messages.len();
    assert_eq!(store.accept(messages).await.unwrap(), vec![Acceptance::New; count]);
}

fn refs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.message.reference.number()).collect()
}

async fn claim(store: &dyn Store, now: i64, most: usize) -> Vec<i64> {
    refs(&store.claim(&lane("acme", "14155550100"), at(now), most, &Without::default()).await.unwrap())
}
