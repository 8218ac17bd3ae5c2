//! What a drop means to whoever tracks packets, a host or a chain.

use super::argument::Argument;
use super::diagnostic::Diagnostic;
use super::drop_send::PacketNotice;
use crate::control::DropReason;
use crate::lifecycle::{Notice, Violation};
use crate::table::{Borrowed, Context, ContextError, NotifyError, PacketTable};

/// Notes a drop in the table of the packets, tells `report` if that changes nothing, and lends the packet's state; the
/// error says why there is none, without one for NULL.
#[inline]
pub(crate) fn note_drop<T, const N: usize>(
    packets: &PacketTable<T, N>,
    context: Option<Context>,
    reason: DropReason,
    report: impl Fn(Diagnostic<'_>),
) -> Result<Borrowed<'_, T>, Option<ContextError>> {
    let context = context.ok_or(None)?;
    packets
        .note_drop(context, reason)
        .or_else(|error| note_unusual_drop(packets, context, reason, error, report).map_err(Some))
}

/// Notes a drop that could not be noted together with a borrow of the packet's state.
#[cold]
#[inline(never)]
fn note_unusual_drop<T, const N: usize>(
    packets: &PacketTable<T, N>,
    context: Context,
    reason: DropReason,
    error: NotifyError,
    report: impl Fn(Diagnostic<'_>),
) -> Result<Borrowed<'_, T>, ContextError> {
    let (hook, notice) = (PacketNotice::HOOK, Notice::Dropped(reason));
    let rejected = match error {
        NotifyError::Context(error @ ContextError::TooManyBorrows(_)) => {
            report(Diagnostic::ContextRefused { hook, error });
            packets.notify(context, notice).err()
        }
        error => Some(error),
    };
    if let Some(error) = rejected {
        report(Diagnostic::NoticeRejected { notice, error });
    }
    match rejected {
        // Of a packet in flight.
        Some(NotifyError::Violation(Violation::RepeatedDrop { .. })) => packets.get(context),
        Some(NotifyError::Violation(Violation::AfterDone)) => Err(ContextError::Stale(context)),
        Some(NotifyError::Context(error)) => Err(error),
        None => Err(ContextError::TooManyBorrows(context)),
    }
}
