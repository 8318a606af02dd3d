/*
 * ipcsentry: detection of inter-process communication abuse (MITRE ATT&CK DET0493, T1559).
 *
 * Generated from ffi/src: do not edit.
 *
 * Conventions
 *
 *   - A function's first argument is the handle it works on, const where it changes nothing. Outputs come last and are
 *     written only if the status is not negative and not IPCSENTRY_NONE; an `ipcsentry_error **error` is written only
 *     if the function says so. Outputs must not be NULL unless the function allows it.
 *   - Handles are made by functions with an `**` output and freed by the function of their type that ends in `_free`,
 *     once, while no call is using them. Passing anything else as a handle is undefined.
 *   - Text and bytes are {data, len}, without a terminator. A call reads its arguments only until it returns, and
 *     copies what it keeps.
 *   - Structures the caller fills in begin with `type_size`, which is their sizeof, and end in `reserved`. Zero them,
 *     then set the members you need. A library that is newer or older than the caller's header reads them, too. Nonzero
 *     bytes of members that it does not know are IPCSENTRY_ERR_STRUCT, never ignored.
 *   - Structures that the library fills in and that begin with `type_size` want it set before the call. The library writes
 *     the members that both sides know, and zero into those that only the caller knows.
 *   - What an event does not have stays zero: absent is not the same as empty or 0. A number that may be absent is
 *     {1, value}, text that is absent has `data` NULL, and 0 is no member of an enumeration.
 *   - Numbers (statuses, formats, severities) never change their meaning. Expect numbers you do not know.
 *   - A bug of the library is caught, and the call returns IPCSENTRY_ERR_PANIC. The engine in which it occurred returns
 *     IPCSENTRY_ERR_POISONED from then on and can only be freed. Immutable handles stay usable.
 *   - What stands between `#if defined(IPCSENTRY_VALIDATION)` and `#endif` is in libraries that were built for it
 *     (VALIDATION=1 ffi/install.sh), with whose pkg-config file it is defined.
 *   - The library has no global state to set up or tear down. It starts no threads, has no thread-local variables, does
 *     no I/O, writes no log and reads no clock. It has no callbacks: you poll.
 */


#ifndef IPCSENTRY_H
#define IPCSENTRY_H

#include <stddef.h>
#include <stdint.h>

// The lateness that holds every event until the flush: input in any order is judged in order of time.
#define IPCSENTRY_LATENESS_MAX 2305843009213693951

// UTF-8, or whatever bytes the system has: names of Linux need not be UTF-8.
#define IPCSENTRY_ENCODING_BYTES 0

// UTF-16, little-endian, as Windows has it. A lone surrogate is read as U+FFFD.
#define IPCSENTRY_ENCODING_UTF16LE 1

// `guid`.
#define IPCSENTRY_UNIQUE_ID_GUID 1

// `pid_version`; unique together with the pid.
#define IPCSENTRY_UNIQUE_ID_PID_VERSION 2

// `opaque`.
#define IPCSENTRY_UNIQUE_ID_OPAQUE 3

// `number`: EventRecordID (Windows), global_seq_num (macOS), or any number of your own.
#define IPCSENTRY_NATIVE_ID_NUMBER 1

// `seconds`, `millis` and `number`: auditd's `SECONDS.MILLIS:SERIAL`.
#define IPCSENTRY_NATIVE_ID_AUDIT 2

// The ABI that this header describes. 0 promises no compatibility: until 1.0, build a program with the header of the
// very library that it runs with, and compare this number with `ipcsentry_abi_version()` at its start.
#define IPCSENTRY_ABI_VERSION 0

// One alert.
//
// Lifetime and threads: yours until `ipcsentry_alert_free`, whatever becomes of its engine; immutable, may be read by
// several threads at once.
typedef struct ipcsentry_alert ipcsentry_alert;

// What is usual on the hosts of an organization: on how many hosts and days each relation was seen, of programs to
// pipes, sockets, services, classes and children, and of alerts.
//
// Lifetime and threads: yours until `ipcsentry_baseline_free`, whatever becomes of the engine that learned it;
// immutable, may be read by several threads at once, and engines may share it.
typedef struct ipcsentry_baseline ipcsentry_baseline;

// A compiled catalog: the behaviors to detect. The handle is a reference; the catalog is freed with the last handle
// and engine that use it.
//
// Lifetime and threads: yours until `ipcsentry_catalog_free`; immutable, may be used by several threads at once.
typedef struct ipcsentry_catalog ipcsentry_catalog;

// A text that was written for you: alerts as other tools read them, or what a baseline says.
//
// Lifetime and threads: yours until `ipcsentry_document_free`, whatever becomes of what it was made of; immutable, may be read by
// several threads at once.
typedef struct ipcsentry_document ipcsentry_document;

// What an engine could not go on with when it was restored or got another catalog.
//
// Lifetime and threads: yours until `ipcsentry_dropped_free`, whatever becomes of its engine; immutable, may be read
// by several threads at once.
typedef struct ipcsentry_dropped ipcsentry_dropped;

// Detects abuse of inter-process communication in the telemetry of any number of hosts.
// The one rule: feed or advance, then drain `ipcsentry_engine_poll_alert`.
//
// Lifetime and threads: yours until `ipcsentry_engine_free`; may move between threads, but one call at a time (a
// second one is answered with `IPCSENTRY_ERR_BUSY`). Make one a stream or shard; they share the catalog.
typedef struct ipcsentry_engine ipcsentry_engine;

// An error with its detail: of a policy, catalog, snapshot or baseline (returned through the last parameter of the function that
// read it), or of a record or event (polled from the engine).
//
// Lifetime and threads: yours until `ipcsentry_error_free`; immutable, may be read by several threads at once.
typedef struct ipcsentry_error ipcsentry_error;

// What an engine knew at one moment, as bytes.
//
// Lifetime and threads: yours until `ipcsentry_snapshot_free`, whatever becomes of its engine; immutable, may be read
// by several threads at once.
typedef struct ipcsentry_snapshot ipcsentry_snapshot;

// What the behaviors of a catalog read on one platform: kinds of events, and their fields.
//
// Lifetime and threads: yours until `ipcsentry_wants_free`, whatever becomes of the catalog; immutable, may be used by
// several threads at once.
typedef struct ipcsentry_wants ipcsentry_wants;

// The result of a call: 0 is success, positive values are information, negative ones errors. A call that returns an
// error changed nothing, except with `IPCSENTRY_ERR_PANIC`. Later versions may add codes to each range.
//
// Lifetime and threads: a plain number.
typedef int32_t ipcsentry_status;

// Text: `len` bytes at `data`, without a terminator. The library returns UTF-8; it accepts other bytes unless the
// function says otherwise. With `len` 0 the text is empty, and `data` may be NULL.
//
// Lifetime and threads: a view into its owner, valid as long as the function that returns it says; a text that the
// caller passes is read during the call only.
typedef struct ipcsentry_text {
  // The first byte.
  const char *data;
  // How many.
  size_t len;
} ipcsentry_text;

// The severity of an alert, one of the `IPCSENTRY_SEVERITY_` numbers; a greater number is more severe. Later versions
// may add numbers in between.
//
// Lifetime and threads: a plain number.
typedef int32_t ipcsentry_severity;

// An answer: `IPCSENTRY_YES`, `IPCSENTRY_NO`, or 0, not given. What it means not to be given stands with the member;
// without a word it is `IPCSENTRY_NO`, or unknown where the event model distinguishes that.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_flag;

// The fields of an alert that are not lists or processes; `core/docs/alert.schema.json` describes them. A text that is
// absent has `data` NULL.
//
// Lifetime and threads: written during the call; its texts are valid as long as the alert.
typedef struct ipcsentry_alert_fields {
  // `sizeof(ipcsentry_alert_fields)`; set it before the call.
  uint64_t type_size;
  // 16 hex digits: the same records give the same id on every machine.
  struct ipcsentry_text id;
  // The id of the earliest alert of the same incident. A later alert may join two incidents: the alerts of the younger
  // one are then revised.
  struct ipcsentry_text incident;
  // When the last record of the evidence happened, RFC 3339, UTC.
  struct ipcsentry_text time;
  // When the first record of the evidence happened.
  struct ipcsentry_text first_time;
  // When it last happened: later than `time` where it was repeated.
  struct ipcsentry_text last_time;
  // The host's name; empty when the telemetry carries none and none was given.
  struct ipcsentry_text host;
  // `AN1357`, `AN1358` or `AN1359`.
  struct ipcsentry_text analytic;
  // The behavior's code, `W07`.
  struct ipcsentry_text code;
  // The behavior's id, `win.dde.office_spawns_interpreter`.
  struct ipcsentry_text behavior;
  // One line.
  struct ipcsentry_text title;
  // What each cited record says, in order of time.
  struct ipcsentry_text explanation;
  // Whether the first record of IPC is earlier than the first of execution or injection: `yes`, `no` or `unknown`.
  struct ipcsentry_text ipc_preceded_execution;
  // `process`, `remote` or `unknown`. The process is that of `IPCSENTRY_PART_INITIATOR`.
  struct ipcsentry_text initiator_kind;
  // Its user, or the user a remote principal authenticated as.
  struct ipcsentry_text initiator_user;
  // Its logon session.
  struct ipcsentry_text initiator_session;
  // The address of a remote principal.
  struct ipcsentry_text initiator_address;
  // How it is known who it was or, where the kind is `unknown`, why nobody is named.
  struct ipcsentry_text initiator_reason;
  // The mechanism of the IPC object, `named_pipe`; absent without an object.
  struct ipcsentry_text ipc_mechanism;
  // Its normalized name.
  struct ipcsentry_text ipc_name;
  // The policy that silences this alert and those like it, as JSON; absent where there is none.
  struct ipcsentry_text suppress;
  // Why there is none.
  struct ipcsentry_text not_suppressible;
  // `time` in nanoseconds since 1970, UTC.
  int64_t timestamp;
  // How often it happened.
  uint64_t count;
  // Number of techniques.
  uint64_t techniques;
  // Number of steps of the lineage.
  uint64_t lineage;
  // Number of records that prove it.
  uint64_t evidence;
  // Number of kinds of telemetry that are missing.
  uint64_t missing;
  // Number of candidates, where the initiator is unknown.
  uint64_t candidates;
  // The version of the alert's schema.
  uint32_t schema_version;
  // 1, then one more with each revision. A revision replaces the alert; nothing is ever retracted.
  uint32_t revision;
  // How severe it is.
  ipcsentry_severity severity;
  // Its confidence in thousandths.
  uint32_t confidence;
  // The confidence in the initiator in thousandths.
  uint32_t initiator_confidence;
  // Whether details of it may have been lost to a memory limit.
  ipcsentry_flag truncated;
  // The version of ATT&CK whose ids the techniques are.
  uint32_t attack_version;
  // Written as zero.
  uint32_t reserved_word;
  // Number of retired codes and ids that it stands for; see `ipcsentry_alert_was`.
  uint64_t was;
  // Number of parts of the confidence; see `ipcsentry_alert_confidence_part`.
  uint64_t confidence_parts;
  // Number of questions of triage; see `ipcsentry_alert_answer`.
  uint64_t triage;
} ipcsentry_alert_fields;

// A process of an alert, one of the `IPCSENTRY_PART_` numbers. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_part;

// A number of 32 bits that may be absent: `{1, 4711}` is 4711, all zero is none.
//
// Lifetime and threads: plain numbers, read during the call only.
typedef struct ipcsentry_u32 {
  // 1 if there is a value, otherwise 0.
  uint32_t is_set;
  // The value; 0 if there is none.
  uint32_t value;
} ipcsentry_u32;

// One process of an alert. A text that is absent has `data` NULL.
//
// Lifetime and threads: written during the call; its texts are valid as long as the alert.
typedef struct ipcsentry_process_info {
  // `sizeof(ipcsentry_process_info)`; set it before the call.
  uint64_t type_size;
  // GUID, pidversion or the sensor's own id.
  struct ipcsentry_text unique_id;
  // The normalized path of the image.
  struct ipcsentry_text image;
  // The image's raw bytes in hex where they are not UTF-8.
  struct ipcsentry_text image_hex;
  // The command line, at most 2 KiB of it.
  struct ipcsentry_text command_line;
  // The user's name, or `uid=N`.
  struct ipcsentry_text user;
  // The logon session: hex LogonId on Windows, audit session elsewhere.
  struct ipcsentry_text session;
  // The integrity level (Windows).
  struct ipcsentry_text integrity;
  // Who signed the image.
  struct ipcsentry_text signer;
  // Hashes of the image, as the sensor writes them.
  struct ipcsentry_text hash;
  // The working folder when it started.
  struct ipcsentry_text working_folder;
  // The process id.
  struct ipcsentry_u32 pid;
  // The user id (Linux, macOS).
  struct ipcsentry_u32 uid;
  // The login user id: who logged in, whatever became of the uid since.
  struct ipcsentry_u32 auid;
} ipcsentry_process_info;

