//! The hooks of a chain: each calls those of all members.

use core::ffi::c_void;
use core::ptr::null_mut;

use super::{Chain, ChainDlls, Contexts, DllPath, LONGEST_LIST, first_failure};
use crate::callout::contain;
use crate::control::DropReason;
use crate::ffi::{Bool, CalloutTable, ERROR_INVALID_PARAMETER, ERROR_SUCCESS, EntryPoint, ServerOptions};
use crate::hook::{Family, NewPacket, put_back, read_list, write_table};
use crate::lifecycle::Notice;
use crate::table::{Admitted, Context};

/// A chain that lives in a `static`, so that functions without data can call it.
#[doc(hidden)]
pub trait Chained<const MEMBERS: usize, const PACKETS: usize> {
    /// Returns the `static`.
    fn chain() -> &'static Chain<MEMBERS, PACKETS>;
}

/// Returns `find` as it is, so that a closure that an author writes is known to take any path, outside of `unsafe`.
#[doc(hidden)]
pub const fn loader<F: FnMut(DllPath<'_>) -> Option<EntryPoint>>(find: F) -> F {
    find
}

/// The body of an entry point of a chain: `own` is the entry point of the DLL's own callout.
///
/// # Safety
/// - `chain_dlls` is NULL or points at UTF-16 units that can be read up to an empty text, or [`LONGEST_LIST`] of them;
/// - `callout_tbl` is NULL or can be written as a [`CalloutTable`], aligned or not;
/// - `own`, what `find` returns, and their hooks can be called as their prototypes say.
#[doc(hidden)]
#[must_use]
pub unsafe fn enter<C: Chained<M, P>, const M: usize, const P: usize>(
    chain_dlls: *mut u16,
    callout_version: u32,
    callout_tbl: *mut CalloutTable,
    own: EntryPoint,
    mut find: impl FnMut(DllPath<'_>) -> Option<EntryPoint>,
) -> u32 {
    let mut no_more = [0_u16; 2];
    let mut table = CalloutTable::EMPTY;
    // SAFETY: the caller promises that it can be called; the list is an empty `REG_MULTI_SZ`, and the table can be
    // written.
    let status = unsafe { own(no_more.as_mut_ptr(), callout_version, &raw mut table) };
    if status != ERROR_SUCCESS {
        return status;
    }
    if callout_tbl.is_null() {
        return ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the caller promises of the list what is asked here.
    let list = unsafe { read_list(chain_dlls, LONGEST_LIST) };
    let chain = C::chain();
    let find = |path: DllPath<'_>| contain(|| find(path)).flatten();
    // SAFETY: the caller promises that all can be called; the DLLs stay loaded.
    unsafe { chain.load(table, ChainDlls::new(list), find) };
    // SAFETY: not NULL, so the caller promises that it can be written.
    unsafe { write_table(callout_tbl, merged::<C, M, P>(chain)) };
    ERROR_SUCCESS
}

/// The hooks that any member wants.
fn merged<C: Chained<M, P>, const M: usize, const P: usize>(chain: &Chain<M, P>) -> CalloutTable {
    let wants = |wants: fn(&CalloutTable) -> bool| chain.tables().any(|(_, table)| wants(table));
    let mut merged = CalloutTable::EMPTY;
    if wants(|table| table.dhcp_control_hook.is_some()) {
        merged.dhcp_control_hook = Some(control::<C, M, P>);
    }
    // A packet is known to the chain from its beginning to its end, whoever wants to hear of these two.
    if chain.tables().next().is_some() {
        merged.dhcp_new_pkt_hook = Some(new_pkt::<C, M, P>);
        merged.dhcp_pkt_drop_hook = Some(pkt_drop::<C, M, P>);
    }
    if wants(|table| table.dhcp_pkt_send_hook.is_some()) {
        merged.dhcp_pkt_send_hook = Some(pkt_send::<C, M, P>);
    }
    if wants(|table| table.dhcp_address_del_hook.is_some()) {
        merged.dhcp_address_del_hook = Some(address_del::<C, M, P>);
    }
    if wants(|table| table.dhcp_address_offer_hook.is_some()) {
        merged.dhcp_address_offer_hook = Some(address_offer::<C, M, P>);
    }
    if wants(|table| table.dhcp_handle_options_hook.is_some()) {
        merged.dhcp_handle_options_hook = Some(handle_options::<C, M, P>);
    }
    if wants(|table| table.dhcp_delete_client_hook.is_some()) {
        merged.dhcp_delete_client_hook = Some(delete_client::<C, M, P>);
    }
    merged
}

/// `DhcpControlHook`.
unsafe extern "system" fn control<C: Chained<M, P>, const M: usize, const P: usize>(
    control_code: u32,
    reserved: *mut c_void,
) -> u32 {
    let call = |table: &CalloutTable| match table.dhcp_control_hook {
        // SAFETY: the member's hook gets what the server passed.
        Some(hook) => unsafe { hook(control_code, reserved) },
        None => ERROR_SUCCESS,
    };
    C::chain()
        .tables()
        .map(|(_, table)| call(table))
        .fold(ERROR_SUCCESS, first_failure)
}

/// `DhcpNewPktHook`.
unsafe extern "system" fn new_pkt<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let argument = || {
        // SAFETY: the server passes what the prototype asks; the value is used up before a member is called.
        unsafe { NewPacket::from_raw(packet, packet_size, ip_address, reserved, pkt_context, process_it) }
    };
    let chain = C::chain();
    let Ok(mut server) = argument() else {
        return ERROR_SUCCESS;
    };
    let Ok(Admitted { context, .. }) = chain.packets.admit(Contexts::new()) else {
        server.set_context(None);
        return ERROR_SUCCESS;
    };
    server.set_context(Some(context));
    let original = server.original();
    drop(server);

    let Ok(contexts) = chain.packets.get(context) else {
        return ERROR_SUCCESS;
    };
    let mut status = ERROR_SUCCESS;
    let mut refused_by = None;
    for (member, table) in chain.tables() {
        let Some(hook) = table.dhcp_new_pkt_hook else { continue };
        let mut own_context: *mut c_void = null_mut();
        let mut own_process_it = Bool::TRUE;
        // SAFETY: the member's hook gets what the server passed, and a context and an answer of its own.
        let returned = unsafe {
            hook(
                packet,
                packet_size,
                ip_address,
                reserved,
                &raw mut own_context,
                &raw mut own_process_it,
            )
        };
        status = first_failure(status, returned);
        contexts.set(member, own_context);
        if own_process_it == Bool::FALSE {
            refused_by = Some(member);
            break;
        }
    }
    let _ = contexts.release();

    if let Some(last) = refused_by {
        // What a member has put in the place of the packet ends with the packet's life.
        // SAFETY: neither is NULL, as was checked, so the server promises that they can be written.
        unsafe { put_back(packet, packet_size, original) };
        // Before the server's context is taken away, the members that know of the packet hear of its end.
        for notice in [Notice::Dropped(DropReason::GEN_FAILURE), Notice::Processed] {
            let told = tell(chain, packet, packet_size, notice, ip_address, reserved, context, last);
            status = first_failure(status, told);
        }
        if let Ok(mut server) = argument() {
            server.set_context(None);
            server.set_process_it(false);
        }
    }
    status
}

/// `DhcpPktDropHook`.
unsafe extern "system" fn pkt_drop<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    let chain = C::chain();
    let notice = Notice::from_code(control_code);
    match Context::from_raw(pkt_context) {
        Some(context) if Family::CONTROL_OR_DROP.check(control_code).is_ok() => tell(
            chain,
            packet,
            packet_size,
            notice,
            ip_address,
            reserved,
            context,
            usize::MAX,
        ),
        _ => chain.each(pkt_context, |table, context| match table.dhcp_pkt_drop_hook {
            // SAFETY: the member's hook gets what the server passed, and its own context.
            Some(hook) => unsafe { hook(packet, packet_size, control_code, ip_address, reserved, context) },
            None => ERROR_SUCCESS,
        }),
    }
}

