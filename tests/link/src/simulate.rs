//! `simulate`: the server that calls a table. It allocates its buffers, so it is linked against `malloc`.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;

use dhcp_callout::ffi::CalloutTable;
use dhcp_callout::simulate::Server;

unsafe extern "C" {
    fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn free(start: *mut c_void);
}

struct Heap;

// SAFETY: `aligned_alloc` gives what `GlobalAlloc` asks for: memory of that size and alignment, or NULL.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: it can be called with any alignment and size.
        unsafe { aligned_alloc(layout.align(), layout.size()) }.cast()
    }

    unsafe fn dealloc(&self, start: *mut u8, _: Layout) {
        // SAFETY: `start` came from `aligned_alloc`.
        unsafe { free(start.cast()) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

crate::operations! {
    server_receive(packet: &[u8]) => {
        // SAFETY: the table has no hook.
        let server = unsafe { Server::new(CalloutTable::EMPTY) };
        server.receive(packet).is_ok_and(|in_flight| !in_flight.is_refused())
    };
}
