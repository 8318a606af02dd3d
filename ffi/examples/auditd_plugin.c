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
 *   state FILE        the file that holds what was half seen: saved regularly and at the end, taken over at the start
 *   every SECONDS     how often it is saved; 60 by default
 *
 * auditd_plugin.conf, beside this file, belongs into /etc/audit/plugins.d. auditd starts the plugin, writes records to its
 * standard input and ends it with SIGTERM or the end of that input. The records of one event end when other events come
 * or the feed is quiet for a moment, so the plugin settles what is quiet by the clock, four times a second.
 *
 * A wrong policy is refused, and the one before stays. With a new policy the engine keeps what was half seen. So it does
 * over a restart if there is a state file, even if the plugin was killed: an attack whose first half lies before the last
 * save alerts. A state file that is damaged or of another version is refused, and the plugin begins anew. The file is
 * readable by its owner only: who knows its seed can choose what a full engine forgets.
 *
 * Exit status: 0, or 2 if it could not begin or write its alerts. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
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
static char policy_path[512], alerts_path[512], counters_path[512], state_path[512];
static long lateness_ms = 200, every_seconds = 60;
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

/* Reads the policy as it is now; 0 if it cannot be read. */
static int read_policy(ipcsentry_text *policy) {
  static char text[POLICY_MAX];
  policy->data = text;
  policy->len = 0;
  if (policy_path[0] == 0) return 1;
  FILE *file = fopen(policy_path, "rb");
  if (file == NULL) {
    syslog(LOG_ERR, "%s: %s", policy_path, strerror(errno));
    return 0;
  }
  policy->len = fread(text, 1, sizeof text, file);
  fclose(file);
  return 1;
}

/* The bytes of the state file, to be freed; NULL if there is none. */
static char *read_state(size_t *len) {
  FILE *file = state_path[0] != 0 ? fopen(state_path, "rb") : NULL;
  if (file == NULL) return NULL;
  char *bytes = NULL;
  if (fseek(file, 0, SEEK_END) == 0) {
    long size = ftell(file);
    rewind(file);
    bytes = size > 0 ? malloc((size_t)size) : NULL;
    *len = bytes != NULL ? fread(bytes, 1, (size_t)size, file) : 0;
  }
  fclose(file);
  return bytes;
}

/* Saves what the engine knows: to another file, which then takes the place of the old one in one step. */
static void save(const ipcsentry_engine *engine) {
  static char other[sizeof state_path + 4];
  ipcsentry_snapshot *snapshot;
  ipcsentry_bytes bytes;
  if (state_path[0] == 0) return;
  ipcsentry_status status = ipcsentry_engine_snapshot(engine, &snapshot);
  if (status < 0) {
    complain("state", status, NULL);
    return;
  }
  snprintf(other, sizeof other, "%s.new", state_path);
  ipcsentry_snapshot_bytes(snapshot, &bytes);
  const char *from = bytes.data;
  int file = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  while (file >= 0 && bytes.len > 0) {
    ssize_t written = write(file, from, bytes.len);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    from += written;
    bytes.len -= (size_t)written;
  }
  ipcsentry_snapshot_free(snapshot);
  int saved = file >= 0 && bytes.len == 0 && fsync(file) == 0;
  if (file >= 0 && close(file) != 0) saved = 0;
  if (!saved || rename(other, state_path) != 0) syslog(LOG_ERR, "%s: %s", state_path, strerror(errno));
}

/* An engine with the policy as it is now, which goes on where the saved one stopped; NULL if the policy is wrong. */
static ipcsentry_engine *make_engine(const ipcsentry_catalog *catalog, ipcsentry_stream *stream) {
  ipcsentry_text policy;
  if (!read_policy(&policy)) return NULL;
  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.lateness = (int64_t)lateness_ms * 1000000;
  ipcsentry_engine *engine = NULL;
  ipcsentry_error *error = NULL;
  ipcsentry_bytes state = {NULL, 0};
  char *saved = read_state(&state.len);
  ipcsentry_status status = IPCSENTRY_ERR_SNAPSHOT;
  if (saved != NULL) {
    state.data = saved;
    status = ipcsentry_engine_restore(catalog, policy, &limits, state, &engine, NULL, &error);
    if (status == IPCSENTRY_ERR_SNAPSHOT) {
      complain(state_path, status, error);
      error = NULL;
    }
    free(saved);
  }
  if (status == IPCSENTRY_ERR_SNAPSHOT) status = ipcsentry_engine_new(catalog, policy, &limits, &engine, &error);
  if (status < 0) {
    complain(policy_path[0] != 0 ? policy_path : "engine", status, error);
    return NULL;
  }
  /* The input does not go on where the old stream stopped. */
  while (ipcsentry_engine_stream(engine, 0, stream) == IPCSENTRY_OK) ipcsentry_stream_close(engine, *stream, NULL);
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

/* Gives the engine the policy as it is now. */
static void reload(ipcsentry_engine *engine, const ipcsentry_catalog *catalog) {
  ipcsentry_text policy;
  ipcsentry_error *error = NULL;
  if (!read_policy(&policy)) return;
  ipcsentry_status status = ipcsentry_engine_replace(engine, catalog, policy, NULL, &error);
  if (status < 0) complain(policy_path, status, error);
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
    else if (sscanf(line, "state %511[^\n]", value) == 1) strcpy(state_path, value);
    else if (sscanf(line, "every %ld", &every_seconds) == 1 && every_seconds > 0) continue;
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
  int64_t ticked = now(), fed = ticked, saved = ticked;
  while (!ended && !failed) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int ready = poll(&input, 1, TICK_MS);
    if (hangup) {
      hangup = 0;
      reload(engine, catalog);
      write_counters(engine);
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
    /* Behind the drain: an alert that is written is not in the state, so none is written twice. */
    if (now() - saved >= every_seconds * 1000) {
      saved = now();
      save(engine);
    }
    if (status < 0) {
      complain("records", status, NULL);
      failed = 1;
    }
  }
  ipcsentry_stream_close(engine, stream, NULL);
  ipcsentry_engine_flush(engine);
  drain(engine);
  save(engine);
  write_counters(engine);
  ipcsentry_engine_free(engine);
  ipcsentry_catalog_free(catalog);
  if (alerts_file != NULL && fclose(alerts_file) != 0) failed = 1;
  return failed ? 2 : 0;
}
