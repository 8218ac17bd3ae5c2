//! `check` names for each callout with a fault the one rule that it breaks, and nothing for one without.
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]

use core::sync::atomic::Ordering::Relaxed;
use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

use consumer::{course, dropped, faultless, lists, raw, reused, safe, trusting};
use dhcp_callout::Message;
use dhcp_callout::ffi::EntryPoint;
use dhcp_callout::message::OpCode;
use dhcp_callout::simulate::{self, Conduct, NEXT_DLL, Notices, Report, Rule, Server, Threads};

/// Each callout, and what it breaks.
const CALLOUTS: [(EntryPoint, Rule); 104] = [
    (raw::refuses_version_0, Rule::EntryRefuses),
    (raw::refuses_an_empty_list, Rule::EntryRefuses),
    (lists::refuses_a_first_empty_list, Rule::EntryRefuses),
    (raw::accepts_unknown_versions, Rule::EntryAcceptsAny),
    (raw::accepts_version_2, Rule::EntryAcceptsAny),
    (raw::clears_its_hooks_on_failure, Rule::EntryWritesOnFailure),
    (raw::writes_its_table_on_failure, Rule::EntryWritesOnFailure),
    (raw::writes_into_the_list, Rule::EntryWritesOutside),
    (raw::writes_after_an_empty_list, Rule::EntryWritesOutside),
    (raw::differs_from_call_to_call, Rule::EntryUnstable),
    (raw::refuses_to_be_loaded_again, Rule::EntryUnstable),
    (raw::is_empty_after_stop, Rule::EntryUnstable),
    (raw::sets_reserved_hooks, Rule::EntryReserved),
    (raw::switches_off_the_others, Rule::EntryWithoutHooks),
    (lists::has_no_hooks_alone, Rule::EntryWithoutHooks),
    (safe::sets_an_option::entry, Rule::NotLoaded),
    (safe::finds_no_next_dll, Rule::NotLoaded),
    (raw::passes_on_the_start_only, Rule::NotChained),
    (course::passes_on_two_hooks, Rule::NotChained),
    (course::passes_on_no_pause, Rule::NotChained),
    (course::passes_on_the_first_reply, Rule::NotChained),
    (course::passes_on_no_context, Rule::NextContext),
    (safe::panics_at_hostile_packets, Rule::Panics),
    (safe::reads_an_empty_class, Rule::Panics),
    (safe::reads_a_short_class, Rule::Panics),
    (safe::reads_a_short_lease_time::entry, Rule::Panics),
    (raw::contexts_without_an_end, Rule::ContextWithoutEnd),
    (raw::one_context_for_all, Rule::ContextShared),
    (course::finds_packets_by_transaction, Rule::ContextShared),
    (reused::marks_by_class, Rule::ContextShared),
    (raw::uses_contexts_after_their_end, Rule::ContextAfterEnd),
    (raw::frees_what_another_packet_has, Rule::ContextAfterEnd),
    (reused::marks_by_a_free_place, Rule::ContextAfterEnd),
    (raw::neither_true_nor_false, Rule::ProcessIt),
    (raw::leaves_process_it_alone, Rule::ProcessIt),
    (raw::turns_process_it_round, Rule::ProcessIt),
    (raw::leaves_process_it_alone_without_a_message, Rule::ProcessIt),
    (lists::goes_wrong_alone, Rule::ProcessIt),
    (lists::goes_wrong_before_another, Rule::ProcessIt),
    (raw::leaves_no_packet, Rule::PacketNull),
    (raw::takes_the_request, Rule::PacketNull),
    (raw::lengthens_the_request, Rule::PacketTooLong),
    (raw::reports_too_many_bytes, Rule::PacketTooLong),
    (course::leaves_no_packet_at_the_end, Rule::PacketNull),
    (course::leaves_no_packet_that_is_too_old, Rule::PacketNull),
    (course::leaves_no_packet_after_the_stop, Rule::PacketNull),
    (course::marks_conflicts, Rule::WriteToInput),
    (course::reports_too_many_bytes_at_the_end, Rule::PacketTooLong),
    (raw::replies_from_beyond_the_buffer, Rule::PacketOutside),
    (raw::replies_from_before_the_buffer, Rule::PacketOutside),
    (dropped::points_at_a_variable, Rule::PacketOutside),
    (raw::writes_after_the_buffer, Rule::WriteOutside),
    (raw::writes_before_the_buffer, Rule::WriteOutside),
    (raw::appends_without_room, Rule::WriteOutside),
    (raw::asks_for_a_byte_too_few, Rule::WriteOutside),
    (raw::fills_up_without_room, Rule::WriteOutside),
    (raw::writes_what_it_may_read, Rule::WriteToInput),
    (raw::forgets_the_size, Rule::WriteBeyondSize),
    (course::forgets_a_client_too_early, Rule::ReplacementChanged),
    (raw::one_buffer_for_all, Rule::ReplacementChanged),
    (raw::twelve_buffers_in_turn, Rule::ReplacementChanged),
    (dropped::writes_where_its_packet_was, Rule::ReplacementChanged),
    (raw::keeps_its_arguments, Rule::KeptArguments),
    (raw::answers_with_the_kept_packet, Rule::KeptArguments),
    (raw::answers_with_a_late_copy, Rule::KeptArguments),
    (raw::keeps_an_address, Rule::KeptArguments),
    (raw::writes_late, Rule::KeptArguments),
    (raw::clears_a_context_late, Rule::KeptArguments),
    (raw::writes_when_all_is_over, Rule::KeptArguments),
    (raw::decides_by_a_kept_byte, Rule::KeptArguments),
    (raw::decides_by_a_byte_after_the_packet, Rule::KeptArguments),
    (course::keeps_the_list_of_dlls, Rule::KeptArguments),
    (course::keeps_the_table, Rule::KeptArguments),
    (course::counts_and_decides_by_a_kept_byte, Rule::KeptArguments),
    (safe::is_malformed::entry, Rule::ReplyMalformed),
    (safe::loses_the_cookie::entry, Rule::ReplyMalformed),
    (safe::cuts_the_reply::entry, Rule::ReplyMalformed),
    (safe::cuts_long_replies::entry, Rule::ReplyMalformed),
    (safe::sends_the_request_back::entry, Rule::ReplyType),
    (safe::answers_another_packet::entry, Rule::ReplyOfAnother),
    (safe::changes_the_type::entry, Rule::ReplyType),
    (safe::answers_queries_like_requests::entry, Rule::ReplyType),
    (safe::changes_the_transaction::entry, Rule::ReplyTransaction),
    (safe::replaces_wrongly_before_another, Rule::ReplyTransaction),
    (safe::changes_the_client::entry, Rule::ReplyClient),
    (safe::takes_all_for_ethernet::entry, Rule::ReplyClient),
    (safe::changes_the_address::entry, Rule::ReplyAddress),
    (safe::changes_the_server::entry, Rule::ReplyServer),
    (safe::loses_the_relay_information::entry, Rule::ReplyRelay),
    (safe::changes_the_relay::entry, Rule::ReplyRelay),
    (safe::keeps_one_relay_suboption::entry, Rule::ReplyRelay),
    (safe::is_too_long_for_the_client::entry, Rule::ReplyTooLong),
    (safe::loses_end::entry, Rule::ReplyWithoutEnd),
    (safe::loses_end_in_the_file::entry, Rule::ReplyWithoutEnd),
    (safe::has_a_stray_continuation::entry, Rule::ReplyContinuation),
    (safe::depends_on_the_thread::entry, Rule::DependsOnThread),
    (safe::takes_the_host_order_for_granted, Rule::DependsOnByteOrder),
    (course::is_lost_after_a_pause, Rule::DependsOnPause),
    (course::is_lost_after_a_stop, Rule::DependsOnRestart),
    (safe::is_slow::entry, Rule::Slow),
    (safe::is_slow_at_times::entry, Rule::Slow),
    (safe::is_a_little_slow, Rule::SlowTogether),
    (safe::mixes_up_packets_of_two_threads, Rule::ReplyOfAnother),
    (safe::loses_a_reply_when_another_packet_ends, Rule::ReplyTransaction),
];

