// The document: every key and value knows its place; what is no JSON is explained.
#include "common/config/diagnostics.hpp"
#include "common/config/document.hpp"
#include "support.hpp"

using namespace tandem::config;

TEST_CASE("every key and value knows where it begins") {
  // Comments, escapes and numbers are what could shift a position.
  const std::string text =
      "\n"
      "/* \" */ { // \"x\": 1 \\\n"
      "  \"a\\\"\\\\\" : \"b\\\\\" , \"n\":-12.5e3,\"i\":7,\n"
      "\t\"l\": [ true,false, null /* , */ , [ ] , { \"k\" : 1 } , 34 ]\n"
      "}";
  Diagnostics mistakes("t");
  const auto root = parse_document(text, mistakes);
  REQUIRE(short_form(mistakes.take()) == "");
  REQUIRE(root);
  using Kind = Node::Kind;
  CHECK(root->kind == Kind::object);
  CHECK(root->position == Position{2, 9});
  REQUIRE(root->members.size() == 4);

  const Member& escaped = root->members[0];
  CHECK(escaped.key == "a\"\\");
  CHECK(escaped.position == Position{3, 3});
  CHECK(escaped.value.text == "b\\");
  CHECK(escaped.value.position == Position{3, 13});
  CHECK(root->members[1].value.kind == Kind::real);
  CHECK(root->members[1].value.position == Position{3, 25});
  CHECK(root->members[2].value.integer == 7);
  CHECK(root->members[2].value.position == Position{3, 37});

  const Node& list = root->members[3].value;
  CHECK(list.position == Position{4, 7});
  REQUIRE(list.items.size() == 6);
  CHECK(list.items[0].boolean);
  CHECK(list.items[0].position == Position{4, 9});
  CHECK(list.items[1].position == Position{4, 14});
  CHECK(list.items[2].kind == Kind::null);
  CHECK(list.items[2].position == Position{4, 21});
  CHECK(list.items[3].position == Position{4, 36});
  CHECK(list.items[4].members[0].position == Position{4, 44});
  CHECK(list.items[4].members[0].value.position == Position{4, 50});
  CHECK(list.items[5].position == Position{4, 56});
}

TEST_CASE("a number may be the last byte of the text") {
  Diagnostics mistakes("t");
  const auto root = parse_document("  42", mistakes);
  REQUIRE(root);
  CHECK(root->integer == 42);
  CHECK(root->position == Position{1, 3});
}

TEST_CASE("integers beyond 64 bits are never taken for others") {
  Diagnostics mistakes("t");
  const auto root = parse_document(
      "[ 9223372036854775807, 18446744073709551615, 99999999999999999999, -9223372036854775808 ]",
      mistakes);
  REQUIRE(root);
  CHECK(root->items[0].integer == INT64_MAX);
  CHECK(root->items[1].integer == INT64_MAX);
  CHECK(root->items[2].kind == Node::Kind::real);
  CHECK(root->items[3].integer == INT64_MIN);
}

