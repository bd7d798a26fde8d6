// The few functions of libcurl that the fetcher calls, found when the first fetch is made: libcurl
// is not linked, so the package imports where it is not installed, and is built without its
// headers. Names and numbers are those of libcurl's binary interface, which is the same since 7.68.
#pragma once

namespace fastlane::kernels::curl {

struct Message {
  int message;
  void* easy;
  union {
    void* anything;
    int result;
  } data;
};

inline constexpr int kMessageDone = 1;
inline constexpr long kGlobalAll = 3;
inline constexpr long kHttpAndHttps = 3;

// CURLOPT_*: a long, a pointer to data, a function or a 64-bit offset, by the ten thousands.
enum Option : int {
  kTimeoutMs = 155,
  kConnectTimeoutMs = 156,
  kFollowLocation = 52,
  kMaxRedirects = 68,
  kNoSignal = 99,
  kProtocols = 181,
  kRedirectProtocols = 182,
  kQuickExit = 322,
  kWriteData = 10001,
  kUrl = 10002,
  kErrorBuffer = 10010,
  kUserAgent = 10018,
  kPrivate = 10103,
  kWriteFunction = 20011,
  kMaxFileSize = 30117,
};
inline constexpr int kMaxTotalConnections = 13;  // of a multi handle
inline constexpr int kResponseCode = 0x200002;
inline constexpr int kPrivateInfo = 0x100015;

struct Library {
  int (*global_init)(long);
  void* (*easy_init)();
  int (*easy_setopt)(void*, int, ...);
  int (*easy_getinfo)(void*, int, ...);
  void (*easy_cleanup)(void*);
  const char* (*easy_strerror)(int);
  void* (*multi_init)();
  int (*multi_setopt)(void*, int, ...);
  int (*multi_add_handle)(void*, void*);
  int (*multi_remove_handle)(void*, void*);
  int (*multi_perform)(void*, int*);
  int (*multi_poll)(void*, void*, unsigned, int, int*);
  int (*multi_wakeup)(void*);
  Message* (*multi_info_read)(void*, int*);
  int (*multi_cleanup)(void*);
};

// Loads it the first time. Throws std::runtime_error with what to install when there is none.
const Library& library();

}  // namespace fastlane::kernels::curl
