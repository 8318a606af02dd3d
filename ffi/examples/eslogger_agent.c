/* Reads Endpoint Security as a macOS agent would, from eslogger: `sudo eslogger EVENTS... | eslogger_agent`, or with
 * --run by starting it. Prints an alert a line, for people: time, code, severity, title, and who started it.
 *
 *   eslogger_agent [--run] [--events]
 *
 *   --run     starts eslogger with the events that the behaviors of macOS read
 *   --events  prints these events and exits
 *
 * A message is a line of JSON with its own time, and the messages come nearly in order; two seconds of lateness judge
 * them in it. Exit status: 0 all of it was judged, no alert; 1 alerts; 2 it could not be read. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcsentry.h"

enum { QUIET_MS = 500 };

/* What eslogger has for each kind of event that a behavior may want. */
static const struct { ipcsentry_kind kind; const char *events; } known[] = {
    {IPCSENTRY_KIND_PROCESS_START, "exec fork"},
    {IPCSENTRY_KIND_PROCESS_END, "exit"},
    {IPCSENTRY_KIND_PROCESS_ACCESS, "get_task get_task_read"},
    {IPCSENTRY_KIND_REMOTE_THREAD, "remote_thread_create"},
    {IPCSENTRY_KIND_CODE_SIGN_INVALID, "cs_invalidated"},
    {IPCSENTRY_KIND_IMAGE_LOAD, "mmap"},
    {IPCSENTRY_KIND_ENDPOINT_CREATE, "uipc_bind"},
    {IPCSENTRY_KIND_ENDPOINT_CONNECT, "uipc_connect xpc_connect"},
    {IPCSENTRY_KIND_PRIVACY_DECISION, "tcc_modify"},
    {IPCSENTRY_KIND_LAUNCH_ITEM_ADD, "btm_launch_item_add"},
    {IPCSENTRY_KIND_FILE_ACCESS, "create write unlink"},
};

static void must(const char *what, ipcsentry_status status) {
  if (status >= 0) return;
  ipcsentry_text why = ipcsentry_status_text(status);
  fprintf(stderr, "eslogger_agent: %s: %.*s\n", what, (int)why.len, why.data);
  exit(2);
}

/* Appends the events of eslogger that the behaviors of macOS read. */
static void list_events(const ipcsentry_catalog *catalog, char *list, size_t room) {
  ipcsentry_wants *wants;
  must("wants", ipcsentry_catalog_wants(catalog, IPCSENTRY_OS_MACOS, &wants));
  ipcsentry_want want = {0};
  want.type_size = sizeof want;
  for (size_t number = 0; ipcsentry_wants_get(wants, number, &want) == IPCSENTRY_OK; number++) {
    if (want.field.data != NULL) continue; /* a field of a kind that was there before */
    for (size_t at = 0; at < sizeof known / sizeof *known; at++) {
      if (known[at].kind == want.kind) {
        size_t used = strlen(list);
        snprintf(list + used, room - used, " %s", known[at].events);
      }
    }
  }
  ipcsentry_wants_free(wants);
}

static void print(ipcsentry_text text) { fwrite(text.data, 1, text.data == NULL ? 0 : text.len, stdout); }

static unsigned long drain(ipcsentry_engine *engine) {
  unsigned long count = 0;
  ipcsentry_alert *alert;
  for (; ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK; count++) {
    ipcsentry_alert_fields fields = {0};
    fields.type_size = sizeof fields;
    must("alert", ipcsentry_alert_get(alert, &fields));
    print(fields.time);
    printf(" ");
    print(fields.code);
    printf(" %d ", (int)fields.severity);
    print(fields.title);
    ipcsentry_process_info initiator = {0};
    initiator.type_size = sizeof initiator;
    if (ipcsentry_alert_process(alert, IPCSENTRY_PART_INITIATOR, 0, &initiator) == IPCSENTRY_OK) {
      printf(", by ");
      print(initiator.image);
      if (initiator.pid.is_set) printf(" (%u)", (unsigned)initiator.pid.value);
    }
    printf("\n");
    fflush(stdout);
    ipcsentry_alert_free(alert);
  }
  return count;
}

int main(int argc, char **argv) {
  int runs = argc > 1 && strcmp(argv[1], "--run") == 0;
  ipcsentry_catalog *catalog;
  must("catalog", ipcsentry_catalog_builtin(&catalog));
  char command[512] = "exec eslogger";
  list_events(catalog, command, sizeof command);
  if (argc > 1 && strcmp(argv[1], "--events") == 0) {
    puts(command + strlen("exec eslogger "));
    ipcsentry_catalog_free(catalog);
    return 0;
  }
  FILE *messages = runs ? popen(command, "r") : stdin;
  if (messages == NULL) {
    perror("eslogger");
    return 2;
  }

  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.lateness = INT64_C(2000000000);
  ipcsentry_text policy = {0};
  ipcsentry_engine *engine;
  must("engine", ipcsentry_engine_new(catalog, policy, &limits, &engine, NULL));
  ipcsentry_catalog_free(catalog);
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  ipcsentry_stream_options options = {0};
  options.type_size = sizeof options;
  options.format = IPCSENTRY_FORMAT_ESLOGGER_JSON;
  options.host.data = host;
  options.host.len = strlen(host);
  ipcsentry_stream stream;
  must("stream", ipcsentry_engine_open_stream(engine, &options, &stream));

  static char chunk[1 << 18];
  unsigned long alerts = 0;
  int64_t quiet = 0;
  int input = fileno(messages), failed = 0;
  for (;;) {
    struct pollfd ready = {input, POLLIN, 0};
    if (poll(&ready, 1, QUIET_MS) == 0) {
      quiet += QUIET_MS * INT64_C(1000000);
      must("time", ipcsentry_engine_elapse(engine, quiet));
    } else {
      ssize_t len = read(input, chunk, sizeof chunk);
      if (len < 0 && errno == EINTR) continue;
      failed = len < 0;
      if (len <= 0) break;
      quiet = 0;
      ipcsentry_bytes bytes = {chunk, (size_t)len};
      must("messages", ipcsentry_stream_feed(engine, stream, bytes, NULL));
    }
    alerts += drain(engine);
  }
  ipcsentry_status closed = ipcsentry_stream_close(engine, stream, NULL);
  must("close", closed);
  must("flush", ipcsentry_engine_flush(engine));
  alerts += drain(engine);
  ipcsentry_engine_free(engine);
  if (runs) failed |= pclose(messages) != 0;
  failed |= closed == IPCSENTRY_UNKNOWN_FORMAT || closed == IPCSENTRY_NOTHING_DECODED;
  return failed ? 2 : alerts > 0;
}
