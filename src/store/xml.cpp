#include "store/xml.h"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace weir::store {

namespace {

constexpr size_t deepest_xml = 32;

struct XmlBuilder {
  XML_Parser parser = nullptr;
  XmlNode top;
  std::vector<XmlNode*> open = {&top};
  std::string refused;

  void refuse(const char* why) {
    refused = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

void on_start(void* user, const XML_Char* name, const XML_Char** attributes) {
  auto& builder = *static_cast<XmlBuilder*>(user);
  if (builder.open.size() > deepest_xml) return builder.refuse("it is nested too deeply");
  const std::string_view full = name;
  const size_t colon = full.rfind(':');
  XmlNode node;
  node.name = colon == std::string_view::npos ? full : full.substr(colon + 1);
  for (; attributes[0]; attributes += 2) node.attributes[attributes[0]] = attributes[1];
  // Only the last child of each open node is open, so no pointer kept here moves.
  auto& siblings = builder.open.back()->children;
  siblings.push_back(std::move(node));
  builder.open.push_back(&siblings.back());
}

void on_end(void* user, const XML_Char*) { static_cast<XmlBuilder*>(user)->open.pop_back(); }

void on_text(void* user, const XML_Char* text, int length) {
  static_cast<XmlBuilder*>(user)->open.back()->text.append(text, static_cast<size_t>(length));
}

void on_doctype(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<XmlBuilder*>(user)->refuse("it has a document type");
}

}  // namespace

const XmlNode* XmlNode::child(std::string_view wanted) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const XmlNode& node) { return node.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

std::string XmlNode::child_text(std::string_view wanted) const {
  const XmlNode* found = child(wanted);
  return found ? found->text : std::string();
}

XmlNode parse_xml(std::string_view text) {
  const auto refuse = [](const std::string& why) {
    throw Error(ErrorCode::store_io, "the store's answer is not the XML it should be: " + why);
  };
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate("UTF-8"), XML_ParserFree);
  if (!parser) refuse("no memory");
  XmlBuilder builder;
  builder.parser = parser.get();
  XML_SetUserData(parser.get(), &builder);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  if (text.size() > static_cast<size_t>(INT32_MAX)) refuse("it is too long");
  const auto status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (!builder.refused.empty()) refuse(builder.refused);
  if (status != XML_STATUS_OK) refuse(XML_ErrorString(XML_GetErrorCode(parser.get())));
  return std::move(builder.top.children.front());
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

bool xml_can_say(std::string_view text) {
  const bool has_noncharacter =  // U+FFFE and U+FFFF
      text.find("\xEF\xBF\xBE") != std::string_view::npos || text.find("\xEF\xBF\xBF") != std::string_view::npos;
  return !has_noncharacter && is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

}  // namespace weir::store
