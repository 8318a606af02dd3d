/* Proves that rules and a policy find what they should:
 *
 *   validate [POLICY]      puts every built-in scenario through the builtin rules and a policy, as the telemetry of each
 *                          sensor that can record it, and prints what is suppressed by the policy or fails
 *   validate ID TELEMETRY  renders one scenario, hunts through it as an agent does, and prints whether it was found
 *
 * It needs a library with scenarios, VALIDATION=1 ffi/install.sh. Exit status: 0 all is well, 1 something is suppressed or
 * fails, 2 the arguments are wrong. */
#include "ipcsentry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ipcsentry_text text_of(const char *text) {
  ipcsentry_text view = {text, strlen(text)};
  return view;
}

static void must(const char *what, ipcsentry_status status, ipcsentry_error *error) {
  if (status >= 0) return;
  ipcsentry_text why = ipcsentry_status_text(status);
  if (error != NULL) ipcsentry_error_text(error, &why);
  fprintf(stderr, "validate: %s: %.*s\n", what, (int)why.len, why.data);
  exit(2);
}

/* The value of a member of a JSON object that holds no other object, up to its end. A program with a parser of JSON uses
 * that instead. */
static const char *member(const char *object, const char *name, size_t *len) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(object, key);
  if (at == NULL) return NULL;
  at += strlen(key);
  const char *end = at + (*at == '"');
  while (*end != '\0' && (*at == '"' ? *end != '"' : *end != ',' && *end != '}')) end += *end == '\\' ? 2 : 1;
  *len = (size_t)(end - at) + (*at == '"');
  return at;
}

static char *copy(const ipcsentry_document *document) {
  ipcsentry_text text;
  must("document", ipcsentry_document_text(document, &text), NULL);
  char *owned = malloc(text.len + 1);
  if (owned == NULL) abort();
  memcpy(owned, text.data, text.len);
  owned[text.len] = '\0';
  return owned;
}

static int try_all(const ipcsentry_catalog *catalog, const char *policy) {
  static const char *const verdicts[] = {"\"pass\"", "\"blind\"", "\"suppressed\"", "\"failed\""};
  unsigned counts[4] = {0};
  ipcsentry_document *document;
  ipcsentry_error *error = NULL;
  ipcsentry_status status = ipcsentry_scenarios_try(catalog, text_of(policy), &document, &error);
  must("policy", status, error);
  char *cases = copy(document);
  ipcsentry_document_free(document);
  /* The objects of the array begin after `[` and after `},`. */
  for (char *at = cases, *next; at != NULL; at = next) {
    size_t len;
    next = strstr(at, "},{");
    if (next != NULL) *next = '\0', next += 2;
    const char *verdict = member(at, "verdict", &len);
    for (size_t i = 0; verdict != NULL && i < 4; i++) {
      if (strncmp(verdict, verdicts[i], len) != 0) continue;
      counts[i]++;
      if (i < 2) continue;
      const char *names[] = {"scenario", "telemetry", "verdict", "detail"};
      for (size_t n = 0; n < 4; n++) {
        const char *value = member(at, names[n], &len);
        printf("%.*s%c", value == NULL ? 0 : (int)len, value, n < 3 ? ' ' : '\n');
      }
    }
  }
  free(cases);
  printf("%u pass, %u blind, %u suppressed, %u failed\n", counts[0], counts[1], counts[2], counts[3]);
  return counts[2] + counts[3] > 0;
}

/* Feeds the JSON text of a string to a stream, unescaped as far as rendered telemetry is escaped. */
static void feed(ipcsentry_engine *engine, ipcsentry_stream stream, const char *json, size_t len) {
  char *raw = malloc(len);
  size_t used = 0;
  if (raw == NULL) abort();
  for (size_t i = 1; i + 1 < len; i++) {
    char c = json[i];
    if (c == '\\') {
      c = json[++i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    raw[used++] = c;
  }
  ipcsentry_bytes bytes = {raw, used};
  must("feed", ipcsentry_stream_feed(engine, stream, bytes, NULL), NULL);
  free(raw);
}

static int try_one(ipcsentry_catalog *catalog, const char *id, const char *telemetry) {
  ipcsentry_document *document;
  ipcsentry_error *error = NULL;
  ipcsentry_status status = ipcsentry_scenario_render(text_of(id), text_of(telemetry), &document, &error);
  must(id, status, error);
  char *files = copy(document);
  ipcsentry_document_free(document);

  ipcsentry_engine *engine;
  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.lateness = IPCSENTRY_LATENESS_MAX;
  must("engine", ipcsentry_engine_new(catalog, text_of(""), &limits, &engine, NULL), NULL);
  for (const char *at = strstr(files, "{\"format\""); at != NULL; at = strstr(at + 1, "{\"format\"")) {
    size_t len;
    const char *text = member(at, "text", &len);
    ipcsentry_stream_options options = {0};
    ipcsentry_stream stream;
    options.type_size = sizeof options;
    must("stream", ipcsentry_engine_open_stream(engine, &options, &stream), NULL);
    if (text != NULL) feed(engine, stream, text, len);
    must("close", ipcsentry_stream_close(engine, stream, NULL), NULL);
  }
  free(files);
  must("flush", ipcsentry_engine_flush(engine), NULL);

  ipcsentry_alert *alerts[64];
  size_t count = 0;
  while (count < 64 && ipcsentry_engine_poll_alert(engine, &alerts[count]) == IPCSENTRY_OK) count++;
  must("verdict", ipcsentry_scenario_met_by(text_of(id), (const ipcsentry_alert *const *)alerts, count, &document), NULL);
  char *verdict = copy(document);
  ipcsentry_document_free(document);
  puts(verdict);
  int met = strstr(verdict, "\"met\":true") != NULL;
  free(verdict);
  while (count > 0) ipcsentry_alert_free(alerts[--count]);
  ipcsentry_engine_free(engine);
  return !met;
}

/* The whole of a file, ended by NUL. */
static char *content(const char *path) {
  FILE *file = fopen(path, "rb");
  char *data = malloc(1 << 20);
  if (file == NULL || data == NULL) {
    perror(path);
    exit(2);
  }
  size_t len = fread(data, 1, (1 << 20) - 1, file);
  data[len] = '\0';
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  ipcsentry_catalog *catalog;
  must("catalog", ipcsentry_catalog_builtin(&catalog), NULL);
  char *policy = argc == 2 ? content(argv[1]) : NULL;
  int status = argc == 3 ? try_one(catalog, argv[1], argv[2]) : try_all(catalog, policy == NULL ? "" : policy);
  free(policy);
  ipcsentry_catalog_free(catalog);
  return status;
}