// One record that proves a part of an alert. A text that is absent has `data` NULL.
//
// Lifetime and threads: written during the call; its texts are valid as long as the alert.
typedef struct ipcsentry_evidence {
  // `sizeof(ipcsentry_evidence)`; set it before the call.
  uint64_t type_size;
  // The number of the record in its input, or of the event that you fed.
  uint64_t record;
  // Which of the records it is that begin in the same line; 0 for the first.
  uint32_t part;
  // The index of the input.
  uint32_t file;
  // The record's own id, if it has one.
  struct ipcsentry_text source_id;
  // When, RFC 3339, UTC.
  struct ipcsentry_text time;
  // `injection`, `execution`, `effect`, `ipc` or `context`: of all that it proves, the first of these.
  struct ipcsentry_text role;
  // The clause it met.
  struct ipcsentry_text clause;
  // What it says, in a few words.
  struct ipcsentry_text summary;
  // Number of other roles of the same record; see `ipcsentry_alert_evidence_also`.
  uint64_t also;
  // The id of the MITRE ATT&CK data component that the record is of, `DC0048`.
  struct ipcsentry_text data_component;
} ipcsentry_evidence;

// The limits of an engine. Set `type_size` and leave the rest zero for defaults that suit an endpoint agent.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_limits {
  // `sizeof(ipcsentry_limits)`.
  uint64_t type_size;
  // Bytes that the engine may allocate, without the catalog; 0 is 64 MiB. When it is full, the least recently used
  // entries are dropped and counted. Any number that fits a `size_t` is allowed: memory is allocated as it is
  // needed.
  uint64_t bytes;
  // Nanoseconds that an event may be late and still be judged in order of time, at most `IPCSENTRY_LATENESS_MAX`;
  // with 0, events are judged at once.
  int64_t lateness;
  // Seed of all hash tables. With 0 the engine draws a secret one from the platform. Give one for runs that must be
  // reproducible under memory pressure: alerts depend on the seed only if entries had to be dropped.
  uint64_t seed;
  // Bytes of the longest record; 0 is 1 MiB. A longer record is an error and is skipped.
  uint64_t max_record_bytes;
  // Most alerts that wait to be polled; 0 is 4096. Further ones are dropped and counted.
  uint64_t max_alerts;
  // Nanoseconds within which repetitions of an alert are dropped; 0 is one hour, a negative number drops none.
  int64_t dedup_window;
  // Zero.
  uint64_t reserved[9];
} ipcsentry_limits;

// A time that may be absent, in nanoseconds since 1970, UTC: `{1, 0}` is the beginning of 1970, all zero is none.
//
// Lifetime and threads: plain numbers, read during the call only.
typedef struct ipcsentry_time {
  // 1 if there is a value, otherwise 0.
  uint64_t is_set;
  // The value; 0 if there is none.
  int64_t value;
} ipcsentry_time;

// Text of an event; absent if `data` is NULL, which is not the same as empty. Text may be of any length up to
// `max_record_bytes` of the engine's limits.
//
// Lifetime and threads: a view into memory of the caller's, read during the call only.
typedef struct ipcsentry_event_text {
  // The first byte. UTF-16 need not be aligned.
  const void *data;
  // How many bytes, a terminator not counted.
  size_t len;
  // The encoding, one of the `IPCSENTRY_ENCODING_` numbers.
  uint64_t encoding;
} ipcsentry_event_text;

// The id that a record has in its log; alerts print it as `source_id`. All zero is none.
//
// Lifetime and threads: plain numbers, read during the call only.
typedef struct ipcsentry_native_id {
  // One of the `IPCSENTRY_NATIVE_ID_` numbers, or 0 for none.
  uint32_t kind;
  // auditd: milliseconds, less than 1000.
  uint32_t millis;
  // auditd: seconds since 1970.
  uint64_t seconds;
  // The number, or auditd's serial.
  uint64_t number;
} ipcsentry_native_id;

// An id that no two processes of one host share, unlike a pid. All zero is none.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_unique_id {
  // Which of the members is the id: one of the `IPCSENTRY_UNIQUE_ID_` numbers, or 0 for none.
  uint32_t kind;
  // macOS: the pidversion of the audit token.
  uint32_t pid_version;
  // The 16 bytes of a GUID in the order in which its text has them. In memory Windows has the first four, the next
  // two and the next two bytes reversed.
  uint8_t guid[16];
  // The sensor's own id.
  struct ipcsentry_event_text opaque;
} ipcsentry_unique_id;

// A number of 64 bits that may be absent: `{1, 999}` is 999, all zero is none.
//
// Lifetime and threads: plain numbers, read during the call only.
typedef struct ipcsentry_u64 {
  // 1 if there is a value, otherwise 0.
  uint64_t is_set;
  // The value; 0 if there is none.
  uint64_t value;
} ipcsentry_u64;

// Mandatory integrity level (Windows): one of the `IPCSENTRY_INTEGRITY_` numbers; not given is unknown. Later versions
// may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_integrity;

// What is known of an image's code signature: one of the `IPCSENTRY_SIGNING_` numbers; not given is unknown. Later
// versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_signing;

// All details of one process that a record has. A pid or a unique id identifies the process; the library remembers
// what earlier events said of it, so a structure for each process may be kept and lent to every event.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_process {
  // `sizeof(ipcsentry_process)`.
  uint64_t type_size;
  // The unique id.
  struct ipcsentry_unique_id unique_id;
  // The full path of the image, as logged.
  struct ipcsentry_event_text image;
  // The command line. Of an argument vector, the elements joined by one space.
  struct ipcsentry_event_text command_line;
  // The working folder.
  struct ipcsentry_event_text working_folder;
  // The user's name.
  struct ipcsentry_event_text user;
  // The terminal: TerminalSessionId as text (Windows) or the tty's name (POSIX); absent without one.
  struct ipcsentry_event_text terminal;
  // Who signed: subject, team id or signing id.
  struct ipcsentry_event_text signer;
  // The name the vendor compiled into the image (PE OriginalFileName).
  struct ipcsentry_event_text original_file_name;
  // Hashes of the image: `MD5=…,SHA256=…`.
  struct ipcsentry_event_text hash;
  // The logon session: LogonId (Windows), ses (Linux, unset is absent), asid (macOS).
  struct ipcsentry_u64 session;
  // When it started.
  struct ipcsentry_time start;
  // The process id.
  struct ipcsentry_u32 pid;
  // The length of the argument vector.
  struct ipcsentry_u32 argument_count;
  // The effective user id (POSIX).
  struct ipcsentry_u32 uid;
  // The login user id that survives su and sudo (Linux auid); unset (4294967295) is absent.
  struct ipcsentry_u32 auid;
  // The integrity level (Windows).
  ipcsentry_integrity integrity;
  // What is known of the signature.
  ipcsentry_signing signing;
  // Zero.
  uint64_t reserved[6];
} ipcsentry_process;

// How a process began: one of the `IPCSENTRY_START_METHOD_` numbers; not given is `IPCSENTRY_START_METHOD_CREATE`.
// Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_start_method;

// Details of `IPCSENTRY_KIND_PROCESS_START`; the actor is the process with its new image.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_process_start {
  // `sizeof(ipcsentry_process_start)`.
  uint64_t type_size;
  // The image of the process before an exec, if the source has it.
  struct ipcsentry_event_text previous_image;
  // The script file that an interpreter was started with, if the source has it (ES exec script).
  struct ipcsentry_event_text script;
  // How it began.
  ipcsentry_start_method method;
  // Zero.
  uint32_t reserved_word;
  // The label of the launchd job that the process is the program of, if the source has it (macOS
  // `XPC_SERVICE_NAME`).
  struct ipcsentry_event_text job;
  // The process that started it, if the source tells it apart from the parent that the record names (Windows:
  // Elastic `process.parent.Ext.real.pid`, the process id in the header of an ETW record); may be NULL. A program may
  // name another process as the parent of what it starts.
  const struct ipcsentry_process *creator;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_process_start;

// A signed number of 32 bits that may be absent: `{1, -1}` is -1, all zero is none.
//
// Lifetime and threads: plain numbers, read during the call only.
typedef struct ipcsentry_i32 {
  // 1 if there is a value, otherwise 0.
  uint32_t is_set;
  // The value; 0 if there is none.
  int32_t value;
} ipcsentry_i32;

// Details of `IPCSENTRY_KIND_PROCESS_END`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_process_end {
  // `sizeof(ipcsentry_process_end)`.
  uint64_t type_size;
  // The exit code.
  struct ipcsentry_i32 exit_code;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_process_end;

// How one process obtained access to another: one of the `IPCSENTRY_ACCESS_METHOD_` numbers; not given is
// `IPCSENTRY_ACCESS_METHOD_HANDLE`. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_access_method;

// Details of `IPCSENTRY_KIND_PROCESS_ACCESS`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_process_access {
  // `sizeof(ipcsentry_process_access)`.
  uint64_t type_size;
  // The process that was accessed; may be NULL.
  const struct ipcsentry_process *target;
  // The call came from memory that no module backs (Sysmon CallTrace `UNKNOWN`): weak evidence by itself.
  ipcsentry_flag unbacked_caller;
  // How access was obtained; not given is a Windows handle.
  ipcsentry_access_method access_method;
  // The Windows access mask (Sysmon GrantedAccess, Security AccessMask); 0 elsewhere.
  uint32_t access_mask;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_process_access;

// Details of `IPCSENTRY_KIND_REMOTE_THREAD`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_remote_thread {
  // `sizeof(ipcsentry_remote_thread)`.
  uint64_t type_size;
  // The module of its start address; not given if no module backs it.
  struct ipcsentry_event_text start_module;
  // The exported function at its start address.
  struct ipcsentry_event_text start_function;
  // The process in which the thread runs; may be NULL.
  const struct ipcsentry_process *target;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_remote_thread;

// Details of `IPCSENTRY_KIND_MEMORY_WRITE`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_memory_write {
  // `sizeof(ipcsentry_memory_write)`.
  uint64_t type_size;
  // The process whose memory was written; may be NULL.
  const struct ipcsentry_process *target;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_memory_write;

// Details of `IPCSENTRY_KIND_IMAGE_TAMPER`; the actor is the process whose image changed.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_image_tamper {
  // `sizeof(ipcsentry_image_tamper)`.
  uint64_t type_size;
  // What the sensor says happened (Sysmon 25 `Type`).
  struct ipcsentry_event_text what;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_image_tamper;

// Details of `IPCSENTRY_KIND_IMAGE_LOAD`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_image_load {
  // `sizeof(ipcsentry_image_load)`.
  uint64_t type_size;
  // The full path of the library.
  struct ipcsentry_event_text image;
  // Who signed it.
  struct ipcsentry_event_text signer;
  // Whether its signature holds.
  ipcsentry_flag signature_holds;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_image_load;

// The mechanism of an endpoint: one of the `IPCSENTRY_MECHANISM_` numbers; must be given. Later versions may add
// numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_mechanism;

// Details of `IPCSENTRY_KIND_ENDPOINT_CREATE`, `IPCSENTRY_KIND_ENDPOINT_CONNECT` and `IPCSENTRY_KIND_ENDPOINT_REMOVE`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_endpoint_act {
  // `sizeof(ipcsentry_endpoint_act)`.
  uint64_t type_size;
  // The name, as logged: pipe name, absolute socket or FIFO path, queue name, service name. Resolve relative paths
  // against the working folder.
  struct ipcsentry_event_text name;
  // The process at the other end, if it is known; may be NULL.
  const struct ipcsentry_process *peer;
  // The inode.
  struct ipcsentry_u64 inode;
  // The device number.
  struct ipcsentry_u64 device;
  // The user id that owns the object on disk.
  struct ipcsentry_u32 owner_uid;
  // The permission and type bits.
  struct ipcsentry_u32 mode;
  // The mechanism; must be given.
  ipcsentry_mechanism mechanism;
  // The outcome; `IPCSENTRY_NO` only if the call failed for good. Not given counts as a success, and so does a
  // pending connection.
  ipcsentry_flag succeeded;
  // The actor accepted the connection rather than made it.
  ipcsentry_flag accepted;
  // Whether the object was opened for writing.
  ipcsentry_flag writes;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_endpoint_act;

// Details of `IPCSENTRY_KIND_FD_DUP`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_fd_dup {
  // `sizeof(ipcsentry_fd_dup)`.
  uint64_t type_size;
  // The process it was taken from (pidfd_getfd); may be NULL.
  const struct ipcsentry_process *target;
  // The descriptor that was copied.
  struct ipcsentry_i32 from;
  // The descriptor it became.
  struct ipcsentry_i32 to;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_fd_dup;

// Details of `IPCSENTRY_KIND_SHARE_ACCESS`; the actor is the remote client, which has no process on this host.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_share_access {
  // `sizeof(ipcsentry_share_access)`.
  uint64_t type_size;
  // The share, for example `\\*\IPC$`.
  struct ipcsentry_event_text share;
  // The name below it: for IPC$ a pipe name without its leading backslash.
  struct ipcsentry_event_text name;
  // The client's address.
  struct ipcsentry_event_text address;
  // The client's port.
  struct ipcsentry_u32 port;
  // The access mask.
  uint32_t mask;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_share_access;

// Details of `IPCSENTRY_KIND_COM_ACTIVATION`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_com_activation {
  // `sizeof(ipcsentry_com_activation)`.
  uint64_t type_size;
  // The class id with braces.
  struct ipcsentry_event_text clsid;
  // The application id with braces.
  struct ipcsentry_event_text app_id;
  // The address of the remote client, if the record has it.
  struct ipcsentry_event_text address;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_com_activation;

