/*
 * ipcsentry: detection of inter-process communication abuse (MITRE ATT&CK DET0493, T1559).
 *
 * Generated from ffi/src: do not edit.
 *
 * Conventions
 *
 *   - A function's first argument is the handle it works on, const where it changes nothing. Outputs come last and are
 *     written only where the status is not negative and not IPCSENTRY_NONE, but for an `ipcsentry_error **error`, which
 *     is written only where the function says so. Outputs must not be NULL unless the function says they may.
 *   - Handles are made by functions with an `**` output and freed by the function of their type that ends in `_free`,
 *     once, while no call is using them. Passing anything else as a handle is undefined.
 *   - Text and bytes are {data, len}; nothing is terminated. What a call is given it reads during the call only and
 *     copies what it keeps.
 *   - Structures the caller fills in begin with `type_size`, which is their sizeof, and end in `reserved`. Zero them,
 *     then set what is wanted. A library that is newer or older than the caller's header understands them; nonzero
 *     bytes it does not know are IPCSENTRY_ERR_STRUCT, never ignored.
 *   - Numbers (statuses, formats, severities) keep their meaning for good. Be ready for ones you do not know.
 *   - A bug of the library is caught at the border and answered with IPCSENTRY_ERR_PANIC; the engine it happened in
 *     answers IPCSENTRY_ERR_POISONED from then on and can only be freed. Immutable handles stay as they were.
 *   - The library has no global state to set up or tear down, starts no threads, keeps no thread-locals of its own,
 *     does no I/O, writes no log and asks no clock. It calls nobody back: you poll.
 */


#ifndef IPCSENTRY_H
#define IPCSENTRY_H

#include <stddef.h>
#include <stdint.h>

// Lateness that keeps every event until the flush: input is judged in order of time, however it is mixed.
#define IPCSENTRY_LATENESS_MAX 2305843009213693951

// The ABI this header describes. 0 makes no promise: until 1.0 a program is to be built with the header of the library
// it runs with, and should compare this with `ipcsentry_abi_version()` at its start.
#define IPCSENTRY_ABI_VERSION 0

// One alert.
//
// Lifetime and threads: yours until `ipcsentry_alert_free`, whatever becomes of its engine; immutable, may be read by
// several threads at once.
typedef struct ipcsentry_alert ipcsentry_alert;

// What is to be detected, compiled. A reference: the catalog itself goes with the last handle and engine that use it.
//
// Lifetime and threads: yours until `ipcsentry_catalog_free`; immutable, may be used by several threads at once.
typedef struct ipcsentry_catalog ipcsentry_catalog;

// Detects abuse of inter-process communication in the telemetry of any number of hosts.
// The one rule: feed or advance, then drain `ipcsentry_engine_poll_alert`.
//
// Lifetime and threads: yours until `ipcsentry_engine_free`; may move between threads, but one call at a time (a second
// one is answered with `IPCSENTRY_ERR_BUSY`). Make one a stream or shard; they share the catalog.
typedef struct ipcsentry_engine ipcsentry_engine;

// An error with its detail: of a policy or catalog (returned through the last parameter of the function that read
// it), or of a record (polled from the engine).
//
// Lifetime and threads: yours until `ipcsentry_error_free`; immutable, may be read by several threads at once.
typedef struct ipcsentry_error ipcsentry_error;

// What became of a call. 0 is success, positive values inform, negative ones are errors: the call changed nothing,
// `IPCSENTRY_ERR_PANIC` excepted. New codes may come within each range.
//
// Lifetime and threads: a plain number.
typedef int32_t ipcsentry_status;

// Text: `len` bytes at `data`, without a terminator. What the library gives is UTF-8; what it takes need not be, unless
// said. Empty is any `data`, NULL too, and `len` 0.
//
// Lifetime and threads: a view into its owner, valid as long as the function that gives it says; what the caller
// passes is read during the call only.
typedef struct ipcsentry_text {
  // The first byte.
  const char *data;
  // How many.
  size_t len;
} ipcsentry_text;

