/* An agent with a sensor, event structures and threads of its own.
 *
 *   agent [-s SHARDS] [-q EVENTS] [-p POLICY] [-w FOLDER] [-i SECONDS] [FILE]
 *
 * Its sensor is a file (or standard input) with an event a line, between tabs:
 *
 *   NANOSECONDS HOST KIND PID PPID UID IMAGE COMMAND_LINE OBJECT      (`-` is absent)
 *
 * with the kinds start, end, seen, fifo_create, fifo_open and connect. What an agent takes from here is how it is built:
 *
 *   - no behavior joins two hosts, so each host belongs to one shard: a thread with an engine; the shards share the
 *     catalog, which is compiled once;
 *   - the sensor's thread hands events over in a queue of bounded length for each shard; when it is full, the sensor
 *     waits, and the agent counts how often (one that may not wait would drop the event and count that);
 *   - a shard lends its own structures to the library for the length of the call: nothing is copied or printed;
 *   - time passes for a quiet shard, too: what waits for evidence that does not come is judged;
 *   - SIGHUP reads the policy again; a wrong one is refused and the old one stays. The engine goes on under the new one
 *     with all that it has half seen;
 *   - with -w each shard saves what it knows in a file of that folder, every SECONDS (30 by default) and at the end, and
 *     takes it over at the start. A file is of one shard of so many: with another number of shards they begin anew.
 *
 * Alerts go to standard output, a JSON object a line. Exit status: 0 no alert, 1 alerts, 2 something failed. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipcsentry.h"

enum { MAX_SHARDS = 64, BATCH = 64, QUIET_MS = 200 };

/* An event as this agent's sensor has it. */
typedef struct sensor_event {
  int64_t time;
  uint64_t number;
  ipcsentry_kind kind;
  long pid, ppid, uid; /* -1: absent */
  char host[64], image[256], command_line[512], object[256];
} sensor_event;

/* A shard: a queue, a thread, an engine. */
typedef struct shard {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t filled, emptied;
  sensor_event *events; /* a ring */
  size_t room, first, used;
  int ended, reload;
  uint64_t waits; /* how often the sensor had to wait */
  uint64_t alerts, faulty;
  int failed;
  char state[1024]; /* the path of its state file; empty without a folder */
} shard;

static const ipcsentry_catalog *catalog;
static const char *policy_path, *state_folder;
static long state_seconds = 30;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t hangup;

static void on_hangup(int signal) {
  (void)signal;
  hangup = 1;
}

static void complain(const char *what, ipcsentry_status status, ipcsentry_error *error) {
  ipcsentry_text why = ipcsentry_status_text(status);
  if (error != NULL) ipcsentry_error_text(error, &why);
  fprintf(stderr, "agent: %s: %.*s\n", what, (int)why.len, why.data);
  ipcsentry_error_free(error);
}

/* The policy's text, to be freed; NULL if it cannot be read or is wrong. */
static char *read_policy(size_t *len) {
  *len = 0;
  char *text = calloc(1, 1 << 20);
  if (text == NULL || policy_path == NULL) return text;
  FILE *file = fopen(policy_path, "rb");
  if (file != NULL) {
    *len = fread(text, 1, 1 << 20, file);
    fclose(file);
    ipcsentry_text policy = {text, *len};
    ipcsentry_error *warning = NULL, *error = NULL;
    ipcsentry_status status = IPCSENTRY_OK;
    for (size_t number = 0; status == IPCSENTRY_OK; number++) {
      status = ipcsentry_policy_check(policy, number, &warning, &error);
      if (status == IPCSENTRY_OK) complain("policy, warning", status, warning);
    }
    if (status == IPCSENTRY_NONE) return text;
    complain(policy_path, status, error);
  } else {
    perror(policy_path);
  }
  free(text);
  return NULL;
}

/* The bytes of a shard's state file, to be freed; NULL if there is none. */
static char *read_state(const shard *own, size_t *len) {
  FILE *file = own->state[0] != 0 ? fopen(own->state, "rb") : NULL;
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

/* Saves what a shard's engine knows: to another file, which then takes the place of the old one in one step. */
static void save(const shard *own, const ipcsentry_engine *engine) {
  ipcsentry_snapshot *snapshot;
  ipcsentry_bytes bytes;
  char other[sizeof own->state + 4];
  if (own->state[0] == 0) return;
  ipcsentry_status status = ipcsentry_engine_snapshot(engine, &snapshot);
  if (status < 0) {
    complain("state", status, NULL);
    return;
  }
  snprintf(other, sizeof other, "%s.new", own->state);
  ipcsentry_snapshot_bytes(snapshot, &bytes);
  int handle = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600); /* the seed in it is a secret */
  FILE *file = handle >= 0 ? fdopen(handle, "wb") : NULL;
  int saved = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len && fflush(file) == 0 &&
              fsync(handle) == 0;
  if (file != NULL && fclose(file) != 0) saved = 0;
  if (!saved || rename(other, own->state) != 0) perror(own->state);
  ipcsentry_snapshot_free(snapshot);
}