/// The callouts are in statics, so one check at a time.
static TURN: Mutex<()> = Mutex::new(());

fn check(entry: EntryPoint) -> Report {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: what these callouts do wrong stays within the memory of the simulated server.
    unsafe { simulate::check(entry) }
}

fn check_chained(entry: EntryPoint) -> Report {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as above.
    unsafe { simulate::check_chained(entry) }
}

/// Checks a callout for a rule: whether it chains is asked only of those that should.
fn check_for(rule: Rule, entry: EntryPoint) -> Report {
    match rule {
        Rule::NotLoaded | Rule::NotChained | Rule::NextContext => check_chained(entry),
        _ => check(entry),
    }
}

/// Fails with all reports of which one is not clean.
fn assert_all_clean<const N: usize>(reports: [Report; N]) {
    let texts = reports.each_ref().map(Report::to_string);
    assert!(
        reports.iter().all(|report| report.findings().is_empty()),
        "{}",
        texts.join("\n")
    );
}

fn broken(report: &Report) -> Vec<Rule> {
    report.findings().iter().map(|finding| finding.rule).collect()
}

#[test]
fn each_callout_breaks_its_rule_and_no_other() {
    let wrong: Vec<_> = CALLOUTS
        .into_iter()
        .map(|(entry, rule)| (rule, check_for(rule, entry)))
        // With another table than at first nothing can be compared: the report says that it ended there.
        .filter(|(rule, report)| broken(report) != [*rule] || *rule == Rule::EntryUnstable && report.is_complete())
        .map(|(rule, report)| format!("expected {rule}: {report}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_a_callout_that_breaks_it() {
    let shown: BTreeSet<_> = CALLOUTS.into_iter().map(|(_, rule)| rule).collect();
    assert!(shown.iter().eq(Rule::ALL), "{shown:?}");
}

#[test]
fn a_callout_without_a_fault_is_clean() {
    check(safe::sets_an_option::entry).assert_clean();
    check(safe::refuses_every_third_packet).assert_clean();
    check(raw::one_buffer_for_each).assert_clean();
    check_chained(safe::serves_the_next_dll).assert_clean();
    // What it passes on is all that it does.
    check_chained(NEXT_DLL.1).assert_clean();
    check_chained(lists::wraps_the_next_dll).assert_clean();
    // Its chain keeps what is not reported, until it is full.
    for seed in 0..4 {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the entry point is made by the macro.
        unsafe { simulate::check_seeded(safe::serves_no_other_dll, seed) }.assert_clean();
    }
}

/// What no documentation says is tried, each by a switch of its own.
#[test]
fn what_a_callout_counts_on_is_found_by_its_switch() {
    let usual = Conduct::DEFAULT;
    for (entry, conduct) in [
        (
            trusting::expects_parsed_options::entry as EntryPoint,
            usual.options_parsed(0),
        ),
        (trusting::expects_parsed_options_once::entry, usual.options_parsed(3)),
        (trusting::expects_each_end::entry, usual.notices(Notices::Withheld)),
        (
            trusting::expects_each_packet_before_its_drop::entry,
            usual.never_offered(true),
        ),
        (
            trusting::expects_no_word_of_refusals::entry,
            usual.refusals_reported(true),
        ),
    ] {
        let report = check(entry);
        assert_eq!(broken(&report), [Rule::Panics], "{report}");
        assert_eq!(report.findings()[0].conduct, conduct, "{report}");
    }
}

/// What a callout does by the clock, by chance or by its own right is not held against it.
#[test]
fn what_only_looks_like_a_fault_is_clean() {
    assert_all_clean([
        check(faultless::sends_to_resolvers_like_poison),
        check(faultless::keeps_to_what_each_client_takes),
        check(reused::marks_what_has_no_context),
        check(faultless::tosses_a_coin_at_the_start),
        check(faultless::is_stopped_for_a_moment),
        check(faultless::refuses_from_one_buffer),
        check(faultless::serves_four_at_a_time),
        check(faultless::moves_replies),
        check(faultless::frees_its_buffers_at_the_stop),
        check(faultless::opens_at_the_start),
        check_chained(faultless::serves_the_next_dll_with_one_maker),
    ]);
}

/// Nor is a reply that cannot be read, since another packet ends, taken for one that changes.
#[test]
fn replies_that_are_made_while_packets_end_are_clean() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in 0..3 {
        // SAFETY: as above.
        unsafe { simulate::check_seeded(faultless::replies_while_packets_end, seed) }.assert_clean();
    }
}

/// No call about a packet that is over has its context, if that has come again.
#[test]
fn contexts_that_come_again_are_clean() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in 0..3 {
        for entry in [reused::frees_its_copies, reused::forgets_what_it_refuses] {
            // SAFETY: as above.
            unsafe { simulate::check_seeded(entry, seed) }.assert_clean();
        }
    }
    // One packet received and processed, another received and sent, and the first sent again.
    let data = b"\0\0\0\0\x01\0\x02\0\x03\0\0\xE0\x01\x71\x70";
    // SAFETY: as above.
    unsafe { simulate::fuzz(reused::frees_its_copies, data) };
}

