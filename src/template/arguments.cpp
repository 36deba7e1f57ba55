#include "template/arguments.h"

#include "template/failure.h"

namespace weir::tmpl {

Binder::Binder(std::string_view function, const Arguments& arguments,
               std::initializer_list<std::string_view> parameters, size_t required)
    : slots_(parameters.size(), nullptr) {
  std::string name(function);
  if (arguments.positional.size() > parameters.size())
    call_error(name + "() takes at most " + std::to_string(parameters.size()) + " arguments (" +
               std::to_string(arguments.positional.size()) + " given)");
  for (size_t i = 0; i < arguments.positional.size(); ++i) slots_[i] = &arguments.positional[i];
  for (const auto& [key, value] : arguments.named) {
    size_t index = 0;
    for (std::string_view parameter : parameters) {
      if (parameter == key) break;
      ++index;
    }
    if (index == parameters.size()) call_error(name + "() got an unexpected keyword argument " + in_quotes(key));
    if (slots_[index]) call_error(name + "() got multiple values for argument " + in_quotes(key));
    slots_[index] = &value;
  }
  for (size_t i = 0; i < required; ++i)
    if (!slots_[i])
      call_error(name + "() missing 1 required positional argument: " + in_quotes(*(parameters.begin() + i)));
}

const Value& Binder::operator[](size_t index) const {
  static const Value none;
  return slots_[index] ? *slots_[index] : none;
}

}  // namespace weir::tmpl
