// Expressions over arrays: evaluate, compile, and what calling an Expression does.
#include <memory>
#include <optional>

#include "kernels/expression/broadcast.hpp"
#include "kernels/expression/execute.hpp"
#include "kernels/expression/short_array.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/output_array.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"
#include "module/types/expression.hpp"

namespace fastlane {
namespace {

using kernels::ArrayView;
using kernels::expression::ShortArray;

// What NumPy calls casting of the same kind: the types that a result may have in `out=`.
DTypes out_types_of(DType result) {
  switch (result) {
    case DType::boolean:
      return kNumbers;
    case DType::float32:
    case DType::float64:
      return kFloats;
    case DType::int8:
    case DType::int16:
    case DType::int32:
    case DType::int64:
      return {DType::int8,  DType::int16,   DType::int32,
              DType::int64, DType::float32, DType::float64};
    default:
      return {DType::int8,   DType::int16,  DType::int32,  DType::int64,   DType::uint8,
              DType::uint16, DType::uint32, DType::uint64, DType::float32, DType::float64};
  }
}

// What evaluate() and the call of an Expression have in common: everything but how the expression
// is found.
class Evaluation {
 public:
  // Blocks are read before they are written.
  static constexpr SameInput kSameInput = SameInput::allowed;

  Evaluation() noexcept {}

  std::size_t work() const {
    std::size_t bytes = program_->widest() * (program_->steps().size() + 1);
    for (int axis = 0; axis < broadcast_.ndim(); ++axis) {
      bytes *= static_cast<std::size_t>(broadcast_.shape()[axis]);
    }
    return bytes;
  }
  void run(Checkpoint& checkpoint) {
    kernels::expression::execute_shared(*program_, {views_->begin(), count_}, {&result_.view(), 1},
                                        checkpoint, threads_.count());
  }
  PyObject* finish() {
    release_inputs();
    expression_.decref();
    return result_.finish();
  }

 protected:
  // Takes over a new reference, which may be null with an exception set.
  bool begin_with(Arguments& args, PyObject* expression) {
    if (expression == nullptr) return false;
    expression_.own(expression);
    PyObject* out_arg = nullptr;  // borrowed from args
    PyObject* arena_arg = nullptr;
    make_room();
    return args.read_keywords(
               [&](PyObject* name, PyObject* object) { return take(args, name, object); },
               keyword("out", out_arg), keyword("arena", arena_arg),
               keyword("threads", threads_.asked)) &&
           threads_.check(args) && borrow_typed(args) && broadcast(args) &&
           prepare(args, out_arg, arena_arg);
  }

 private:
  static constexpr std::size_t kFew = 6;

  PyObject* variables() const { return variables_of(expression_.borrow()); }

  void make_room() {
    count_ = static_cast<std::size_t>(PyTuple_GET_SIZE(variables()));
    if (count_ > kFew) {
      many_inputs_ = std::make_unique<BorrowedArray[]>(count_);
      many_objects_ = std::make_unique<PyObject*[]>(count_);
      inputs_ = many_inputs_.get();
      objects_ = many_objects_.get();
    }
    for (std::size_t i = 0; i < count_; ++i) objects_[i] = nullptr;
  }

  // One keyword that is not one of evaluate's own: the array of a variable.
  bool take(Arguments& args, PyObject* name, PyObject* object) {
    for (std::size_t i = 0; i < count_; ++i) {
      PyObject* variable = PyTuple_GET_ITEM(variables(), static_cast<Py_ssize_t>(i));  // borrowed
      if (variable != name && PyUnicode_Compare(variable, name) != 0) continue;
      objects_[i] = object;
      return true;
    }
    const char* unknown = PyUnicode_AsUTF8(name);
    if (unknown == nullptr) return false;
    return raise(args.state().expression_error,
                 {args.function(), unknown, "a variable of the expression",
                  "an array that the expression does not use", ""});
  }

  // Writing a program runs Python, during which no array may be held: what is borrowed is given
  // back, and borrowed again when there is a program for its types.
  bool borrow_typed(Arguments& args) {
    while (true) {
      if (!borrow_inputs(args)) return false;
      typed_ = programs_of(expression_.borrow()).find(types_);
      if (typed_ != nullptr) return true;
      release_inputs();
      args.borrows().clear();
      if (!make_program(expression_.borrow(), types_)) return false;
    }
  }

  bool borrow_inputs(Arguments& args) {
    types_.clear();
    for (std::size_t i = 0; i < count_; ++i) {
      PyObject* variable = PyTuple_GET_ITEM(variables(), static_cast<Py_ssize_t>(i));  // borrowed
      if (objects_[i] == nullptr) return raise_missing(expression_.borrow(), variable);
      const char* name = PyUnicode_AsUTF8(variable);
      if (name == nullptr) return false;
      if (!inputs_[i].acquire(args, name, objects_[i], kNumbers)) return false;  // exporter locked
      types_.push_back(static_cast<char>(inputs_[i].dtype()));
    }
    return true;
  }

  void release_inputs() {
    for (std::size_t i = 0; i < count_; ++i) inputs_[i].release();  // exporter unlocked
  }

