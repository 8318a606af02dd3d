/* Hunts through one file of telemetry, or standard input, and prints each alert as a line of JSON.
 * Exit status: 0 all of it was judged, no alert; 1 alerts; 2 it could not be read or is no telemetry, or the library
 * refused something. */
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "ipcsentry.h"

/* Says what went wrong and ends the program. */
static void fail(const char *what, ipcsentry_status status) {
  ipcsentry_text why = ipcsentry_status_text(status);
  fprintf(stderr, "minimal: %s: %.*s\n", what, (int)why.len, why.data);
  exit(2);
}

static void must(const char *what, ipcsentry_status status) {
  if (status < 0) fail(what, status);
}

static ipcsentry_engine *make_engine(void) {
  ipcsentry_catalog *catalog;
  must("catalog", ipcsentry_catalog_builtin(&catalog));

  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.bytes = sizeof(size_t) > 4 ? (uint64_t)8 << 30 : (uint64_t)1 << 30;
  limits.max_alerts = 1 << 20;
  limits.lateness = IPCSENTRY_LATENESS_MAX; /* all of the file is there: judge it in order of time */

  ipcsentry_text default_policy = {0};
  ipcsentry_engine *engine;
  must("engine", ipcsentry_engine_new(catalog, default_policy, &limits, &engine, NULL));
  ipcsentry_catalog_free(catalog); /* the engine keeps what it needs */
  return engine;
}

/* The one rule: feed, then drain. */
static unsigned long drain(ipcsentry_engine *engine) {
  unsigned long count = 0;
  ipcsentry_alert *alert;
  while (ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK) {
    ipcsentry_text json;
    must("alert", ipcsentry_alert_json(alert, &json));
    fwrite(json.data, 1, json.len, stdout);
    putchar('\n');
    ipcsentry_alert_free(alert);
    count++;
  }
  return count;
}

int main(int argc, char **argv) {
#ifdef _WIN32
  /* Bytes are bytes: without this, Windows changes line breaks and ends the input at a byte 26. */
  _setmode(_fileno(stdin), _O_BINARY);
  _setmode(_fileno(stdout), _O_BINARY);
#endif
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : stdin;
  if (file == NULL) {
    perror(argv[1]);
    return 2;
  }
  ipcsentry_engine *engine = make_engine();
  ipcsentry_stream_options options = {0}; /* whatever the records are, they are recognized */
  ipcsentry_stream stream;
  options.type_size = sizeof options;
  must("stream", ipcsentry_engine_open_stream(engine, &options, &stream));
  static char chunk[65536];
  for (size_t len; (len = fread(chunk, 1, sizeof chunk, file)) > 0;) {
    ipcsentry_bytes bytes = {chunk, len};
    must("feed", ipcsentry_stream_feed(engine, stream, bytes, NULL));
  }
  ipcsentry_status closed = ipcsentry_stream_close(engine, stream, NULL);
  must("close", closed);
  must("flush", ipcsentry_engine_flush(engine));
  must("sort", ipcsentry_engine_sort_alerts(engine));

  unsigned long alerts = drain(engine);
  ipcsentry_text stats;
  must("stats", ipcsentry_engine_stats_json(engine, &stats));
  fprintf(stderr, "%.*s\n", (int)stats.len, stats.data);
  ipcsentry_engine_free(engine);

  /* No alert is good news only of what was judged. */
  int failed = ferror(file) || closed == IPCSENTRY_UNKNOWN_FORMAT || closed == IPCSENTRY_NOTHING_DECODED;
  if (failed) fprintf(stderr, "minimal: not judged\n");
  if (file != stdin) fclose(file);
  return failed ? 2 : alerts > 0;
}