/// Unless they come again, or are still known, because the callout takes another call for the last one.
#[test]
fn another_end_than_the_last_call_is_found() {
    let report = check(reused::forgets_what_is_decided);
    assert_eq!(
        broken(&report),
        [Rule::ContextShared, Rule::ContextAfterEnd],
        "{report}"
    );
    let text = check(reused::marks_by_class).to_string();
    assert!(
        text.ends_with("\nContextAfterEnd was not tried with the contexts of ContextShared."),
        "{text}"
    );
}

/// A server that reads again shows hooks what the callout has put in the packet's place, for them to alter.
#[test]
fn altering_what_it_has_put_there_is_clean() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in [0, 4] {
        // SAFETY: as above.
        unsafe { simulate::check_seeded(faultless::marks_what_is_over, seed) }.assert_clean();
    }
}

#[test]
fn a_callout_that_goes_by_the_clock_is_clean() {
    assert_all_clean(faultless::LIMITERS.map(check));
}

#[test]
fn a_callout_that_counts_its_calls_is_clean() {
    assert_all_clean(faultless::PERIODIC.map(check));
}

#[test]
fn what_an_author_means_is_clean() {
    let report = check(faultless::serves_ten_after_each_start);
    assert_eq!(broken(&report), [Rule::DependsOnRestart]);
    report.assert_clean_but(&[Rule::DependsOnPause, Rule::DependsOnRestart]);
    let other = catch_unwind(|| report.assert_clean_but(&[Rule::DependsOnPause]));
    assert!(other.is_err(), "{report}");
}