// Details of `IPCSENTRY_KIND_REGISTRY_SET` and `IPCSENTRY_KIND_REGISTRY_QUERY`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_registry_act {
  // `sizeof(ipcsentry_registry_act)`.
  uint64_t type_size;
  // The full path: key and value name, as logged.
  struct ipcsentry_event_text path;
  // The data written.
  struct ipcsentry_event_text data;
  // The operation (Sysmon `EventType`: SetValue, CreateKey, DeleteKey …).
  struct ipcsentry_event_text operation;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_registry_act;

// Details of `IPCSENTRY_KIND_DDE_REQUEST`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_dde_request {
  // `sizeof(ipcsentry_dde_request)`.
  uint64_t type_size;
  // The service asked for.
  struct ipcsentry_event_text service;
  // The topic.
  struct ipcsentry_event_text topic;
  // The item or command.
  struct ipcsentry_event_text item;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_dde_request;

// Details of `IPCSENTRY_KIND_APPLE_EVENT`; the actor is the sender.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_apple_event {
  // `sizeof(ipcsentry_apple_event)`.
  uint64_t type_size;
  // Class and id as four-character codes, `syso,dlog`; not given if the log hides them (`<private>`).
  struct ipcsentry_event_text code;
  // The target application: bundle id or process name; not given if the log hides it.
  struct ipcsentry_event_text target;
  // The text of the direct parameter as far as the log has it, in UTF-8.
  struct ipcsentry_event_text text;
  // The error the reply reports; 0 is success.
  struct ipcsentry_i32 error;
  // The dialog hides what the user types (parameter `htxt` true).
  ipcsentry_flag hidden_answer;
  // The event mutes the sound (`aevt,stvl` with `mute` true).
  ipcsentry_flag mute;
  // Whether it is the reply to an event.
  ipcsentry_flag reply;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_apple_event;

// Details of `IPCSENTRY_KIND_SCRIPT_RUN`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_script_run {
  // `sizeof(ipcsentry_script_run)`.
  uint64_t type_size;
  // The script file.
  struct ipcsentry_event_text path;
  // The script's text, as far as the record has it.
  struct ipcsentry_event_text text;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_script_run;

// Details of `IPCSENTRY_KIND_PRIVACY_DECISION`; the actor is the accessing process.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_privacy_decision {
  // `sizeof(ipcsentry_privacy_decision)`.
  uint64_t type_size;
  // The service, for example `kTCCServiceAppleEvents`.
  struct ipcsentry_event_text service;
  // The application the access is aimed at (Apple Events target), as bundle id.
  struct ipcsentry_event_text target;
  // The decision: `IPCSENTRY_YES` allowed, `IPCSENTRY_NO` denied, not given unknown or not decided yet.
  ipcsentry_flag allowed;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_privacy_decision;

// Details of `IPCSENTRY_KIND_SERVICE_INSTALL`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_service_install {
  // `sizeof(ipcsentry_service_install)`.
  uint64_t type_size;
  // The service's name.
  struct ipcsentry_event_text name;
  // Its command line (ImagePath, ServiceFileName).
  struct ipcsentry_event_text command;
  // The account it runs as.
  struct ipcsentry_event_text account;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_service_install;

// Details of `IPCSENTRY_KIND_TASK_REGISTER`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_task_register {
  // `sizeof(ipcsentry_task_register)`.
  uint64_t type_size;
  // The task's name.
  struct ipcsentry_event_text name;
  // Its definition or command.
  struct ipcsentry_event_text command;
  // Whether it was deleted rather than registered.
  ipcsentry_flag deleted;
  // Whether it is a WMI event consumer rather than a scheduled task.
  ipcsentry_flag subscription;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_task_register;

// Details of `IPCSENTRY_KIND_LAUNCH_ITEM_ADD`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_launch_item_add {
  // `sizeof(ipcsentry_launch_item_add)`.
  uint64_t type_size;
  // The label or URL of the item.
  struct ipcsentry_event_text label;
  // The program it runs.
  struct ipcsentry_event_text program;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_launch_item_add;

// Details of `IPCSENTRY_KIND_LOGON`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_logon {
  // `sizeof(ipcsentry_logon)`.
  uint64_t type_size;
  // Who logged on.
  struct ipcsentry_event_text user;
  // The address it came from; not given for a local logon.
  struct ipcsentry_event_text address;
  // The session that was created.
  struct ipcsentry_u64 session;
  // Windows logon type (3 network, 10 remote interactive …).
  struct ipcsentry_u32 logon_type;
  // Whether explicit credentials were used (Security 4648).
  ipcsentry_flag explicit_credentials;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_logon;

// Details of `IPCSENTRY_KIND_SESSION_CHANGE`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_session_change {
  // `sizeof(ipcsentry_session_change)`.
  uint64_t type_size;
  // Its new state.
  struct ipcsentry_event_text state;
  // The session.
  struct ipcsentry_u64 session;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_session_change;

// Which side opened a network connection: one of the `IPCSENTRY_DIRECTION_` numbers; not given is unknown. Later
// versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_direction;

// Details of `IPCSENTRY_KIND_NETWORK_CONNECT`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_network_connect {
  // `sizeof(ipcsentry_network_connect)`.
  uint64_t type_size;
  // The actor's own address.
  struct ipcsentry_event_text local_address;
  // The other side's address.
  struct ipcsentry_event_text remote_address;
  // The actor's own port.
  struct ipcsentry_u32 local_port;
  // The other side's port.
  struct ipcsentry_u32 remote_port;
  // Which side opened it.
  ipcsentry_direction direction;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_network_connect;

// What was done to a file: one of the `IPCSENTRY_FILE_OPERATION_` numbers; not given is
// `IPCSENTRY_FILE_OPERATION_OPEN`. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_file_operation;

// Details of `IPCSENTRY_KIND_FILE_ACCESS`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_file_access {
  // `sizeof(ipcsentry_file_access)`.
  uint64_t type_size;
  // The absolute path.
  struct ipcsentry_event_text path;
  // What was done.
  ipcsentry_file_operation operation;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_file_access;

// A change of the sensor's own state: one of the `IPCSENTRY_SENSOR_CHANGE_` numbers; not given is
// `IPCSENTRY_SENSOR_CHANGE_STARTED`. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_sensor_change;

// Details of `IPCSENTRY_KIND_SENSOR_STATE`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_sensor_state {
  // `sizeof(ipcsentry_sensor_state)`.
  uint64_t type_size;
  // The sensor's own words.
  struct ipcsentry_event_text detail;
  // What changed.
  ipcsentry_sensor_change change;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_sensor_state;

// Details of `IPCSENTRY_KIND_TASK_RUN`; the actor has the account that the task runs as.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_task_run {
  // `sizeof(ipcsentry_task_run)`.
  uint64_t type_size;
  // The task's name.
  struct ipcsentry_event_text name;
  // The image of its action.
  struct ipcsentry_event_text command;
  // The process that was started for it; may be NULL.
  const struct ipcsentry_process *process;
  // Whether the action ended.
  ipcsentry_flag ended;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_task_run;

// A change of a service: one of the `IPCSENTRY_SERVICE_ACT_` numbers; not given is `IPCSENTRY_SERVICE_ACT_STATE`.
// Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_service_act;

// Details of `IPCSENTRY_KIND_SERVICE_CHANGE`.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_service_change {
  // `sizeof(ipcsentry_service_change)`.
  uint64_t type_size;
  // The service's name, or its display name if the record has no other.
  struct ipcsentry_event_text name;
  // The new state or start type, or the error, in the record's words.
  struct ipcsentry_event_text detail;
  // The change.
  ipcsentry_service_act act;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_service_change;

// Details of `IPCSENTRY_KIND_RPC_CALL`; the actor is the client, of which the record has at most the account.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_rpc_call {
  // `sizeof(ipcsentry_rpc_call)`.
  uint64_t type_size;
  // The interface's UUID.
  struct ipcsentry_event_text interface_id;
  // The protocol sequence (`ncacn_np`, `ncacn_ip_tcp` …).
  struct ipcsentry_event_text protocol;
  // The endpoint: a pipe, a port.
  struct ipcsentry_event_text endpoint;
  // The client's address.
  struct ipcsentry_event_text address;
  // The process whose function was called; may be NULL.
  const struct ipcsentry_process *server;
  // The number of the function in the interface.
  struct ipcsentry_u32 operation;
  // The client's port.
  struct ipcsentry_u32 port;
  // Zero.
  uint64_t reserved[4];
} ipcsentry_rpc_call;

// The details of an event: the member of its kind, or NULL if there are none.
//
// Lifetime and threads: read during the call only.
typedef union ipcsentry_details {
  // Of `IPCSENTRY_KIND_PROCESS_START`.
  const struct ipcsentry_process_start *process_start;
  // Of `IPCSENTRY_KIND_PROCESS_END`.
  const struct ipcsentry_process_end *process_end;
  // Of `IPCSENTRY_KIND_PROCESS_ACCESS`.
  const struct ipcsentry_process_access *process_access;
  // Of `IPCSENTRY_KIND_REMOTE_THREAD`.
  const struct ipcsentry_remote_thread *remote_thread;
  // Of `IPCSENTRY_KIND_MEMORY_WRITE`.
  const struct ipcsentry_memory_write *memory_write;
  // Of `IPCSENTRY_KIND_IMAGE_TAMPER`.
  const struct ipcsentry_image_tamper *image_tamper;
  // Of `IPCSENTRY_KIND_IMAGE_LOAD`.
  const struct ipcsentry_image_load *image_load;
  // Of `IPCSENTRY_KIND_ENDPOINT_CREATE`, `IPCSENTRY_KIND_ENDPOINT_CONNECT`, `IPCSENTRY_KIND_ENDPOINT_REMOVE`.
  const struct ipcsentry_endpoint_act *endpoint_act;
  // Of `IPCSENTRY_KIND_FD_DUP`.
  const struct ipcsentry_fd_dup *fd_dup;
  // Of `IPCSENTRY_KIND_SHARE_ACCESS`.
  const struct ipcsentry_share_access *share_access;
  // Of `IPCSENTRY_KIND_COM_ACTIVATION`.
  const struct ipcsentry_com_activation *com_activation;
  // Of `IPCSENTRY_KIND_REGISTRY_SET`, `IPCSENTRY_KIND_REGISTRY_QUERY`.
  const struct ipcsentry_registry_act *registry_act;
  // Of `IPCSENTRY_KIND_DDE_REQUEST`.
  const struct ipcsentry_dde_request *dde_request;
  // Of `IPCSENTRY_KIND_APPLE_EVENT`.
  const struct ipcsentry_apple_event *apple_event;
  // Of `IPCSENTRY_KIND_SCRIPT_RUN`.
  const struct ipcsentry_script_run *script_run;
  // Of `IPCSENTRY_KIND_PRIVACY_DECISION`.
  const struct ipcsentry_privacy_decision *privacy_decision;
  // Of `IPCSENTRY_KIND_SERVICE_INSTALL`.
  const struct ipcsentry_service_install *service_install;
  // Of `IPCSENTRY_KIND_TASK_REGISTER`.
  const struct ipcsentry_task_register *task_register;
  // Of `IPCSENTRY_KIND_LAUNCH_ITEM_ADD`.
  const struct ipcsentry_launch_item_add *launch_item_add;
  // Of `IPCSENTRY_KIND_LOGON`.
  const struct ipcsentry_logon *logon;
  // Of `IPCSENTRY_KIND_SESSION_CHANGE`.
  const struct ipcsentry_session_change *session_change;
  // Of `IPCSENTRY_KIND_NETWORK_CONNECT`.
  const struct ipcsentry_network_connect *network_connect;
  // Of `IPCSENTRY_KIND_FILE_ACCESS`.
  const struct ipcsentry_file_access *file_access;
  // Of `IPCSENTRY_KIND_SENSOR_STATE`.
  const struct ipcsentry_sensor_state *sensor_state;
  // Of `IPCSENTRY_KIND_TASK_RUN`.
  const struct ipcsentry_task_run *task_run;
  // Of `IPCSENTRY_KIND_SERVICE_CHANGE`.
  const struct ipcsentry_service_change *service_change;
  // Of `IPCSENTRY_KIND_RPC_CALL`.
  const struct ipcsentry_rpc_call *rpc_call;
} ipcsentry_details;

// The operating system of an event: one of the `IPCSENTRY_OS_` numbers; must be given. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_os;

// What happened, one of the `IPCSENTRY_KIND_` numbers; must be given. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_kind;

// The telemetry channel: which sensor wrote the record: one of the `IPCSENTRY_CHANNEL_` numbers; not given is
// `IPCSENTRY_CHANNEL_EMBEDDER`, the sensor of an agent of your own. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_channel;

