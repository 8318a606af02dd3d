//! A seeded workload of several Windows hosts: process starts, pipes, accesses to processes.
//!
//! Anybody may start anything and open anything here, so it alerts far more often than a real estate; for its everyday
//! life see `estate`. [`Workload::new`] with the same arguments makes the same workload. Times are ascending; hosts share no processes.

use std::sync::LazyLock;

/// Hosts of a workload that is not quiet.
const HOSTS: usize = FIRST_HOSTS.len();

/// Most hosts of any workload.
const MOST_HOSTS: usize = 1_000;

const FIRST_HOSTS: [&str; 8] = [
    "WS-0117.corp.example",
    "WS-0118.corp.example",
    "WS-0242.corp.example",
    "WS-0305.corp.example",
    "SRV-BUILD-01.corp.example",
    "SRV-FILE-02.corp.example",
    "SRV-TS-01.corp.example",
    "DC-01.corp.example",
];

/// One second in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

/// A pseudorandom number generator whose sequence never changes.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits (splitmix64).
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub const fn below(&mut self, n: usize) -> usize {
        ((self.next() as u128 * n as u128) >> 64) as usize
    }

    /// One of a list.
    pub const fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// A process of the workload.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "details named as everywhere")]
pub struct WorkloadProcess {
    pub host: usize,
    pub guid: [u8; 16],
    pub pid: u32,
    pub image: &'static str,
    pub command_line: String,
    pub user: String,
    pub session: u64,
    pub integrity: &'static str,
    /// Its parent; the first process of a host is its own parent.
    pub parent: usize,
}

