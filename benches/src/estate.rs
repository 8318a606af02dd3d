//! A seeded workload as quiet as a real estate: most events come from a few processes of a host, one event in eighteen
//! starts a process, one in twenty names a new pipe, and almost nothing alerts.
//!
//! [`Workload::quiet`] with the same options makes the same workload. The mix of kinds follows Sysmon with accesses to
//! processes and loads of images switched on.

use crate::generate::{Generator, What, Workload, WorkloadOptions};

/// Processes of a host; a working set of more has more hosts.
const PROCESSES_A_HOST: usize = 250;

/// Processes that every host begins with, the place of each in this list.
const SYSTEM: usize = 0;
const SERVICES: usize = 1;
const LSASS: usize = 2;
const DEFENDER: usize = 3;
const EXPLORER: usize = 4;
const RPC_HOST: usize = 5;
const BROWSER: usize = 6;
const EDITOR: usize = 7;
const AGENT: usize = 8;
const INDEXER: usize = 9;
/// The image, the place of its parent, its arguments, and whether it runs as the system.
const FIRST: [(&str, usize, &str, bool); 10] = [
    (r"C:\Windows\System32\wininit.exe", SYSTEM, "", true),
    (r"C:\Windows\System32\services.exe", SYSTEM, "", true),
    (r"C:\Windows\System32\lsass.exe", SYSTEM, "", true),
    (r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.24090.11-0\MsMpEng.exe", SERVICES, "", true),
    (r"C:\Windows\explorer.exe", SYSTEM, "", false),
    (r"C:\Windows\System32\svchost.exe", SERVICES, "-k DcomLaunch -p", true),
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", EXPLORER, "", false),
    (r"C:\Users\j.doe\AppData\Local\Programs\Microsoft VS Code\Code.exe", EXPLORER, "", false),
    (r"C:\Program Files\Inventory\agent.exe", SERVICES, "--service", true),
    (r"C:\Windows\System32\SearchIndexer.exe", SERVICES, "/Embedding", true),
];

/// What starts later: its image, the place of its parent, its arguments, whether it runs as the system, and how often
/// among a hundred starts.
const LATER: &[(&str, usize, &str, bool, usize)] = &[
    (r"C:\Windows\System32\svchost.exe", SERVICES, "-k netsvcs -p -s", true, 8),
    (r"C:\Windows\System32\svchost.exe", SERVICES, "-k LocalServiceNetworkRestricted -p -s", true, 4),
    (r"C:\Windows\System32\RuntimeBroker.exe", RPC_HOST, "-Embedding", false, 6),
    (r"C:\Windows\System32\taskhostw.exe", RPC_HOST, "{222A245B-E637-4AE9-A93F-A59CA119A75E}", false, 4),
    (
        r"C:\Windows\System32\backgroundTaskHost.exe",
        RPC_HOST,
        "-ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca",
        false,
        6,
    ),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", RPC_HOST, "-secured -Embedding", true, 3),
    (r"C:\Windows\System32\dllhost.exe", RPC_HOST, "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}", false, 4),
    (
        r"C:\Windows\System32\SearchProtocolHost.exe",
        INDEXER,
        "Global\\UsGthrFltPipeMssGthrPipe_ Global\\UsGthrCtrlFltPipeMssGthrPipe 1 -2147483646",
        true,
        6,
    ),
    (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        BROWSER,
        "--type=renderer --extension-process --display-capture-permissions-policy-allowed --lang=en-US --device-scale-factor=1.25 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id=7 --time-ticks-at-unix-epoch=-1700000000000000 --launch-time-ticks=5301234567 --field-trial-handle=",
        false,
        26,
    ),
    (
        r"C:\Program Files\Git\mingw64\bin\git.exe",
        EDITOR,
        "-c core.quotepath=false -c log.showSignature=false status --porcelain=v2 --branch --untracked-files=all",
        false,
        14,
    ),
    (r"C:\Windows\System32\conhost.exe", EDITOR, "0xffffffff -ForceV1", false, 7),
    (r"C:\Windows\System32\cmd.exe", AGENT, r"/d /s /c C:\ProgramData\Inventory\collect.cmd --batch", true, 5),
    (
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        AGENT,
        r"-NoProfile -NonInteractive -File C:\ProgramData\Inventory\Measure-Compliance.ps1 -Id",
        true,
        3,
    ),
    (
        r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
        EXPLORER,
        r#"/n "C:\Users\j.doe\Documents\Quarterly report.docx" /o """#,
        false,
        2,
    ),
    (r"C:\Windows\System32\notepad.exe", EXPLORER, r"C:\Users\j.doe\Documents\notes.txt", false, 2),
];

/// Pipes that the first processes serve, with the place of the server.
const SERVED: &[(&str, usize)] = &[
    (r"\lsass", LSASS),
    (r"\ntsvcs", SERVICES),
    (r"\srvsvc", RPC_HOST),
    (r"\wkssvc", RPC_HOST),
    (r"\eventlog", RPC_HOST),
    (r"\atsvc", RPC_HOST),
];

impl Workload {
    /// Makes a quiet workload of these options.
    #[must_use]
    pub fn quiet(options: WorkloadOptions) -> Self {
        let hosts = (options.population / PROCESSES_A_HOST).max(1);
        let mut generator = Generator::new(options, hosts);
        for host in 0..hosts {
            generator.boot(host);
        }
        while generator.workload.processes.len() < options.population {
            let host = generator.numbers.below(hosts);
            generator.start_later(host);
        }
        generator.run(Generator::quiet_step);
        generator.workload
    }
}

impl Generator {
    /// Starts what every host begins with.
    fn boot(&mut self, host: usize) {
        for (image, parent, arguments, system) in FIRST {
            let parent = self.living[host].get(parent).copied().unwrap_or_default();
            self.born(host, parent, image, arguments.into(), Some(if system { "System" } else { "Medium" }));
        }
        for (name, server) in SERVED {
            self.step(self.living[host][*server], What::PipeCreate { name: (*name).into() });
        }
    }

    fn start_later(&mut self, host: usize) {
        let mut left = self.numbers.below(100);
        let chosen = LATER.iter().find(|(.., share)| {
            let found = left < *share;
            left = left.wrapping_sub(*share);
            found
        });
        let (image, parent, arguments, system, _) = chosen.expect("the shares add up to a hundred");
        let parent = self.living[host][*parent];
        let tail = self.numbers.next() % 100_000;
        let level = if *system { "System" } else { "Medium" };
        self.born(host, parent, image, format!("{arguments} {tail}"), Some(level));
    }

    /// One of the first processes of a host twice in three times, else any: the later it started, the likelier.
    fn skewed(&mut self, host: usize) -> usize {
        let first = self.numbers.below(3) < 2;
        if first { self.living[host][1 + self.numbers.below(FIRST.len() - 1)] } else { self.recent(host) }
    }

    /// A living process of a host; one of the last `2^n` with equal chances for each `n`.
    fn recent(&mut self, host: usize) -> usize {
        let living = self.living[host].len();
        let reach = 1 << self.numbers.below(living.ilog2() as usize + 1);
        self.living[host][living - 1 - self.numbers.below(reach)]
    }

    /// One step of everyday life.
    fn quiet_step(&mut self) {
        let host = self.numbers.below(self.living.len());
        match self.numbers.below(1000) {
            0..55 => self.start_later(host),
            55..110 => self.end_later(host),
            110..160 => self.new_pipe(host),
            160..260 => {
                let known = self.pipes[host].len();
                let (actor, name) = if known > 0 && self.numbers.below(2) == 0 {
                    // The child of a browser or editor, which got the name from it.
                    let recent = known.saturating_sub(50) + self.numbers.below(known.min(50));
                    (self.recent(host), self.pipes[host][recent].clone())
                } else {
                    (self.skewed(host), self.numbers.of(SERVED).0.into())
                };
                self.step(actor, What::PipeConnect { name });
            }
            260..600 => self.look_at(host),
            600..740 => {
                let (actor, image) = (self.recent(host), self.numbers.of(crate::generate::LIBRARIES));
                self.step(actor, What::ImageLoad { image });
            }
            740..860 => {
                let (actor, path) = (self.skewed(host), self.numbers.of(crate::generate::KEYS));
                let data = format!("DWORD (0x{:08x})", self.numbers.next() as u32);
                self.step(actor, What::Registry { path, data });
            }
            860..930 => {
                let actor = self.living[host][self.numbers.of(&[BROWSER, BROWSER, RPC_HOST, AGENT])];
                let address =
                    format!("10.{}.{}.{}", self.numbers.below(4), self.numbers.below(16), self.numbers.below(254));
                let port = self.numbers.of(&[443, 80]);
                self.step(actor, What::Network { address, port });
            }
            930..998 => {
                let actor = self.living[host][self.numbers.of(&[BROWSER, EDITOR, INDEXER])];
                let path = format!(r"C:\Users\j.doe\AppData\Local\Temp\{}\{}.tmp", self.letters(8), self.letters(12));
                self.step(actor, What::File { path });
            }
            _ => {
                let address = format!("10.0.1.{}", self.numbers.below(200));
                self.step(self.living[host][SYSTEM], What::Share { name: "srvsvc", address });
            }
        }
    }

    /// A browser or editor makes a pipe for a child.
    fn new_pipe(&mut self, host: usize) {
        let actor = self.living[host][self.numbers.of(&[BROWSER, BROWSER, EDITOR])];
        let pid = self.workload.processes[actor].pid;
        let name = match self.numbers.below(3) {
            0 => format!(r"\uv\{:016X}-{pid}", self.numbers.next()),
            1 => format!(r"\crashpad_{pid}_{}", self.letters(16)),
            _ => format!(r"\mojo.{pid}.{}.{}", pid + 4, self.numbers.next()),
        };
        self.pipes[host].push(name.clone());
        self.step(actor, What::PipeCreate { name });
    }

    /// Somebody opens a process: the virus scanner and services to ask what it is, its parent with every right.
    fn look_at(&mut self, host: usize) {
        let target = self.recent(host);
        let trace = self.numbers.of(crate::generate::TRACES);
        let (actor, mask) = match self.numbers.below(100) {
            0..45 => (self.living[host][DEFENDER], self.numbers.of(&[0x1000, 0x1400, 0x101000])),
            45..75 => (self.living[host][RPC_HOST], 0x1000),
            75..85 => (self.living[host][LSASS], 0x1000),
            85..90 => (self.living[host][AGENT], 0x1400),
            _ => (self.workload.processes[target].parent, 0x1f_ffff),
        };
        self.step(actor, What::Access { target, mask, trace });
    }

    /// A process ends that is none of the first.
    fn end_later(&mut self, host: usize) {
        let later = self.living[host].len() - FIRST.len();
        if later > 0 {
            let actor = self.living[host].remove(FIRST.len() + self.numbers.below(later));
            self.step(actor, What::End);
        }
    }
}
