// ipcsentry for C++17: owners of the handles of ipcsentry.h, and ranges over what it lists.
//
// Everything is inline; nothing throws. A function that makes something returns `result<T>`: its status, the error with
// its place if there is one, and the value if the status is not negative. Every owner may be moved but not copied, and
// frees its handle once. Texts are views, valid as long as the header of the C interface says: those of an alert as long
// as the alert. Which objects several threads may use at once stands there, too.
#ifndef IPCSENTRY_HPP
#define IPCSENTRY_HPP

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "ipcsentry.h"

namespace ipcsentry {

// Text for a call.
inline ipcsentry_text text(std::string_view view) noexcept { return {view.data(), view.size()}; }

// Text that the library returned; empty where it is absent.
inline std::string_view view(ipcsentry_text text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}

// UTF-8, or whatever bytes the system has, for an event. A default view is absent text, "" is empty text.
inline ipcsentry_event_text event_text(std::string_view view) noexcept {
  return {view.data(), view.size(), IPCSENTRY_ENCODING_BYTES};
}

// Little-endian UTF-16, as Windows has it, for an event.
inline ipcsentry_event_text event_text(std::u16string_view view) noexcept {
  return {view.data(), view.size() * sizeof(char16_t), IPCSENTRY_ENCODING_UTF16LE};
}

// A structure of the C interface, zeroed, with its size: `auto process = make<ipcsentry_process>();`
template <class T>
T make() noexcept {
  T value;
  std::memset(&value, 0, sizeof value);
  value.type_size = sizeof value;
  return value;
}

namespace detail {

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T *handle) const noexcept {
    Free(handle);
  }
};

template <class T, auto Free>
using owner = std::unique_ptr<T, deleter<Free>>;

// A range over what `get(n)` gives for 0, 1, 2 … until it gives nothing.
template <class T, class Get>
class range {
 public:
  class iterator {
   public:
    iterator() = default;
    iterator(const Get *get, std::size_t number) : get_(get), number_(number), value_((*get)(number)) {}
    const T &operator*() const noexcept { return *value_; }
    const T *operator->() const noexcept { return &*value_; }
    iterator &operator++() {
      value_ = (*get_)(++number_);
      return *this;
    }
    // All iterators at the end are equal; others are compared with the end only.
    bool operator!=(const iterator &other) const noexcept { return value_.has_value() != other.value_.has_value(); }
    bool operator==(const iterator &other) const noexcept { return !(*this != other); }

   private:
    const Get *get_ = nullptr;
    std::size_t number_ = 0;
    std::optional<T> value_;
  };

  explicit range(Get get) : get_(std::move(get)) {}
  iterator begin() const { return iterator(&get_, 0); }
  iterator end() const noexcept { return iterator(); }

 private:
  Get get_;
};

template <class T, class Get>
range<T, Get> range_of(Get get) {
  return range<T, Get>(std::move(get));
}

}  // namespace detail

// What is wrong with a policy, a catalog, a record or an event.
class error {
 public:
  error() = default;
  explicit error(ipcsentry_error *handle) noexcept : handle_(handle) {}
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  ipcsentry_status status() const noexcept { return handle_ ? ipcsentry_error_status(handle_.get()) : IPCSENTRY_OK; }
  // One line of English with the place.
  std::string_view message() const noexcept { return get(ipcsentry_error_text); }
  // A JSON path, a field of a record, or a member of an event.
  std::string_view place() const noexcept { return get(ipcsentry_error_place); }

 private:
  template <class Get>
  std::string_view get(Get function) const noexcept {
    ipcsentry_text out = {nullptr, 0};
    if (handle_) function(handle_.get(), &out);
    return view(out);
  }
  detail::owner<ipcsentry_error, ipcsentry_error_free> handle_;
};

// The outcome of a call that makes something.
template <class T>
struct result {
  ipcsentry_status status = IPCSENTRY_OK;
  ipcsentry::error error;
  std::optional<T> value;