/// The act of a step. Processes are given by their index in [`Workload::processes`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named after the events they become")]
pub enum What {
    Start,
    End,
    PipeCreate { name: String },
    PipeConnect { name: String },
    Access { target: usize, mask: u32, trace: &'static str },
    RemoteThread { target: usize },
    ImageLoad { image: &'static str },
    Registry { path: &'static str, data: String },
    Network { address: String, port: u32 },
    File { path: String },
    Share { name: &'static str, address: String },
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Its number among the records of its host.
    pub record: u32,
    /// The acting process.
    pub actor: usize,
    /// The act.
    pub what: What,
}

/// A whole workload.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// All processes.
    pub processes: Vec<WorkloadProcess>,
    /// The steps, in order of time.
    pub steps: Vec<Step>,
    /// The number of steps at the beginning that only start the initial processes.
    pub prologue: usize,
}

/// The options of a workload.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadOptions {
    /// The seed.
    pub seed: u64,
    /// Number of processes alive at the end of the prologue.
    pub population: usize,
    /// Steps after the prologue.
    pub steps: usize,
    /// Steps between two attacks; 0 for none.
    pub attack_every: usize,
}

/// Images with the arguments of their command lines.
const PROGRAMS: &[(&str, &str)] = &[
    (r"C:\Windows\System32\svchost.exe", "-k netsvcs -p -s"),
    (r"C:\Windows\System32\svchost.exe", "-k LocalServiceNetworkRestricted -p -s"),
    (r"C:\Windows\System32\conhost.exe", "0xffffffff -ForceV1"),
    (r"C:\Windows\System32\RuntimeBroker.exe", "-Embedding"),
    (r"C:\Windows\System32\taskhostw.exe", "{222A245B-E637-4AE9-A93F-A59CA119A75E}"),
    (r"C:\Windows\System32\backgroundTaskHost.exe", "-ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca"),
    (r"C:\Windows\System32\cmd.exe", r"/d /s /c C:\ProgramData\Inventory\collect.cmd --batch"),
    (
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        r"-NoProfile -NonInteractive -File C:\ProgramData\Agent\Tasks\Measure-Compliance.ps1 -Id",
    ),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", "-secured -Embedding"),
    (r"C:\Windows\System32\dllhost.exe", "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}"),
    (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        "--type=renderer --extension-process --display-capture-permissions-policy-allowed --lang=en-US --device-scale-factor=1.25 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id=7 --time-ticks-at-unix-epoch=-1700000000000000 --launch-time-ticks=5301234567 --field-trial-handle=",
    ),
    (
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        "--type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US --service-sandbox-type=none --field-trial-handle=",
    ),
    (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", "/recycle"),
    (
        r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
        r#"/n "C:\Users\j.doe\Documents\Quarterly report.docx" /o """#,
    ),
    (
        r"C:\Users\j.doe\AppData\Local\Programs\Microsoft VS Code\Code.exe",
        r#"--type=utility --utility-sub-type=node.mojom.NodeService --lang=en-US --service-sandbox-type=none --user-data-dir="C:\Users\j.doe\AppData\Roaming\Code" --mojo-platform-channel-handle="#,
    ),
    (
        r"C:\Program Files\Git\mingw64\bin\git.exe",
        r"-c core.quotepath=false -c log.showSignature=false status --porcelain=v2 --branch --untracked-files=all",
    ),
    (
        r"C:\Program Files\Java\jdk-17\bin\java.exe",
        r"-Xmx2g -Dfile.encoding=UTF-8 -classpath C:\build\lib\app.jar;C:\build\lib\deps\* com.example.build.Worker --job",
    ),
    (
        r"C:\Windows\System32\SearchProtocolHost.exe",
        "Global\\UsGthrFltPipeMssGthrPipe_ Global\\UsGthrCtrlFltPipeMssGthrPipe 1 -2147483646",
    ),
    (r"C:\Windows\System32\msiexec.exe", "/V"),
    (r"C:\Windows\explorer.exe", ""),
];

pub(crate) const LIBRARIES: &[&str] = &[
    r"C:\Windows\System32\ntdll.dll",
    r"C:\Windows\System32\kernel32.dll",
    r"C:\Windows\System32\combase.dll",
    r"C:\Windows\System32\wbem\wbemprox.dll",
    r"C:\Windows\System32\taskschd.dll",
    r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
    r"C:\Program Files\Google\Chrome\Application\131.0.6778.86\chrome.dll",
    r"C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL",
];

pub(crate) const KEYS: &[&str] = &[
    r"HKLM\System\CurrentControlSet\Services\bam\State\UserSettings\S-1-5-21-1004336348-1177238915-682003330-1001",
    r"HKU\S-1-5-21-1004336348-1177238915-682003330-1001\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\UserAssist",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Diagnostics\DiagTrack\SettingsRequests",
];

pub(crate) const TRACES: &[&str] = &[
    r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2bcbe|C:\Windows\System32\svchost.exe+1a2b",
    r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2bcbe|c:\program files\windows defender\mpsvc.dll+2f3a1|c:\program files\windows defender\mpsvc.dll+30d8e",
];

const MASKS: &[u32] = &[0x1000, 0x1400, 0x1410, 0x1478, 0x101000, 0x1000, 0x40, 0x1f_ffff];
const PIPES: &[&str] = &[r"\lsass", r"\srvsvc", r"\wkssvc", r"\spoolss", r"\winreg", r"\ntsvcs", r"\InitShutdown"];
const SHARED: &[&str] = &["srvsvc", "wkssvc", "lsarpc", "samr", "netlogon"];

impl Workload {
    /// Makes the workload of these options.
    #[must_use]
    pub fn new(options: WorkloadOptions) -> Self {
        Generator::new(options, HOSTS).generate()
    }

    /// The name of a host.
    #[must_use]
    pub fn host(n: usize) -> &'static str {
        static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
            let others = (FIRST_HOSTS.len()..MOST_HOSTS).map(|n| format!("WS-{:04}.corp.example", 1_000 + n));
            FIRST_HOSTS.iter().map(|name| (*name).to_owned()).chain(others).collect()
        });
        &NAMES[n]
    }
}