/// A check that has ended before all was tried shows nothing of the rest, whatever is meant.
#[test]
fn what_was_not_tried_is_not_let_pass() {
    let report = check(raw::differs_from_call_to_call);
    assert_eq!(
        (broken(&report), report.is_complete()),
        (vec![Rule::EntryUnstable], false)
    );
    let text = report.to_string();
    assert!(
        text.starts_with("1 rule is broken in 18 calls, "),
        "no hook is called: {text}"
    );
    let passed = catch_unwind(|| report.assert_clean_but(&[Rule::EntryUnstable]));
    assert!(passed.is_err(), "{report}");
}

/// A callout with a fault is not called on several threads at once, which its author reads.
#[test]
fn a_report_says_whether_threads_were_tried() {
    for (entry, is_spared) in [
        (raw::writes_before_the_buffer as EntryPoint, true),
        (raw::one_context_for_all, false),
    ] {
        let text = check(entry).to_string();
        let is_said = text.contains("several threads at once were not tried");
        assert_eq!(is_said, is_spared, "{text}");
    }
}

/// What is left out of a comparison, its author reads.
#[test]
fn a_report_says_what_was_not_compared() {
    for (entry, left_out) in [
        (
            faultless::counts_replies as EntryPoint,
            "KeptArguments was tried without these bytes: when the same is played again, DhcpPktSendHook leaves other bytes",
        ),
        (
            reused::gives_up_at_a_free_place,
            "ContextAfterEnd was tried without these bytes: when the same is played again, DhcpPktSendHook leaves other bytes",
        ),
        (
            safe::refuses_every_third_packet,
            "KeptArguments was not tried: when the same is played again, DhcpNewPktHook does something else",
        ),
    ] {
        let report = check(entry);
        report.assert_clean();
        assert!(report.to_string().contains(left_out), "{report}");
    }
    assert!(!check(safe::sets_an_option::entry).to_string().contains("tried"));
    let text = check(raw::writes_late).to_string();
    let after = "\nWriteOutside, WriteToInput and WriteBeyondSize were not tried after KeptArguments.";
    assert!(text.contains(after), "{text}");
}

