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
 *   - Numbers (statuses, formats, severities) never change their meaning. Expect numbers you do not know.
 *   - A bug of the library is caught, and the call returns IPCSENTRY_ERR_PANIC. The engine in which it occurred returns
 *     IPCSENTRY_ERR_POISONED from then on and can only be freed. Immutable handles stay usable.
 *   - The library has no global state to set up or tear down. It starts no threads, has no thread-local variables, does
 *     no I/O, writes no log and reads no clock. It has no callbacks: you poll.
 */


#ifndef IPCSENTRY_H
#define IPCSENTRY_H

#include <stddef.h>
#include <stdint.h>

// The lateness that holds every event until the flush: input in any order is judged in order of time.
#define IPCSENTRY_LATENESS_MAX 2305843009213693951

// The ABI that this header describes. 0 promises no compatibility: until 1.0, build a program with the header of the
// very library that it runs with, and compare this number with `ipcsentry_abi_version()` at its start.
#define IPCSENTRY_ABI_VERSION 0

// One alert.
//
// Lifetime and threads: yours until `ipcsentry_alert_free`, whatever becomes of its engine; immutable, may be read by
// several threads at once.
typedef struct ipcsentry_alert ipcsentry_alert;

// A compiled catalog: the behaviors to detect. The handle is a reference; the catalog is freed with the last handle
// and engine that use it.
//
// Lifetime and threads: yours until `ipcsentry_catalog_free`; immutable, may be used by several threads at once.
typedef struct ipcsentry_catalog ipcsentry_catalog;

// Detects abuse of inter-process communication in the telemetry of any number of hosts.
// The one rule: feed or advance, then drain `ipcsentry_engine_poll_alert`.
//
// Lifetime and threads: yours until `ipcsentry_engine_free`; may move between threads, but one call at a time (a
// second one is answered with `IPCSENTRY_ERR_BUSY`). Make one a stream or shard; they share the catalog.
typedef struct ipcsentry_engine ipcsentry_engine;

// An error with its detail: of a policy or catalog (returned through the last parameter of the function that read
// it), or of a record (polled from the engine).
//
// Lifetime and threads: yours until `ipcsentry_error_free`; immutable, may be read by several threads at once.
typedef struct ipcsentry_error ipcsentry_error;

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

// A hint, to be kept for context.
#define IPCSENTRY_SEVERITY_LOW 10

// Suspicious: an analyst should look at it.
#define IPCSENTRY_SEVERITY_MEDIUM 20

// An attack is likely: act on it at once.
#define IPCSENTRY_SEVERITY_HIGH 30

// Code was executed or injected through IPC, beyond reasonable doubt.
#define IPCSENTRY_SEVERITY_CRITICAL 40

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

// Santa's telemetry as JSON, one message an object.
#define IPCSENTRY_FORMAT_SANTA_JSON 32

// Santa's log, one entry a line.
#define IPCSENTRY_FORMAT_SANTA_LOG 33

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

// The policy is wrong; the error says where.
#define IPCSENTRY_ERR_POLICY -100

// The catalog is wrong; the error says where.
#define IPCSENTRY_ERR_CATALOG -101

// A record's bytes are not of the stream's format.
#define IPCSENTRY_ERR_MALFORMED -110

// A record lacks a field.
#define IPCSENTRY_ERR_MISSING -111

// A field's value is malformed.
#define IPCSENTRY_ERR_BAD_VALUE -112

// A record is longer than the limit.
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

// Makes an engine. `policy` is JSON, empty for the default policy; `limits` may be NULL for the defaults. On
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

// The next decoding error of the last call that read records. The first 16 errors of a call are kept until the next
// such call. `IPCSENTRY_NONE` when there is none.
ipcsentry_status ipcsentry_engine_poll_error(struct ipcsentry_engine *engine, struct ipcsentry_error **error);

// All counters as a JSON object. Valid until the next `ipcsentry_engine_stats_json` or `_free` of this engine.
ipcsentry_status ipcsentry_engine_stats_json(struct ipcsentry_engine *engine, struct ipcsentry_text *json);

// Frees an engine; alerts and errors polled from it stay valid. NULL is allowed.
void ipcsentry_engine_free(struct ipcsentry_engine *engine);

// The error's status. `IPCSENTRY_ERR_NULL` for NULL.
ipcsentry_status ipcsentry_error_status(const struct ipcsentry_error *error);

// The error as one line of English that includes the place. Valid as long as the error.
ipcsentry_status ipcsentry_error_text(const struct ipcsentry_error *error, struct ipcsentry_text *text);

// The place: a JSON path in the policy or catalog, or a field of the record (empty if no single field is wrong). Valid
// as long as the error.
ipcsentry_status ipcsentry_error_place(const struct ipcsentry_error *error, struct ipcsentry_text *place);

// The number of the faulty record and its byte offset in the stream. `IPCSENTRY_NONE` if the error is not one of a
// record.
ipcsentry_status ipcsentry_error_position(const struct ipcsentry_error *error, uint64_t *record, uint64_t *offset);

// Frees an error. NULL is allowed.
void ipcsentry_error_free(struct ipcsentry_error *error);

// Recognizes the format of a stream by its first bytes (64 KiB are enough). `IPCSENTRY_NONE` if it is not supported,
// or if the records stand in wrappers, which only a stream of `IPCSENTRY_FORMAT_RECOGNIZE` removes.
ipcsentry_status ipcsentry_format_detect(struct ipcsentry_bytes head, ipcsentry_format *format);

// The meaning of a status in a few words of English. The text is valid as long as the library is loaded.
struct ipcsentry_text ipcsentry_status_text(ipcsentry_status status);

// Opens a stream.
ipcsentry_status ipcsentry_engine_open_stream(struct ipcsentry_engine *engine,
                                              const struct ipcsentry_stream_options *options,
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

// The library's version, such as `0.1.0`. The text lives as long as the library is loaded.
struct ipcsentry_text ipcsentry_version(void);

// The ABI of the library, to be compared with `IPCSENTRY_ABI_VERSION`.
uint32_t ipcsentry_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IPCSENTRY_H */