/// Passes a notice to the members up to `last`, each with its own context, and notes it.
#[expect(clippy::too_many_arguments, reason = "most are those of the hook")]
fn tell<const M: usize, const P: usize>(
    chain: &Chain<M, P>,
    packet: *mut *mut u8,
    packet_size: *mut u32,
    notice: Notice,
    ip_address: u32,
    reserved: *mut c_void,
    context: Context,
    last: usize,
) -> u32 {
    let Ok(contexts) = chain.packets.get(context) else {
        return ERROR_SUCCESS;
    };
    // Noted before it is passed on: of several threads that report the same end only one tells the members, to whom a
    // context may mean memory that is then given back. A drop that is repeated is counted, and the members' to judge.
    let is_news = chain.packets.notify(context, notice).is_ok();
    let mut status = ERROR_SUCCESS;
    let told = chain
        .tables()
        .take_while(|(member, _)| *member <= last && (is_news || notice != Notice::Processed));
    for (member, table) in told {
        if let Some(hook) = table.dhcp_pkt_drop_hook {
            // SAFETY: the member's hook gets what the server passed, and its own context.
            let returned = unsafe {
                hook(
                    packet,
                    packet_size,
                    notice.code(),
                    ip_address,
                    reserved,
                    contexts.get(member),
                )
            };
            status = first_failure(status, returned);
        }
    }
    let _ = contexts.release();
    status
}

/// `DhcpPktSendHook`.
unsafe extern "system" fn pkt_send<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    C::chain().each(pkt_context, |table, context| match table.dhcp_pkt_send_hook {
        // SAFETY: the member's hook gets what the server passed, and its own context.
        Some(hook) => unsafe { hook(packet, packet_size, control_code, ip_address, reserved, context) },
        None => ERROR_SUCCESS,
    })
}