// One event. Set `type_size`, `time`, `os`, `kind`, and what else is known.
//
// Lifetime and threads: read during the call only, with everything that it points to.
typedef struct ipcsentry_event {
  // `sizeof(ipcsentry_event)`.
  uint64_t type_size;
  // When it happened, in nanoseconds since 1970, UTC, by the best clock there is.
  int64_t time;
  // The time by the clock of whoever collected it, if `time` is by another one. The engine learns the offset of a
  // host from events with both.
  struct ipcsentry_time envelope_time;
  // Any number that finds the event again: evidence has it as `record`.
  uint64_t record;
  // The host's name. Every event of a host has the same one; no behavior joins two hosts.
  struct ipcsentry_event_text host;
  // The source's own name of the event, where it has names rather than numbers (eslogger `exec`).
  struct ipcsentry_event_text source_name;
  // The id that the record has in its log, unique in its channel: an event with the id of an earlier one is a
  // duplicate.
  struct ipcsentry_native_id native_id;
  // The process that acted: started, connected, opened, wrote. NULL if it is not known.
  const struct ipcsentry_process *actor;
  // Its parent, as far as it is known. May be NULL: the library remembers parents.
  const struct ipcsentry_process *parent;
  // The process that macOS holds responsible for the actor; pid, unique id and image count. NULL elsewhere.
  const struct ipcsentry_process *responsible;
  // The details of its kind.
  union ipcsentry_details details;
  // The operating system.
  ipcsentry_os os;
  // What happened.
  ipcsentry_kind kind;
  // The sensor. Coverage and alerts name it, and a policy may declare it.
  ipcsentry_channel channel;
  // The channel's own event number (Sysmon 17, x86-64 syscall 42); 0 when it has none.
  uint32_t code;
  // The index of the input that `record` refers to.
  uint32_t file;
  // The number of the event among those of one record; 0 for the first.
  uint32_t part;
  // `time` is by an envelope's clock in an unknown zone. The engine adds the offset that it learned.
  ipcsentry_flag time_is_envelope;
  // Zero.
  uint32_t reserved_word;
  // Zero.
  uint64_t reserved[6];
} ipcsentry_event;

// The result of a call that fed events.
//
// Lifetime and threads: plain numbers, written during the call.
typedef struct ipcsentry_batch_report {
  // Events that were read, from the first on, faulty ones included. With `IPCSENTRY_DRAIN` fewer than were given.
  uint64_t taken;
  // Those of them that came later than the lateness allows; they were judged.
  uint64_t late;
  // Those of them that were fed before; they were not judged again.
  uint64_t duplicates;
  // Those of them that were faulty and not judged; see `ipcsentry_engine_poll_error`.
  uint64_t errors;
  // Written as zero.
  uint64_t reserved[4];
} ipcsentry_batch_report;

// Raw telemetry: `len` bytes at `data`. With `len` 0 it is empty, and `data` may be NULL.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_bytes {
  // The first byte.
  const void *data;
  // How many.
  size_t len;
} ipcsentry_bytes;

// A telemetry format, one of the `IPCSENTRY_FORMAT_` numbers. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_format;

// A form in which alerts are written, one of the `IPCSENTRY_OUTPUT_` numbers. Later versions may add numbers.
//
// Lifetime and threads: a plain number.
typedef int32_t ipcsentry_output;

// One behavior that a catalog detects.
//
// Lifetime and threads: written during the call; its texts are valid as long as the handle of the catalog.
typedef struct ipcsentry_rule {
  // `sizeof(ipcsentry_rule)`; set it before the call.
  uint64_t type_size;
  // Its code, `W07`.
  struct ipcsentry_text code;
  // Its id, `win.dde.execution`.
  struct ipcsentry_text id;
  // One line.
  struct ipcsentry_text title;
  // Number of ATT&CK techniques; see `ipcsentry_catalog_rule_technique`.
  uint64_t techniques;
  // Number of places where it is described in public; see `ipcsentry_catalog_rule_source`.
  uint64_t sources;
  // How severe it is when every leg is seen.
  ipcsentry_severity severity;
  // The platform it is looked for on.
  ipcsentry_os os;
  // Whether it raises alerts; otherwise it only feeds other behaviors.
  ipcsentry_flag alerts;
  // Written as zero.
  uint32_t reserved_word;
  // Number of retired codes and ids of behaviors that are part of it now; see `ipcsentry_catalog_rule_was`.
  uint64_t was;
} ipcsentry_rule;

// The counters of an engine since it was made. Every loss moves one of them.
//
// Lifetime and threads: plain numbers, written during the call.
typedef struct ipcsentry_stats {
  // `sizeof(ipcsentry_stats)`; set it before the call.
  uint64_t type_size;
  // Physical records taken from streams.
  uint64_t records;
  // Bytes taken from streams.
  uint64_t stream_bytes;
  // Events judged, fed as events or read from streams.
  uint64_t events;
  // Well-formed records that no event is read from, failed calls among them.
  uint64_t skipped;
  // Records that could not be decoded.
  uint64_t decode_errors;
  // Events that came later than the lateness allows. They were judged, out of order.
  uint64_t late;
  // Events that were taken before; they were not judged again.
  uint64_t duplicates;
  // Events judged early because the reorder buffer was full.
  uint64_t released_early;
  // Processes evicted.
  uint64_t evicted_processes;
  // Endpoints evicted.
  uint64_t evicted_endpoints;
  // Names evicted.
  uint64_t evicted_names;
  // Partial matches evicted.
  uint64_t evicted_partial_matches;
  // Hosts evicted.
  uint64_t evicted_hosts;
  // Remote principals evicted. Alerts say only that such an initiator was remote.
  uint64_t evicted_remotes;
  // Deferred checks dropped because too many waited for the watermark: fallback forms and absences.
  uint64_t dropped_checks;
  // Alerts raised, revisions excluded.
  uint64_t alerts;
  // Revisions of alerts.
  uint64_t revisions;
  // Incidents that turned out to be part of an older one.
  uint64_t merged;
  // Repetitions of an earlier alert: they are counted in it.
  uint64_t deduplicated;
  // Alerts that entries of the policy cover, each once, however often it happened.
  uint64_t suppressed;
  // Alerts below the policy's minimum confidence or severity.
  uint64_t below_minimum;
  // Alerts dropped because the queue was full.
  uint64_t alerts_dropped;
  // The most table steps that one event took; more than 256 only for events with far more or longer names than records have.
  uint64_t max_steps;
  // Bytes owned now.
  uint64_t bytes;
  // Suppressed alerts that could not be kept for `ipcsentry_engine_poll_suppressed`.
  uint64_t suppressed_dropped;
  // Texts of more than 8 KiB (command lines, scripts) of which only the first and the last 4 KiB were matched.
  uint64_t text_cut;
} ipcsentry_stats;

// How to read a stream. Set `type_size`, and leave zero what you do not know.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_stream_options {
  // `sizeof(ipcsentry_stream_options)`.
  uint64_t type_size;
  // The number of its first record.
  uint64_t record_base;
  // The format; with zero (`IPCSENTRY_FORMAT_RECOGNIZE`) it is recognized for each record.
  ipcsentry_format format;
  // The index of the input, which evidence has as `file`.
  uint32_t file;
  // The host of records that name none.
  struct ipcsentry_text host;
  // Zero.
  uint64_t reserved[6];
} ipcsentry_stream_options;

// An open stream of one engine. The number of a closed stream may be used again.
//
// Lifetime and threads: a plain number, good from `ipcsentry_engine_open_stream` to `ipcsentry_stream_close` or the
// engine's end; calls with it are calls on the engine.
typedef uint32_t ipcsentry_stream;

// The result of a call that read records.
//
// Lifetime and threads: plain numbers, written during the call.
typedef struct ipcsentry_feed_report {
  // Records taken.
  uint64_t records;
  // Events read from them.
  uint64_t events;
  // Records of no interest.
  uint64_t skipped;
  // Records that could not be decoded; see `ipcsentry_engine_poll_error`.
  uint64_t errors;
  // Written as zero.
  uint64_t reserved[4];
} ipcsentry_feed_report;

// A kind of events, or a field of one, that behaviors read.
//
// Lifetime and threads: written during the call; its texts are valid as long as the handle.
typedef struct ipcsentry_want {
  // `sizeof(ipcsentry_want)`; set it before the call.
  uint64_t type_size;
  // The field by its name in rules, `endpoint.name`; absent (`data` NULL) for the kind as a whole.
  struct ipcsentry_text field;
  // The members of structures that it is read from, `ipcsentry_endpoint_act.name`; absent for the kind as a whole.
  struct ipcsentry_text member;
  // Number of behaviors that read it; see `ipcsentry_wants_loss`.
  uint64_t behaviors;
  // The kind of events; 0 for a detail of a process, which any event that names the process may report once.
  ipcsentry_kind kind;
  // Written as zero.
  uint32_t reserved_word;
} ipcsentry_want;

// What one behavior loses without something.
//
// Lifetime and threads: written during the call; its text is valid as long as the handle.
typedef struct ipcsentry_loss {
  // `sizeof(ipcsentry_loss)`; set it before the call.
  uint64_t type_size;
  // The behavior's code.
  struct ipcsentry_text code;
  // How severe its alerts can be.
  ipcsentry_severity severity;
  // How severe they can be without it; 0 if there is no alert then. Where both are equal it adds evidence and
  // confidence, or one of several ways to be seen.
  ipcsentry_severity without;
  // Whether only a weaker form of the behavior is left.
  ipcsentry_flag degraded;
  // Written as zero.
  uint32_t reserved_word;
} ipcsentry_loss;

// A hint, to be kept for context.
#define IPCSENTRY_SEVERITY_LOW 10

// Suspicious: an analyst should look at it.
#define IPCSENTRY_SEVERITY_MEDIUM 20

// An attack is likely: act on it at once.
#define IPCSENTRY_SEVERITY_HIGH 30

// Code was executed or injected through IPC, beyond reasonable doubt.
#define IPCSENTRY_SEVERITY_CRITICAL 40

// Who drove the IPC object, behind any broker; there is one if `initiator_kind` is `process`.
#define IPCSENTRY_PART_INITIATOR 1

// Who acted on the IPC object.
#define IPCSENTRY_PART_ACTOR 2

// What was executed or injected.
#define IPCSENTRY_PART_TARGET 3

// Where the target (or the actor) came from, nearest first; `ipcsentry_alert_edge` says how it is tied.
#define IPCSENTRY_PART_LINEAGE 4

// Who may have been the initiator, where it is unknown; see `ipcsentry_alert_candidate`.
#define IPCSENTRY_PART_CANDIDATE 5

// It is so.
#define IPCSENTRY_YES 1

// It is not so.
#define IPCSENTRY_NO 2

// A process began or changed its image: Sysmon 1, Security 4688, auditd execve, ES exec and fork, osquery. Its
// details: `process_start`.
#define IPCSENTRY_KIND_PROCESS_START 1

// A process ended: Sysmon 5, Security 4689, auditd exit_group, ES exit. Its details: `process_end`.
#define IPCSENTRY_KIND_PROCESS_END 2

// A process that ran before the sensor did (inventory). It has no details.
#define IPCSENTRY_KIND_PROCESS_SEEN 3

// A handle, ptrace attachment or task port was obtained: Sysmon 10, Security 4656, 4663 and 4670, auditd ptrace, ES
// get_task. Its details: `process_access`.
#define IPCSENTRY_KIND_PROCESS_ACCESS 4

// A thread was started in another process, or one of its threads made to run other code: Sysmon 8, Defender
// CreateRemoteThreadApiCall and QueueUserApcRemoteApiCall, ES remote_thread_create. Its details: `remote_thread`.
#define IPCSENTRY_KIND_REMOTE_THREAD 5

// Another process's memory was written: auditd ptrace POKE, process_vm_writev, /proc/PID/mem. Its details:
// `memory_write`.
#define IPCSENTRY_KIND_MEMORY_WRITE 6

// A process's image was changed under it: Sysmon 25. Its details: `image_tamper`.
#define IPCSENTRY_KIND_IMAGE_TAMPER 7

// A running process's code signature became invalid: ES cs_invalidated. It has no details.
#define IPCSENTRY_KIND_CODE_SIGN_INVALID 8

// A library was loaded: Sysmon 7, WMI-Activity 5857 (a provider), ES mmap. Its details: `image_load`.
#define IPCSENTRY_KIND_IMAGE_LOAD 9

// An endpoint came into being: Sysmon 17, auditd bind, mknod, mq_open O_CREAT, ES uipc_bind, Mach check-in. Its
// details: `endpoint_act`.
#define IPCSENTRY_KIND_ENDPOINT_CREATE 10

// An endpoint was opened by a client (or, for a FIFO, by either side): Sysmon 18, auditd connect and open, ES
// uipc_connect, xpc_connect. Its details: `endpoint_act`.
#define IPCSENTRY_KIND_ENDPOINT_CONNECT 11

// An endpoint was removed: auditd unlink, mq_unlink. Its details: `endpoint_act`.
#define IPCSENTRY_KIND_ENDPOINT_REMOVE 12

// A descriptor was duplicated: auditd dup2, pidfd_getfd. Its details: `fd_dup`.
#define IPCSENTRY_KIND_FD_DUP 13

// A file share object was opened from the network: Security 5145. Its details: `share_access`.
#define IPCSENTRY_KIND_SHARE_ACCESS 14

// A COM class was activated: derived, or read from System 10016 and 10028; a request to WMI: WMI-Activity 5858, 5860.
// Its details: `com_activation`.
#define IPCSENTRY_KIND_COM_ACTIVATION 15

// A registry value was written: Sysmon 12, 13 and 14, Security 4657. Its details: `registry_act`.
#define IPCSENTRY_KIND_REGISTRY_SET 16

