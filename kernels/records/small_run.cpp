// One window, made of the whole text.
#include "kernels/records/small_run.hpp"

#include <chrono>
#include <cstring>

#include "kernels/records/layout.hpp"
#include "kernels/records/streams.hpp"
#include "kernels/records/totals.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytes = std::size_t{64} << 10;

}  // namespace

bool SmallRun::fits(const Program& program, std::string_view text) {
  const bool has_header = program.kind == SourceKind::csv && program.csv.has_header;
  return !has_header && text.size() <= kMostBytes && !is_gzip(text);
}

SmallRun::SmallRun(const Program& program)
    : program_(program), layout_(make_layout(program)), parser_(program, *layout_) {
  layout_->expect_inputs(1);
}

SmallRun::~SmallRun() = default;

// False when there is nothing in the text.
bool SmallRun::take(std::string_view text, Window& window) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    window.begin = kByteOrderMark.size();
    text.remove_prefix(kByteOrderMark.size());
  }
  window.end = window.begin + text.size();
  if (text.empty()) return false;
  text_.clear();
  text_.reserve(text.size() + 1 + kPadding);
  text_.append(text.data(), text.size());
  if (text.back() != '\n') text_.push_back('\n');
  std::memset(text_.end(), 0, kPadding);
  window.text = {text_.begin(), text_.size()};
  return true;
}

RunResult SmallRun::run(std::string_view text) {
  const Clock::time_point begun = Clock::now();
  LinePlace place;
  Totals totals(program_, *layout_, 0, place);
  Window window;
  if (take(text, window)) {
    parser_.parse(window);
    totals.join(window, parser_);
  }
  RunResult result = totals.finish();
  result.metrics.seconds_total = std::chrono::duration<double>(Clock::now() - begun).count();
  return result;
}

const std::vector<WindowColumn>* SmallRun::read_row(std::string_view text) {
  Window window;
  if (!take(text, window)) return nullptr;
  parser_.parse(window);
  const bool is_good = parser_.rows() == 1 && parser_.bad_rows() == 0;
  return is_good ? &parser_.columns() : nullptr;
}

}  // namespace fastlane::kernels::records
