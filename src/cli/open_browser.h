// Shows an address in the user's browser.
#pragma once

#include <string>

namespace weir::cli {

// By $BROWSER, else xdg-open; does not wait for it, and a browser that cannot be started is no error.
void open_browser(const std::string& address);

}  // namespace weir::cli