static ipcsentry_engine *make_engine(const shard *own) {
  ipcsentry_limits limits = {0};
  limits.type_size = sizeof limits;
  limits.bytes = 32 << 20;
  limits.lateness = INT64_C(2000000000);
  size_t len;
  char *policy = read_policy(&len);
  if (policy == NULL) return NULL;
  ipcsentry_text text = {policy, len};
  ipcsentry_engine *engine = NULL;
  ipcsentry_error *error = NULL;
  ipcsentry_bytes state = {NULL, 0};
  char *saved = read_state(own, &state.len);
  ipcsentry_status status = IPCSENTRY_ERR_SNAPSHOT;
  if (saved != NULL) {
    state.data = saved;
    status = ipcsentry_engine_restore(catalog, text, &limits, state, &engine, NULL, &error);
    if (status == IPCSENTRY_ERR_SNAPSHOT) {
      complain(own->state, status, error);
      error = NULL;
    }
    free(saved);
  }
  if (status == IPCSENTRY_ERR_SNAPSHOT) status = ipcsentry_engine_new(catalog, text, &limits, &engine, &error);
  free(policy);
  if (status < 0) complain("engine", status, error);
  return engine;
}

/* Gives an engine the policy as it is now; one that is wrong is refused. */
static void reload_policy(ipcsentry_engine *engine) {
  size_t len;
  char *policy = read_policy(&len);
  if (policy == NULL) return;
  ipcsentry_text text = {policy, len};
  ipcsentry_error *error = NULL;
  ipcsentry_status status = ipcsentry_engine_replace(engine, catalog, text, NULL, &error);
  free(policy);
  if (status < 0) complain("policy", status, error);
}

static void drain(shard *own, ipcsentry_engine *engine) {
  ipcsentry_alert *alert;
  while (ipcsentry_engine_poll_alert(engine, &alert) == IPCSENTRY_OK) {
    ipcsentry_text json;
    if (ipcsentry_alert_json(alert, &json) == IPCSENTRY_OK) {
      pthread_mutex_lock(&output);
      fwrite(json.data, 1, json.len, stdout);
      putchar('\n');
      pthread_mutex_unlock(&output);
      own->alerts++;
    }
    ipcsentry_alert_free(alert);
  }
  ipcsentry_error *error;
  while (ipcsentry_engine_poll_error(engine, &error) == IPCSENTRY_OK) {
    own->faulty++;
    complain("event", ipcsentry_error_status(error), error);
  }
}

static ipcsentry_event_text text_of(const char *text) {
  ipcsentry_event_text absent = {0}, present = {text, strlen(text), IPCSENTRY_ENCODING_BYTES};
  return strcmp(text, "-") == 0 ? absent : present;
}

static ipcsentry_u32 number_of(long number) {
  ipcsentry_u32 absent = {0, 0}, present = {1, (uint32_t)number};
  return number < 0 ? absent : present;
}

/* What one event of the sensor is lent as. */
typedef struct lent {
  ipcsentry_process actor, parent;
  ipcsentry_process_start start;
  ipcsentry_endpoint_act endpoint;
  ipcsentry_network_connect network;
} lent;

static void lend(const sensor_event *from, lent *parts, ipcsentry_event *event) {
  memset(parts, 0, sizeof *parts);
  memset(event, 0, sizeof *event);
  parts->actor.type_size = sizeof parts->actor;
  parts->actor.pid = number_of(from->pid);
  parts->actor.uid = number_of(from->uid);
  parts->actor.image = text_of(from->image);
  parts->actor.command_line = text_of(from->command_line);
  parts->parent.type_size = sizeof parts->parent;
  parts->parent.pid = number_of(from->ppid);
  event->type_size = sizeof *event;
  event->time = from->time;
  event->record = from->number;
  event->host = text_of(from->host);
  event->os = IPCSENTRY_OS_LINUX;
  event->kind = from->kind;
  event->actor = &parts->actor;
  event->parent = &parts->parent;
  switch (from->kind) {
    case IPCSENTRY_KIND_PROCESS_START:
      parts->start.type_size = sizeof parts->start;
      parts->start.method = IPCSENTRY_START_METHOD_EXEC;
      event->details.process_start = &parts->start;
      break;
    case IPCSENTRY_KIND_ENDPOINT_CREATE:
    case IPCSENTRY_KIND_ENDPOINT_CONNECT:
      parts->endpoint.type_size = sizeof parts->endpoint;
      parts->endpoint.mechanism = IPCSENTRY_MECHANISM_FIFO;
      parts->endpoint.name = text_of(from->object);
      event->details.endpoint_act = &parts->endpoint;
      break;
    case IPCSENTRY_KIND_NETWORK_CONNECT:
      parts->network.type_size = sizeof parts->network;
      parts->network.direction = IPCSENTRY_DIRECTION_OUTBOUND;
      parts->network.remote_address = text_of(from->object);
      event->details.network_connect = &parts->network;
      break;
    default: break; /* the others have no details */
  }
}