#[test]
fn a_report_says_where_to_look() {
    let report = check(safe::changes_the_type::entry);
    let text = report.to_string();
    for part in [
        "1 rule is broken",
        "fault ReplyType: a reply has another message type",
        "DhcpPktSendHook",
        "seed 0",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let again = check(safe::changes_the_type::entry);
    assert_eq!(again.to_string(), text, "the same calls, and so the same report");
}

/// What is found by comparison is told by what differs.
#[test]
fn a_report_says_what_differs() {
    for (entry, difference) in [
        (raw::turns_process_it_round as EntryPoint, "ProcessIt is 1, otherwise 0"),
        (course::is_lost_after_a_pause, "byte 3 is 0x00, otherwise 0x21"),
        (
            safe::takes_the_host_order_for_granted,
            "367 bytes are left, otherwise 371",
        ),
    ] {
        let text = check(entry).to_string();
        assert!(text.contains(difference), "{text}");
    }
}

/// A finding has the call that did it, and all that it takes to repeat it.
#[test]
fn a_finding_leads_to_its_call() {
    for (entry, hook) in [
        (raw::writes_late as EntryPoint, "DhcpPktSendHook"),
        (raw::writes_when_all_is_over, "DhcpControlHook"),
    ] {
        assert_eq!(check(entry).findings()[0].hook, hook);
    }
    // What is found by comparison, and what takes the place of a packet until that is processed.
    for entry in [
        safe::depends_on_the_thread::entry as EntryPoint,
        raw::decides_by_a_kept_byte,
        raw::one_buffer_for_all,
    ] {
        let report = check(entry);
        let reply = Message::parse(&report.findings()[0].packet);
        assert!(reply.is_ok_and(|reply| reply.op() == OpCode::REPLY), "{report}");
    }
    let missing = check_chained(raw::passes_on_the_start_only).findings()[0].hook;
    assert_eq!(
        missing, "DhcpPktDropHook",
        "the first that the callout has, and the next DLL does not hear of"
    );
    let report = check(safe::mixes_up_packets_of_two_threads);
    let conduct = Conduct::DEFAULT.threads(Threads::Several);
    assert_eq!(report.findings()[0].conduct, conduct);
    // Which of the packets are mixed up is up to the threads.
    let packet = &report.findings()[0].packet;
    let given = Message::parse(packet).unwrap();
    let size = packet.len();
    for text in [
        format!("conduct: default.threads(Several)\n  {size} bytes are left: "),
        format!("\n  packet of {size} bytes: {given}\n"),
    ] {
        assert!(report.to_string().contains(&text), "{report}");
    }
    let bytes: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(
        report.to_string().contains(&format!("\n  bytes: {bytes}\n")),
        "{report}"
    );
}

#[test]
#[should_panic(expected = "advice ProcessIt")]
fn a_broken_rule_fails_the_test() {
    check(raw::neither_true_nor_false).assert_clean();
}

/// Lets many bytes that look like chance decide on the calls of a callout.
fn fuzz(entry: EntryPoint) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut state = 1_u64;
    for length in 0..400 {
        let data: Vec<u8> = (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            })
            .collect();
        // SAFETY: as above.
        unsafe { simulate::fuzz(entry, &data) };
    }
}