  explicit operator bool() const noexcept { return value.has_value(); }
  T &operator*() noexcept { return *value; }
  T *operator->() noexcept { return &*value; }
};

// What to detect.
class catalog {
 public:
  explicit catalog(ipcsentry_catalog *handle) noexcept : handle_(handle) {}

  static result<catalog> builtin() {
    ipcsentry_catalog *handle = nullptr;
    const ipcsentry_status status = ipcsentry_catalog_builtin(&handle);
    return made(status, handle, nullptr);
  }

  // This catalog and a document of rules.
  result<catalog> extend(std::string_view json) const {
    ipcsentry_catalog *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    ipcsentry_status status = ipcsentry_catalog_extend(get(), text(json), &handle, &wrong);
    return made(status, handle, wrong);
  }

  // This catalog without one behavior.
  result<catalog> without(std::string_view code) const {
    ipcsentry_catalog *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    ipcsentry_status status = ipcsentry_catalog_without(get(), text(code), &handle, &wrong);
    return made(status, handle, wrong);
  }

  // Its behaviors, as `ipcsentry_rule`.
  auto rules() const {
    const ipcsentry_catalog *handle = get();
    return detail::range_of<ipcsentry_rule>([handle](std::size_t number) -> std::optional<ipcsentry_rule> {
      auto rule = make<ipcsentry_rule>();
      if (ipcsentry_catalog_rule(handle, number, &rule) != IPCSENTRY_OK) return std::nullopt;
      return rule;
    });
  }

  const ipcsentry_catalog *get() const noexcept { return handle_.get(); }

 private:
  static result<catalog> made(ipcsentry_status status, ipcsentry_catalog *handle, ipcsentry_error *wrong) {
    result<catalog> outcome;
    outcome.status = status;
    outcome.error = error(wrong);
    if (status >= 0) outcome.value.emplace(handle);
    return outcome;
  }
  detail::owner<ipcsentry_catalog, ipcsentry_catalog_free> handle_;
};

// One alert.
class alert {
  template <class Get>
  auto texts(Get function) const {
    const ipcsentry_alert *handle = get();
    return detail::range_of<std::string_view>([=](std::size_t number) -> std::optional<std::string_view> {
      ipcsentry_text out = {nullptr, 0};
      if (function(handle, number, &out) != IPCSENTRY_OK) return std::nullopt;
      return view(out);
    });
  }

 public:
  explicit alert(ipcsentry_alert *handle) noexcept : handle_(handle) {}

  // The alert as one line of JSON.
  std::string_view json() const noexcept {
    ipcsentry_text out = {nullptr, 0};
    ipcsentry_alert_json(get(), &out);
    return view(out);
  }

  // What is neither a list nor a process.
  ipcsentry_alert_fields fields() const noexcept {
    auto fields = make<ipcsentry_alert_fields>();
    ipcsentry_alert_get(get(), &fields);
    return fields;
  }

  // A process, if there is one.
  std::optional<ipcsentry_process_info> process(ipcsentry_part part, std::size_t number = 0) const {
    auto info = make<ipcsentry_process_info>();
    if (ipcsentry_alert_process(get(), part, number, &info) != IPCSENTRY_OK) return std::nullopt;
    return info;
  }

  auto lineage() const {
    return detail::range_of<ipcsentry_process_info>(
        [this](std::size_t number) { return process(IPCSENTRY_PART_LINEAGE, number); });
  }

  auto evidence() const {
    return detail::range_of<ipcsentry_evidence>([this](std::size_t number) -> std::optional<ipcsentry_evidence> {
      auto evidence = make<ipcsentry_evidence>();
      if (ipcsentry_alert_evidence(get(), number, &evidence) != IPCSENTRY_OK) return std::nullopt;
      return evidence;
    });
  }

  auto techniques() const { return texts(ipcsentry_alert_technique); }
  auto missing() const { return texts(ipcsentry_alert_missing); }

  const ipcsentry_alert *get() const noexcept { return handle_.get(); }

 private:
  detail::owner<ipcsentry_alert, ipcsentry_alert_free> handle_;
};

