// Loaded once and never unloaded: it may have threads of its own.
#include "kernels/curl_library.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace fastlane::kernels::curl {
namespace {

void* open_library() {
  for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
    if (void* opened = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return opened;
  }
  throw std::runtime_error(
      "libcurl is not installed; on Debian and Ubuntu: apt-get install libcurl4");
}

template <class Function>
void find(void* opened, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(opened, name));
  if (function != nullptr) return;
  throw std::runtime_error(std::string("libcurl is older than 7.68: it has no ") + name);
}

Library load() {
  void* const opened = open_library();
  Library loaded{};
  find(opened, "curl_global_init", loaded.global_init);
  find(opened, "curl_easy_init", loaded.easy_init);
  find(opened, "curl_easy_setopt", loaded.easy_setopt);
  find(opened, "curl_easy_getinfo", loaded.easy_getinfo);
  find(opened, "curl_easy_cleanup", loaded.easy_cleanup);
  find(opened, "curl_easy_strerror", loaded.easy_strerror);
  find(opened, "curl_multi_init", loaded.multi_init);
  find(opened, "curl_multi_setopt", loaded.multi_setopt);
  find(opened, "curl_multi_add_handle", loaded.multi_add_handle);
  find(opened, "curl_multi_remove_handle", loaded.multi_remove_handle);
  find(opened, "curl_multi_perform", loaded.multi_perform);
  find(opened, "curl_multi_poll", loaded.multi_poll);
  find(opened, "curl_multi_wakeup", loaded.multi_wakeup);
  find(opened, "curl_multi_info_read", loaded.multi_info_read);
  find(opened, "curl_multi_cleanup", loaded.multi_cleanup);
  if (loaded.global_init(kGlobalAll) != 0) throw std::runtime_error("libcurl does not start");
  return loaded;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();
  return loaded;
}

}  // namespace fastlane::kernels::curl
