//! The supported system calls and their numbers.

use super::details::Syscall;
use crate::event::Mechanism;

/// The effect of a system call as far as events are concerned. Numbers in variants are argument positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Exec,
    Fork,
    Clone,
    ExitGroup,
    Bind,
    Connect,
    Send,
    Accept,
    SocketPair,
    MakeNode {
        mode: usize,
    },
    /// An open with its flags in an argument.
    Open {
        flags: usize,
    },
    /// An open with its flags in memory; newer kernels log them in an OPENAT2 record.
    OpenHow,
    /// creat: always for writing.
    Creat,
    Unlink,
    Rename,
    MemfdCreate,
    Ptrace,
    VmRead,
    VmWrite,
    QueueOpen,
    QueueUnlink,
    IpcGet {
        mechanism: Mechanism,
        flags: usize,
    },
    SharedMemoryAttach,
    Dup,
    PidfdGetfd,
    RingEnter,
}

/// One system call.
#[derive(Debug)]
pub(super) struct CallEntry {
    pub(super) name: &'static str,
    pub(super) call: Call,
    /// Relative paths are relative to the descriptor in the first argument.
    pub(super) at: bool,
    /// The numbers on x86-64, i386 and aarch64.
    numbers: [u16; ARCHITECTURES.len()],
}

const EINPROGRESS: i64 = -115;
const X86_64: u32 = 0xc000_003e;
const I386: u32 = 0x4000_0003;
pub(super) const AARCH64: u32 = 0xc000_00b7;
/// The architecture assigned to io_uring records, which have operations instead of calls and no arguments.
pub(super) const URING: u32 = u32::MAX;
const ARCHITECTURES: [u32; 3] = [X86_64, I386, AARCH64];
/// The architecture does not have the call.
const NONE: u16 = u16::MAX;

const fn entry(name: &'static str, call: Call, numbers: [u16; 3]) -> CallEntry {
    CallEntry { name, call, at: false, numbers }
}

const fn at(name: &'static str, call: Call, numbers: [u16; 3]) -> CallEntry {
    CallEntry { name, call, at: true, numbers }
}

/// `exit` is absent: it ends a thread, and its record does not state whether that was the last one. `clone3` is absent:
/// only memory that audit does not log shows whether it creates a process or a thread.
static CALLS: [CallEntry; 39] = [
    entry("execve", Call::Exec, [59, 11, 221]),
    entry("execveat", Call::Exec, [322, 358, 281]),
    entry("fork", Call::Fork, [57, 2, NONE]),
    entry("vfork", Call::Fork, [58, 190, NONE]),
    entry("clone", Call::Clone, [56, 120, 220]),
    entry("exit_group", Call::ExitGroup, [231, 252, 94]),
    entry("bind", Call::Bind, [49, 361, 200]),
    entry("connect", Call::Connect, [42, 362, 203]),
    entry("sendto", Call::Send, [44, 369, 206]),
    entry("sendmsg", Call::Send, [46, 370, 211]),
    entry("sendmmsg", Call::Send, [307, 345, 269]),
    entry("accept", Call::Accept, [43, NONE, 202]),
    entry("accept4", Call::Accept, [288, 364, 242]),
    entry("socketpair", Call::SocketPair, [53, 360, 199]),
    entry("mknod", Call::MakeNode { mode: 1 }, [133, 14, NONE]),
    at("mknodat", Call::MakeNode { mode: 2 }, [259, 297, 33]),
    entry("open", Call::Open { flags: 1 }, [2, 5, NONE]),
    at("openat", Call::Open { flags: 2 }, [257, 295, 56]),
    at("openat2", Call::OpenHow, [437, 437, 437]),
    entry("creat", Call::Creat, [85, 8, NONE]),
    entry("unlink", Call::Unlink, [87, 10, NONE]),
    at("unlinkat", Call::Unlink, [263, 301, 35]),
    entry("rename", Call::Rename, [82, 38, NONE]),
    at("renameat", Call::Rename, [264, 302, 38]),
    at("renameat2", Call::Rename, [316, 353, 276]),
    entry("memfd_create", Call::MemfdCreate, [319, 356, 279]),
    entry("ptrace", Call::Ptrace, [101, 26, 117]),
    entry("process_vm_readv", Call::VmRead, [310, 347, 270]),
    entry("process_vm_writev", Call::VmWrite, [311, 348, 271]),
    entry("mq_open", Call::QueueOpen, [240, 277, 180]),
    entry("mq_unlink", Call::QueueUnlink, [241, 278, 181]),
    entry("msgget", Call::IpcGet { mechanism: Mechanism::SysvQueue, flags: 1 }, [68, 399, 186]),
    entry("semget", Call::IpcGet { mechanism: Mechanism::Semaphore, flags: 2 }, [64, 393, 190]),
    entry("shmget", Call::IpcGet { mechanism: Mechanism::SharedMemory, flags: 2 }, [29, 395, 194]),
    entry("shmat", Call::SharedMemoryAttach, [30, 397, 196]),
    entry("dup2", Call::Dup, [33, 63, NONE]),
    entry("dup3", Call::Dup, [292, 330, 24]),
    entry("pidfd_getfd", Call::PidfdGetfd, [438, 438, 438]),
    entry("io_uring_enter", Call::RingEnter, [426, 426, 426]),
];

