//! Generated steps that can make behaviors alert, as typed events and as auditd text.

use ipcsentry::Timestamp;
use ipcsentry::event::{
    Access, Channel, Direction, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, NetworkConnect, Os,
    ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, RemoteThread,
};
use ipcsentry::time::MILLISECOND;

/// 2026-01-01T00:00:00Z.
pub const BEGIN: i64 = 1_767_225_600_000_000_000;

const LINUX_IMAGES: &[&[u8]] =
    &[b"/usr/bin/dash", b"/usr/bin/mkfifo", b"/usr/bin/nc.openbsd", b"/usr/bin/python3.11", b"/usr/bin/cat"];
const WINDOWS_IMAGES: &[&[u8]] = &[
    b"C:\\Windows\\System32\\cmd.exe",
    b"C:\\Users\\p\\AppData\\Local\\Temp\\x.exe",
    b"C:\\Windows\\System32\\rundll32.exe",
    b"C:\\Windows\\System32\\services.exe",
    b"C:\\Windows\\System32\\spoolsv.exe",
];
const FIFOS: &[&[u8]] = &[b"/tmp/f", b"/dev/shm/q", b"/tmp/.s"];
const PIPES: &[&[u8]] = &[b"\\msagent_4f", b"\\spoolss", b"\\a1b2c3"];
const HOSTS: &[&[u8]] = &[b"one", b"two"];

/// The act of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A process starts as a child of another.
    Start,
    /// A process ends.
    End,
    /// A FIFO or pipe is made.
    Create,
    /// A FIFO or pipe is opened.
    Connect,
    /// A connection to the network.
    Network,
    /// Another process is opened.
    Access,
    /// A thread is started in another process.
    Thread,
}

impl Act {
    /// All acts.
    pub const ALL: &'static [Self] =
        &[Self::Start, Self::End, Self::Create, Self::Connect, Self::Network, Self::Access, Self::Thread];
}

/// One step. Numbers are used modulo the number of choices.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The act.
    pub act: Act,
    /// Whether it is on Linux; otherwise on Windows.
    pub linux: bool,
    /// The host.
    pub host: u8,
    /// The acting process, which also determines the image.
    pub actor: u32,
    /// Its parent, or the process it acts on.
    pub other: u32,
    /// The FIFO or pipe.
    pub object: u8,
    /// Milliseconds since [`BEGIN`].
    pub at: u32,
    /// The record's number: native id and position.
    pub number: u64,
}

impl Step {
    /// Its time in nanoseconds.
    #[must_use]
    pub fn time(&self) -> i64 {
        BEGIN + i64::from(self.at) * MILLISECOND
    }

    fn process(&self, number: u32) -> ProcessRef<'static> {
        let images = if self.linux { LINUX_IMAGES } else { WINDOWS_IMAGES };
        let mut process = ProcessRef::default();
        process.pid = Some(1000 + number);
        process.image = Some(images[number as usize % images.len()]);
        process.session = Some(3);
        process
    }

    /// The step as an event.
    #[must_use]
    pub fn event(&self) -> Event<'static> {
        let (mechanism, names) = if self.linux { (Mechanism::Fifo, FIFOS) } else { (Mechanism::NamedPipe, PIPES) };
        let endpoint = Endpoint::new(mechanism, Some(names[self.object as usize % names.len()]));
        let kind = match self.act {
            Act::Start => Kind::ProcessStart(ProcessStart::default()),
            Act::End => Kind::ProcessEnd(ProcessEnd::default()),
            Act::Create => Kind::EndpointCreate(EndpointAct::new(endpoint)),
            Act::Connect => Kind::EndpointConnect(EndpointAct::new(endpoint)),
            Act::Network => {
                let mut connect = NetworkConnect::default();
                connect.direction = Direction::Outbound;
                connect.remote_address = Some(b"192.0.2.7");
                Kind::NetworkConnect(connect)
            }
            Act::Access => {
                let mut access = ProcessAccess::default();
                access.target = self.process(self.other);
                access.access = Access { mask: 0x1f_ffff, ..Access::default() };
                Kind::ProcessAccess(access)
            }
            Act::Thread => {
                let mut thread = RemoteThread::default();
                thread.target = self.process(self.other);
                Kind::RemoteThread(thread)
            }
        };
        let os = if self.linux { Os::Linux } else { Os::Windows };
        let mut event = Event::new(os, Timestamp(self.time()), kind);
        // All steps on a host have the same platform.
        event.host = HOSTS[usize::from(self.linux)];
        if self.host % 2 == 1 {
            event.host = if self.linux { b"three" } else { b"four" };
        }
        event.actor = self.process(self.actor);
        if self.act == Act::Start {
            event.parent = self.process(self.other);
        }
        event.record = self.number;
        event.source.channel = if self.linux { Channel::Audit } else { Channel::Sysmon };
        event.source.id = NativeId::Number(self.number);
        event
    }

    /// The step as lines of audit.log; none if auditd would not log it.
    #[must_use]
    pub fn auditd(&self) -> String {
        let (seconds, millis) = (self.time() / 1_000_000_000, self.time() / MILLISECOND % 1000);
        let id = format!("msg=audit({seconds}.{millis:03}:{})", self.number);
        let process = self.process(self.actor);
        let exe = String::from_utf8_lossy(process.image.unwrap_or_default()).into_owned();
        let fifo = String::from_utf8_lossy(FIFOS[self.object as usize % FIFOS.len()]).into_owned();
        let call = |number: u32, a: [u32; 3]| {
            format!(
                "type=SYSCALL {id}: arch=c000003e syscall={number} success=yes exit=0 a0={:x} a1={:x} a2={:x} a3=0 \
                 items=1 ppid={} pid={} auid=1500 uid=1500 gid=1500 euid=1500 suid=1500 fsuid=1500 egid=1500 \
                 sgid=1500 fsgid=1500 tty=pts0 ses=7 comm=\"x\" exe=\"{exe}\" key=(null)\n",
                a[0],
                a[1],
                a[2],
                1000 + self.other,
                1000 + self.actor,
            )
        };
        let path = |mode: &str, nametype: &str| {
            format!(
                "type=CWD {id}: cwd=\"/\"\ntype=PATH {id}: item=0 name=\"{fifo}\" inode=5 dev=00:27 mode={mode} ouid=1500 ogid=1500 rdev=00:00 nametype={nametype}\n"
            )
        };
        match self.act {
            Act::Start => {
                call(59, [0; 3])
                    + &format!("type=EXECVE {id}: argc=2 a0=\"{exe}\" a1=\"-i\"\n")
                    + &path("0100755", "NORMAL")
            }
            Act::End => call(231, [0; 3]),
            Act::Create => call(259, [0xffff_ff9c, 0, 0x11b6]) + &path("010644", "CREATE"),
            Act::Connect => call(257, [0xffff_ff9c, 0, 2]) + &path("010644", "NORMAL"),
            Act::Network => {
                call(42, [3, 0, 16]) + &format!("type=SOCKADDR {id}: saddr=0200115CC00002070000000000000000\n")
            }
            Act::Access | Act::Thread => {
                call(101, [16, 1000 + self.other, 0])
                    + &format!(
                        "type=OBJ_PID {id}: opid={} oauid=1500 ouid=1500 oses=7 ocomm=\"x\"\n",
                        1000 + self.other
                    )
            }
        }
    }
}