// A registry key was read: Security 4656 and 4663 on keys. Its details: `registry_act`.
#define IPCSENTRY_KIND_REGISTRY_QUERY 17

// A DDE conversation was requested. Its details: `dde_request`.
#define IPCSENTRY_KIND_DDE_REQUEST 18

// An Apple Event was sent or answered: unified log com.apple.appleevents. Its details: `apple_event`.
#define IPCSENTRY_KIND_APPLE_EVENT 19

// A script was run by a scripting host: PowerShell 4103 and 4104, osquery, ES exec of a script. Its details:
// `script_run`.
#define IPCSENTRY_KIND_SCRIPT_RUN 20

// The privacy database was asked: unified log com.apple.TCC, ES tcc_modify. Its details: `privacy_decision`.
#define IPCSENTRY_KIND_PRIVACY_DECISION 21

// A service was installed: System 7045, Security 4697. Its details: `service_install`.
#define IPCSENTRY_KIND_SERVICE_INSTALL 22

// A scheduled task was registered, changed or deleted: Security 4698, 4699, 4702, TaskScheduler 106, 140, 141; a WMI
// consumer that runs something: Sysmon 20 and 21, WMI-Activity 5861. Its details: `task_register`.
#define IPCSENTRY_KIND_TASK_REGISTER 23

// A launch agent, daemon or login item was added: ES btm_launch_item_add. Its details: `launch_item_add`.
#define IPCSENTRY_KIND_LAUNCH_ITEM_ADD 24

// A logon: Security 4624 and 4648, auditd LOGIN and USER_START. Its details: `logon`.
#define IPCSENTRY_KIND_LOGON 25

// A session was locked, ended or reconnected. Its details: `session_change`.
#define IPCSENTRY_KIND_SESSION_CHANGE 26

// A network connection was made or accepted: Sysmon 3, auditd connect on AF_INET. Its details: `network_connect`.
#define IPCSENTRY_KIND_NETWORK_CONNECT 27

// A file was created, written, opened or deleted: Sysmon 11, 15 and 23, auditd open, ES create. Its details:
// `file_access`.
#define IPCSENTRY_KIND_FILE_ACCESS 28

// The sensor's own state: Sysmon 4, 16 and 255, auditd DAEMON_* and CONFIG_CHANGE. Its details: `sensor_state`.
#define IPCSENTRY_KIND_SENSOR_STATE 29

// A scheduled task was started, or an action of it: TaskScheduler 100, 129, 200 and 201. Its details: `task_run`.
#define IPCSENTRY_KIND_TASK_RUN 30

// A service changed: System 7000, 7009, 7036 and 7040. Its details: `service_change`.
#define IPCSENTRY_KIND_SERVICE_CHANGE 31

// A function of an RPC server was called: RPC Firewall 3, Security 5712. Its details: `rpc_call`.
#define IPCSENTRY_KIND_RPC_CALL 32

// Windows (AN1357).
#define IPCSENTRY_OS_WINDOWS 1

// Linux (AN1358).
#define IPCSENTRY_OS_LINUX 2

// macOS (AN1359).
#define IPCSENTRY_OS_MACOS 3

// Windows named pipe; the name is NPFS-relative or a full `\\.\pipe\` path, as logged.
#define IPCSENTRY_MECHANISM_NAMED_PIPE 1

// Windows anonymous pipe.
#define IPCSENTRY_MECHANISM_ANONYMOUS_PIPE 2

// AF_UNIX socket bound to a path.
#define IPCSENTRY_MECHANISM_UNIX_PATH 3

// AF_UNIX socket in the abstract namespace; the name stands without its leading NUL.
#define IPCSENTRY_MECHANISM_UNIX_ABSTRACT 4

// AF_UNIX socket without a name (socketpair, unnamed peer).
#define IPCSENTRY_MECHANISM_UNIX_UNNAMED 5

// POSIX FIFO.
#define IPCSENTRY_MECHANISM_FIFO 6

// POSIX anonymous pipe.
#define IPCSENTRY_MECHANISM_PIPE 7

// POSIX message queue.
#define IPCSENTRY_MECHANISM_POSIX_QUEUE 8

// System V message queue; the name is its key in hex.
#define IPCSENTRY_MECHANISM_SYSV_QUEUE 9

// System V or POSIX semaphore.
#define IPCSENTRY_MECHANISM_SEMAPHORE 10

// System V or POSIX shared memory.
#define IPCSENTRY_MECHANISM_SHARED_MEMORY 11

// Mach service by bootstrap name.
#define IPCSENTRY_MECHANISM_MACH_SERVICE 12

// XPC service.
#define IPCSENTRY_MECHANISM_XPC_SERVICE 13

// D-Bus name.
#define IPCSENTRY_MECHANISM_DBUS_NAME 14

// Not named by the record.
#define IPCSENTRY_CHANNEL_UNKNOWN 1

// Microsoft-Windows-Sysmon/Operational.
#define IPCSENTRY_CHANNEL_SYSMON 2

// Windows Security (Microsoft-Windows-Security-Auditing).
#define IPCSENTRY_CHANNEL_SECURITY 3

// Windows System (Service Control Manager, DistributedCOM).
#define IPCSENTRY_CHANNEL_SYSTEM 4

// Microsoft-Windows-WMI-Activity/Operational.
#define IPCSENTRY_CHANNEL_WMI_ACTIVITY 5

// Linux audit (auditd, laurel).
#define IPCSENTRY_CHANNEL_AUDIT 6

// Sysmon for Linux.
#define IPCSENTRY_CHANNEL_SYSMON_LINUX 7

// kunai.
#define IPCSENTRY_CHANNEL_KUNAI 8

// tetragon.
#define IPCSENTRY_CHANNEL_TETRAGON 9

// Falco.
#define IPCSENTRY_CHANNEL_FALCO 10

// osquery on macOS.
#define IPCSENTRY_CHANNEL_OSQUERY 11

// Apple Endpoint Security (eslogger).
#define IPCSENTRY_CHANNEL_ENDPOINT_SECURITY 12

// macOS unified log, subsystem com.apple.appleevents.
#define IPCSENTRY_CHANNEL_APPLE_EVENTS 13

// macOS unified log, subsystem com.apple.TCC.
#define IPCSENTRY_CHANNEL_TCC 14

// macOS unified log, anything else.
#define IPCSENTRY_CHANNEL_UNIFIED_LOG 15

// Jamf Protect.
#define IPCSENTRY_CHANNEL_JAMF 16

// The embedder's own sensor.
#define IPCSENTRY_CHANNEL_EMBEDDER 17

// Elastic Endpoint.
#define IPCSENTRY_CHANNEL_ELASTIC_ENDPOINT 18

// osquery on Linux.
#define IPCSENTRY_CHANNEL_OSQUERY_LINUX 19

// Microsoft-Windows-TaskScheduler/Operational.
#define IPCSENTRY_CHANNEL_TASK_SCHEDULER 20

// Microsoft-Windows-PowerShell/Operational.
#define IPCSENTRY_CHANNEL_POWER_SHELL 21

// RPC Firewall.
#define IPCSENTRY_CHANNEL_RPC_FIREWALL 22

// Microsoft Defender for Endpoint.
#define IPCSENTRY_CHANNEL_DEFENDER 23

// A product that writes the Open Cybersecurity Schema Framework.
#define IPCSENTRY_CHANNEL_OCSF 24

// Santa.
#define IPCSENTRY_CHANNEL_SANTA 25

// S-1-16-0.
#define IPCSENTRY_INTEGRITY_UNTRUSTED 1

// S-1-16-4096, AppContainer included.
#define IPCSENTRY_INTEGRITY_LOW 2

// S-1-16-8192.
#define IPCSENTRY_INTEGRITY_MEDIUM 3

// S-1-16-12288.
#define IPCSENTRY_INTEGRITY_HIGH 4

// S-1-16-16384 and above.
#define IPCSENTRY_INTEGRITY_SYSTEM 5

// Not signed, or the signature does not hold.
#define IPCSENTRY_SIGNING_UNSIGNED 1

// Signed ad hoc: no identity behind it (macOS).
#define IPCSENTRY_SIGNING_AD_HOC 2

// Signed by somebody.
#define IPCSENTRY_SIGNING_SIGNED 3

// Part of the operating system (Apple platform binary, Microsoft Windows).
#define IPCSENTRY_SIGNING_PLATFORM 4

// A new process with its image (Windows, and sources that do not distinguish fork from exec).
#define IPCSENTRY_START_METHOD_CREATE 1

// A copy of its parent.
#define IPCSENTRY_START_METHOD_FORK 2

// The same process with a new image.
#define IPCSENTRY_START_METHOD_EXEC 3

// A Windows process handle with an access mask.
#define IPCSENTRY_ACCESS_METHOD_HANDLE 1

// ptrace ATTACH or SEIZE.
#define IPCSENTRY_ACCESS_METHOD_PTRACE_ATTACH 2

// Any other ptrace request that changes the target (SETREGS …).
#define IPCSENTRY_ACCESS_METHOD_PTRACE_CONTROL 3

// The Mach control port.
#define IPCSENTRY_ACCESS_METHOD_TASK_PORT 4

// A Mach read or inspect port, or ptrace requests that only read.
#define IPCSENTRY_ACCESS_METHOD_TASK_READ 5

// The target asked to be traced by its parent (PTRACE_TRACEME).
#define IPCSENTRY_ACCESS_METHOD_TRACE_ME 6

// The source does not say.
#define IPCSENTRY_DIRECTION_UNKNOWN 1

// Another host connected to the actor.
#define IPCSENTRY_DIRECTION_INBOUND 2

// The actor connected to another host.
#define IPCSENTRY_DIRECTION_OUTBOUND 3

// Opened for reading, or the source does not say.
#define IPCSENTRY_FILE_OPERATION_OPEN 1

// Opened for writing, or written.
#define IPCSENTRY_FILE_OPERATION_WRITE 2

// Created.
#define IPCSENTRY_FILE_OPERATION_CREATE 3

// Deleted or unlinked.
#define IPCSENTRY_FILE_OPERATION_DELETE 4

// Created in memory only (memfd_create).
#define IPCSENTRY_FILE_OPERATION_CREATE_IN_MEMORY 5

// It began.
#define IPCSENTRY_SENSOR_CHANGE_STARTED 1

// It stopped.
#define IPCSENTRY_SENSOR_CHANGE_STOPPED 2

// Its configuration changed.
#define IPCSENTRY_SENSOR_CHANGE_RECONFIGURED 3

// It lost records or reported an error.
#define IPCSENTRY_SENSOR_CHANGE_LOST 4

// It entered another state (running, stopped).
#define IPCSENTRY_SERVICE_ACT_STATE 1

// Its start type was changed.
#define IPCSENTRY_SERVICE_ACT_START_TYPE 2

// It could not be started, or did not answer in time.
#define IPCSENTRY_SERVICE_ACT_START_FAILED 3

// Recognize the format of each record, also inside wrappers. A stream may mix formats.
#define IPCSENTRY_FORMAT_RECOGNIZE 0

// evtx_dump (and pyevtx-rs) JSON, one Windows event a line.
#define IPCSENTRY_FORMAT_EVTX_JSON 1

// NXLog or Mordor flat JSON, one Windows event a line.
#define IPCSENTRY_FORMAT_WINDOWS_FLAT_JSON 2

// MaxPatrol's Windows event JSON, one event a line.
#define IPCSENTRY_FORMAT_MAXPATROL_JSON 3

// auditd text, raw or enriched.
#define IPCSENTRY_FORMAT_AUDITD 4

// laurel JSON.
#define IPCSENTRY_FORMAT_LAUREL_JSON 5

// eslogger JSON.
#define IPCSENTRY_FORMAT_ESLOGGER_JSON 6

// `log show --style ndjson`.
#define IPCSENTRY_FORMAT_UNIFIED_LOG_JSON 7

// `log show` and `log stream` default text.
#define IPCSENTRY_FORMAT_UNIFIED_LOG_TEXT 8

// osquery result log.
#define IPCSENTRY_FORMAT_OSQUERY_JSON 9

// Events in Elastic Common Schema, one a line: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, and
// auditbeat's auditd module.
#define IPCSENTRY_FORMAT_ECS_JSON 10

// Windows event XML as Event Viewer, wevtutil and Splunk have it; an event may take several lines. Sysmon for Linux
// writes the same to syslog.
#define IPCSENTRY_FORMAT_WINDOWS_XML 11

// Jamf Protect telemetry and alerts, one JSON object a line.
#define IPCSENTRY_FORMAT_JAMF_JSON 12

// tetragon's events, one JSON object a line.
#define IPCSENTRY_FORMAT_TETRAGON_JSON 13

// kunai's events, one JSON object a line.
#define IPCSENTRY_FORMAT_KUNAI_JSON 14

// Falco's alerts with their output fields, one JSON object a line.
#define IPCSENTRY_FORMAT_FALCO_JSON 15

// Records of Windows as text: `wevtutil qe /f:text`, what Event Viewer copies, Splunk's `WinEventLog`.
#define IPCSENTRY_FORMAT_WINDOWS_TEXT 20

// Rows of the tables `SecurityEvent`, `Event` and `WindowsEvent` of Microsoft Sentinel and Log Analytics.
#define IPCSENTRY_FORMAT_SENTINEL_JSON 21