/// i386's multiplexers.
const SOCKETCALL_NUMBER: u32 = 102;
const IPC_NUMBER: u32 = 117;

/// `socketcall`: the calls by its first argument.
static SOCKETCALL: [(u64, &str); 8] = [
    (2, "bind"),
    (3, "connect"),
    (5, "accept"),
    (8, "socketpair"),
    (11, "sendto"),
    (16, "sendmsg"),
    (18, "accept4"),
    (20, "sendmmsg"),
];

/// `ipc`: the calls by the low half of its first argument.
static IPC: [(u64, &str); 4] = [(2, "semget"), (13, "msgget"), (21, "shmat"), (23, "shmget")];

/// The supported io_uring operations and the corresponding calls.
static URING_OPERATIONS: [(u32, &str); 7] =
    [(9, "sendmsg"), (13, "accept"), (16, "connect"), (18, "openat"), (28, "openat2"), (36, "unlinkat"), (56, "bind")];

/// The bit that marks x86-64 calls made through the x32 interface.
const X32_BIT: u32 = 0x4000_0000;
/// The numbers of calls that exist only in the x32 interface, with the corresponding x86-64 numbers.
static X32: [(u32, u32); 7] = [(518, 46), (520, 59), (521, 101), (538, 307), (539, 310), (540, 311), (545, 322)];

/// The one-based index in [`CALLS`] for each number of an architecture; 0 means unsupported.
static INDEX: [[u8; 512]; ARCHITECTURES.len()] = {
    let mut index = [[0; 512]; ARCHITECTURES.len()];
    let mut i = 0;
    while i < CALLS.len() {
        let mut arch = 0;
        while arch < ARCHITECTURES.len() {
            let number = CALLS[i].numbers[arch];
            if number != NONE {
                index[arch][number as usize] = i as u8 + 1;
            }
            arch += 1;
        }
        i += 1;
    }
    index
};

/// Finds the call with this number. Shifts `args` to their usual positions when the call came through a multiplexer.
/// `name` is the call's name in an enriched record, for architectures without a table.
pub(super) fn find(arch: u32, number: u32, args: &mut [u64; 4], name: Option<&[u8]>) -> Option<&'static CallEntry> {
    match (arch, number) {
        (I386, SOCKETCALL_NUMBER) => named(pick(&SOCKETCALL, args[0])?.as_bytes()),
        (I386, IPC_NUMBER) => {
            let name = pick(&IPC, args[0] & 0xffff)?;
            args.rotate_left(1);
            named(name.as_bytes())
        }
        (URING, _) => named(pick(&URING_OPERATIONS, number)?.as_bytes()),
        _ => match ARCHITECTURES.iter().position(|&a| a == arch) {
            Some(column) => {
                let low = number & !X32_BIT;
                let number = if low == number { number } else { pick(&X32, low).unwrap_or(low) };
                let at = INDEX[column].get(number as usize).copied()?;
                CALLS.get(usize::from(at).checked_sub(1)?)
            }
            None => named(name?),
        },
    }
}

/// The architecture number for go-libaudit's name; 0 for an architecture without a table.
pub(super) fn architecture(name: &[u8]) -> u32 {
    match name {
        b"x86_64" => X86_64,
        b"i386" => I386,
        b"aarch64" => AARCH64,
        _ => 0,
    }
}

/// The number of the call with this name, including i386's multiplexers.
pub(super) fn number(arch: u32, name: &[u8]) -> Option<u32> {
    match (arch, name) {
        (I386, b"socketcall") => Some(SOCKETCALL_NUMBER),
        (I386, b"ipc") => Some(IPC_NUMBER),
        _ => {
            let column = ARCHITECTURES.iter().position(|&a| a == arch)?;
            let number = named(name)?.numbers.get(column).copied()?;
            (number != NONE).then_some(number.into())
        }
    }
}

/// Whether the architecture has a table.
pub(super) fn has(arch: u32) -> bool {
    arch == URING || ARCHITECTURES.contains(&arch)
}

fn named(name: &[u8]) -> Option<&'static CallEntry> {
    CALLS.iter().find(|e| e.name.as_bytes() == name)
}

fn pick<K: Copy + PartialEq, V: Copy>(list: &[(K, V)], key: K) -> Option<V> {
    list.iter().find(|(k, _)| *k == key).map(|&(_, v)| v)
}