// How bad it is, one of the `IPCSENTRY_SEVERITY_` numbers; greater is worse. New ones may come in between.
//
// Lifetime and threads: a plain number.
typedef int32_t ipcsentry_severity;

// What an engine may use. Set `type_size` and leave the rest zero for defaults that suit an endpoint agent.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_limits {
  // `sizeof(ipcsentry_limits)`.
  uint64_t type_size;
  // Bytes the engine may own, the catalog excepted; 0 is 64 MiB. When full, what was used least recently is dropped
  // and counted. Any number is allowed that a `size_t` holds: memory is taken as it is needed.
  uint64_t bytes;
  // Nanoseconds an event may be late and still be judged in order of time, at most `IPCSENTRY_LATENESS_MAX`; 0 judges
  // at once.
  int64_t lateness;
  // Seed of all hashing; 0 draws one from the platform, which nobody else knows. Another number is for runs that must
  // be reproducible under memory pressure: what an engine says depends on it only where something had to be dropped.
  uint64_t seed;
  // Longest record of a stream; 0 is 1 MiB. A longer one is an error and is skipped.
  uint64_t max_record_bytes;
  // Alerts that wait to be polled; 0 is 4096. When full, further ones are dropped and counted.
  uint64_t max_alerts;
  // Nanoseconds within which repetitions of an alert are dropped; 0 is one hour, negative drops none.
  int64_t dedup_window;
  // Zero.
  uint64_t reserved[9];
} ipcsentry_limits;

// Raw telemetry: `len` bytes at `data`. Empty is any `data`, NULL too, and `len` 0.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_bytes {
  // The first byte.
  const void *data;
  // How many.
  size_t len;
} ipcsentry_bytes;

// A telemetry format, one of the `IPCSENTRY_FORMAT_` numbers. New ones may come.
//
// Lifetime and threads: a plain number.
typedef uint32_t ipcsentry_format;

// How to read a stream. Set `type_size`, and leave zero what is not known.
//
// Lifetime and threads: read during the call only.
typedef struct ipcsentry_stream_options {
  // `sizeof(ipcsentry_stream_options)`.
  uint64_t type_size;
  // The number of its first record.
  uint64_t record_base;
  // The format; zero (`IPCSENTRY_FORMAT_RECOGNIZE`) for whatever the records are.
  ipcsentry_format format;
  // The index of the input, for evidence.
  uint32_t file;
  // The host of records that name none.
  struct ipcsentry_text host;
  // Zero.
  uint64_t reserved[6];
} ipcsentry_stream_options;

// An open stream of one engine. Numbers of closed streams are given out again.
//
// Lifetime and threads: a plain number, good from `ipcsentry_engine_open_stream` to `ipcsentry_stream_close` or the
// engine's end; calls with it are calls on the engine.
typedef uint32_t ipcsentry_stream;

// What became of a call that read records.
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

// Worth keeping.
#define IPCSENTRY_SEVERITY_LOW 10

// Worth a look.
#define IPCSENTRY_SEVERITY_MEDIUM 20

// Worth waking somebody.
#define IPCSENTRY_SEVERITY_HIGH 30

// Execution or injection by abuse, beyond reasonable doubt.
#define IPCSENTRY_SEVERITY_CRITICAL 40

// Whatever the records are: each is recognized by itself, in whatever wrappers it stands. A stream may hold several
// formats.
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

// Events in Elastic Common Schema, one a line: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, and auditbeat's
// auditd module.
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

// `Get-WinEvent | ConvertTo-Json`, and Fluent Bit's `winevtlog`.
#define IPCSENTRY_FORMAT_GET_WINEVENT_JSON 25

// Chainsaw's findings with the record they are of.
#define IPCSENTRY_FORMAT_CHAINSAW_JSON 26

// Hayabusa's timeline.
#define IPCSENTRY_FORMAT_HAYABUSA_JSON 27

// Events of the Open Cybersecurity Schema Framework, of any product and system.
#define IPCSENTRY_FORMAT_OCSF_JSON 28

// CSV with a header, of any of these tables: the header says which.
#define IPCSENTRY_FORMAT_CSV 29

