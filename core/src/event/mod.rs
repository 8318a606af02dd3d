//! The normalized, borrowed event model. Decoders produce it, and embedders may build events themselves.
//!
//! Text is bytes ([`Text`]), because Linux paths need not be UTF-8. A detail that the source lacks is `None`, never a
//! made-up value. Later releases may add kinds and fields: the types are `non_exhaustive`, built by `new` and field
//! assignment.

mod bytes;
mod class;
mod cut;
mod data_component;
mod endpoint;
mod error;
mod kind;
mod model;
mod node;
mod os;
mod process;
mod row;
mod source;
mod text;
mod wire;

#[cfg(feature = "_internal_test_exports")]
pub(crate) use bytes::sample;
pub(crate) use bytes::{decode, encode, form};
pub(crate) use class::{Class, Classes};
pub(crate) use cut::{cut, has_long_text};
pub use data_component::DataComponent;
pub use endpoint::{Endpoint, Mechanism};
pub use error::EventError;
pub use kind::{
    Access, AccessMethod, AppleEvent, CodeSignInvalid, ComActivation, DdeRequest, Direction, EndpointAct, FdDup,
    FileAccess, FileOperation, ImageLoad, ImageTamper, Kind, KindTag, LaunchItemAdd, Logon, MemoryWrite,
    NetworkConnect, PrivacyDecision, ProcessAccess, ProcessEnd, ProcessSeen, ProcessStart, RegistryAct, RemoteThread,
    RpcCall, ScriptRun, SensorChange, SensorState, ServiceAct, ServiceChange, ServiceInstall, SessionChange,
    ShareAccess, StartMethod, TaskRegister, TaskRun,
};
pub use model::Event;
pub use node::Cell;
pub use os::Os;
pub use process::{Integrity, ProcessKey, ProcessRef, Signing, UniqueId};
pub use row::Columns;
pub use source::{Channel, NativeId, Source};
pub use text::Text;
pub(crate) use text::{guid_bytes, guid_text};
#[cfg(feature = "_internal_test_exports")]
pub(crate) use wire::Numbers;
