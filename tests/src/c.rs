//! Builds the C library and C programs that use it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The C libraries of the crate `ipcsentry-ffi`.
#[derive(Clone, Debug)]
pub struct Library {
    /// The shared library.
    pub cdylib: PathBuf,
    /// The static library.
    pub staticlib: PathBuf,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// Builds the libraries in the profile and target folder of the running test, once per process.
///
/// A dependency on the crate would only build its rlib, so this runs cargo for the two C libraries. It must not build the
/// rlib again: that has no hash in its name, and without the features of the tests it would replace the one they link.
pub fn build() -> Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    let make = || {
        let test = std::env::current_exe().expect("the test's own path");
        let directory = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST");
        let (target, profile) = (directory.parent(), directory.file_name().and_then(|name| name.to_str()));
        let (target, profile) = (target.expect("target/PROFILE"), profile.expect("a profile's name"));
        let profile = if profile == "debug" { "dev" } else { profile };
        run(env!("CARGO"), |cargo| {
            cargo.current_dir(root()).args([
                "rustc",
                "--package",
                "ipcsentry-ffi",
                "--crate-type",
                "cdylib,staticlib",
                "--features",
                "validation",
                "--profile",
                profile,
                "--target-dir",
            ]);
            cargo.arg(target)
        });
        let library = |name| directory.join(name);
        Library { cdylib: library("libipcsentry_ffi.so"), staticlib: library("libipcsentry_ffi.a") }
    };
    LIBRARY.get_or_init(make).clone()
}

/// A file of the given bytes that no other call uses. Whoever asks for it removes it.
pub fn scratch(stem: &str, bytes: &[u8]) -> PathBuf {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("ipcsentry-{stem}-{}-{number}", std::process::id()));
    std::fs::write(&path, bytes).expect("a writable scratch folder");
    path
}

/// How a program is linked.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// With the shared library.
    Shared,
    /// With the static library.
    Static,
}

/// Compiles a program of `ffi/` in C11 or C++17 with all warnings as errors. Returns its path, which no other call uses.
pub fn compile(source: &str, link: Link) -> PathBuf {
    compile_with(source, link, &[])
}

/// The same with further arguments for the compiler.
pub fn compile_with(source: &str, link: Link, arguments: &[&str]) -> PathBuf {
    static COMPILED: AtomicU32 = AtomicU32::new(0);
    let number = COMPILED.fetch_add(1, Ordering::Relaxed);
    let library = build();
    let stem = Path::new(source).file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let directory = library.cdylib.with_file_name("c");
    std::fs::create_dir_all(&directory).expect("a writable target directory");
    let program = directory.join(format!("{stem}-{}-{number}", std::process::id()));
    let (compiler, standard) = if source.ends_with(".cpp") { ("g++", "-std=c++17") } else { ("gcc", "-std=c11") };
    run(compiler, |gcc| {
        gcc.args([standard, "-Wall", "-Wextra", "-Werror", "-Wpedantic", "-g"]).args(arguments);
        gcc.arg("-I").arg(root().join("include"));
        gcc.arg(root().join("ffi").join(source)).arg("-o").arg(&program);
        match link {
            Link::Shared => gcc.arg(&library.cdylib).arg(format!("-Wl,-rpath,{}", named(&library).display())),
            Link::Static => gcc.arg(&library.staticlib).args(["-lpthread", "-ldl", "-lm"]),
        }
    });
    program
}

/// A folder where programs find the shared library under the name that it is installed by.
fn named(library: &Library) -> PathBuf {
    let folder = library.cdylib.with_file_name("c").join("lib");
    std::fs::create_dir_all(&folder).expect("a writable target directory");
    let link = folder.join(concat!("libipcsentry.so.", env!("CARGO_PKG_VERSION")));
    // Another test may have made it.
    let _ = std::os::unix::fs::symlink(&library.cdylib, link);
    folder
}

/// Runs a command that must succeed.
pub fn run(program: impl AsRef<std::ffi::OsStr>, set: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(program);
    let output = set(&mut command).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