/* Takes up to BATCH events out of the queue; 0 if none came for a while. */
static size_t take(shard *own, sensor_event *events, int *ended, int *reload) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += QUIET_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_mutex_lock(&own->lock);
  while (own->used == 0 && !own->ended && !own->reload) {
    if (pthread_cond_timedwait(&own->filled, &own->lock, &until) == ETIMEDOUT) break;
  }
  size_t count = 0;
  for (; count < BATCH && own->used > 0; count++) {
    events[count] = own->events[own->first];
    own->first = (own->first + 1) % own->room;
    own->used--;
  }
  *ended = own->ended && own->used == 0;
  *reload = own->reload;
  own->reload = 0;
  pthread_cond_signal(&own->emptied);
  pthread_mutex_unlock(&own->lock);
  return count;
}

static void feed(shard *own, ipcsentry_engine *engine, const ipcsentry_event *events, size_t count) {
  for (size_t done = 0; done < count;) {
    ipcsentry_batch_report report;
    ipcsentry_status status = ipcsentry_engine_feed_batch(engine, events + done, count - done, &report);
    if (status < 0) {
      complain("feed", status, NULL);
      own->failed = 1;
      return;
    }
    done += report.taken; /* fewer than given if alerts have to be taken first */
    drain(own, engine);
  }
}

static time_t seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static void *run(void *argument) {
  shard *own = argument;
  ipcsentry_engine *engine = make_engine(own);
  own->failed = engine == NULL;
  sensor_event *taken = calloc(BATCH, sizeof *taken);
  lent *parts = calloc(BATCH, sizeof *parts);
  ipcsentry_event *events = calloc(BATCH, sizeof *events);
  int64_t quiet = 0;
  time_t saved = seconds();
  for (int ended = 0, reload = 0; !ended;) {
    size_t count = take(own, taken, &ended, &reload);
    if (engine == NULL) continue; /* the queue must not fill up all the same */
    if (reload) reload_policy(engine);
    for (size_t at = 0; at < count; at++) lend(&taken[at], &parts[at], &events[at]);
    feed(own, engine, events, count);
    quiet = count > 0 ? 0 : quiet + QUIET_MS * INT64_C(1000000);
    if (quiet > 0 && ipcsentry_engine_elapse(engine, quiet) >= 0) drain(own, engine);
    /* Behind the drain: an alert that is written is not in the state, so none is written twice. */
    if (seconds() - saved >= state_seconds) {
      saved = seconds();
      save(own, engine);
    }
  }
  if (engine != NULL && ipcsentry_engine_flush(engine) >= 0) {
    drain(own, engine);
    save(own, engine);
  }
  ipcsentry_engine_free(engine);
  free(taken);
  free(parts);
  free(events);
  return NULL;
}

/* Hands an event over; waits while the queue is full. */
static void hand_over(shard *to, const sensor_event *event) {
  pthread_mutex_lock(&to->lock);
  if (to->used == to->room) to->waits++;
  while (to->used == to->room) pthread_cond_wait(&to->emptied, &to->lock);
  to->events[(to->first + to->used) % to->room] = *event;
  to->used++;
  pthread_cond_signal(&to->filled);
  pthread_mutex_unlock(&to->lock);
}

static void tell(shard *to, int ended) {
  pthread_mutex_lock(&to->lock);
  if (ended) to->ended = 1;
  else to->reload = 1;
  pthread_cond_signal(&to->filled);
  pthread_mutex_unlock(&to->lock);
}

static char *field(char **rest) {
  char *begin = *rest, *end = strpbrk(begin, "\t\n");
  if (end != NULL) {
    *rest = end + (*end == '\t');
    *end = 0;
  } else {
    *rest = begin + strlen(begin);
  }
  return begin;
}

static long whole(const char *text) { return strcmp(text, "-") == 0 ? -1 : strtol(text, NULL, 10); }

static void copy(char *to, size_t room, const char *from) { snprintf(to, room, "%s", from); }