// Santa's telemetry as JSON, one message an object.
#define IPCSENTRY_FORMAT_SANTA_JSON 32

// Santa's log, one entry a line.
#define IPCSENTRY_FORMAT_SANTA_LOG 33

// Done.
#define IPCSENTRY_OK 0

// Done; there is none (no alert waits, no deadline, no format is recognized). No output was written.
#define IPCSENTRY_NONE 1

// Done; some records could not be decoded. Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_RECORD_ERRORS 2

// Done; nothing that came in this stream so far is of a known format, so nothing was judged: no alert is no good news.
// Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_UNKNOWN_FORMAT 3

// Done; the stream's format is known, but nothing that came in it so far could be decoded, so nothing was judged: no
// alert is no good news. Outputs were written; see `ipcsentry_engine_poll_error`.
#define IPCSENTRY_NOTHING_DECODED 4

// A pointer that must not be NULL is.
#define IPCSENTRY_ERR_NULL -1

// A value is out of its range.
#define IPCSENTRY_ERR_ARGUMENT -2

// A structure's `type_size` is wrong, or it asks by nonzero bytes for something this library does not know.
#define IPCSENTRY_ERR_STRUCT -3

// The engine has no such stream open.
#define IPCSENTRY_ERR_STREAM -4

// Another call is using the handle.
#define IPCSENTRY_ERR_BUSY -5

// The policy is wrong; the error says where.
#define IPCSENTRY_ERR_POLICY -100

// The catalog is wrong; the error says where.
#define IPCSENTRY_ERR_CATALOG -101

// A record's bytes are not of the stream's format.
#define IPCSENTRY_ERR_MALFORMED -110

// A record lacks a field.
#define IPCSENTRY_ERR_MISSING -111

// A field's value cannot be what it must be.
#define IPCSENTRY_ERR_BAD_VALUE -112

// A record is longer than the limit.
#define IPCSENTRY_ERR_TOO_LONG -113

// A record is nested too deeply.
#define IPCSENTRY_ERR_TOO_DEEP -114

// Records that belong together were given up.
#define IPCSENTRY_ERR_ABANDONED -115

// A record is of no known format.
#define IPCSENTRY_ERR_UNKNOWN -116

// A record could not be read for another reason.
#define IPCSENTRY_ERR_RECORD -199

// A bug of the library was caught. Whatever handle the call was changing answers `IPCSENTRY_ERR_POISONED` from now on.
#define IPCSENTRY_ERR_PANIC -900

// An earlier call on this handle met a bug: it can only be freed.
#define IPCSENTRY_ERR_POISONED -901

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The alert as one line of JSON, without the line's end. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_json(const struct ipcsentry_alert *alert, struct ipcsentry_text *json);

// The alert's id, 16 hex digits: the same records give the same id on every machine. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_id(const struct ipcsentry_alert *alert, struct ipcsentry_text *id);

// The code of the behavior, such as `W07`. Valid as long as the alert.
ipcsentry_status ipcsentry_alert_code(const struct ipcsentry_alert *alert, struct ipcsentry_text *code);

// The alert's severity.
ipcsentry_status ipcsentry_alert_severity(const struct ipcsentry_alert *alert, ipcsentry_severity *severity);

// Frees an alert and the texts it gave. NULL is nothing.
void ipcsentry_alert_free(struct ipcsentry_alert *alert);

// The catalog that ships with the library. Compiled at the first call, shared by all.
ipcsentry_status ipcsentry_catalog_builtin(struct ipcsentry_catalog **catalog);

// A catalog from JSON. On `IPCSENTRY_ERR_CATALOG` what is wrong is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_catalog_from_json(struct ipcsentry_text json,
                                             struct ipcsentry_catalog **catalog,
                                             struct ipcsentry_error **error);

// Another catalog: this one and what a JSON document adds to it, a behavior or an object with any of `lists`,
// `known_good`, `known_bad`, `conditions`, `reputations` and `behaviors`. On `IPCSENTRY_ERR_CATALOG` what is wrong is
// written to `error`, which may be NULL.
ipcsentry_status ipcsentry_catalog_extend(const struct ipcsentry_catalog *catalog,
                                          struct ipcsentry_text json,
                                          struct ipcsentry_catalog **extended,
                                          struct ipcsentry_error **error);