// What an engine knew at one moment.
class snapshot {
 public:
  explicit snapshot(ipcsentry_snapshot *handle) noexcept : handle_(handle) {}
  // To be written to a file; as secret as the engine's seed.
  std::string_view bytes() const noexcept {
    ipcsentry_bytes out = {nullptr, 0};
    ipcsentry_snapshot_bytes(handle_.get(), &out);
    return {static_cast<const char *>(out.data), out.len};
  }

 private:
  detail::owner<ipcsentry_snapshot, ipcsentry_snapshot_free> handle_;
};

// A text that was written for you.
class document {
 public:
  explicit document(ipcsentry_document *handle) noexcept : handle_(handle) {}

  // Valid as long as the document.
  std::string_view view() const noexcept {
    ipcsentry_text out = {nullptr, 0};
    ipcsentry_document_text(handle_.get(), &out);
    return {out.data, out.len};
  }

 private:
  detail::owner<ipcsentry_document, ipcsentry_document_free> handle_;
};

// What is usual on the hosts of an organization. Immutable; engines may share one.
class baseline {
 public:
  explicit baseline(ipcsentry_baseline *handle) noexcept : handle_(handle) {}

  // Reads the JSON of a baseline.
  static result<baseline> read(std::string_view json) {
    ipcsentry_baseline *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    result<baseline> outcome;
    outcome.status = ipcsentry_baseline_read(text(json), &handle, &wrong);
    outcome.error = error(wrong);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  // What both have seen.
  result<baseline> merge(const baseline &other) const {
    ipcsentry_baseline *handle = nullptr;
    result<baseline> outcome;
    outcome.status = ipcsentry_baseline_merge(get(), other.get(), &handle);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  // The same, which takes nothing more.
  result<baseline> freeze() const {
    ipcsentry_baseline *handle = nullptr;
    result<baseline> outcome;
    outcome.status = ipcsentry_baseline_freeze(get(), &handle);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  // Valid as long as the baseline.
  std::string_view json() const noexcept {
    ipcsentry_text out = {nullptr, 0};
    ipcsentry_baseline_json(get(), &out);
    return {out.data, out.len};
  }

  // What somebody should look at, as a list of JSON. The policy has the quorum; empty, it is the default one.
  result<document> review(std::string_view policy = {}) const {
    return write([&](auto *out, auto *wrong) { return ipcsentry_baseline_review(get(), text(policy), out, wrong); });
  }

  // What a later one has otherwise, as an object of JSON.
  result<document> diff(const baseline &later, std::string_view policy = {}) const {
    return write([&](auto *out, auto *wrong) {
      return ipcsentry_baseline_diff(get(), later.get(), text(policy), out, wrong);
    });
  }

  // The policy with an entry for each alert that is usual, as JSON.
  result<document> to_policy(std::string_view policy = {}) const {
    return write([&](auto *out, auto *wrong) { return ipcsentry_baseline_to_policy(get(), text(policy), out, wrong); });
  }

  const ipcsentry_baseline *get() const noexcept { return handle_.get(); }

 private:
  template <typename Call>
  static result<document> write(Call call) {
    ipcsentry_document *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    result<document> outcome;
    outcome.status = call(&handle, &wrong);
    outcome.error = error(wrong);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  detail::owner<ipcsentry_baseline, ipcsentry_baseline_free> handle_;
};

// An engine. The one rule: feed or advance, then drain `alerts()`.
class engine {
 public:
  explicit engine(ipcsentry_engine *handle) noexcept : handle_(handle) {}

  static result<engine> make(const catalog &rules, std::string_view policy = {},
                             const ipcsentry_limits *limits = nullptr) {
    ipcsentry_engine *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    result<engine> outcome;
    outcome.status = ipcsentry_engine_new(rules.get(), text(policy), limits, &handle, &wrong);
    outcome.error = error(wrong);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  // An engine that goes on where the one went on that was saved.
  static result<engine> restore(const catalog &rules, std::string_view state, std::string_view policy = {},
                                const ipcsentry_limits *limits = nullptr) {
    ipcsentry_engine *handle = nullptr;
    ipcsentry_error *wrong = nullptr;
    result<engine> outcome;
    outcome.status = ipcsentry_engine_restore(rules.get(), text(policy), limits, {state.data(), state.size()}, &handle,
                                              nullptr, &wrong);
    outcome.error = error(wrong);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  result<snapshot> save() const {
    ipcsentry_snapshot *handle = nullptr;
    result<snapshot> outcome;
    outcome.status = ipcsentry_engine_snapshot(get(), &handle);
    if (outcome.status >= 0) outcome.value.emplace(handle);
    return outcome;
  }

  // Learns from now on what is usual.
  void start_learning() noexcept { ipcsentry_engine_start_learning(handle_.get()); }

  // Ends learning; empty if the engine did not learn.
  std::optional<baseline> take_learned() noexcept {
    ipcsentry_baseline *handle = nullptr;
    if (ipcsentry_engine_take_learned(handle_.get(), &handle) != IPCSENTRY_OK) return std::nullopt;
    return baseline(handle);
  }

  // Judges alerts by a baseline from now on.
  void use(const baseline &known) noexcept { ipcsentry_engine_set_baseline(handle_.get(), known.get()); }

  // Gives the engine other rules and another policy; the error is empty if they are good.
  ipcsentry::error replace(const catalog &rules, std::string_view policy) noexcept {
    ipcsentry_error *wrong = nullptr;
    ipcsentry_engine_replace(get(), rules.get(), text(policy), nullptr, &wrong);
    return ipcsentry::error(wrong);
  }

  ipcsentry_status feed(const ipcsentry_event &event) noexcept { return ipcsentry_engine_feed(get(), &event); }

  ipcsentry_status feed(const ipcsentry_event *events, std::size_t count, ipcsentry_batch_report &report) noexcept {
    return ipcsentry_engine_feed_batch(get(), events, count, &report);
  }

  ipcsentry_status open(const ipcsentry_stream_options &options, ipcsentry_stream &stream) noexcept {
    return ipcsentry_engine_open_stream(get(), &options, &stream);
  }

  ipcsentry_status feed(ipcsentry_stream stream, std::string_view chunk) noexcept {
    return ipcsentry_stream_feed(get(), stream, {chunk.data(), chunk.size()}, nullptr);
  }

  ipcsentry_status close(ipcsentry_stream stream) noexcept { return ipcsentry_stream_close(get(), stream, nullptr); }
  ipcsentry_status elapse(std::int64_t nanos) noexcept { return ipcsentry_engine_elapse(get(), nanos); }
  ipcsentry_status flush() noexcept { return ipcsentry_engine_flush(get()); }

  // The alerts that wait, taken out of the engine one by one: `for (const auto &alert : engine.alerts())`. The loop's
  // variable owns its alert until the next step.
  auto alerts() {
    ipcsentry_engine *handle = get();
    return detail::range_of<alert>([handle](std::size_t) -> std::optional<alert> {
      ipcsentry_alert *taken = nullptr;
      if (ipcsentry_engine_poll_alert(handle, &taken) != IPCSENTRY_OK) return std::nullopt;
      return alert(taken);
    });
  }

  // The errors of the last call that read records or events.
  auto errors() {
    ipcsentry_engine *handle = get();
    return detail::range_of<error>([handle](std::size_t) -> std::optional<error> {
      ipcsentry_error *taken = nullptr;
      if (ipcsentry_engine_poll_error(handle, &taken) != IPCSENTRY_OK) return std::nullopt;
      return error(taken);
    });
  }

  ipcsentry_stats stats() const noexcept {
    auto stats = ipcsentry::make<ipcsentry_stats>();
    ipcsentry_engine_stats(get(), &stats);
    return stats;
  }

  ipcsentry_engine *get() const noexcept { return handle_.get(); }

 private:
  detail::owner<ipcsentry_engine, ipcsentry_engine_free> handle_;
};

}  // namespace ipcsentry

#endif  // IPCSENTRY_HPP