  bool broadcast(Arguments& args) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (broadcast_.join(inputs_[i].view())) continue;
      return args.wrong_value(inputs_[i].argument(), "of a shape that the others broadcast to",
                              describe_object(objects_[i]));
    }
    const auto ndim = static_cast<std::size_t>(broadcast_.ndim());
    strides_.emplace(count_ * ndim);
    views_.emplace(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      (*views_)[i] = broadcast_.expanded(inputs_[i].view(), strides_->begin() + i * ndim);
    }
    return true;
  }

  bool prepare(Arguments& args, PyObject* out_arg, PyObject* arena_arg) {
    const DType dtype = typed_->result();
    if (!result_.prepare(args, out_arg, arena_arg, dtype, broadcast_.ndim(), broadcast_.shape(),
                         out_types_of(dtype))) {
      return false;
    }
    program_ = typed_->with_result(result_.view().dtype);
    return true;
  }

  OwnedRef expression_;
  std::size_t count_ = 0;
  PyObject* few_objects_[kFew];  // borrowed from args
  PyObject** objects_ = few_objects_;
  BorrowedArray few_inputs_[kFew];
  BorrowedArray* inputs_ = few_inputs_;
  std::unique_ptr<PyObject*[]> many_objects_;
  std::unique_ptr<BorrowedArray[]> many_inputs_;
  InputTypes types_;
  std::shared_ptr<TypedProgram> typed_;
  SharedProgram program_;
  kernels::expression::Broadcast broadcast_;
  std::optional<ShortArray<std::ptrdiff_t, 2 * kFew>> strides_;  // of inputs that are repeated
  std::optional<ShortArray<ArrayView, kFew>> views_;
  ThreadCount threads_;
  OutputArray result_;
};

constexpr const char* kEvaluateDoc =
    "evaluate(expression, /, *, out=None, arena=None, threads=None, **arrays)\n--\n\n"
    "The expression, element by element, in one pass over the arrays that it names.\n\n"
    "expression is Python syntax: names, numbers, + - * / // % **, comparisons, & | ~, and or not\n"
    "(on booleans), where(c, a, b), min, max, abs, sqrt, exp, log, sin and the like; it is never\n"
    "given to eval(). Shapes broadcast and types promote as in NumPy 2, except that what would be\n"
    "float16 is float32. out is an array of the result's shape, of its type or one that NumPy's\n"
    "same_kind casting allows; it may be one of the inputs, but may not overlap one otherwise.\n"
    "arena is a fastlane.Arena. threads is how many threads share the work from 2 MiB on, at "
    "most;\n"
    "None is get_threads().\n\n"
    "Raises ExpressionError, with the column, for what is no expression of the language, for a\n"
    "name without an array, an array without a name, operands of a wrong type, and integers to\n"
    "negative powers; ArgumentTypeError for arrays of other element types, ArgumentValueError for\n"
    "shapes that do not fit, BorrowError for an out that is read-only or overlaps an input. An "
    "out\n"
    "is partly written when a call fails or is interrupted.\n\n"
    "**Memory:** borrows the arrays, moves the result out (or writes into out, or into the "
    "arena's\n"
    "memory); intermediate values take a few KiB; the GIL is released from 64 KiB on.";

struct Evaluate : Evaluation {
  static constexpr const char* kName = "evaluate";

  bool begin(Arguments& args) {
    PyObject* source_arg = nullptr;  // borrowed from args
    return args.read_positional(required("expression", source_arg)) &&
           begin_with(args, expression_of(args, source_arg));  // new
  }
};

struct CallExpression : Evaluation {
  static constexpr const char* kName = "Expression.__call__";
  PyObject* self = nullptr;

  bool begin(Arguments& args) {
    return args.read_positional() && begin_with(args, Py_NewRef(self));  // new
  }
};

constexpr const char* kCompileDoc =
    "compile(expression, /)\n--\n\n"
    "The expression as an object to call again and again with arrays.\n\n"
    "The language is that of fastlane.evaluate(), which takes the same arrays.\n\n"
    "Raises ExpressionError, with the column, for what is no expression of the language.\n\n"
    "**Memory:** borrows nothing; the Expression is shared by all calls with the same text.";

struct Compile {
  static constexpr const char* kName = "compile";
  PyObject* expression = nullptr;

  bool begin(Arguments& args) {
    PyObject* source_arg = nullptr;  // borrowed from args
    if (!args.read(required("expression", source_arg))) return false;
    expression = expression_of(args, source_arg);  // new
    return expression != nullptr;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return expression; }
};

}  // namespace

PyObject* call_expression(PyObject* self, PyObject* const* args, std::size_t nargsf,
                          PyObject* kwnames) noexcept {
  return call_object<CallExpression>(self, args, PyVectorcall_NARGS(nargsf), kwnames);
}

PyMethodDef expression_methods[] = {
    row_of<Evaluate>(kEvaluateDoc),
    row_of<Compile>(kCompileDoc),
    kEndOfTable,
};

}  // namespace fastlane