pub(crate) struct Generator {
    options: WorkloadOptions,
    pub(crate) numbers: Numbers,
    pub(crate) workload: Workload,
    time: i64,
    /// Living processes by host, the first two of each being its first process and its service manager.
    pub(crate) living: Vec<Vec<usize>>,
    /// Named pipes by host.
    pub(crate) pipes: Vec<Vec<String>>,
    /// Records by host.
    records: Vec<u32>,
}

impl Generator {
    pub(crate) fn new(options: WorkloadOptions, hosts: usize) -> Self {
        assert!(hosts <= MOST_HOSTS, "there are no names for {hosts} hosts");
        Self {
            options,
            numbers: Numbers::new(options.seed),
            workload: Workload::default(),
            time: 1_763_000_000 * SECOND,
            living: vec![Vec::new(); hosts],
            pipes: vec![Vec::new(); hosts],
            records: vec![0; hosts],
        }
    }

    fn generate(mut self) -> Workload {
        for host in 0..HOSTS {
            self.born(host, 0, r"C:\Windows\System32\wininit.exe", String::new(), Some("System"));
            self.born(host, 0, r"C:\Windows\System32\services.exe", String::new(), Some("System"));
        }
        while self.workload.processes.len() < self.options.population {
            let host = self.numbers.below(HOSTS);
            self.start(host);
        }
        self.run(Self::one);
        self.workload
    }

    /// Ends the prologue and makes the steps after it.
    pub(crate) fn run(&mut self, one: fn(&mut Self)) {
        self.workload.prologue = self.workload.steps.len();
        let end = self.workload.prologue + self.options.steps;
        let mut attack = self.options.attack_every;
        while self.workload.steps.len() < end {
            if self.options.attack_every > 0 && self.workload.steps.len() - self.workload.prologue >= attack {
                attack += self.options.attack_every;
                self.attack();
            }
            one(self);
        }
    }

    /// One step of everyday life: 22 % starts, 18 % pipes, 32 % process access.
    fn one(&mut self) {
        let host = self.numbers.below(HOSTS);
        match self.numbers.below(1000) {
            0..220 => self.start(host),
            220..290 => self.end(host),
            290..350 => {
                let actor = self.somebody(host);
                let pid = self.workload.processes[actor].pid;
                let name = match self.numbers.below(4) {
                    0 => format!(r"\mojo.{pid}.{}.{}", pid + 4, self.numbers.next()),
                    1 => format!(r"\PSHost.{}.{pid}.DefaultAppDomain.powershell", self.time / 100),
                    2 => format!(r"\crashpad_{pid}_{}", self.letters(16)),
                    _ => format!(r"\uv\{:016X}-{pid}", self.numbers.next()),
                };
                self.pipes[host].push(name.clone());
                self.step(actor, What::PipeCreate { name });
            }
            350..470 => {
                let actor = self.somebody(host);
                let known = self.pipes[host].len();
                let name = if known > 0 && self.numbers.below(2) == 0 {
                    let recent = known.saturating_sub(200) + self.numbers.below(known.min(200));
                    self.pipes[host][recent].clone()
                } else {
                    self.numbers.of(PIPES).into()
                };
                self.step(actor, What::PipeConnect { name });
            }
            470..790 => {
                let (actor, target) = (self.somebody(host), self.somebody(host));
                let (mask, trace) = (self.numbers.of(MASKS), self.numbers.of(TRACES));
                self.step(actor, What::Access { target, mask, trace });
            }
            790..880 => {
                let (actor, image) = (self.somebody(host), self.numbers.of(LIBRARIES));
                self.step(actor, What::ImageLoad { image });
            }
            880..930 => {
                let (actor, path) = (self.somebody(host), self.numbers.of(KEYS));
                let data = format!("DWORD (0x{:08x})", self.numbers.next() as u32);
                self.step(actor, What::Registry { path, data });
            }
            930..960 => {
                let actor = self.somebody(host);
                let address =
                    format!("10.{}.{}.{}", self.numbers.below(4), self.numbers.below(16), self.numbers.below(254));
                let port = self.numbers.of(&[443, 80, 445, 135, 5985, 8443]);
                self.step(actor, What::Network { address, port });
            }
            960..992 => {
                let actor = self.somebody(host);
                let path = format!(r"C:\Users\j.doe\AppData\Local\Temp\{}\{}.tmp", self.letters(8), self.letters(12));
                self.step(actor, What::File { path });
            }
            992..998 => {
                let actor = self.living[host][0];
                let address = format!("10.0.1.{}", self.numbers.below(200));
                let name = self.numbers.of(SHARED);
                self.step(actor, What::Share { name, address });
            }
            _ => {
                let (actor, target) = (self.somebody(host), self.somebody(host));
                self.step(actor, What::RemoteThread { target });
            }
        }
    }

