/* A plugin of auditd's dispatcher: takes the records as the kernel makes them and raises alerts at once.
 *
 *   auditd_plugin [CONFIGURATION]
 *
 * The configuration has a setting a line, because auditd passes two arguments at most; all may be left out:
 *
 *   policy FILE       the policy, JSON; SIGHUP, which auditd passes on, reads it again
 *   alerts FILE       the file that alerts are appended to, a JSON object a line; without it they go to syslog as
 *                     `authpriv.alert`
 *   counters FILE     the file that the counters are written to at the end, and when the policy is read again
 *   lateness MILLIS   how long a record may be late and still be judged in order of time; 200 by default
 *
 * auditd_plugin.conf, beside this file, belongs into /etc/audit/plugins.d. auditd starts the plugin, writes records to its
 * standard input and ends it with SIGTERM or the end of that input. The records of one event end when other events come
 * or the feed is quiet for a moment, so the plugin settles what is quiet by the clock, four times a second.
 *
 * A wrong policy is refused, and the one before stays. The library cannot take over state into a new engine or save it
 * yet: with a new policy, and after a restart, what was half seen is forgotten.
 *
 * Exit status: 0, or 2 if it could not begin or write its alerts. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "ipcsentry.h"

enum { TICK_MS = 250, CHUNK = 1 << 18, POLICY_MAX = 1 << 20 };

static volatile sig_atomic_t hangup, ended;
static char policy_path[512], alerts_path[512], counters_path[512];
static long lateness_ms = 200;
static FILE *alerts_file;
static int failed;

static void on_signal(int signal) {
  if (signal == SIGHUP) hangup = 1;
  else ended = 1;
}

static void complain(const char *what, ipcsentry_status status, ipcsentry_error *error) {
  ipcsentry_text why = ipcsentry_status_text(status);
  if (error != NULL) ipcsentry_error_text(error, &why);
  syslog(LOG_ERR, "%s: %.*s", what, (int)why.len, why.data);
  fprintf(stderr, "auditd_plugin: %s: %.*s\n", what, (int)why.len, why.data);
  ipcsentry_error_free(error);
}

/* An engine with the policy as it is now; NULL if it is wrong. */
static ipcsentry_engine *make_engine(const ipcsentry_catalog *catalog, ipcsentry_stream *stream) {
  static char policy[POLICY_MAX];
  ipcsentry_text text = {policy, 0};
  if (policy_path[0] != 0) {
    FILE *file = fopen(policy_path, "rb");
    if (file == NULL) {
      syslog(LOG_ERR, "%s: %s", policy_path, strerror(errno));
      return NULL;
    }
    text.len = fread(policy, 1, sizeof policy, file);
    fclose(file);
  }
  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.lateness = (int64_t)lateness_ms * 1000000;
  ipcsentry_engine *engine = NULL;
  ipcsentry_error *error = NULL;
  ipcsentry_status status = ipcsentry_engine_new(catalog, text, &limits, &engine, &error);
  if (status < 0) {
    complain(policy_path[0] != 0 ? policy_path : "engine", status, error);
    return NULL;
  }
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  ipcsentry_stream_options options = {0};
  options.type_size = sizeof options;
  options.format = IPCSENTRY_FORMAT_AUDITD;
  options.host.data = host;
  options.host.len = strlen(host);
  status = ipcsentry_engine_open_stream(engine, &options, stream);
  if (status < 0) complain("stream", status, NULL);
  return engine;
}

static void drain(ipcsentry_engine *engine) {
  ipcsentry_alert *alert;
  int wrote = 0;
  while (ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK) {
    ipcsentry_text json;
    if (ipcsentry_alert_json(alert, &json) == IPCSENTRY_OK) {
      if (alerts_file != NULL) {
        if (fwrite(json.data, 1, json.len, alerts_file) < json.len || putc('\n', alerts_file) == EOF) failed = 1;
        wrote = 1;
      } else {
        syslog(LOG_AUTHPRIV | LOG_ALERT, "%.*s", (int)json.len, json.data);
      }
    }
    ipcsentry_alert_free(alert);
  }
  if (wrote && fflush(alerts_file) != 0) failed = 1;
}

