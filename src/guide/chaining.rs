use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::{Callout, Decision, Diagnostic, DllPath, Host, NewPacket};

struct First;

impl Callout for First {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        // Says which DLLs were left out, and why.
        let _ = diagnostic;
    }
}

static FIRST: Host<First> = Host::new(First);
static CHAIN: Chain = Chain::new();
dhcp_callout::export!(FIRST, chain = CHAIN, find = load);

/// Loads a DLL of the server's list; the last unit of `units` is the NUL that `LoadLibraryW` needs.
#[cfg(windows)]
fn load(path: DllPath<'_>) -> Option<LoadedDll> {
    use core::mem::transmute;

    use dhcp_callout::ffi::{CALLOUT_ENTRY_POINT, EntryPoint};
    use windows_sys::Win32::Foundation::FreeLibrary;
    use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};

    type Found = unsafe extern "system" fn() -> isize;

    let units: Vec<u16> = path.units().iter().copied().chain([0]).collect();
    // SAFETY: the path ends with NUL. What the DLL does when it is loaded, the administrator answers for.
    let module = unsafe { LoadLibraryW(units.as_ptr()) };
    if module.is_null() {
        return None;
    }
    // SAFETY: the module is loaded, and the name ends with NUL.
    match unsafe { GetProcAddress(module, CALLOUT_ENTRY_POINT.as_ptr().cast()) } {
        // SAFETY: the function of this name has this prototype, and the module is never freed. That its hooks can be
        // called as the SDK says, and that its replacements have 4096 bytes, the administrator answers for, who put it
        // on the list.
        Some(entry) => Some(unsafe { LoadedDll::new(transmute::<Found, EntryPoint>(entry)) }),
        None => {
            // SAFETY: nothing of the module is in use.
            unsafe { FreeLibrary(module) };
            None
        }
    }
}

/// Finds no DLL: for tests on another system.
#[cfg(not(windows))]
fn load(_: DllPath<'_>) -> Option<LoadedDll> {
    None
}
