/* A program that uses every structure that begins with `type_size`, with the members that the first header had. It is
 * compiled with an old, the present and a newer header, and must print the same. With LATER the header is newer, and has a
 * member `later` at the end of each structure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipcsentry.h"

#define SIZED(type, name) \
  struct { type it; uint64_t behind; } name; \
  memset(&name, 0xA5, sizeof name); \
  memset(&name.it, 0, sizeof name.it); \
  name.it.type_size = sizeof name.it
/* A structure that the library fills in: what lies behind it stays as it was. */
#define FILLED(name) must(#name, name.behind == UINT64_C(0xA5A5A5A5A5A5A5A5) LATER_IS_ZERO(name))
#ifdef LATER
#define LATER_IS_ZERO(name) && name.it.later == 0
#else
#define LATER_IS_ZERO(name)
#endif

static void must(const char *what, int holds) {
  if (holds) return;
  fprintf(stderr, "not so: %s\n", what);
  exit(2);
}

static void print(const char *name, ipcsentry_text text) { printf("%s %.*s\n", name, (int)text.len, text.data); }

static ipcsentry_event_text lent(const char *text) {
  ipcsentry_event_text made = {text, strlen(text), IPCSENTRY_ENCODING_BYTES};
  return made;
}

int main(int argc, char **argv) {
  static char telemetry[1 << 20];
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  must("a file", file != NULL);
  ipcsentry_bytes bytes = {telemetry, fread(telemetry, 1, sizeof telemetry, file)};
  fclose(file);

  ipcsentry_catalog *catalog;
  must("catalog", ipcsentry_catalog_builtin(&catalog) == IPCSENTRY_OK);
  SIZED(ipcsentry_rule, rule);
  for (size_t number = 0; number < 3; number++) {
    must("rule", ipcsentry_catalog_rule(catalog, number, &rule.it) == IPCSENTRY_OK);
    FILLED(rule);
    print("rule", rule.it.code);
    printf("%d %d %d %d\n", (int)rule.it.techniques, (int)rule.it.severity, (int)rule.it.os, (int)rule.it.alerts);
  }

  SIZED(ipcsentry_limits, limits);
  limits.it.seed = 7;
  ipcsentry_text policy = {NULL, 0};
  ipcsentry_engine *engine;
#ifdef LATER
  limits.it.later = 1;
  must("refused", ipcsentry_engine_new(catalog, policy, &limits.it, &engine, NULL) == IPCSENTRY_ERR_STRUCT);
  limits.it.later = 0;
#endif
  must("engine", ipcsentry_engine_new(catalog, policy, &limits.it, &engine, NULL) == IPCSENTRY_OK);

  SIZED(ipcsentry_process, actor);
  actor.it.pid.is_set = 1;
  actor.it.pid.value = 4711;
  actor.it.image = lent("/usr/bin/mkfifo");
  SIZED(ipcsentry_endpoint_act, fifo);
  fifo.it.mechanism = IPCSENTRY_MECHANISM_FIFO;
  fifo.it.name = lent("/tmp/f");
  SIZED(ipcsentry_event, event);
  event.it.time = INT64_C(1795308302000000000);
  event.it.host = lent("h");
  event.it.os = IPCSENTRY_OS_LINUX;
  event.it.kind = IPCSENTRY_KIND_ENDPOINT_CREATE;
  event.it.actor = &actor.it;
  event.it.details.endpoint_act = &fifo.it;
#ifdef LATER
  fifo.it.later = 1;
  must("refused", ipcsentry_engine_feed(engine, &event.it) == IPCSENTRY_ERR_STRUCT);
  fifo.it.later = 0;
#endif
  must("event", ipcsentry_engine_feed(engine, &event.it) == IPCSENTRY_OK);
  ipcsentry_event both[2] = {event.it, event.it};
  both[1].time++;
  ipcsentry_batch_report report;
  must("batch", ipcsentry_engine_feed_batch(engine, both, 2, &report) >= 0 && report.taken == 2);

  SIZED(ipcsentry_stream_options, options);
  ipcsentry_stream stream;
  must("stream", ipcsentry_engine_open_stream(engine, &options.it, &stream) == IPCSENTRY_OK);
  must("feed", ipcsentry_stream_feed(engine, stream, bytes, NULL) >= 0);
  must("close", ipcsentry_stream_close(engine, stream, NULL) >= 0);
  must("flush", ipcsentry_engine_flush(engine) == IPCSENTRY_OK);

  ipcsentry_alert *alert;
  while (ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK) {
    SIZED(ipcsentry_alert_fields, fields);
    must("fields", ipcsentry_alert_get(alert, &fields.it) == IPCSENTRY_OK);
    FILLED(fields);
    print("alert", fields.it.code);
    print("title", fields.it.title);
    print("object", fields.it.ipc_name);
    printf("%d techniques, %d of lineage, %d of evidence, %d missing, %d candidates\n", (int)fields.it.techniques,
           (int)fields.it.lineage, (int)fields.it.evidence, (int)fields.it.missing, (int)fields.it.candidates);
    printf("schema %d, revision %d, severity %d, confidence %d, initiator %d, truncated %d\n", (int)fields.it.schema_version,
           (int)fields.it.revision, (int)fields.it.severity, (int)fields.it.confidence,
           (int)fields.it.initiator_confidence, (int)fields.it.truncated);
    SIZED(ipcsentry_process_info, process);
    if (ipcsentry_alert_process(alert, IPCSENTRY_PART_ACTOR, 0, &process.it) == IPCSENTRY_OK) {
      FILLED(process);
      print("actor", process.it.image);
    }
    for (size_t number = 0; number < fields.it.evidence; number++) {
      SIZED(ipcsentry_evidence, evidence);
      must("evidence", ipcsentry_alert_evidence(alert, number, &evidence.it) == IPCSENTRY_OK);
      FILLED(evidence);
      printf("%d ", (int)evidence.it.record);
      print("says", evidence.it.summary);
    }
    ipcsentry_alert_free(alert);
  }
  SIZED(ipcsentry_stats, stats);
  must("stats", ipcsentry_engine_stats(engine, &stats.it) == IPCSENTRY_OK);
  FILLED(stats);
  printf("%d events, %d alerts\n", (int)stats.it.events, (int)stats.it.alerts);
  ipcsentry_engine_free(engine);
  ipcsentry_catalog_free(catalog);
  return 0;
}