#[test]
fn a_callout_without_a_fault_can_be_fuzzed() {
    fuzz(safe::sets_an_option::entry);
    fuzz(faultless::replies_while_packets_end);
    // A packet that is received, and answered when it has ended.
    // SAFETY: as above.
    unsafe { simulate::fuzz(faultless::replies_while_packets_end, b"\0\0\0\0\0\0\0\0\0\0\0\xe0\x70") };
    fuzz(faultless::opens_at_the_start);
    fuzz(reused::frees_its_copies);
    fuzz(reused::forgets_what_it_refuses);
}

#[test]
fn a_fuzzer_leaves_the_callout_its_buffers() {
    fuzz(safe::replaces_replies::entry);
    assert_eq!(safe::replaces_replies::HOST.in_flight(), 0);
    // A single packet that is answered often enough takes all of them.
    safe::EXHAUSTED.store(0, Relaxed);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(safe::replaces_replies::entry) }.unwrap();
    let packet = server.receive(&[0; 300]).unwrap();
    for _ in 0..64 {
        server.send(&packet, &[0; 300]).unwrap();
    }
    assert_eq!(safe::EXHAUSTED.load(Relaxed), 0);
}

#[test]
#[should_panic(expected = "EntryRefused")]
fn a_fuzzer_does_not_go_on_without_a_callout() {
    fuzz(raw::refuses_version_0);
}

/// A packet may hold the bytes that the server leaves in memory after a call.
#[test]
fn a_packet_of_poison_is_no_fault() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let others_and_steps = [0, 0, 1, 0, 2, 0, 0x00, 0x30, 0xF0];
    let data = [&[0, 0, 31, 16, 0][..], &[0xDD; 16], &others_and_steps].concat();
    // SAFETY: as above.
    unsafe { simulate::fuzz(safe::sets_an_option::entry, &data) };
}

#[test]
#[should_panic(expected = "fault ReplyType")]
fn a_fuzzer_finds_a_fault() {
    fuzz(safe::changes_the_type::entry);
}

#[test]
#[should_panic(expected = "fault ReplacementChanged")]
fn a_fuzzer_finds_a_replacement_that_changes() {
    fuzz(raw::one_buffer_for_all);
}

#[test]
#[should_panic(expected = "fault KeptArguments")]
fn a_fuzzer_without_a_packet_starts_and_stops_the_service() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: as above.
    unsafe { simulate::fuzz(course::keeps_the_table, b"") };
}

/// Where the server reads again, it can be altered when its packet is dropped, but not before.
#[test]
#[should_panic(expected = "fault ReplacementChanged")]
fn a_fuzzer_finds_a_replacement_that_changes_before_a_drop() {
    // Received, options parsed, dropped, processed.
    let data = b"\x02\0\x01\0\x01\0\x01\0\x01\0\0\x30\xA0\xE0";
    // SAFETY: as above.
    unsafe { simulate::fuzz(raw::writes_into_its_request, data) };
}