/// Whether the call's number, result and arguments already show that it gives no event.
pub(super) fn is_ignored(call: &Syscall) -> bool {
    match find(call.architecture, call.number, &mut call.args.clone(), None) {
        Some(entry) => has_failed(call, entry),
        None => has(call.architecture),
    }
}

/// A connect in progress looks failed but may still succeed.
pub(super) fn has_failed(call: &Syscall, entry: &CallEntry) -> bool {
    let pending = entry.call == Call::Connect && call.exit == Some(EINPROGRESS);
    call.success == Some(false) && !pending
}

#[cfg(test)]
mod tests {
    use super::{CALLS, CallEntry, IPC_NUMBER, NONE, SOCKETCALL_NUMBER, find};
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::string::String;
    use std::{format, println};

    /// Where Debian, and other distributions, keep the kernel's user-space headers.
    const INCLUDE: [&str; 2] = ["/usr/include/x86_64-linux-gnu", "/usr/include"];

    /// The calls and their numbers in a kernel header; `None` where it is not installed.
    fn header(name: &str) -> Option<BTreeMap<String, u32>> {
        let text = INCLUDE.iter().find_map(|folder| std::fs::read_to_string(Path::new(folder).join(name)).ok())?;
        let call = |line: &str| {
            let mut words = line.strip_prefix("#define __NR")?.split_whitespace();
            let name = words.next()?.trim_start_matches("3264").trim_start_matches('_');
            Some((name.into(), words.next()?.parse().ok()?))
        };
        Some(text.lines().filter_map(call).collect())
    }

    #[test]
    fn numbers_are_the_kernels() {
        let headers = ["asm/unistd_64.h", "asm/unistd_32.h", "asm-generic/unistd.h"];
        for (column, name) in headers.into_iter().enumerate() {
            let Some(kernels) = header(name) else {
                println!("skipped: no {name} here");
                continue;
            };
            assert!(kernels.len() > 200, "{name} was not understood");
            for CallEntry { name, numbers, .. } in &CALLS {
                let known = kernels.get(*name).copied();
                // aarch64 omits the calls of the generic header that exist only for older machines.
                let tabled = Some(numbers[column]).filter(|&number| number != NONE).map(u32::from);
                assert_eq!(tabled, known, "{name} of column {column}");
            }
            if column == 1 {
                assert_eq!(kernels["socketcall"], SOCKETCALL_NUMBER);
                assert_eq!(kernels["ipc"], IPC_NUMBER);
            }
        }
    }

    #[test]
    fn numbers_of_x32_are_the_kernels() {
        let (Some(x32), Some(x86_64)) = (x32_header(), header("asm/unistd_64.h")) else {
            return println!("skipped: no asm/unistd_x32.h here");
        };
        for entry in &CALLS {
            let Some(&number) = x32.get(entry.name) else { continue };
            let found = find(super::X86_64, super::X32_BIT + number, &mut [0; 4], None);
            assert_eq!(found.map(|e| e.name), Some(entry.name));
            assert!(number == x86_64[entry.name] || number >= 512, "{}", entry.name);
        }
    }

    fn x32_header() -> Option<BTreeMap<String, u32>> {
        let text = INCLUDE.iter().find_map(|f| std::fs::read_to_string(format!("{f}/asm/unistd_x32.h")).ok())?;
        let call = |line: &str| {
            let (name, number) = line.strip_prefix("#define __NR_")?.split_once(" (__X32_SYSCALL_BIT + ")?;
            Some((name.into(), number.trim_end_matches(')').parse().ok()?))
        };
        Some(text.lines().filter_map(call).collect())
    }

    #[test]
    fn calls_are_found_by_architecture_multiplexer_and_name() {
        let name = |arch, number, args: [u64; 4], enriched| {
            let mut args = args;
            find(arch, number, &mut args, enriched).map(|e| (e.name, args[0]))
        };
        assert_eq!(name(0xc000_003e, 42, [3, 0, 0, 0], None), Some(("connect", 3)));
        assert_eq!(name(0xc000_003e, 0x4000_0000 + 520, [0; 4], None), Some(("execve", 0)));
        assert_eq!(name(0xc000_00b7, 203, [3, 0, 0, 0], None), Some(("connect", 3)));
        assert_eq!(name(0x4000_0003, 102, [3, 9, 0, 0], None), Some(("connect", 3)));
        assert_eq!(name(0x4000_0003, 117, [13, 0x1337, 0x200, 0], None), Some(("msgget", 0x1337)));
        assert_eq!(name(0x8000_0015, 327, [3, 0, 0, 0], Some(b"bind")), Some(("bind", 3)));
        assert_eq!(name(0x8000_0015, 327, [3, 0, 0, 0], None), None);
        assert_eq!(name(0xc000_003e, 100_000, [0; 4], None), None);
    }
}