/// `DhcpAddressDelHook`.
unsafe extern "system" fn address_del<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut u8,
    packet_size: u32,
    control_code: u32,
    ip_address: u32,
    alt_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    C::chain().each(pkt_context, |table, context| match table.dhcp_address_del_hook {
        // SAFETY: the member's hook gets what the server passed, and its own context.
        Some(hook) => unsafe {
            hook(
                packet,
                packet_size,
                control_code,
                ip_address,
                alt_address,
                reserved,
                context,
            )
        },
        None => ERROR_SUCCESS,
    })
}

/// `DhcpAddressOfferHook`.
unsafe extern "system" fn address_offer<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut u8,
    packet_size: u32,
    control_code: u32,
    ip_address: u32,
    alt_address: u32,
    addr_type: u32,
    lease_time: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    C::chain().each(pkt_context, |table, context| match table.dhcp_address_offer_hook {
        // SAFETY: the member's hook gets what the server passed, and its own context.
        Some(hook) => unsafe {
            hook(
                packet,
                packet_size,
                control_code,
                ip_address,
                alt_address,
                addr_type,
                lease_time,
                reserved,
                context,
            )
        },
        None => ERROR_SUCCESS,
    })
}

/// `DhcpHandleOptionsHook`.
unsafe extern "system" fn handle_options<C: Chained<M, P>, const M: usize, const P: usize>(
    packet: *mut u8,
    packet_size: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
    server_options: *mut ServerOptions,
) -> u32 {
    C::chain().each(pkt_context, |table, context| match table.dhcp_handle_options_hook {
        // SAFETY: the member's hook gets what the server passed, and its own context.
        Some(hook) => unsafe { hook(packet, packet_size, reserved, context, server_options) },
        None => ERROR_SUCCESS,
    })
}

/// `DhcpDeleteClientHook`.
unsafe extern "system" fn delete_client<C: Chained<M, P>, const M: usize, const P: usize>(
    ip_address: u32,
    hw_address: *mut u8,
    hw_address_length: u32,
    reserved: u32,
    client_type: u32,
) -> u32 {
    let call = |table: &CalloutTable| match table.dhcp_delete_client_hook {
        // SAFETY: the member's hook gets what the server passed.
        Some(hook) => unsafe { hook(ip_address, hw_address, hw_address_length, reserved, client_type) },
        None => ERROR_SUCCESS,
    };
    C::chain()
        .tables()
        .map(|(_, table)| call(table))
        .fold(ERROR_SUCCESS, first_failure)
}

#[cfg(all(test, feature = "std"))]
#[expect(unsafe_code, reason = "the tests call hooks")]
mod tests {
    use core::ptr::NonNull;

    use super::*;
    use crate::{Callout, Decision, entry_point};

    /// Replaces every packet.
    struct Replacing;

    impl Callout for Replacing {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let replaced = packet.replace(|buffer| buffer.copy_from(b"another"));
            assert!(replaced.is_ok());
            Decision::Track(())
        }
    }

    /// Refuses every packet, as the second member of the chain.
    struct Refusing;

    impl Callout for Refusing {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            assert_eq!(packet.bytes(), b"another");
            Decision::Refuse
        }
    }

    entry_point!(fn refusing = Refusing, packets = 1);
    entry_point!(fn chained = Replacing, packets = 1, chain = find);

    fn find(path: DllPath<'_>) -> Option<EntryPoint> {
        let path = path.to_string();
        assert_ne!(path, "panic", "asked for");
        (path == "refusing").then_some(refusing)
    }

    #[test]
    fn gives_the_packet_back_that_a_later_member_refuses() {
        let mut dlls: Vec<u16> = "panic\0refusing\0\0".encode_utf16().collect();
        let mut table = CalloutTable::EMPTY;
        // SAFETY: the list and the table are as the prototype says.
        let status = unsafe { chained(dlls.as_mut_ptr(), 0, &raw mut table) };
        assert_eq!(status, ERROR_SUCCESS);

        let mut bytes = *b"a packet of the server";
        let own = NonNull::from(&mut bytes).cast::<u8>().as_ptr();
        for _ in 0..2 {
            let (mut packet, mut size) = (own, 22);
            let (mut context, mut process_it) = (null_mut(), Bool::TRUE);
            // SAFETY: the pointers are to variables, and to a packet of 22 bytes.
            let status = unsafe {
                (table.dhcp_new_pkt_hook.unwrap())(
                    &raw mut packet,
                    &raw mut size,
                    0,
                    null_mut(),
                    &raw mut context,
                    &raw mut process_it,
                )
            };
            assert_eq!(status, ERROR_SUCCESS);
            assert_eq!((packet, size), (own, 22));
            assert!(context.is_null());
            assert_eq!(process_it, Bool::FALSE);
        }
    }
}
