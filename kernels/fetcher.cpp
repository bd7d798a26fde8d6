// The thread waits in libcurl while something is under way, in a condition variable otherwise, so
// that an idle fetcher takes no time at all.
#include "kernels/fetcher.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "kernels/blocked_signals.hpp"
#include "kernels/curl_library.hpp"

namespace fastlane::kernels {
namespace {

constexpr long kMostConnections = 100;
constexpr int kPollMs = 1000;

int new_descriptor() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

// Taking less than was offered ends the transfer.
std::size_t Fetch::take(const char* bytes, std::size_t one, std::size_t count, void* fetch) {
  Fetch& self = *static_cast<Fetch*>(fetch);
  const std::size_t size = one * count;
  if (size > self.max_bytes - self.body.size()) {
    self.end = End::too_large;
    return 0;
  }
  try {
    self.body.append(bytes, size);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

Fetcher::Fetcher() : descriptor_(new_descriptor()) {
  try {
    curl::library();
    enlist();
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

Fetcher::~Fetcher() {
  stop();
  delist();
  close(descriptor_);
}

// ---- For the owner ------------------------------------------------------------------------------

void Fetcher::submit(Fetch& fetch) {
  const std::lock_guard lock(mutex_);
  if (stopped_) throw std::runtime_error("the fetcher has been stopped");
  const std::size_t most = ordered_.size() + under_way_.size() + back_.size() + 1;
  back_.reserve(most);  // so that whatever happens, it can come back
  under_way_.reserve(most);
  ordered_.push_back(&fetch);
  if (!thread_.joinable()) {
    const BlockedSignals blocked;
    try {
      thread_ = std::thread([this] { serve(); });
    } catch (...) {
      ordered_.pop_back();
      throw;
    }
    pthread_setname_np(thread_.native_handle(), "fastlane-fetch");
  }
  wake();
}

void Fetcher::cancel(Fetch& fetch) noexcept {
  const std::lock_guard lock(mutex_);
  fetch.is_cancelled_ = true;
  has_cancelled_ = true;
  wake();
}

std::vector<Fetch*> Fetcher::take_back() {
  std::uint64_t words = 0;
  static_cast<void>(!read(descriptor_, &words, sizeof words));  // nothing to read is no error
  const std::lock_guard lock(mutex_);
  std::vector<Fetch*> taken(back_);
  back_.clear();
  return taken;
}

void Fetcher::stop() noexcept {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    thread = std::move(thread_);
    wake();
  }
  if (thread.joinable()) thread.join();
}

// Needs the lock, as the thread does to end its multi handle.
void Fetcher::wake() noexcept {
  wanted_.notify_one();
  if (multi_ != nullptr) curl::library().multi_wakeup(multi_);
}

// ---- The thread ---------------------------------------------------------------------------------

void Fetcher::serve() noexcept {
  const curl::Library& library = curl::library();
  void* const multi = library.multi_init();
  if (multi != nullptr) library.multi_setopt(multi, curl::kMaxTotalConnections, kMostConnections);
  std::unique_lock lock(mutex_);
  multi_ = multi;
  while (true) {
    wanted_.wait(lock, [this] { return stopped_ || !ordered_.empty() || !under_way_.empty(); });
    if (stopped_ || multi == nullptr) break;
    take_orders();
    lock.unlock();
    int running = 0;
    library.multi_perform(multi, &running);
    lock.lock();
    finish_ended();
    if (under_way_.empty() || stopped_ || has_cancelled_ || !ordered_.empty()) continue;
    lock.unlock();
    library.multi_poll(multi, nullptr, 0, kPollMs, nullptr);
    lock.lock();
  }
  for (Fetch* fetch : ordered_) bring_back(*fetch, Fetch::End::cancelled);
  ordered_.clear();
  for (Fetch* fetch : under_way_) bring_back(*fetch, Fetch::End::cancelled);
  under_way_.clear();
  multi_ = nullptr;
  stopped_ = true;  // also without memory for a multi handle
  lock.unlock();
  if (multi != nullptr) library.multi_cleanup(multi);
}

void Fetcher::take_orders() {
  drop_cancelled();
  for (Fetch* fetch : std::exchange(ordered_, {})) begin(*fetch);
}

void Fetcher::begin(Fetch& fetch) {
  const curl::Library& library = curl::library();
  void* const easy = library.easy_init();
  if (easy == nullptr) {
    fetch.code = 27;  // out of memory
    return bring_back(fetch, Fetch::End::failed);
  }
  const auto set = [&](curl::Option option, auto value) {
    library.easy_setopt(easy, option, value);
  };
  set(curl::kUrl, fetch.url.c_str());
  set(curl::kPrivate, static_cast<void*>(&fetch));
  set(curl::kErrorBuffer, fetch.reason_);
  set(curl::kWriteFunction, &Fetch::take);
  set(curl::kWriteData, static_cast<void*>(&fetch));
  set(curl::kUserAgent, "fastlane");
  set(curl::kNoSignal, 1L);
  set(curl::kQuickExit, 1L);
  set(curl::kProtocols, curl::kHttpAndHttps);
  set(curl::kRedirectProtocols, curl::kHttpAndHttps);
  set(curl::kFollowLocation, fetch.max_redirects > 0 ? 1L : 0L);
  set(curl::kMaxRedirects, fetch.max_redirects);
  set(curl::kTimeoutMs, fetch.timeout_ms);
  if (fetch.timeout_ms > 0) set(curl::kConnectTimeoutMs, fetch.timeout_ms);
  set(curl::kMaxFileSize, static_cast<std::int64_t>(fetch.max_bytes));
  fetch.easy_ = easy;
  under_way_.push_back(&fetch);
  if (const int refused = library.multi_add_handle(multi_, easy); refused != 0) {
    under_way_.pop_back();
    fetch.code = 27;
    bring_back(fetch, Fetch::End::failed);
  }
}

void Fetcher::finish_ended() {
  const curl::Library& library = curl::library();
  int left = 0;
  while (const curl::Message* message = library.multi_info_read(multi_, &left)) {
    if (message->message != curl::kMessageDone) continue;
    const int code = message->data.result;
    Fetch* fetch = nullptr;
    library.easy_getinfo(message->easy, curl::kPrivateInfo, &fetch);
    library.easy_getinfo(fetch->easy_, curl::kResponseCode, &fetch->status);
    std::erase(under_way_, fetch);
    fetch->code = code;
    constexpr int kFileTooLarge = 63;
    const bool is_large = fetch->end == Fetch::End::too_large || code == kFileTooLarge;
    bring_back(*fetch, code == 0  ? Fetch::End::done
                       : is_large ? Fetch::End::too_large
                                  : Fetch::End::failed);
  }
}

void Fetcher::drop_cancelled() {
  if (!std::exchange(has_cancelled_, false)) return;
  for (auto* list : {&ordered_, &under_way_}) {
    const auto first = std::stable_partition(
        list->begin(), list->end(), [](const Fetch* fetch) { return !fetch->is_cancelled_; });
    for (auto at = first; at != list->end(); ++at) bring_back(**at, Fetch::End::cancelled);
    list->erase(first, list->end());
  }
}

// Removing a transfer that is under way closes its connection. Needs the lock.
void Fetcher::bring_back(Fetch& fetch, Fetch::End end) noexcept {
  const curl::Library& library = curl::library();
  fetch.end = end;
  if (void* const easy = std::exchange(fetch.easy_, nullptr)) {
    library.multi_remove_handle(multi_, easy);
    library.easy_cleanup(easy);
  }
  if (end == Fetch::End::failed) {
    try {
      fetch.reason = fetch.reason_[0] != 0 ? fetch.reason_ : library.easy_strerror(fetch.code);
    } catch (const std::bad_alloc&) {
    }
  }
  back_.push_back(&fetch);
  const std::uint64_t one = 1;
  static_cast<void>(!write(descriptor_, &one, sizeof one));
}

// The sockets are the parent's: libcurl's handles are left as they are, for good.
void Fetcher::after_fork_in_child() noexcept {
  new (&wanted_) std::condition_variable;
  new (&thread_) std::thread;
  multi_ = nullptr;
  close(descriptor_);
  descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  for (auto* list : {&ordered_, &under_way_}) {
    for (Fetch* fetch : *list) {
      fetch->easy_ = nullptr;
      bring_back(*fetch, Fetch::End::abandoned);
    }
    list->clear();
  }
  mutex_.unlock();
}

}  // namespace fastlane::kernels