// Another catalog: this one without a behavior, which is named by its code or id. On `IPCSENTRY_ERR_CATALOG` what is
// wrong is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_catalog_without(const struct ipcsentry_catalog *catalog,
                                           struct ipcsentry_text name,
                                           struct ipcsentry_catalog **reduced,
                                           struct ipcsentry_error **error);

// A warning by its number, from 0: a list or condition that nothing reads, those of the builtin rules included. The
// error has the place and the text. `IPCSENTRY_NONE` when there are no more.
ipcsentry_status ipcsentry_catalog_warning(const struct ipcsentry_catalog *catalog,
                                           size_t number,
                                           struct ipcsentry_error **warning);

// Another handle on the same catalog, for an owner of its own.
ipcsentry_status ipcsentry_catalog_retain(const struct ipcsentry_catalog *catalog, struct ipcsentry_catalog **shared);

// Frees a handle; engines made with it go on. NULL is nothing.
void ipcsentry_catalog_free(struct ipcsentry_catalog *catalog);

// An engine. `policy` is JSON, empty for the default one; `limits` may be NULL for the defaults. On
// `IPCSENTRY_ERR_POLICY` what is wrong is written to `error`, which may be NULL.
ipcsentry_status ipcsentry_engine_new(const struct ipcsentry_catalog *catalog,
                                      struct ipcsentry_text policy,
                                      const struct ipcsentry_limits *limits,
                                      struct ipcsentry_engine **engine,
                                      struct ipcsentry_error **error);

// Tells that the time of `host` has come to `time` (nanoseconds since 1970, UTC) though no event said so.
ipcsentry_status ipcsentry_engine_advance(struct ipcsentry_engine *engine, struct ipcsentry_text host, int64_t time);

// Tells that `nanos` went by without an event since the last one of every host, as when a live feed has gone quiet:
// releases what waited for that long. A feed that goes on with earlier times is not late.
// `IPCSENTRY_ERR_ARGUMENT` when `nanos` is negative.
ipcsentry_status ipcsentry_engine_elapse(struct ipcsentry_engine *engine, int64_t nanos);

// Judges everything that waits, as at the end of all input. Streams stay open but hand over what they hold.
ipcsentry_status ipcsentry_engine_flush(struct ipcsentry_engine *engine);

// Puts the alerts that wait into the order of a report over input that has ended: each once, as it stood last, by time.
// To be called between the flush and the polling.
ipcsentry_status ipcsentry_engine_sort_alerts(struct ipcsentry_engine *engine);

// When `ipcsentry_engine_advance` or, for what a stream's decoder holds back, `ipcsentry_stream_settle_quiet` would next
// do something, by event time. `IPCSENTRY_NONE` when nothing waits.
ipcsentry_status ipcsentry_engine_next_deadline(const struct ipcsentry_engine *engine,
                                                int64_t *time);

// The next alert, in the order they were raised. `IPCSENTRY_NONE` when no more waits.
ipcsentry_status ipcsentry_engine_poll_alert(struct ipcsentry_engine *engine, struct ipcsentry_alert **alert);

// The next decoding error of the last call that read records, which keeps its first 16; the next such call drops what
// was not polled. `IPCSENTRY_NONE` when no more waits.
ipcsentry_status ipcsentry_engine_poll_error(struct ipcsentry_engine *engine, struct ipcsentry_error **error);

// All counters as a JSON object. Valid until the next `ipcsentry_engine_stats_json` or `_free` of this engine.
ipcsentry_status ipcsentry_engine_stats_json(struct ipcsentry_engine *engine, struct ipcsentry_text *json);

// Frees an engine; alerts and errors polled from it stay. NULL is nothing.
void ipcsentry_engine_free(struct ipcsentry_engine *engine);

// The error's status. `IPCSENTRY_ERR_NULL` for NULL.
ipcsentry_status ipcsentry_error_status(const struct ipcsentry_error *error);