// Rows of Microsoft Defender's hunting tables.
#define IPCSENTRY_FORMAT_DEFENDER_JSON 22

// Rows of Velociraptor's `parse_evtx` and of its artifacts of event logs.
#define IPCSENTRY_FORMAT_VELOCIRAPTOR_JSON 23

// EvtxECmd's JSON.
#define IPCSENTRY_FORMAT_EVTXECMD_JSON 24

// `Get-WinEvent` or `Get-EventLog` with `ConvertTo-Json`, and Fluent Bit's `winevtlog`.
#define IPCSENTRY_FORMAT_GET_WINEVENT_JSON 25

// Chainsaw's findings with their records.
#define IPCSENTRY_FORMAT_CHAINSAW_JSON 26

// Hayabusa's timeline.
#define IPCSENTRY_FORMAT_HAYABUSA_JSON 27

// Events of the Open Cybersecurity Schema Framework, of any product and system.
#define IPCSENTRY_FORMAT_OCSF_JSON 28

// CSV with a header, of any table above: the header identifies the table.
#define IPCSENTRY_FORMAT_CSV 29

// Events of AUOMS, Microsoft's audit plugin, or rows that hold them.
#define IPCSENTRY_FORMAT_AUOMS_JSON 30

// Santa's telemetry as JSON, one message an object.
#define IPCSENTRY_FORMAT_SANTA_JSON 32

// Santa's log, one entry a line.
#define IPCSENTRY_FORMAT_SANTA_LOG 33

// Lines of JSON, each an alert of the Elastic Common Schema 8.
#define IPCSENTRY_OUTPUT_ECS 1

// Lines of JSON, each a Detection Finding of the Open Cybersecurity Schema Framework 1.3.
#define IPCSENTRY_OUTPUT_OCSF 2

// One bundle of STIX 2.1 with sightings of ATT&CK techniques.
#define IPCSENTRY_OUTPUT_STIX 3

// A table of comma-separated values, whose first row has the names of the columns.
#define IPCSENTRY_OUTPUT_CSV 4

// A report on one page of HTML, without script.
#define IPCSENTRY_OUTPUT_HTML 5

// Done.
#define IPCSENTRY_OK 0

// Success, but there is nothing to return: no alert waits, no deadline, no format recognized. No output was written.
#define IPCSENTRY_NONE 1

// Success, but some records could not be decoded. Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_RECORD_ERRORS 2

// No record of the stream so far is of a known format. Nothing was judged: that there is no alert means nothing.
// Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_UNKNOWN_FORMAT 3

// The format of the stream is known, but no record so far could be decoded. Nothing was judged: that there is no alert
// means nothing. Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_NOTHING_DECODED 4

// The event came later than the lateness allows. It was judged, out of order.
#define IPCSENTRY_LATE 5

// The event was fed before and not judged again.
#define IPCSENTRY_DUPLICATE 6

// Half the room for waiting alerts is used: poll them, then go on.
#define IPCSENTRY_DRAIN 7

// A pointer is NULL that must not be.
#define IPCSENTRY_ERR_NULL -1

// A value is out of its range.
#define IPCSENTRY_ERR_ARGUMENT -2

// A structure's `type_size` is wrong, or it has nonzero bytes where this library knows no member.
#define IPCSENTRY_ERR_STRUCT -3

// The engine has no such stream open.
#define IPCSENTRY_ERR_STREAM -4

// Another call is using the handle.
#define IPCSENTRY_ERR_BUSY -5

// A limit of the library: it has as many as it can of what was to be made.
#define IPCSENTRY_ERR_LIMIT -6

// There is not enough memory for the call.
#define IPCSENTRY_ERR_MEMORY -7

// The policy is wrong; the error says where.
#define IPCSENTRY_ERR_POLICY -100

// The catalog is wrong; the error says where.
#define IPCSENTRY_ERR_CATALOG -101

// A snapshot cannot be restored; the error says why.
#define IPCSENTRY_ERR_SNAPSHOT -102

// A baseline cannot be read, and the error says where; or it is frozen and takes nothing more.
#define IPCSENTRY_ERR_BASELINE -103

// A record's bytes are not of the stream's format.
#define IPCSENTRY_ERR_MALFORMED -110

// A record or an event lacks a field.
#define IPCSENTRY_ERR_MISSING -111

// A field's value is malformed: no known number, a value that is not marked as set, UTF-16 of an odd length.
#define IPCSENTRY_ERR_BAD_VALUE -112

// A record, or a text of an event, is longer than the limit.
#define IPCSENTRY_ERR_TOO_LONG -113

// A record is nested too deeply.
#define IPCSENTRY_ERR_TOO_DEEP -114

// An event of several records was given up before it was complete.
#define IPCSENTRY_ERR_ABANDONED -115

// A record is of no known format.
#define IPCSENTRY_ERR_UNKNOWN -116

// A record could not be read for another reason.
#define IPCSENTRY_ERR_RECORD -199

// A bug of the library was caught. The handle that the call was changing returns `IPCSENTRY_ERR_POISONED` from now on.
#define IPCSENTRY_ERR_PANIC -900

// A bug occurred in an earlier call on this handle: it can only be freed.
#define IPCSENTRY_ERR_POISONED -901

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The alert as one line of JSON, without a line break. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_json(const struct ipcsentry_alert *alert, struct ipcsentry_text *json);

// The alert's id, 16 hex digits: the same records give the same id on every machine. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_id(const struct ipcsentry_alert *alert, struct ipcsentry_text *id);

// The code of the behavior, such as `W07`. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_code(const struct ipcsentry_alert *alert, struct ipcsentry_text *code);

// The alert's severity.
ipcsentry_status ipcsentry_alert_severity(const struct ipcsentry_alert *alert, ipcsentry_severity *severity);

// Frees an alert and the texts that its functions returned. NULL is allowed.
void ipcsentry_alert_free(struct ipcsentry_alert *alert);

// The fields of an alert that are neither lists nor processes.
ipcsentry_status ipcsentry_alert_get(const struct ipcsentry_alert *alert, struct ipcsentry_alert_fields *fields);

// A process of an alert. `number` counts the steps of the lineage and the candidates from 0; for the others it is 0.
// `IPCSENTRY_NONE` if there is no such process.
ipcsentry_status ipcsentry_alert_process(const struct ipcsentry_alert *alert,
                                         ipcsentry_part part,
                                         size_t number,
                                         struct ipcsentry_process_info *process);

// A record that proves a part, by its number from 0, in order of time. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_evidence(const struct ipcsentry_alert *alert,
                                          size_t number,
                                          struct ipcsentry_evidence *evidence);

// Another role of the record `evidence`, by its number from 0. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_evidence_also(const struct ipcsentry_alert *alert,
                                               size_t evidence,
                                               size_t number,
                                               struct ipcsentry_text *role);

// An ATT&CK technique that the cited records show, by its number from 0. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_technique(const struct ipcsentry_alert *alert,
                                           size_t number,
                                           struct ipcsentry_text *technique);

// A retired code or id of a behavior that the alert would have been before they were merged, by its number from 0.
// `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_was(const struct ipcsentry_alert *alert, size_t number, struct ipcsentry_text *name);

// Telemetry that would belong to the alert but was not seen on this host, by its number from 0. `IPCSENTRY_NONE` when
// there is no more.
ipcsentry_status ipcsentry_alert_missing(const struct ipcsentry_alert *alert,
                                         size_t number,
                                         struct ipcsentry_text *missing);

// How a process of the lineage is tied to the step before, by its number from 0: `parent`, `broker`, `peer` or
// `injected`. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_edge(const struct ipcsentry_alert *alert, size_t number, struct ipcsentry_text *edge);

// How sure it is that a step of the lineage is tied so to the step before, in thousandths, by its number from 0.
// `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_edge_confidence(const struct ipcsentry_alert *alert,
                                                 size_t number,
                                                 uint32_t *confidence);

// A part of the confidence, by its number from 0: what it is for, and what it adds, in thousandths. All parts add up to
// the confidence. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_confidence_part(const struct ipcsentry_alert *alert,
                                                 size_t number,
                                                 struct ipcsentry_text *what,
                                                 int32_t *adds);

// A question of triage, by its number from 0, with its answer as far as records tell, and what is not known for want of
// which telemetry; either has `data` NULL where it is absent. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_answer(const struct ipcsentry_alert *alert,
                                        size_t number,
                                        struct ipcsentry_text *question,
                                        struct ipcsentry_text *answer,
                                        struct ipcsentry_text *lacks);

// Who may have been the initiator, by its number from 0: address and user, each with `data` NULL where it is absent.
// Its process is that of `IPCSENTRY_PART_CANDIDATE`. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_alert_candidate(const struct ipcsentry_alert *alert,
                                           size_t number,
                                           struct ipcsentry_text *address,
                                           struct ipcsentry_text *user);

// Makes an engine learn from now on. What it learns changes none of its alerts. It needs memory beside the engine's
// limit: some MB for a fleet of a hundred hosts, and 200 MB at most, whatever is learned. A snapshot does not hold
// what is learned.
ipcsentry_status ipcsentry_engine_start_learning(struct ipcsentry_engine *engine);

// Ends learning, and gives what was learned. Flush the engine first if its input has ended. `IPCSENTRY_NONE` if it did
// not learn.
ipcsentry_status ipcsentry_engine_take_learned(struct ipcsentry_engine *engine, struct ipcsentry_baseline **baseline);

// Makes an engine judge alerts by a baseline from now on; by none if `baseline` is NULL. Alerts that are usual as a
// whole fall to low, critical ones excepted; none is silenced. The baseline may be freed afterwards.
ipcsentry_status ipcsentry_engine_set_baseline(struct ipcsentry_engine *engine,
                                               const struct ipcsentry_baseline *baseline);

// Reads a baseline from the JSON that `ipcsentry_baseline_json` wrote, here or elsewhere. `IPCSENTRY_ERR_BASELINE` if
// it is none: the error, with its place, is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_baseline_read(struct ipcsentry_text json,
                                         struct ipcsentry_baseline **baseline,
                                         struct ipcsentry_error **error);

// The baseline as JSON (`baseline.schema.json`): the same bytes for the same content. Valid as long as the baseline.
ipcsentry_status ipcsentry_baseline_json(const struct ipcsentry_baseline *baseline, struct ipcsentry_text *json);

// Makes a baseline of what two have seen. It does not matter in which order baselines are merged, nor whether one is
// merged twice. `IPCSENTRY_ERR_BASELINE` if the first one is frozen.
ipcsentry_status ipcsentry_baseline_merge(const struct ipcsentry_baseline *one,
                                          const struct ipcsentry_baseline *other,
                                          struct ipcsentry_baseline **merged);

// Makes a baseline of the same content that takes nothing more: `ipcsentry_baseline_merge` refuses to add to it.
ipcsentry_status ipcsentry_baseline_freeze(const struct ipcsentry_baseline *baseline,
                                           struct ipcsentry_baseline **frozen);

// What somebody should look at: a JSON list of the relations that were seen near an alert and are not usual, the most
// frequent first. `policy` has the quorum of hosts and days, and is the default one if empty. On `IPCSENTRY_ERR_POLICY`
// the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_baseline_review(const struct ipcsentry_baseline *baseline,
                                           struct ipcsentry_text policy,
                                           struct ipcsentry_document **document,
                                           struct ipcsentry_error **error);

// What `later` has otherwise than `baseline`: a JSON object with `changes`, each with the relation `before` and `after`
// (null where there is none), and `drift`, the part of what is usual in one of them that is not usual in both, in
// thousandths. `policy` and `error` are as in `ipcsentry_baseline_review`.
ipcsentry_status ipcsentry_baseline_diff(const struct ipcsentry_baseline *baseline,
                                         const struct ipcsentry_baseline *later,
                                         struct ipcsentry_text policy,
                                         struct ipcsentry_document **document,
                                         struct ipcsentry_error **error);

// The policy as JSON, with an entry for each alert that is usual, for somebody to read and take over: nothing is
// silenced by itself. `policy` and `error` are as in `ipcsentry_baseline_review`.
ipcsentry_status ipcsentry_baseline_to_policy(const struct ipcsentry_baseline *baseline,
                                              struct ipcsentry_text policy,
                                              struct ipcsentry_document **document,
                                              struct ipcsentry_error **error);

// Frees a baseline. NULL is allowed.
void ipcsentry_baseline_free(struct ipcsentry_baseline *baseline);

// The built-in catalog. It is compiled at the first call and shared by all handles.
ipcsentry_status ipcsentry_catalog_builtin(struct ipcsentry_catalog **catalog);

// Compiles a catalog from JSON. On `IPCSENTRY_ERR_CATALOG` the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_catalog_from_json(struct ipcsentry_text json,
                                             struct ipcsentry_catalog **catalog,
                                             struct ipcsentry_error **error);

// Makes a catalog that extends this one with a JSON document: one behavior, or an object with any of `lists`,
// `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`. On `IPCSENTRY_ERR_CATALOG` the error is
// written to `error`, which may be NULL. `catalog` stays as it is.
ipcsentry_status ipcsentry_catalog_extend(const struct ipcsentry_catalog *catalog,
                                          struct ipcsentry_text json,
                                          struct ipcsentry_catalog **extended,
                                          struct ipcsentry_error **error);

