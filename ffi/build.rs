//! Gives the shared library the name by which programs find it: with the full version, because until 1.0 no two versions
//! promise the same ABI. It is never unloaded, because the Rust runtime in it may have thread-local destructors.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    let version = variable("CARGO_PKG_VERSION");
    match variable("CARGO_CFG_TARGET_OS").as_str() {
        "linux" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libipcsentry.so.{version}");
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        "macos" => println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libipcsentry.{version}.dylib"),
        _ => {}
    }
}