static void write_counters(ipcsentry_engine *engine) {
  ipcsentry_text json;
  FILE *file = counters_path[0] != 0 ? fopen(counters_path, "w") : NULL;
  if (file == NULL) return;
  if (ipcsentry_engine_stats_json(engine, &json) == IPCSENTRY_OK) fprintf(file, "%.*s\n", (int)json.len, json.data);
  fclose(file);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Reads the configuration; 0 if it is wrong. */
static int configure(const char *path) {
  static char line[1024];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    return 0;
  }
  int right = 1;
  while (fgets(line, sizeof line, file) != NULL) {
    char value[512];
    if (line[strspn(line, " \t\n")] == 0 || line[0] == '#') continue;
    if (sscanf(line, "policy %511[^\n]", value) == 1) strcpy(policy_path, value);
    else if (sscanf(line, "alerts %511[^\n]", value) == 1) strcpy(alerts_path, value);
    else if (sscanf(line, "counters %511[^\n]", value) == 1) strcpy(counters_path, value);
    else if (sscanf(line, "lateness %ld", &lateness_ms) != 1 || lateness_ms < 0) {
      fprintf(stderr, "auditd_plugin: %s: not understood: %s", path, line);
      right = 0;
    }
  }
  fclose(file);
  return right;
}

int main(int argc, char **argv) {
  if (argc > 1 && !configure(argv[1])) return 2;
  openlog("ipcsentry", LOG_PID, LOG_AUTHPRIV);
  /* poll must return for them: no SA_RESTART. */
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGHUP, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  if (alerts_path[0] != 0 && (alerts_file = fopen(alerts_path, "a")) == NULL) {
    perror(alerts_path);
    return 2;
  }

  ipcsentry_catalog *catalog = NULL;
  ipcsentry_stream stream;
  ipcsentry_status status = ipcsentry_catalog_builtin(&catalog);
  ipcsentry_engine *engine = status < 0 ? NULL : make_engine(catalog, &stream);
  if (engine == NULL) return 2;

  static char chunk[CHUNK];
  int64_t ticked = now(), fed = ticked;
  while (!ended && !failed) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int ready = poll(&input, 1, TICK_MS);
    if (hangup) {
      hangup = 0;
      ipcsentry_stream other_stream;
      ipcsentry_engine *other = make_engine(catalog, &other_stream);
      if (other != NULL) {
        ipcsentry_stream_close(engine, stream, NULL);
        ipcsentry_engine_flush(engine);
        drain(engine);
        write_counters(engine);
        ipcsentry_engine_free(engine);
        engine = other;
        stream = other_stream;
      }
    }
    if (ready > 0) {
      ssize_t len = read(STDIN_FILENO, chunk, sizeof chunk);
      if (len == 0 || (len < 0 && errno != EINTR)) break;
      ipcsentry_bytes bytes = {chunk, len > 0 ? (size_t)len : 0};
      status = ipcsentry_stream_feed(engine, stream, bytes, NULL);
      fed = now();
    }
    if (now() - ticked >= TICK_MS) {
      ticked = now();
      if (status >= 0) status = ipcsentry_stream_settle_quiet(engine, stream, NULL);
      if (status >= 0) status = ipcsentry_engine_elapse(engine, (ticked - fed) * 1000000);
    }
    drain(engine);
    if (status < 0) {
      complain("records", status, NULL);
      failed = 1;
    }
  }
  ipcsentry_stream_close(engine, stream, NULL);
  ipcsentry_engine_flush(engine);
  drain(engine);
  write_counters(engine);
  ipcsentry_engine_free(engine);
  ipcsentry_catalog_free(catalog);
  if (alerts_file != NULL && fclose(alerts_file) != 0) failed = 1;
  return failed ? 2 : 0;
}