/* Reads a line of the sensor; 0 if it is none. */
static int read_event(char *line, sensor_event *event) {
  static const struct { const char *name; ipcsentry_kind kind; } kinds[] = {
      {"start", IPCSENTRY_KIND_PROCESS_START},          {"end", IPCSENTRY_KIND_PROCESS_END},
      {"seen", IPCSENTRY_KIND_PROCESS_SEEN},            {"fifo_create", IPCSENTRY_KIND_ENDPOINT_CREATE},
      {"fifo_open", IPCSENTRY_KIND_ENDPOINT_CONNECT},   {"connect", IPCSENTRY_KIND_NETWORK_CONNECT},
  };
  event->time = strtoll(field(&line), NULL, 10);
  copy(event->host, sizeof event->host, field(&line));
  const char *kind = field(&line);
  event->kind = 0;
  for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
    if (strcmp(kind, kinds[at].name) == 0) event->kind = kinds[at].kind;
  }
  event->pid = whole(field(&line));
  event->ppid = whole(field(&line));
  event->uid = whole(field(&line));
  copy(event->image, sizeof event->image, field(&line));
  copy(event->command_line, sizeof event->command_line, field(&line));
  copy(event->object, sizeof event->object, field(&line));
  return event->kind != 0;
}

static shard *shard_of(shard *shards, size_t count, const char *host) {
  uint32_t hash = 2166136261u;
  for (; *host; host++) hash = (hash ^ (unsigned char)*host) * 16777619u;
  return &shards[hash % count];
}

int main(int argc, char **argv) {
  size_t count = 2, room = 1024;
  const char *path = NULL;
  for (int at = 1; at < argc; at++) {
    if (strcmp(argv[at], "-s") == 0 && at + 1 < argc) count = strtoul(argv[++at], NULL, 10);
    else if (strcmp(argv[at], "-q") == 0 && at + 1 < argc) room = strtoul(argv[++at], NULL, 10);
    else if (strcmp(argv[at], "-p") == 0 && at + 1 < argc) policy_path = argv[++at];
    else if (strcmp(argv[at], "-w") == 0 && at + 1 < argc) state_folder = argv[++at];
    else if (strcmp(argv[at], "-i") == 0 && at + 1 < argc) state_seconds = strtol(argv[++at], NULL, 10);
    else path = argv[at];
  }
  FILE *sensor = path != NULL ? fopen(path, "r") : stdin;
  if (sensor == NULL || count < 1 || count > MAX_SHARDS || room < 1 || state_seconds < 1) {
    fprintf(stderr, "agent: wrong arguments, or %s cannot be read\n", path != NULL ? path : "standard input");
    return 2;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_hangup;
  action.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &action, NULL);

  ipcsentry_catalog *builtin = NULL;
  ipcsentry_status status = ipcsentry_catalog_builtin(&builtin);
  if (status < 0) {
    complain("catalog", status, NULL);
    return 2;
  }
  catalog = builtin;
  shard *shards = calloc(count, sizeof *shards);
  for (size_t at = 0; at < count; at++) {
    pthread_mutex_init(&shards[at].lock, NULL);
    pthread_cond_init(&shards[at].filled, NULL);
    pthread_cond_init(&shards[at].emptied, NULL);
    shards[at].room = room;
    if (state_folder != NULL) {
      snprintf(shards[at].state, sizeof shards[at].state, "%s/shard-%zu-of-%zu", state_folder, at + 1, count);
    }
    shards[at].events = calloc(room, sizeof *shards[at].events);
    if (pthread_create(&shards[at].thread, NULL, run, &shards[at]) != 0) abort();
  }
  uint64_t number = 0, unread = 0;
  static char line[2048];
  for (; fgets(line, sizeof line, sensor) != NULL; number++) {
    sensor_event event;
    event.number = number;
    if (read_event(line, &event)) hand_over(shard_of(shards, count, event.host), &event);
    else unread++;
    if (hangup) {
      hangup = 0;
      for (size_t at = 0; at < count; at++) tell(&shards[at], 0);
    }
  }
  uint64_t alerts = 0, waits = 0, faulty = 0;
  int failed = ferror(sensor);
  for (size_t at = 0; at < count; at++) tell(&shards[at], 1);
  for (size_t at = 0; at < count; at++) {
    pthread_join(shards[at].thread, NULL);
    alerts += shards[at].alerts;
    waits += shards[at].waits;
    faulty += shards[at].faulty;
    failed |= shards[at].failed;
    pthread_mutex_destroy(&shards[at].lock);
    pthread_cond_destroy(&shards[at].filled);
    pthread_cond_destroy(&shards[at].emptied);
    free(shards[at].events);
  }
  free(shards);
  ipcsentry_catalog_free(builtin);
  if (sensor != stdin) fclose(sensor);
  fprintf(stderr, "agent: %" PRIu64 " events, %" PRIu64 " unread, %" PRIu64 " faulty, %" PRIu64 " waits, %" PRIu64
                  " alerts\n", number, unread, faulty, waits, alerts);
  return failed ? 2 : alerts > 0;
}