    /// A service is made to connect to a pipe so that its token can be taken over.
    fn attack(&mut self) {
        let host = self.numbers.below(self.living.len());
        let shell = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe";
        let parent = self.somebody(host);
        let actor = self.born(host, parent, shell, "-nop -w hidden -enc SQBFAFgA".into(), Some("High"));
        let name = self.letters(6);
        self.step(actor, What::PipeCreate { name: format!(r"\{name}") });
        let manager = self.living[host][1];
        let command = format!(r"/c echo {name} > \\.\pipe\{name}");
        let service = self.born(host, manager, r"C:\Windows\System32\cmd.exe", command, Some("System"));
        self.step(service, What::PipeConnect { name: format!(r"\{name}") });
    }

    pub(crate) fn letters(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from(b'a' + self.numbers.below(26) as u8)).collect()
    }

    fn somebody(&mut self, host: usize) -> usize {
        let at = self.numbers.below(self.living[host].len());
        self.living[host][at]
    }

    fn start(&mut self, host: usize) {
        let parent = self.somebody(host);
        let (image, rest) = self.numbers.of(PROGRAMS);
        let tail = self.numbers.next() % 100_000;
        self.born(host, parent, image, format!("{rest} {tail}"), None);
    }

    pub(crate) fn born(
        &mut self,
        host: usize,
        parent: usize,
        image: &'static str,
        arguments: String,
        integrity: Option<&'static str>,
    ) -> usize {
        let id = self.workload.processes.len();
        let parent = if self.living[host].is_empty() { id } else { parent.max(self.living[host][0]) };
        let mut guid = [0; 16];
        guid[..8].copy_from_slice(&self.numbers.next().to_be_bytes());
        guid[8..].copy_from_slice(&((id as u64) << 16 | 0x8001).to_be_bytes());
        let system = integrity == Some("System") || integrity.is_none() && self.numbers.below(3) == 0;
        let user =
            if system { r"NT AUTHORITY\SYSTEM".into() } else { format!(r"CORP\user{:02}", self.numbers.below(24)) };
        self.workload.processes.push(WorkloadProcess {
            host,
            guid,
            pid: 400 + 4 * (id as u32 / self.living.len() as u32 + self.numbers.below(2) as u32 * 0x1000),
            image,
            command_line: format!("\"{image}\" {arguments}"),
            user,
            session: if system { 0x3e7 } else { 0x1_0000 + self.numbers.below(24) as u64 * 0x1331 },
            integrity: integrity.unwrap_or(if system { "System" } else { "Medium" }),
            parent,
        });
        self.living[host].push(id);
        self.step(id, What::Start);
        id
    }

    fn end(&mut self, host: usize) {
        // The first two processes of a host never end.
        let at = 2 + self.numbers.below(self.living[host].len() - 2);
        let actor = self.living[host].swap_remove(at);
        self.step(actor, What::End);
    }

    pub(crate) fn step(&mut self, actor: usize, what: What) {
        self.time += 1_000_000 + (self.numbers.next() % 8_000_000) as i64;
        let record = &mut self.records[self.workload.processes[actor].host];
        *record += 1;
        self.workload.steps.push(Step { time: self.time, record: *record, actor, what });
    }
}
