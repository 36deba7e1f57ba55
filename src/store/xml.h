// XML answers of object stores as a tree. Foreign bytes: document types (and so entities of their own), more than 32
// levels and anything that is not well-formed are refused.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::store {

struct XmlNode {
  std::string name;  // without a namespace prefix
  std::string text;  // directly below, UTF-8
  std::map<std::string, std::string> attributes;
  std::vector<XmlNode> children;

  const XmlNode* child(std::string_view wanted) const;  // the first one; nullptr if there is none
  std::string child_text(std::string_view wanted) const;
};

// The root. Throws Error{store_io}.
XmlNode parse_xml(std::string_view text);

// & < > and quotes as entities. XML 1.0 has no way to write most control characters: see xml_can_say.
std::string xml_escape(std::string_view text);
bool xml_can_say(std::string_view text);

}  // namespace weir::store
