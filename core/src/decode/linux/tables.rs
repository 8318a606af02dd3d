//! The system calls that are read, and their numbers.

use crate::event::Mechanism;

/// What a system call does, as far as events are concerned. Numbers in variants are argument positions.
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
    /// Open with its flags in an argument.
    Open {
        flags: usize,
    },
    /// Open with its flags in memory; newer kernels log them in an OPENAT2 record.
    OpenHow,
    /// creat: always for writing.
    Creat,
    Unlink,
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
}

/// One system call.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) call: Call,
    /// Relative paths are relative to the descriptor in the first argument.
    pub(super) at: bool,
    /// x86-64, i386, aarch64.
    numbers: [u16; ARCHITECTURES.len()],
}

const ARCHITECTURES: [u32; 3] = [0xc000_003e, 0x4000_0003, 0xc000_00b7];
const I386: u32 = ARCHITECTURES[1];
/// Not a call of that architecture.
const NONE: u16 = u16::MAX;

const fn entry(name: &'static str, call: Call, numbers: [u16; 3]) -> Entry {
    Entry { name, call, at: false, numbers }
}

const fn at(name: &'static str, call: Call, numbers: [u16; 3]) -> Entry {
    Entry { name, call, at: true, numbers }
}

/// `exit` is not here: it ends a thread, and the record does not say whether that was the last one. Neither is
/// `clone3`: whether it makes a process or a thread stands in memory that audit does not log.
static ENTRIES: [Entry; 35] = [
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
];

/// i386 `socketcall` (102): the call its first argument names.
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

/// i386 `ipc` (117): the call the low half of its first argument names.
static IPC: [(u64, &str); 4] = [(2, "semget"), (13, "msgget"), (21, "shmat"), (23, "shmget")];

/// x86-64 calls made through the x32 interface carry this bit …
const X32_BIT: u32 = 0x4000_0000;
/// … and some of them have numbers of their own there.
static X32: [(u32, u32); 7] = [(518, 46), (520, 59), (521, 101), (538, 307), (539, 310), (540, 311), (545, 322)];

/// Where in [`ENTRIES`] the call of an architecture's number stands, plus one; 0 is not there.
static INDEX: [[u8; 512]; ARCHITECTURES.len()] = {
    let mut index = [[0; 512]; ARCHITECTURES.len()];
    let mut i = 0;
    while i < ENTRIES.len() {
        let mut arch = 0;
        while arch < ARCHITECTURES.len() {
            let number = ENTRIES[i].numbers[arch];
            if number != NONE {
                index[arch][number as usize] = i as u8 + 1;
            }
            arch += 1;
        }
        i += 1;
    }
    index
};

/// The call of that number. `args` are shifted to where the call itself has them when it came through a multiplexer;
/// `name` is the call's name where the record was enriched with it, for architectures that are not tabled.
pub(super) fn find(arch: u32, number: u32, args: &mut [u64; 4], name: Option<&[u8]>) -> Option<&'static Entry> {
    match (arch, number) {
        (I386, 102) => named(pick(&SOCKETCALL, args[0])?.as_bytes()),
        (I386, 117) => {
            let name = pick(&IPC, args[0] & 0xffff)?;
            args.rotate_left(1);
            named(name.as_bytes())
        }
        _ => match ARCHITECTURES.iter().position(|&a| a == arch) {
            Some(column) => {
                let low = number & !X32_BIT;
                let number = if low == number { number } else { pick(&X32, low).unwrap_or(low) };
                let at = INDEX[column].get(number as usize).copied()?;
                ENTRIES.get(usize::from(at).checked_sub(1)?)
            }
            None => named(name?),
        },
    }
}

/// Whether the architecture's numbers are tabled.
pub(super) fn has(arch: u32) -> bool {
    ARCHITECTURES.contains(&arch)
}

fn named(name: &[u8]) -> Option<&'static Entry> {
    ENTRIES.iter().find(|e| e.name.as_bytes() == name)
}

fn pick<K: Copy + PartialEq, V: Copy>(list: &[(K, V)], key: K) -> Option<V> {
    list.iter().find(|(k, _)| *k == key).map(|&(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::find;

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
