//! How the details of each kind of event become those of the event model.

use ipcsentry::event::{
    AppleEvent, ComActivation, DdeRequest, Endpoint, EndpointAct, FdDup, FileAccess, ImageLoad, ImageTamper,
    LaunchItemAdd, Logon, Mechanism, MemoryWrite, NetworkConnect, PrivacyDecision, ProcessAccess, ProcessEnd,
    ProcessStart, RegistryAct, RemoteThread, RpcCall, ScriptRun, SensorState, ServiceChange, ServiceInstall,
    SessionChange, ShareAccess, TaskRegister, TaskRun,
};

use super::details::{
    ipcsentry_apple_event, ipcsentry_com_activation, ipcsentry_dde_request, ipcsentry_endpoint_act, ipcsentry_fd_dup,
    ipcsentry_file_access, ipcsentry_image_load, ipcsentry_image_tamper, ipcsentry_launch_item_add, ipcsentry_logon,
    ipcsentry_memory_write, ipcsentry_network_connect, ipcsentry_privacy_decision, ipcsentry_process_access,
    ipcsentry_process_end, ipcsentry_process_start, ipcsentry_registry_act, ipcsentry_remote_thread,
    ipcsentry_rpc_call, ipcsentry_script_run, ipcsentry_sensor_state, ipcsentry_service_change,
    ipcsentry_service_install, ipcsentry_session_change, ipcsentry_share_access, ipcsentry_task_register,
    ipcsentry_task_run,
};
use super::reading::{Details, Reading, model};

model!(ipcsentry_process_start => ProcessStart {
    previous_image: text,
    script: text,
    job: text,
    method: word,
    creator: process,
});
model!(ipcsentry_process_end => ProcessEnd {
    exit_code: signed,
});
model!(ipcsentry_remote_thread => RemoteThread {
    start_module: text,
    start_function: text,
    target: process,
});
model!(ipcsentry_memory_write => MemoryWrite {
    target: process,
});
model!(ipcsentry_image_tamper => ImageTamper {
    what: text,
});
model!(ipcsentry_image_load => ImageLoad {
    image: text,
    signer: text,
    signed as signature_holds: maybe,
});
model!(ipcsentry_fd_dup => FdDup {
    target: process,
    from: signed,
    to: signed,
});
model!(ipcsentry_share_access => ShareAccess {
    share: text,
    name: text,
    address: text,
    port: number,
    mask: plain,
});
model!(ipcsentry_com_activation => ComActivation {
    clsid: text,
    app_id: text,
    address: text,
});
model!(ipcsentry_registry_act => RegistryAct {
    path: text,
    data: text,
    operation: text,
});
model!(ipcsentry_dde_request => DdeRequest {
    service: text,
    topic: text,
    item: text,
});
model!(ipcsentry_apple_event => AppleEvent {
    code: text,
    target: text,
    text: text,
    error: signed,
    hidden_answer: maybe,
    mute: maybe,
    reply: flag,
});
model!(ipcsentry_script_run => ScriptRun {
    path: text,
    text: text,
});
model!(ipcsentry_privacy_decision => PrivacyDecision {
    service: text,
    target: text,
    allowed: maybe,
});
model!(ipcsentry_service_install => ServiceInstall {
    name: text,
    command: text,
    account: text,
});
model!(ipcsentry_task_register => TaskRegister {
    name: text,
    command: text,
    deleted: flag,
    subscription: flag,
});
model!(ipcsentry_launch_item_add => LaunchItemAdd {
    label: text,
    program: text,
});
model!(ipcsentry_logon => Logon {
    user: text,
    address: text,
    session: long,
    logon_type: number,
    explicit as explicit_credentials: flag,
});
model!(ipcsentry_session_change => SessionChange {
    state: text,
    session: long,
});
model!(ipcsentry_network_connect => NetworkConnect {
    local_address: text,
    remote_address: text,
    local_port: number,
    remote_port: number,
    direction: word,
});
model!(ipcsentry_file_access => FileAccess {
    path: text,
    operation: word,
});
model!(ipcsentry_sensor_state => SensorState {
    detail: text,
    change: word,
});
model!(ipcsentry_task_run => TaskRun {
    name: text,
    command: text,
    process: process,
    ended: flag,
});
model!(ipcsentry_service_change => ServiceChange {
    name: text,
    detail: text,
    act: word,
});
model!(ipcsentry_rpc_call => RpcCall {
    interface as interface_id: text,
    protocol: text,
    endpoint: text,
    address: text,
    server: process,
    operation: number,
    port: number,
});

impl<'a> Details<'a> for ipcsentry_endpoint_act {
    type Model = Option<EndpointAct<'a>>;

    fn read(&self, from: &mut Reading<'a>, model: &mut Option<EndpointAct<'a>>) {
        let mechanism: Option<Mechanism> = from.must("mechanism", &self.mechanism);
        let Some(mechanism) = mechanism else { return };
        let mut endpoint = Endpoint::new(mechanism, from.text("name", &self.name));
        endpoint.inode = from.long("inode", &self.inode);
        endpoint.device = from.long("device", &self.device);
        endpoint.owner_uid = from.number("owner_uid", &self.owner_uid);
        endpoint.mode = from.number("mode", &self.mode);
        let act = model.insert(EndpointAct::new(endpoint));
        from.process("peer", self.peer, &mut act.peer);
        act.succeeded = from.maybe("succeeded", &self.succeeded).unwrap_or(true);
        act.accepted = from.flag("accepted", &self.accepted);
        act.writes = from.maybe("writes", &self.writes);
    }
}

impl<'a> Details<'a> for ipcsentry_process_access {
    type Model = ProcessAccess<'a>;

    fn read(&self, from: &mut Reading<'a>, access: &mut ProcessAccess<'a>) {
        from.process("target", self.target, &mut access.target);
        if let Some(method) = from.choice("access_method", &self.access_method) {
            access.access.method = method;
        }
        access.access.mask = self.access_mask;
        access.unbacked_caller = from.flag("unbacked_caller", &self.unbacked_caller);
    }
}
