// Hunts through one file of telemetry, or standard input, and prints a line for each alert and for each record that
// proves it. Exit status: 0 all of it was judged, no alert; 1 alerts; 2 it could not be read or is no telemetry.
#include <cstdio>

#include "ipcsentry.hpp"

namespace {

void print(const char *label, std::string_view text) {
  std::printf("%s%.*s", label, static_cast<int>(text.size()), text.data());
}

std::size_t report(ipcsentry::engine &engine) {
  std::size_t count = 0;
  for (const ipcsentry::alert &alert : engine.alerts()) {
    const ipcsentry_alert_fields fields = alert.fields();
    print("", ipcsentry::view(fields.code));
    std::printf(" severity %d, confidence %u/1000", static_cast<int>(fields.severity), fields.confidence);
    print(": ", ipcsentry::view(fields.title));
    for (std::string_view technique : alert.techniques()) print(" ", technique);
    std::printf("\n");
    if (auto initiator = alert.process(IPCSENTRY_PART_INITIATOR)) print("  by ", ipcsentry::view(initiator->image));
    for (const ipcsentry_process_info &step : alert.lineage()) print(" < ", ipcsentry::view(step.image));
    std::printf("\n");
    for (const ipcsentry_evidence &evidence : alert.evidence()) {
      print("  ", ipcsentry::view(evidence.time));
      print(" ", ipcsentry::view(evidence.summary));
      std::printf("\n");
    }
    count++;
  }
  return count;
}

int fail(const char *what, ipcsentry_status status, const ipcsentry::error &error) {
  std::fprintf(stderr, "cpp_hunt: %s: status %d: ", what, static_cast<int>(status));
  const std::string_view message = error ? error.message() : ipcsentry::view(ipcsentry_status_text(status));
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  return 2;
}

}  // namespace

int main(int argc, char **argv) {
  std::FILE *file = argc > 1 ? std::fopen(argv[1], "rb") : stdin;
  if (file == nullptr) {
    std::perror(argv[1]);
    return 2;
  }
  auto catalog = ipcsentry::catalog::builtin();
  if (!catalog) return fail("catalog", catalog.status, catalog.error);
  auto limits = ipcsentry::make<ipcsentry_limits>();
  limits.lateness = IPCSENTRY_LATENESS_MAX;  // all of the file is there: judge it in order of time
  auto made = ipcsentry::engine::make(*catalog, "", &limits);
  if (!made) return fail("engine", made.status, made.error);
  ipcsentry::engine engine = std::move(*made);

  auto options = ipcsentry::make<ipcsentry_stream_options>();
  ipcsentry_stream stream;
  ipcsentry_status status = engine.open(options, stream);
  if (status < 0) return fail("stream", status, {});
  static char chunk[65536];
  for (std::size_t len; (len = std::fread(chunk, 1, sizeof chunk, file)) > 0;) {
    status = engine.feed(stream, {chunk, len});
    if (status < 0) return fail("feed", status, {});
    for (const ipcsentry::error &error : engine.errors()) {
      std::fprintf(stderr, "cpp_hunt: %.*s\n", static_cast<int>(error.message().size()), error.message().data());
    }
  }
  const ipcsentry_status closed = engine.close(stream);
  if (closed < 0 || engine.flush() < 0) return fail("close", closed, {});
  const std::size_t alerts = report(engine);

  // No alert is good news only of what was judged.
  const bool failed = std::ferror(file) != 0 || closed == IPCSENTRY_UNKNOWN_FORMAT || closed == IPCSENTRY_NOTHING_DECODED;
  if (failed) std::fprintf(stderr, "cpp_hunt: not judged\n");
  if (file != stdin) std::fclose(file);
  return failed ? 2 : alerts > 0;
}
