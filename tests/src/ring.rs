//! Audit text of programs that use io_uring instead of system calls.

use std::collections::BTreeSet;

/// System calls of x86-64 and the corresponding operations of io_uring: connect, bind, openat.
const OPERATIONS: [(&str, u32); 3] = [("42", 16), (BIND, 56), ("257", 18)];
const BIND: &str = "49";

/// A raw log in which io_uring performed every such call, as Linux 6.18 logs it with a rule of the list `io_uring`: a
/// record of the operation without arguments, and the system call that entered the ring. A kernel thread performs a
/// bind to a path: then both the call and the address are missing.
#[must_use]
pub fn through_the_ring(raw: &[u8]) -> Vec<u8> {
    let raw = String::from_utf8_lossy(raw);
    let (mut log, mut by_thread) = (String::new(), BTreeSet::new());
    for line in raw.split_inclusive('\n') {
        let field = |name: &str| line.split(' ').find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
        let message = field("msg").unwrap_or_default();
        let call = field("syscall").filter(|_| line.starts_with("type=SYSCALL "));
        let Some((call, operation)) = call.and_then(|call| OPERATIONS.iter().find(|(of, _)| *of == call)) else {
            if !line.starts_with("type=SOCKADDR ") || !by_thread.contains(message) {
                log += line;
            }
            continue;
        };
        let fields = ["success", "exit", "items", "ppid", "pid", "uid", "euid"]
            .map(|name| format!(" {name}={}", field(name).unwrap_or("0").trim_end()));
        log += &format!("type=URINGOP msg={message} uring_op={operation}{}\n", fields.concat());
        if *call == BIND && !raw.contains(&format!("type=SOCKADDR msg={message} saddr=010000")) {
            by_thread.insert(message);
            continue;
        }
        let entrance = line.split(' ').map(|field| match field.split_once('=') {
            Some(("syscall", number)) if number == *call => "syscall=426",
            Some(("exit", _)) => "exit=1",
            Some(("a0", _)) => "a0=3",
            Some(("a1", _)) => "a1=1",
            Some(("a2", _)) => "a2=1",
            Some(("a3", _)) => "a3=1",
            _ => field,
        });
        log += &entrance.collect::<Vec<_>>().join(" ");
    }
    log.into_bytes()
}
