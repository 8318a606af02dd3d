/* What the library answers to calls it must refuse: a status each time, and nothing else happens. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ipcsentry.h"

#define EXPECT(call, status)                                                     \
  do {                                                                           \
    ipcsentry_status got_ = (call);                                              \
    if (got_ != (status)) {                                                      \
      printf("%d: %s gave %d\n", __LINE__, #call, (int)got_);                    \
      failures++;                                                                \
    }                                                                            \
  } while (0)

static int failures = 0;

static ipcsentry_text text(const char *words) {
  ipcsentry_text view = {words, strlen(words)};
  return view;
}

static int same(ipcsentry_text view, const char *words) {
  return view.len == strlen(words) && memcmp(view.data, words, view.len) == 0;
}

static void null_pointers(void) {
  ipcsentry_text view = {0};
  ipcsentry_bytes missing = {NULL, 1};
  ipcsentry_format format;
  EXPECT(ipcsentry_catalog_builtin(NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_catalog_from_json(text("{}"), NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_catalog_retain(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_new(NULL, view, NULL, NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_open_stream(NULL, NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_advance(NULL, view, 0), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_elapse(NULL, 0), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_flush(NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_sort_alerts(NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_next_deadline(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_poll_alert(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_poll_error(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_engine_stats_json(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_stream_feed(NULL, 0, missing, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_stream_record(NULL, 0, 0, missing, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_stream_settle(NULL, 0, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_stream_settle_quiet(NULL, 0, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_stream_close(NULL, 0, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_alert_json(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_alert_id(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_alert_code(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_alert_severity(NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_alerts_document(NULL, 1, IPCSENTRY_OUTPUT_CSV, view, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_document_text(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_error_status(NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_error_text(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_error_place(NULL, &view), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_error_position(NULL, NULL, NULL), IPCSENTRY_ERR_NULL);
  EXPECT(ipcsentry_format_detect(missing, &format), IPCSENTRY_ERR_NULL);
  ipcsentry_catalog_free(NULL);
  ipcsentry_engine_free(NULL);
  ipcsentry_alert_free(NULL);
  ipcsentry_document_free(NULL);
  ipcsentry_error_free(NULL);
}

static void wrong_documents(const ipcsentry_catalog *catalog) {
  ipcsentry_engine *engine = NULL;
  ipcsentry_catalog *other = NULL;
  ipcsentry_error *error = NULL;
  ipcsentry_text place;
  uint64_t record, offset;
  EXPECT(ipcsentry_engine_new(catalog, text("{\"min_confidense\": 1}"), NULL, &engine, &error), IPCSENTRY_ERR_POLICY);
  EXPECT(ipcsentry_error_status(error), IPCSENTRY_ERR_POLICY);
  EXPECT(ipcsentry_error_place(error, &place), IPCSENTRY_OK);
  EXPECT(same(place, "min_confidense"), 1);
  EXPECT(ipcsentry_error_position(error, &record, &offset), IPCSENTRY_NONE);
  ipcsentry_error_free(error);
  EXPECT(ipcsentry_engine_new(catalog, text("["), NULL, &engine, NULL), IPCSENTRY_ERR_POLICY);
  EXPECT(ipcsentry_catalog_from_json(text("{\"rules\": []}"), &other, NULL), IPCSENTRY_ERR_CATALOG);
  EXPECT(engine == NULL && other == NULL, 1);
}

static void wrong_structures(const ipcsentry_catalog *catalog) {
  ipcsentry_text policy = {0};
  ipcsentry_engine *engine = NULL;
  ipcsentry_limits limits = {0};
  EXPECT(ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL), IPCSENTRY_ERR_STRUCT);
  limits.type_size = sizeof limits;
  limits.reserved[0] = 1;
  EXPECT(ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL), IPCSENTRY_ERR_STRUCT);
  limits.reserved[0] = 0;
  limits.lateness = -1;
  EXPECT(ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL), IPCSENTRY_ERR_ARGUMENT);
  EXPECT(engine == NULL, 1);
}

/* Limits of any size make an engine, or are refused where a size has fewer bits. */
static void any_limits(const ipcsentry_catalog *catalog) {
  static const char record[] = "type=USER_CMD msg=audit(1.000:1): pid=1\n";
  static const uint64_t sizes[] = {1, UINT64_C(365) << 20, UINT64_C(1) << 40, UINT64_MAX / 2, UINT64_MAX};
  ipcsentry_bytes bytes = {record, sizeof record - 1};
  ipcsentry_text policy = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    ipcsentry_limits limits = {0};
    ipcsentry_stream_options options = {0};
    ipcsentry_engine *engine = NULL;
    ipcsentry_stream stream;
    ipcsentry_feed_report report;
    limits.type_size = sizeof limits;
    limits.bytes = sizes[i];
    limits.max_record_bytes = sizes[i] < 4096 ? 4096 : sizes[i];
    limits.max_alerts = sizes[i];
    if (sizes[i] > SIZE_MAX) {
      EXPECT(ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL), IPCSENTRY_ERR_ARGUMENT);
      continue;
    }
    EXPECT(ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL), IPCSENTRY_OK);
    options.type_size = sizeof options;
    EXPECT(ipcsentry_format_detect(bytes, &options.format), IPCSENTRY_OK);
    EXPECT(ipcsentry_engine_open_stream(engine, &options, &stream), IPCSENTRY_OK);
    EXPECT(ipcsentry_stream_feed(engine, stream, bytes, &report), IPCSENTRY_OK);
    EXPECT(report.records == 1 && report.errors == 0, 1);
    ipcsentry_engine_free(engine);
  }
}