TEST_CASE("syntax errors: one sentence, at the right place") {
  check({
      {"empty text",
       "",
       "1:1: the text ends too early (a value, } or ] is missing)"},
      {"only a comment",
       R"(// nothing
)",
       "2:1: the text ends too early (a value, } or ] is missing)"},
      {"unclosed object",
       R"({ "version": 1
)",
       "2:1: the text ends too early (a value, } or ] is missing)"},
      {"unclosed list",
       R"({ "version": 1,
  "listeners": [
)",
       "3:1: the text ends too early (a value, } or ] is missing)"},
      {"trailing comma in an object",
       R"({
  "version": 1,
})",
       "3:1: expected a key in double quotes, found '}' (remove the comma before it)"},
      {"trailing comma in a list",
       R"({ "version": 1, "listeners": [ {}, ] })",
       "1:36: expected a value, found ']' (remove the comma before it)"},
      {"missing comma between members",
       R"({
  "version": 1
  "workers": 2
})",
       "3:3: expected ',' or '}', found a string (a comma is missing)"},
      {"missing comma between items",
       R"({ "listeners": [ 1 2 ] })",
       "1:20: expected ',' or ']', found a number (a comma is missing)"},
      {"wrong bracket",
       R"({ "listeners": [ 1 } })",
       "1:20: expected ',' or ']', found '}'"},
      {"missing colon",
       R"({ "version" 1 })",
       "1:13: expected ':' after the key"},
      {"key without quotes",
       R"({
  version: 1
})",
       "2:3: expected a key in double quotes"},
      {"key in single quotes",
       "{ 'version': 1 }",
       "1:3: expected a key in double quotes"},
      {"a number as key",
       "{ 1: 1 }",
       "1:3: expected a key in double quotes, found a number"},
      {"value without quotes",
       R"({ "version": one })",
       "1:14: this is not a JSON value (a text stands in double quotes)"},
      {"misspelt literal",
       R"({ "version": 1, "x": tru })",
       "1:22: this is not a JSON value (a text stands in double quotes)"},
      {"a missing value",
       R"({ "version": , "workers": 1 })",
       "1:14: expected a value, found ','"},
      {"string that ends on no line",
       R"({ "version": "1
})",
       "1:16: the string does not end on its line (a closing quote is missing)"},
      {"string that does not end",
       R"({ "version": "1)",
       "1:16: the string does not end (a closing quote is missing)"},
      {"tab in a string",
       "{ \"version\": \"a\x09""b\" }",
       "1:16: a control character inside a string (write it as an escape, for example \\t)"},
      {"unknown escape",
       R"({ "version": "C:\\x\q" })",
       "1:21: an unknown escape inside a string (a backslash itself is written \\\\)"},
      {"bad UTF-8",
       "{ \"version\": \"\xff""\" }",
       "1:15: bytes that are not UTF-8 inside a string"},
      {"bad unicode escape",
       R"({ "version": "\uZZZZ" })",
       "1:17: invalid string: '\\u' must be followed by 4 hex digits"},
      {"comment that does not end",
       R"({ "version": 1 } /* and
 so on)",
       "2:7: the comment does not end (*/ is missing)"},
      {"lone slash",
       R"({ "version": 1 } / x)",
       "1:19: a lone / (comments are // to the end of the line, or /* ... */)"},
      {"number that ends in a dot",
       R"({ "version": 1. })",
       "1:16: invalid number; expected digit after '.'"},
      {"number beyond a double",
       R"({ "version": 1e999 })",
       "1:14: the number is too large"},
      {"text after the end",
       R"({ "version": 1 }
{ "version": 1 })",
       "2:1: text after the end of the configuration (a bracket too many closes the document "
       "early)"},
      {"bracket too many",
       R"({ "version": 1 } })",
       "1:18: text after the end of the configuration (a bracket too many closes the document "
       "early)"},
      {"a lone closing bracket",
       "}",
       "1:1: expected a value, found '}'"},
      {"truncated BOM",
       "\xef""\xbb""{}",
       "1:3: invalid BOM; must be 0xEF 0xBB 0xBF if given"},
      {"not an object",
       "[ 1 ]",
       "1:1: the configuration must be an object {...}, not a list"},
      {"a text",
       R"("version")",
       "1:1: the configuration must be an object {...}, not a text"},
      {"null",
       "null",
       "1:1: the configuration must be an object {...}, not null"},
  });
}

TEST_CASE("duplicate keys") {
  check({
      {"at the top",
       R"({ "version": 1,
  "workers": 1,
  "version": 1 })",
       "3:3: version: the key \"version\" stands twice in this object (first at line 1)"},
      {"three times",
       R"({ "version": 1, "workers": 1, "workers": 2, "workers": 3 })",
       "1:31: workers: the key \"workers\" stands twice in this object (first at line 1)\n"
       "1:45: workers: the key \"workers\" stands twice in this object (first at line 1)"},
      {"inside a list",
       R"({ "version": 1, "certificates": [ {},
  { "name": "a", "name": "b", "cert_file": "c", "key_file": "k" } ] })",
       "1:35: certificates[0].name: a certificate needs \"name\" (a name of 1 to 64 letters, "
       "digits, dots, dashes or underscores)\n"
       "1:35: certificates[0].cert_file: a certificate needs \"cert_file\" (a text of 1 to 4096 "
       "bytes)\n"
       "1:35: certificates[0].key_file: a certificate needs \"key_file\" (a text of 1 to 4096 "
       "bytes)\n"
       "2:18: certificates[1].name: the key \"name\" stands twice in this object (first at line "
       "2)"},
      {"same key, different escapes",
       R"({ "version": 1, "\u0076ersion": 1 })",
       "1:17: version: the key \"version\" stands twice in this object (first at line 1)"},
  });
}
