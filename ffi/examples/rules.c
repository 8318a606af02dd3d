/* Hunts through standard input with rules of one's own:
 *
 *   rules RULES [CODE]...    adds a file of rules to the builtin ones and leaves out the behaviors of these codes
 *
 * Prints the code and the id of each alert. Exit status: 0 no alert, 1 alerts, 2 the rules are wrong or nothing was
 * judged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipcsentry.h"

/* Prints an error with its place. */
static void say(const char *what, const ipcsentry_error *error) {
  ipcsentry_text text;
  if (ipcsentry_error_text(error, &text) == IPCSENTRY_OK) {
    fprintf(stderr, "rules: %s: %.*s\n", what, (int)text.len, text.data);
  }
}

/* Whether a catalog has this warning, too. */
static int has(const ipcsentry_catalog *catalog, const ipcsentry_error *warning) {
  ipcsentry_error *other;
  ipcsentry_text text, other_text;
  int found = 0;
  if (ipcsentry_error_text(warning, &text) != IPCSENTRY_OK) return 0;
  for (size_t i = 0; !found && ipcsentry_catalog_warning(catalog, i, &other) == IPCSENTRY_OK; i++) {
    found = ipcsentry_error_text(other, &other_text) == IPCSENTRY_OK && other_text.len == text.len &&
            memcmp(other_text.data, text.data, text.len) == 0;
    ipcsentry_error_free(other);
  }
  return found;
}

static void must(const char *what, ipcsentry_status status) {
  if (status >= 0) return;
  ipcsentry_text why = ipcsentry_status_text(status);
  fprintf(stderr, "rules: %s: %.*s\n", what, (int)why.len, why.data);
  exit(2);
}

/* The whole of a file, which the caller frees. */
static ipcsentry_text content(const char *path) {
  FILE *file = fopen(path, "rb");
  char *data = NULL;
  size_t len = 0, room = 0, read = 1;
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  while (read > 0) {
    if (len == room) {
      room = room == 0 ? 4096 : room * 2;
      data = realloc(data, room);
      if (data == NULL) abort();
    }
    read = fread(data + len, 1, room - len, file);
    len += read;
  }
  fclose(file);
  ipcsentry_text text = {data, len};
  return text;
}

static ipcsentry_catalog *make_catalog(int argc, char **argv) {
  ipcsentry_catalog *builtin, *catalog, *reduced;
  ipcsentry_error *error, *warning;
  must("catalog", ipcsentry_catalog_builtin(&builtin));
  ipcsentry_text rules = content(argv[1]);
  if (ipcsentry_catalog_extend(builtin, rules, &catalog, &error) != IPCSENTRY_OK) {
    say(argv[1], error);
    exit(2);
  }
  free((void *)rules.data);

  /* The builtin rules may have warnings, too: print only the new ones. */
  for (size_t i = 0; ipcsentry_catalog_warning(catalog, i, &warning) == IPCSENTRY_OK; i++) {
    if (!has(builtin, warning)) say("warning", warning);
    ipcsentry_error_free(warning);
  }
  ipcsentry_catalog_free(builtin);

  for (int i = 2; i < argc; i++) {
    ipcsentry_text code = {argv[i], strlen(argv[i])};
    if (ipcsentry_catalog_without(catalog, code, &reduced, &error) != IPCSENTRY_OK) {
      say(argv[i], error);
      exit(2);
    }
    ipcsentry_catalog_free(catalog);
    catalog = reduced;
  }
  return catalog;
}

/* Prints the alerts that wait, and counts them. */
static unsigned long drain(ipcsentry_engine *engine) {
  unsigned long count = 0;
  ipcsentry_alert *alert;
  ipcsentry_text code, id;
  for (; ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK; count++) {
    must("code", ipcsentry_alert_code(alert, &code));
    must("id", ipcsentry_alert_id(alert, &id));
    printf("%.*s %.*s\n", (int)code.len, code.data, (int)id.len, id.data);
    ipcsentry_alert_free(alert);
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: rules RULES [CODE]...\n");
    return 2;
  }
  ipcsentry_catalog *catalog = make_catalog(argc, argv);
  ipcsentry_text policy = {0};
  ipcsentry_limits limits = {0};
  ipcsentry_engine *engine;
  limits.type_size = sizeof limits;
  limits.lateness = IPCSENTRY_LATENESS_MAX;
  must("engine", ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL));
  ipcsentry_catalog_free(catalog);

  ipcsentry_stream_options options = {0};
  ipcsentry_stream stream;
  options.type_size = sizeof options;
  must("stream", ipcsentry_engine_open_stream(engine, &options, &stream));
  static char chunk[65536];
  for (size_t len; (len = fread(chunk, 1, sizeof chunk, stdin)) > 0;) {
    ipcsentry_bytes bytes = {chunk, len};
    must("feed", ipcsentry_stream_feed(engine, stream, bytes, NULL));
  }
  ipcsentry_status closed = ipcsentry_stream_close(engine, stream, NULL);
  must("close", closed);
  must("flush", ipcsentry_engine_flush(engine));
  must("sort", ipcsentry_engine_sort_alerts(engine));
  unsigned long alerts = drain(engine);
  ipcsentry_engine_free(engine);
  if (closed == IPCSENTRY_UNKNOWN_FORMAT || closed == IPCSENTRY_NOTHING_DECODED) {
    fprintf(stderr, "rules: nothing was judged\n");
    return 2;
  }
  return alerts > 0;
}