static void garbage(ipcsentry_engine *engine) {
  static const char noise[] = "\0\xff{{{\n(1,2\n}\ntype=SYSCALL msg=audit(x:y): \n\n\x80\n";
  ipcsentry_bytes bytes = {noise, sizeof noise - 1};
  ipcsentry_stream_options options = {0};
  ipcsentry_stream stream;
  options.type_size = sizeof options;
  EXPECT(ipcsentry_format_detect(bytes, &options.format), IPCSENTRY_NONE);
  options.format = 9999;
  EXPECT(ipcsentry_engine_open_stream(engine, &options, &stream), IPCSENTRY_ERR_ARGUMENT);
  for (options.format = IPCSENTRY_FORMAT_RECOGNIZE; options.format <= 9; options.format++) {
    ipcsentry_status lost =
        options.format == IPCSENTRY_FORMAT_RECOGNIZE ? IPCSENTRY_UNKNOWN_FORMAT : IPCSENTRY_NOTHING_DECODED;
    ipcsentry_feed_report report;
    ipcsentry_error *error;
    EXPECT(ipcsentry_engine_open_stream(engine, &options, &stream), IPCSENTRY_OK);
    ipcsentry_status status = ipcsentry_stream_feed(engine, stream, bytes, &report);
    EXPECT(status, report.errors > 0 ? lost : IPCSENTRY_OK);
    EXPECT(report.records == 6 && report.events == 0, 1);
    for (uint64_t i = 0; i < report.errors; i++) {
      uint64_t record, offset;
      EXPECT(ipcsentry_engine_poll_error(engine, &error), IPCSENTRY_OK);
      EXPECT(ipcsentry_error_position(error, &record, &offset), IPCSENTRY_OK);
      EXPECT(record < 6 && offset < bytes.len, 1);
      ipcsentry_error_free(error);
    }
    EXPECT(ipcsentry_engine_poll_error(engine, &error), IPCSENTRY_NONE);
    EXPECT(ipcsentry_stream_close(engine, stream, NULL), lost);
    EXPECT(ipcsentry_stream_feed(engine, stream, bytes, NULL), IPCSENTRY_ERR_STREAM);
  }
}

/* Wrappers without a record, or around one that does not say what it is from: nothing was judged. */
static void wrapped_nothing(ipcsentry_engine *engine) {
  static const struct {
    const char *record;
    ipcsentry_status status;
  } cases[] = {
      {"{\"_index\":\"x\",\"fields\":{}}\n", IPCSENTRY_UNKNOWN_FORMAT},
      {"{\"_raw\":\"\",\"host\":\"wren\"}\n", IPCSENTRY_UNKNOWN_FORMAT},
      {"{\"_index\":\"x\",\"fields\":{\"winlog.event_id\":[\"1\"]}}\n", IPCSENTRY_NOTHING_DECODED},
      {"{\"message\":\"of no known format\",\"ecs\":{\"version\":\"8\"}}\n", IPCSENTRY_NOTHING_DECODED},
      {"{\"_index\":\"x\",\"fields\":{\"ecs.version\":[\"8\"],\"event.module\":[\"nginx\"]}}\n", IPCSENTRY_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ipcsentry_stream_options options = {0};
    ipcsentry_stream stream;
    ipcsentry_error *error;
    options.type_size = sizeof options;
    EXPECT(ipcsentry_engine_open_stream(engine, &options, &stream), IPCSENTRY_OK);
    ipcsentry_bytes bytes = {cases[i].record, strlen(cases[i].record)};
    ipcsentry_status status = ipcsentry_stream_feed(engine, stream, bytes, NULL);
    EXPECT(status == cases[i].status || status == IPCSENTRY_OK, 1);
    EXPECT(ipcsentry_stream_close(engine, stream, NULL), cases[i].status);
    while (ipcsentry_engine_poll_error(engine, &error) == IPCSENTRY_OK) {
      ipcsentry_error_free(error);
    }
  }
}

int main(void) {
  ipcsentry_catalog *catalog, *shared;
  ipcsentry_engine *engine;
  ipcsentry_alert *alert;
  ipcsentry_text policy = {0};
  int64_t deadline;
  EXPECT((int)ipcsentry_abi_version(), IPCSENTRY_ABI_VERSION);
  EXPECT(ipcsentry_version().len > 0, 1);
  EXPECT(same(ipcsentry_status_text(-12345), "unknown status"), 1);
  null_pointers();
  EXPECT(ipcsentry_catalog_builtin(&catalog), IPCSENTRY_OK);
  EXPECT(ipcsentry_catalog_retain(catalog, &shared), IPCSENTRY_OK);
  ipcsentry_catalog_free(catalog);
  wrong_documents(shared);
  wrong_structures(shared);
  any_limits(shared);
  EXPECT(ipcsentry_engine_new(shared, policy, NULL, &engine, NULL), IPCSENTRY_OK);
  ipcsentry_catalog_free(shared);
  garbage(engine);
  wrapped_nothing(engine);
  EXPECT(ipcsentry_engine_advance(engine, text("h\0st"), 1), IPCSENTRY_OK);
  EXPECT(ipcsentry_engine_elapse(engine, -1), IPCSENTRY_ERR_ARGUMENT);
  EXPECT(ipcsentry_engine_elapse(engine, 1), IPCSENTRY_OK);
  EXPECT(ipcsentry_engine_next_deadline(engine, &deadline), IPCSENTRY_NONE);
  EXPECT(ipcsentry_engine_flush(engine), IPCSENTRY_OK);
  EXPECT(ipcsentry_engine_poll_alert(engine, &alert), IPCSENTRY_NONE);
  EXPECT(ipcsentry_engine_poll_alert(engine, NULL), IPCSENTRY_ERR_NULL);
  ipcsentry_engine_free(engine);
  return failures > 0;
}