// Makes a catalog that is this one without the behavior of the given code or id. On `IPCSENTRY_ERR_CATALOG` the error
// is written to `error`, which may be NULL. `catalog` stays as it is.
ipcsentry_status ipcsentry_catalog_without(const struct ipcsentry_catalog *catalog,
                                           struct ipcsentry_text name,
                                           struct ipcsentry_catalog **reduced,
                                           struct ipcsentry_error **error);

// Returns a warning by its number, from 0: a list or condition that no rule reads, in the built-in rules or in
// extensions. `warning` has the place and the text, and is yours to free. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_catalog_warning(const struct ipcsentry_catalog *catalog,
                                           size_t number,
                                           struct ipcsentry_error **warning);

// Makes another handle on the same catalog, for a second owner.
ipcsentry_status ipcsentry_catalog_retain(const struct ipcsentry_catalog *catalog, struct ipcsentry_catalog **shared);

// Frees a handle; engines made with it keep the catalog. NULL is allowed.
void ipcsentry_catalog_free(struct ipcsentry_catalog *catalog);

// Makes an engine. `policy` is JSON (`core/docs/policy.schema.json`) and may name behaviors of `catalog`; it is empty for
// the default policy. `limits` may be NULL for the defaults. On
// `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_engine_new(const struct ipcsentry_catalog *catalog,
                                      struct ipcsentry_text policy,
                                      const struct ipcsentry_limits *limits,
                                      struct ipcsentry_engine **engine,
                                      struct ipcsentry_error **error);

// Advances the time of `host` to `time` (nanoseconds since 1970, UTC), as an event of that time would.
ipcsentry_status ipcsentry_engine_advance(struct ipcsentry_engine *engine, struct ipcsentry_text host, int64_t time);

// Reports that `nanos` have passed since the last event of every host, as when a live feed is quiet: checks that
// waited for that long run now. Events with earlier times that follow do not count as late. `IPCSENTRY_ERR_ARGUMENT`
// if `nanos` is negative.
ipcsentry_status ipcsentry_engine_elapse(struct ipcsentry_engine *engine, int64_t nanos);

// Judges all events that wait, as at the end of the input. Streams hand over the events they hold back, and stay open.
ipcsentry_status ipcsentry_engine_flush(struct ipcsentry_engine *engine);

// Sorts the waiting alerts for a report over complete input: by time, and only the last revision of each. Call it
// between the flush and the polling.
ipcsentry_status ipcsentry_engine_sort_alerts(struct ipcsentry_engine *engine);

// The next event time at which `ipcsentry_engine_advance` has something to do, or `ipcsentry_stream_settle_quiet` for
// events that a decoder holds back. `IPCSENTRY_NONE` when nothing waits.
ipcsentry_status ipcsentry_engine_next_deadline(const struct ipcsentry_engine *engine, int64_t *time);

// The next alert, in the order in which they were raised. `IPCSENTRY_NONE` when there is none.
ipcsentry_status ipcsentry_engine_poll_alert(struct ipcsentry_engine *engine, struct ipcsentry_alert **alert);

// The next alert that entries of the policy cover, or the next revision of one, in the order in which they happened; its
// JSON names the entries in `suppressed_by`. It was counted once and is not raised. `IPCSENTRY_NONE` when there is none.
ipcsentry_status ipcsentry_engine_poll_suppressed(struct ipcsentry_engine *engine,
                                                  struct ipcsentry_alert **alert);

// The next error of the last call that read records or events. The first 16 errors of a call are kept until the next
// such call. `IPCSENTRY_NONE` when there is none.
ipcsentry_status ipcsentry_engine_poll_error(struct ipcsentry_engine *engine, struct ipcsentry_error **error);

// Frees an engine; alerts and errors polled from it stay valid. NULL is allowed.
void ipcsentry_engine_free(struct ipcsentry_engine *engine);

// The error's status. `IPCSENTRY_ERR_NULL` for NULL.
ipcsentry_status ipcsentry_error_status(const struct ipcsentry_error *error);

// The error as one line of English that includes the place. Valid as long as the error.
ipcsentry_status ipcsentry_error_text(const struct ipcsentry_error *error, struct ipcsentry_text *text);

// The place: a JSON path in the policy or catalog, a part of the snapshot, a field of the record, or a member of the
// event such as `actor.image` (empty if no single one is wrong). Valid as long as the error.
ipcsentry_status ipcsentry_error_place(const struct ipcsentry_error *error, struct ipcsentry_text *place);

// The number of the faulty record and its byte offset in the stream; of an event that you fed, its `record` and its
// number in the call. `IPCSENTRY_NONE` if the error is not one of a
// record.
ipcsentry_status ipcsentry_error_position(const struct ipcsentry_error *error, uint64_t *record, uint64_t *offset);

// Frees an error. NULL is allowed.
void ipcsentry_error_free(struct ipcsentry_error *error);

// Feeds one event. `IPCSENTRY_LATE` if it came later than the lateness allows; it was judged. `IPCSENTRY_DUPLICATE` if
// it was fed before; it was not judged again. A faulty event returns its error and is not judged;
// `ipcsentry_engine_poll_error` then has the member that is wrong.
ipcsentry_status ipcsentry_engine_feed(struct ipcsentry_engine *engine, const struct ipcsentry_event *event);

// Feeds `count` events that stand one behind the other, in order. `IPCSENTRY_RECORD_ERRORS` if some were faulty: the
// others were judged. `IPCSENTRY_DRAIN` if half the room for waiting alerts is used: poll the alerts, then feed the
// events from number `taken` of the report on. `report` may be NULL only if `count` is 1.
//
// A list of the processes that run when the agent starts is such a batch: events of kind
// `IPCSENTRY_KIND_PROCESS_SEEN`, parents before their children.
ipcsentry_status ipcsentry_engine_feed_batch(struct ipcsentry_engine *engine,
                                             const struct ipcsentry_event *events,
                                             size_t count,
                                             struct ipcsentry_batch_report *report);

// Recognizes the format of a stream by its first bytes (64 KiB are enough). `IPCSENTRY_NONE` if it is not supported,
// or if the records stand in wrappers, which only a stream of `IPCSENTRY_FORMAT_RECOGNIZE` removes.
ipcsentry_status ipcsentry_format_detect(struct ipcsentry_bytes head, ipcsentry_format *format);

// What almost raised an alert, as a JSON array with an object a near miss, the surest first, at most `most` of them
// (`core/docs/investigation.schema.json`): the clauses that are met, those of which one was missing, the records. It looks
// through all that the engine keeps, so do not call it for every event. Valid until the next
// `ipcsentry_engine_near_misses_json`, `_timeline_json`, `_explain_json`, `_exposure_json` or `_free` of this engine.
ipcsentry_status ipcsentry_engine_near_misses_json(struct ipcsentry_engine *engine,
                                                   size_t most,
                                                   struct ipcsentry_text *json);

// What the processes of an alert, or of all alerts of an incident, and their lineages did, as a JSON object, from `before`
// nanoseconds before the first record to `after` behind the last: of the records that the engine still keeps.
// `IPCSENTRY_NONE` if it keeps no alert with this id or of this incident, `IPCSENTRY_ERR_ARGUMENT` if the id is not UTF-8.
// Valid as the text of `ipcsentry_engine_near_misses_json`.
ipcsentry_status ipcsentry_engine_timeline_json(struct ipcsentry_engine *engine,
                                                struct ipcsentry_text id,
                                                int64_t before,
                                                int64_t after,
                                                struct ipcsentry_text *json);

// What is known of the processes that had a pid on a host, in order of time, as a JSON array with an object a process. An
// empty host is any host. `IPCSENTRY_ERR_ARGUMENT` if its name is not UTF-8. Valid as the text of
// `ipcsentry_engine_near_misses_json`.
ipcsentry_status ipcsentry_engine_explain_json(struct ipcsentry_engine *engine,
                                               struct ipcsentry_text host,
                                               uint32_t pid,
                                               struct ipcsentry_text *json);

// What makes attacks easier, apart from alerts, as a JSON array with an object an exposure, each once for a host, an object
// and a program: features that are on, permissions that are wide, clients with more rights than they need, with advice and
// ids of ATT&CK mitigations. Valid as the text of `ipcsentry_engine_near_misses_json`.
ipcsentry_status ipcsentry_engine_exposure_json(struct ipcsentry_engine *engine,
                                                struct ipcsentry_text *json);

// Writes `count` alerts in a form that other tools read, in the order given; with `count` 0, `alerts` may be NULL. Pass each
// alert in its last revision only.
//
// `coverage` is what `ipcsentry_engine_coverage_json` returns, or empty; only HTML shows it. `IPCSENTRY_ERR_ARGUMENT` if it
// is no list of JSON, or if there is no such output. The call takes time and memory in proportion to the alerts.
ipcsentry_status ipcsentry_alerts_document(const struct ipcsentry_alert *const *alerts,
                                           size_t count,
                                           ipcsentry_output output,
                                           struct ipcsentry_text coverage,
                                           struct ipcsentry_document **document);

// What a change of rules or of a policy changes: compares the alerts of two engines that were given the same telemetry. A
// JSON array in order of time with an object for each difference: `change` is `new` or `gone`, with the `alert`, or
// `changed` in severity, confidence, initiator, target or explanation, with the `old` and the `new` alert. Of several
// revisions of one alert the last in each list counts; a list with no alerts may be NULL.
ipcsentry_status ipcsentry_alerts_changes(const struct ipcsentry_alert *const *old,
                                          size_t old_count,
                                          const struct ipcsentry_alert *const *new_,
                                          size_t new_count,
                                          struct ipcsentry_document **document);

// The text of a document, UTF-8. Valid as long as the document.
ipcsentry_status ipcsentry_document_text(const struct ipcsentry_document *document, struct ipcsentry_text *text);

// Frees a document. NULL is allowed.
void ipcsentry_document_free(struct ipcsentry_document *document);

// A behavior of a catalog by its number, from 0, in a fixed order. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_catalog_rule(const struct ipcsentry_catalog *catalog,
                                        size_t number,
                                        struct ipcsentry_rule *rule);

// An ATT&CK technique of the behavior `rule`, by its number from 0. `IPCSENTRY_NONE` when there are no more. Valid as
// long as the handle.
ipcsentry_status ipcsentry_catalog_rule_technique(const struct ipcsentry_catalog *catalog,
                                                  size_t rule,
                                                  size_t number,
                                                  struct ipcsentry_text *technique);

// A place where the behavior `rule` is described in public, by its number from 0. `IPCSENTRY_NONE` when there are no
// more. Valid as long as the handle.
ipcsentry_status ipcsentry_catalog_rule_source(const struct ipcsentry_catalog *catalog,
                                               size_t rule,
                                               size_t number,
                                               struct ipcsentry_text *source);

// A retired code or id that the behavior `rule` stands for, by its number from 0. `IPCSENTRY_NONE` when there are no
// more. Valid as long as the handle.
ipcsentry_status ipcsentry_catalog_rule_was(const struct ipcsentry_catalog *catalog,
                                            size_t rule,
                                            size_t number,
                                            struct ipcsentry_text *name);

// Checks a policy, and returns one of its warnings by its number, from 0: an entry that exempts more than it seems to.
// `warning` has the place and the text, and is yours to free. `IPCSENTRY_NONE` if the policy is right and has no such
// warning. On `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_policy_check(struct ipcsentry_text policy,
                                        size_t number,
                                        struct ipcsentry_error **warning,
                                        struct ipcsentry_error **error);

#if defined(IPCSENTRY_VALIDATION)
// The built-in scenarios: a JSON array with an object each, with its `id`, the code of its `behavior`, its `platform`, whether
// it is an `attack` or a benign variant of one, its `description`, `why` it is there, the `telemetry` that it can be rendered
// as, and the GUIDs of the tests of Atomic Red Team that are instances of its behavior (`atomics`).
ipcsentry_status ipcsentry_scenarios_json(struct ipcsentry_document **document);
#endif

#if defined(IPCSENTRY_VALIDATION)
// A scenario as raw telemetry, to be sent through a pipeline of one's own: a JSON array with an object for each file, with
// the name of its `format` and its `text`. Where there is no such scenario, or it cannot be rendered as this telemetry, the
// status is `IPCSENTRY_ERR_ARGUMENT`, and the error says why; `error` may be NULL.
ipcsentry_status ipcsentry_scenario_render(struct ipcsentry_text id,
                                           struct ipcsentry_text telemetry,
                                           struct ipcsentry_document **document,
                                           struct ipcsentry_error **error);
#endif

#if defined(IPCSENTRY_VALIDATION)
// Whether the alerts that a scenario led to, through whatever pipeline it came, are those that it should lead to: one of its
// codes, at least as severe as due, naming who began it; for a benign variant, none of medium severity or more. A JSON
// object: `met`, and if it is false, `seen` says what was expected and what was seen. Of several revisions of an alert the
// last counts. `alerts` may be NULL if there are none. Where there is no scenario `id`, `IPCSENTRY_ERR_ARGUMENT`.
ipcsentry_status ipcsentry_scenario_met_by(struct ipcsentry_text id,
                                           const struct ipcsentry_alert *const *alerts,
                                           size_t count,
                                           struct ipcsentry_document **document);
#endif