// The error in a line of English, its place included. Valid as long as the error.
ipcsentry_status ipcsentry_error_text(const struct ipcsentry_error *error, struct ipcsentry_text *text);

// Where in the policy or catalog (a JSON path) or in the record (a field; empty where none is to blame).
// Valid as long as the error.
ipcsentry_status ipcsentry_error_place(const struct ipcsentry_error *error, struct ipcsentry_text *place);

// The number of the record at fault and the byte offset in its stream. `IPCSENTRY_NONE` where the error is not one of
// a record.
ipcsentry_status ipcsentry_error_position(const struct ipcsentry_error *error, uint64_t *record, uint64_t *offset);

// Frees an error. NULL is nothing.
void ipcsentry_error_free(struct ipcsentry_error *error);

// Recognizes the format of a stream by its first bytes (64 KiB are plenty). `IPCSENTRY_NONE` when it is none of ours,
// or when its records stand in wrappers: a stream of `IPCSENTRY_FORMAT_RECOGNIZE` takes them out.
ipcsentry_status ipcsentry_format_detect(struct ipcsentry_bytes head, ipcsentry_format *format);

// What a status means, in a few words of English. The text lives as long as the library is loaded.
struct ipcsentry_text ipcsentry_status_text(ipcsentry_status status);

// Opens a stream.
ipcsentry_status ipcsentry_engine_open_stream(struct ipcsentry_engine *engine,
                                              const struct ipcsentry_stream_options *options,
                                              ipcsentry_stream *stream);

// Takes a chunk, which may end anywhere. `IPCSENTRY_RECORD_ERRORS` when records could not be decoded: the stream goes on
// after them. `IPCSENTRY_UNKNOWN_FORMAT` or `IPCSENTRY_NOTHING_DECODED` when that is so of all that came in the stream so
// far. `report` may be NULL.
ipcsentry_status ipcsentry_stream_feed(struct ipcsentry_engine *engine,
                                       ipcsentry_stream stream,
                                       struct ipcsentry_bytes chunk,
                                       struct ipcsentry_feed_report *report);

// Takes one whole record whose number the container gives (an EVTX record rendered as JSON). Otherwise as
// `ipcsentry_stream_feed`.
ipcsentry_status ipcsentry_stream_record(struct ipcsentry_engine *engine,
                                         ipcsentry_stream stream,
                                         uint64_t number,
                                         struct ipcsentry_bytes record,
                                         struct ipcsentry_feed_report *report);

// Hands over what the stream's decoder holds back, as when a live feed has gone quiet. The stream stays open, and
// nothing is lost by calling it at any moment: an event that gets more records later is judged again with what they
// add. Otherwise as `ipcsentry_stream_feed`.
ipcsentry_status ipcsentry_stream_settle(struct ipcsentry_engine *engine,
                                         ipcsentry_stream stream,
                                         struct ipcsentry_feed_report *report);

// Hands over what the stream's decoder holds back of events that had no further record since the last call: to be called
// every now and then, by the clock, while a live feed goes on. Otherwise as `ipcsentry_stream_settle`.
ipcsentry_status ipcsentry_stream_settle_quiet(struct ipcsentry_engine *engine,
                                               ipcsentry_stream stream,
                                               struct ipcsentry_feed_report *report);

// Ends a stream: its last line need not be terminated. Otherwise as `ipcsentry_stream_feed`: `IPCSENTRY_UNKNOWN_FORMAT`
// and `IPCSENTRY_NOTHING_DECODED` speak of the whole stream, of which nothing was judged then.
ipcsentry_status ipcsentry_stream_close(struct ipcsentry_engine *engine,
                                        ipcsentry_stream stream,
                                        struct ipcsentry_feed_report *report);

// The library's version, such as `0.1.0`. The text lives as long as the library is loaded.
struct ipcsentry_text ipcsentry_version(void);

// The ABI the library has; compare it with `IPCSENTRY_ABI_VERSION`.
uint32_t ipcsentry_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IPCSENTRY_H */