#if defined(IPCSENTRY_VALIDATION)
// Puts every scenario, as raw telemetry of every kind that its platform has, through rules and a policy: a JSON array with an
// object each, with the `behavior`, the id of the `scenario`, whether it is an `attack`, the `telemetry`, the `atomics`, the
// `verdict` and its `detail`: `pass`; `blind`, with what this telemetry lacks; `suppressed`, with the entry of the policy
// that hides it; `failed`, with what was seen. It takes many seconds. On `IPCSENTRY_ERR_POLICY` the error is written to
// `error`, which may be NULL.
ipcsentry_status ipcsentry_scenarios_try(const struct ipcsentry_catalog *catalog,
                                         struct ipcsentry_text policy,
                                         struct ipcsentry_document **document,
                                         struct ipcsentry_error **error);
#endif

// What a sensor would show, before anything is collected. `profile` is the name of a built-in profile or the JSON of
// one's own (`core/docs/profiles.md`). The document is an object with the `profile`'s name, the `coverage` of a host that
// sends everything that the sensor sends (`core/docs/coverage.schema.json`), the `remedy` as of
// `ipcsentry_engine_remedy_json`, and `behaviors`: for each its `code`, the number of its `attacks` among the scenarios, how
// many are `found`, and the most severe `severity`, null where the sensor is blind. It takes seconds. On
// `IPCSENTRY_ERR_POLICY`, and on `IPCSENTRY_ERR_ARGUMENT` for a profile, the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_profile_json(const struct ipcsentry_catalog *catalog,
                                        struct ipcsentry_text policy,
                                        struct ipcsentry_text profile,
                                        struct ipcsentry_document **document,
                                        struct ipcsentry_error **error);

// The settings with which the hosts of an engine would send what behaviors lack: an object with what is `missing`
// (`platform`, `kind` of event, `mechanisms`, `behaviors`) and the `settings`, each with a `title` and its `lines`: a Sysmon
// configuration, audit rules, audit policy, events of Endpoint Security, and what no setting mends.
ipcsentry_status ipcsentry_engine_remedy_json(const struct ipcsentry_engine *engine,
                                              struct ipcsentry_document **document);

// What the hosts of an engine show together: an object with the `fleet` (its `hosts`, and for each of its `behaviors` and
// `data_components` how many hosts show or send it) and a `navigator` layer, which the ATT&CK Navigator opens. There, a
// technique's score is the percentage of its behaviors that hosts show, over all hosts of their platforms: a behavior of
// which only a weaker form can alert counts half.
ipcsentry_status ipcsentry_engine_fleet_json(const struct ipcsentry_engine *engine,
                                             struct ipcsentry_document **document);

// Saves all state of an engine: hosts, processes, partial matches, events and alerts that wait, and of every open
// stream the records half read. Catalog, policy and limits are not part of it. The seed is, so keep the bytes as
// secret as the seed. The call takes the time of some copies of the state: make one every few seconds at most. It
// changes nothing. `IPCSENTRY_ERR_MEMORY` if there is no room for the bytes.
ipcsentry_status ipcsentry_engine_snapshot(const struct ipcsentry_engine *engine, struct ipcsentry_snapshot **snapshot);

// The bytes of a snapshot. Write them to a file of another name, then rename it: a snapshot that was cut is refused.
// Valid as long as the snapshot.
ipcsentry_status ipcsentry_snapshot_bytes(const struct ipcsentry_snapshot *snapshot, struct ipcsentry_bytes *bytes);

// Frees a snapshot. NULL is allowed.
void ipcsentry_snapshot_free(struct ipcsentry_snapshot *snapshot);

// Makes an engine that goes on where the engine went on that was saved. Its open streams are open, under their old
// numbers (`ipcsentry_engine_stream`); close those whose input does not go on. The seed is that of the snapshot;
// `policy` and `limits` are as for `ipcsentry_engine_new`. `dropped` may be NULL; it gets what the engine could not go
// on with, because the catalog has other rules or another version of the library wrote it.
//
// `IPCSENTRY_ERR_SNAPSHOT` if the bytes are damaged, cut, of a form that this version does not read, or hold more than
// the limits allow: then begin with `ipcsentry_engine_new`. With it, and with `IPCSENTRY_ERR_POLICY`, the error is
// written to `error`, which may be NULL. Bytes of hostile origin cost time and memory in proportion to their number.
ipcsentry_status ipcsentry_engine_restore(const struct ipcsentry_catalog *catalog,
                                          struct ipcsentry_text policy,
                                          const struct ipcsentry_limits *limits,
                                          struct ipcsentry_bytes snapshot,
                                          struct ipcsentry_engine **engine,
                                          struct ipcsentry_dropped **dropped,
                                          struct ipcsentry_error **error);

// Gives an engine another catalog and policy (JSON, empty for the default policy) while it runs. Hosts, processes,
// streams and waiting events stay, and so does the state of behaviors that both catalogs have with the same content.
// `dropped` may be NULL; it gets the behaviors whose state was dropped. On `IPCSENTRY_ERR_POLICY` the error is written
// to `error`, which may be NULL, and the engine goes on unchanged.
ipcsentry_status ipcsentry_engine_replace(struct ipcsentry_engine *engine,
                                          const struct ipcsentry_catalog *catalog,
                                          struct ipcsentry_text policy,
                                          struct ipcsentry_dropped **dropped,
                                          struct ipcsentry_error **error);

// The behavior of number `number` whose state was dropped, by its id, and how many partial matches and deferred checks
// that were. `IPCSENTRY_NONE` behind the last one. Valid as long as `dropped`.
ipcsentry_status ipcsentry_dropped_behavior(const struct ipcsentry_dropped *dropped,
                                            size_t number,
                                            struct ipcsentry_text *behavior,
                                            uint64_t *count);

// The part of number `number` of a snapshot that another version of the library wrote and that this one cannot read,
// such as `duplicates`: it begins anew. `IPCSENTRY_NONE` behind the last one. Valid as long as the library is loaded.
ipcsentry_status ipcsentry_dropped_part(const struct ipcsentry_dropped *dropped,
                                        size_t number,
                                        struct ipcsentry_text *part);

// Frees what was dropped. NULL is allowed.
void ipcsentry_dropped_free(struct ipcsentry_dropped *dropped);

// The counters as numbers.
ipcsentry_status ipcsentry_engine_stats(const struct ipcsentry_engine *engine, struct ipcsentry_stats *stats);

// All counters, and the positions of the first faults of each kind, as a JSON object. Valid until the next
// `ipcsentry_engine_stats_json` or `_free` of this engine.
ipcsentry_status ipcsentry_engine_stats_json(struct ipcsentry_engine *engine, struct ipcsentry_text *json);

// What each entry of the policy did since the engine was made, as a JSON array with an object an entry: its `path`,
// `owner` and `reason`; how many alerts it was `asked` about, `matched`, and would have matched had it not `expired`;
// the `last` time; whether it `is_expired`. Valid until the next `ipcsentry_engine_policy_use_json` or `_free` of this
// engine.
ipcsentry_status ipcsentry_engine_policy_use_json(struct ipcsentry_engine *engine, struct ipcsentry_text *json);

// The telemetry that each known host sends, and how much it shows of each behavior, as a JSON array with an object a
// host (`core/docs/coverage.schema.json`): it says what the absence of alerts means. It visits every host and
// behavior, so do not call it for every event. Valid until the next `ipcsentry_engine_coverage_json` or `_free` of this
// engine.
ipcsentry_status ipcsentry_engine_coverage_json(struct ipcsentry_engine *engine, struct ipcsentry_text *json);

// The meaning of a status in a few words of English. The text is valid as long as the library is loaded.
struct ipcsentry_text ipcsentry_status_text(ipcsentry_status status);

// Opens a stream. `IPCSENTRY_ERR_LIMIT` if the engine has 4096 open.
ipcsentry_status ipcsentry_engine_open_stream(struct ipcsentry_engine *engine,
                                              const struct ipcsentry_stream_options *options,
                                              ipcsentry_stream *stream);

// The open stream of number `number`, counted from zero in order of their handles: how a restored engine's streams are
// found. `IPCSENTRY_NONE` behind the last one.
ipcsentry_status ipcsentry_engine_stream(const struct ipcsentry_engine *engine,
                                         size_t number,
                                         ipcsentry_stream *stream);

// Reads a chunk, which may end anywhere. `IPCSENTRY_RECORD_ERRORS` if some records could not be decoded; the stream
// continues after them. `IPCSENTRY_UNKNOWN_FORMAT` or `IPCSENTRY_NOTHING_DECODED` if no record of the stream could be
// read so far. `report` may be NULL.
ipcsentry_status ipcsentry_stream_feed(struct ipcsentry_engine *engine,
                                       ipcsentry_stream stream,
                                       struct ipcsentry_bytes chunk,
                                       struct ipcsentry_feed_report *report);

// Reads one whole record with the number that its container gives it (an EVTX record rendered as JSON). Otherwise like
// `ipcsentry_stream_feed`.
ipcsentry_status ipcsentry_stream_record(struct ipcsentry_engine *engine,
                                         ipcsentry_stream stream,
                                         uint64_t number,
                                         struct ipcsentry_bytes record,
                                         struct ipcsentry_feed_report *report);

// Makes the stream's decoder hand over the events it holds back, as when a live feed is quiet. The stream stays open,
// and the call loses nothing at any moment: if more records of an event follow, the event is judged again with them.
// Otherwise like `ipcsentry_stream_feed`.
ipcsentry_status ipcsentry_stream_settle(struct ipcsentry_engine *engine,
                                         ipcsentry_stream stream,
                                         struct ipcsentry_feed_report *report);

// Makes the stream's decoder hand over the events that got no record since the last call. Call it regularly, by the
// clock, while a live feed goes on. Otherwise like `ipcsentry_stream_settle`.
ipcsentry_status ipcsentry_stream_settle_quiet(struct ipcsentry_engine *engine,
                                               ipcsentry_stream stream,
                                               struct ipcsentry_feed_report *report);

// Closes a stream; its last line needs no line break. Otherwise like `ipcsentry_stream_feed`, but
// `IPCSENTRY_UNKNOWN_FORMAT` and `IPCSENTRY_NOTHING_DECODED` mean that nothing of the whole stream was judged.
ipcsentry_status ipcsentry_stream_close(struct ipcsentry_engine *engine,
                                        ipcsentry_stream stream,
                                        struct ipcsentry_feed_report *report);

// Proposes the narrowest entries of a policy for `count` alerts that are benign: a JSON array with an object an entry, with
// the ids of the `alerts` that it covers, the `entry` for `suppressions` (null where too little is known, with `why_not`),
// the ids of the attacks that it `hides`, and `is_safe`, false if it hides one or is none. It tries every built-in attack
// of `catalog` and variants of it, which takes seconds and megabytes: call it for somebody who tunes, not for every alert.
ipcsentry_status ipcsentry_tuning_suggest(const struct ipcsentry_catalog *catalog,
                                          const struct ipcsentry_alert *const *alerts,
                                          size_t count,
                                          struct ipcsentry_document **document);

// The attacks that each entry of a policy would hide if they happened on its hosts, at its times and as its users: a JSON
// array of objects with the JSON path of the `entry`, the id of the `scenario` and the code of the `behavior`. It tries
// every built-in attack and variants of it, which takes seconds and megabytes. The policy may name behaviors of `catalog`. On
// `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_tuning_losses(const struct ipcsentry_catalog *catalog,
                                         struct ipcsentry_text policy,
                                         struct ipcsentry_document **document,
                                         struct ipcsentry_error **error);

// The attacks that a baseline would lower if they happened on hosts of its groups: a JSON array of objects with the
// `group` (empty for hosts of none), the id of the `scenario` and the code of the `behavior`. `policy` and `error` are as in
// `ipcsentry_tuning_losses`, and it takes as long for each group.
ipcsentry_status ipcsentry_tuning_lowered(const struct ipcsentry_catalog *catalog,
                                          const struct ipcsentry_baseline *baseline,
                                          struct ipcsentry_text policy,
                                          struct ipcsentry_document **document,
                                          struct ipcsentry_error **error);

// The library's version, such as `0.1.0`. The text lives as long as the library is loaded.
struct ipcsentry_text ipcsentry_version(void);

// The ABI of the library, to be compared with `IPCSENTRY_ABI_VERSION`.
uint32_t ipcsentry_abi_version(void);

// What the behaviors of a catalog read on a platform: kinds of events first, then their fields, then details of
// processes. An agent decides with it what to collect. Not in it, because everything needs it: time, host, platform, a
// pid or unique id for each process, mechanism and name of an endpoint.
ipcsentry_status ipcsentry_catalog_wants(const struct ipcsentry_catalog *catalog,
                                         ipcsentry_os os,
                                         struct ipcsentry_wants **wants);

// What is read, by its number from 0. `IPCSENTRY_NONE` when there is no more.
ipcsentry_status ipcsentry_wants_get(const struct ipcsentry_wants *wants, size_t number, struct ipcsentry_want *want);

// What a behavior loses without `want`, by its number from 0. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_wants_loss(const struct ipcsentry_wants *wants,
                                      size_t want,
                                      size_t number,
                                      struct ipcsentry_loss *loss);

// Frees the handle. NULL is allowed.
void ipcsentry_wants_free(struct ipcsentry_wants *wants);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IPCSENTRY_H */
