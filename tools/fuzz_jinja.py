#!/usr/bin/env python3
"""Random templates, rendered by jinja2 and by weir's template engine; every difference is shown.

Usage: tools/fuzz_jinja.py RUNNER [--seed N] [--count N] [--stop N] [--save FILE]
RUNNER is the program conformance_jinja. The same seed gives the same templates. Text must be equal; of errors, the phase,
and for errors of the template's text also the line.
"""
import argparse
import json
import random
import resource
import signal
import subprocess
import sys
import warnings

import jinja2
import jinja2.sandbox

warnings.simplefilter("ignore")

TEXTS = ["", "a", "abc", "Hello World", "  padded ", "one two three two", "a,b,c", "snake_case", "UPPER", "MiXeD cAsE",
         "na\u00efve", "\u00c4\u00d6\u00fc\u00df", "\u65e5\u672c\u8a9e", "it's", 'say "x"', "<b>&</b>", "a-b-c", "line1\nline2\n\nline4",
         "tab\there", "%s", "%d items", "{x}", "{}", "100%", "\\n", "0", "12", "-7", "3.5", "1e3", "0x1A", " 42 ", "True",
         "x=1;y=2", "\u03a3\u03a3", "o'neil\"q", "select * from t", "AaBb", "\u01c5ab", "1_000", "http://example.com/a?b=c",
         "mail me@example.org now", "a--b well-known word", "\u00bd\u00b2", "x" * 30, "word " * 20]
INTS = [0, 1, 2, 3, -1, -2, 5, 7, 10, 42, 100, 255, -13, 1000, 12345678901234567890, 2**31, -2**63]
FLOATS = [0.0, 1.0, -1.5, 0.1, 2.5, 3.14159, 1e16, 1e-7, 123456.789, 2.675, -0.0, 1e20, 0.5, 1.5, 1e300, 5e-324, 99.995]
NAMES = ["s", "t", "n", "m", "f", "b", "xs", "ss", "rows", "d", "nested", "none", "empty", "zz", "fs", "mixed", "html", "pairs"]
FILTERS0 = ["abs", "capitalize", "count", "escape", "e", "first", "float", "forceescape", "int", "items", "join", "last", "length",
            "list", "lower", "max", "min", "pprint", "reverse", "round", "safe", "sort", "string", "striptags", "sum", "title",
            "tojson", "trim", "unique", "upper", "urlencode", "wordcount", "xmlattr", "dictsort", "filesizeformat", "center",
            "indent", "truncate", "wordwrap", "urlize", "format", "default"]
TESTS0 = ["boolean", "callable", "defined", "escaped", "even", "false", "filter", "float", "integer", "iterable", "lower",
          "mapping", "none", "number", "odd", "sequence", "string", "test", "true", "undefined", "upper"]
TESTS1 = ["divisibleby", "eq", "equalto", "ge", "greaterthan", "gt", "in", "le", "lessthan", "lt", "ne", "sameas", "==", "<="]
METHODS0 = ["upper", "lower", "title", "capitalize", "swapcase", "casefold", "strip", "lstrip", "rstrip", "split", "rsplit",
            "splitlines", "isalpha", "isdigit", "isalnum", "isspace", "istitle", "isupper", "islower", "isdecimal", "isnumeric",
            "isidentifier", "isprintable", "isascii", "expandtabs", "copy", "keys", "values", "items", "pop", "clear",
            "reverse", "sort", "popitem", "bit_length", "is_integer", "encode"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.depth = 0
        self.loops = 0
        self.names = list(NAMES)

    def pick(self, *choices):
        return self.r.choice(choices)

    def chance(self, p):
        return self.r.random() < p

    # --- context ---
    def context(self):
        r = self.r
        row = lambda i: {"id": i, "name": r.choice(["bob", "Ann", "Cid", "ann", "\u00c9va"]), "amt": r.choice([1, 2.5, -3, 0]),
                         "tags": r.sample(TEXTS[:12], r.randint(0, 3)), "ok": r.choice([True, False]),
                         "grp": r.choice(["x", "y", "Z", "z"])}
        return {"s": r.choice(TEXTS), "t": r.choice(TEXTS), "n": r.choice(INTS), "m": r.choice(INTS[:12]), "f": r.choice(FLOATS),
                "b": r.choice([True, False]), "xs": [r.randint(-5, 20) for _ in range(r.randint(0, 6))],
                "ss": r.sample(TEXTS, r.randint(0, 5)), "rows": [row(i) for i in range(r.randint(0, 4))],
                "d": {k: r.choice([1, "v", None, True, 2.5]) for k in r.sample(["a", "b", "cc", "items", "Key", "x y"], r.randint(0, 4))},
                "nested": {"list": [[1, 2], [3, [4]]], "map": {"k": {"z": [1]}}, "t": "x"}, "empty": [],
                "fs": [r.choice(FLOATS) for _ in range(r.randint(0, 4))],
                "mixed": [r.choice([1, "1", 1.0, True, None, "a", [1]]) for _ in range(r.randint(0, 5))],
                "html": r.choice(["<b>&amp; x</b>", "a < b & c", "<!-- c --><p>t</p>", "&lt;x&gt; &eacute; &#65;"]),
                "pairs": [["a", 1], ["b", 2]]}

    # --- expressions ---
    def text(self):
        s = self.r.choice(TEXTS)
        quote = self.pick("'", '"')
        body = s.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace(quote, "\\" + quote)
        return quote + body + quote

    def number(self):
        return self.pick(str(self.r.choice(INTS)), repr(self.r.choice(FLOATS)).replace("inf", "1.0"), str(self.r.randint(0, 9)))

    def literal(self):
        return self.r.choice([self.text, self.number, lambda: self.pick("true", "false", "none", "True", "None"),
                              lambda: "[" + ", ".join(self.atom() for _ in range(self.r.randint(0, 4))) + "]",
                              lambda: "(" + "".join(self.atom() + ", " for _ in range(self.r.randint(0, 3))) + ")",
                              lambda: "{" + ", ".join(self.pick(self.text(), str(self.r.randint(0, 3))) + ": " + self.atom()
                                                      for _ in range(self.r.randint(0, 3))) + "}"])()

    def atom(self):
        return self.pick(self.r.choice(self.names), self.r.choice(self.names), self.text(), self.number())

    def expr(self):
        if self.depth > 4:
            return self.atom()
        self.depth += 1
        try:
            kind = self.r.choice([self.atom, self.atom, self.literal, self.arithmetic, self.compare, self.logic, self.filtered,
                                  self.filtered, self.filtered, self.tested, self.method, self.method, self.subscript, self.slice,
                                  self.condition, self.concat, self.call, self.percent, self.braces, self.unary])
            return kind()
        finally:
            self.depth -= 1

    def paren(self):
        e = self.expr()
        return e if e.isidentifier() else "(" + e + ")"

    def arithmetic(self):
        op = self.pick("+", "-", "*", "/", "//", "%", "**")
        # Small exponents, or the oracle runs out of time.
        right = self.pick("m", self.small(), "0.5", "-1.5", "f", "b", "s") if op == "**" else self.paren()
        return "%s %s %s" % (self.paren(), op, right)

    def unary(self):
        return self.pick("-", "+", "not ") + self.paren()

    def compare(self):
        op = lambda: self.pick("==", "!=", "<", ">", "<=", ">=", "in", "not in")
        out = "%s %s %s" % (self.paren(), op(), self.paren())
        return out + (" %s %s" % (op(), self.paren()) if self.chance(0.2) else "")

    def logic(self):
        return "%s %s %s" % (self.paren(), self.pick("and", "or"), self.paren())

    def concat(self):
        return " ~ ".join(self.paren() for _ in range(self.r.randint(2, 3)))

    def condition(self):
        return "%s if %s%s" % (self.paren(), self.paren(), " else " + self.paren() if self.chance(0.8) else "")

    def small(self):
        return str(self.r.randint(-3, 6))

    def subscript(self):
        base = self.paren()
        return self.pick(base + "[" + self.pick(self.small(), self.text(), self.atom()) + "]",
                         base + "." + self.pick("a", "b", "items", "keys", "name", "upper", "list", "k", "real", "0", "1", "_x", "__class__"),
                         "rows[0]." + self.pick("id", "name", "tags", "nope"), "nested.map.k.z[0]", "nested['list'][1]",
                         "d[" + self.text() + "]", "nested.list." + self.small().lstrip("-"))

    def slice(self):
        # Not of constants: jinja2 folds those while compiling, by rules of their own.
        part = lambda: self.pick("", self.small(), self.small())
        step = self.pick("", "", ":" + self.pick("", "1", "2", "-1", "-2", "0"))
        return "%s[%s:%s%s]" % (self.pick(self.r.choice([n for n in self.names if n != "none"]), "xs", "s", "t", "(1,2,3)", "range(10)", "ss"), part(), part(), step)

    def filter_call(self):
        e = self.expr if self.depth < 3 else self.atom
        return self.r.choice([
            lambda: self.r.choice(FILTERS0), lambda: self.r.choice(FILTERS0), lambda: self.r.choice(FILTERS0),
            lambda: "default(%s%s)" % (e(), self.pick("", ", true", ", boolean=true")),
            lambda: "join(%s)" % self.pick("','", "'-'", e(), "d=', '", "',', attribute='name'"),
            lambda: "replace(%s, %s%s)" % (self.text(), self.text(), self.pick("", ", 1", ", count=2")),
            lambda: "round(%s%s)" % (self.small(), self.pick("", ", 'ceil'", ", 'floor'", ", 'common'")),
            lambda: "truncate(%s%s)" % (self.r.randint(0, 20), self.pick("", ", true", ", false, '..'", ", true, '', 0", ", leeway=0")),
            lambda: "wordwrap(%s%s)" % (self.r.randint(0, 12), self.pick("", ", false", ", true, '|'", ", break_on_hyphens=false")),
            lambda: "indent(%s%s)" % (self.pick("2", "'> '", "0", "4"), self.pick("", ", true", ", first=true, blank=true")),
            lambda: "center(%s)" % self.r.randint(0, 20), lambda: "trim(%s)" % self.text(),
            lambda: "int(%s%s)" % (self.small(), self.pick("", ", 16", ", base=2", ", 8", ", 0", ", 36")),
            lambda: "float(%s)" % self.pick("1.5", "none", "'x'"),
            lambda: "batch(%s%s)" % (self.r.randint(0, 4), self.pick("", ", 'x'", ", 0")) + self.pick("", "|list", "|map('join')|list"),
            lambda: "slice(%s%s)" % (self.r.randint(0, 4), self.pick("", ", 'x'")) + "|list",
            lambda: "sort(%s)" % self.pick("", "true", "reverse=true", "attribute='name'", "case_sensitive=true", "attribute='grp,amt'",
                                           "false, true", "attribute='amt', reverse=true"),
            lambda: "map(%s)" % self.pick("'upper'", "'string'", "attribute='id'", "attribute='name', default='?'", "'default', 1",
                                          "'round', 1", "attribute='tags.0'", "'int'", "'length'", "attribute=0", "'first'") + "|list",
            lambda: "%s(%s)" % (self.pick("select", "reject"), self.pick("", "'odd'", "'gt', 2", "'string'", "'in', xs", "'none'",
                                                                       "'equalto', 1", "'defined'", "'nope'")) + "|list",
            lambda: "%s(%s)" % (self.pick("selectattr", "rejectattr"),
                                self.pick("'ok'", "'id', 'gt', 0", "'name', 'equalto', 'bob'", "'grp', 'in', ['x']", "'tags'")) + "|list",
            lambda: "groupby(%s)" % self.pick("'grp'", "'ok'", "attribute='amt'", "'grp', case_sensitive=true", "'nope', default='q'", "0"),
            lambda: "unique(%s)|list" % self.pick("", "true", "attribute='grp'", "attribute='name', case_sensitive=true"),
            lambda: "sum(%s)" % self.pick("", "start=10", "attribute='amt'", "'id', 1", "start=[]", "start=1.5"),
            lambda: self.pick("min", "max") + "(%s)" % self.pick("", "attribute='amt'", "true", "attribute='name'"),
            lambda: "dictsort(%s)" % self.pick("", "true", "false, 'value'", "reverse=true", "by='value'"),
            lambda: "tojson(%s)" % self.pick("", "2", "indent=1", "none"), lambda: "filesizeformat(%s)" % self.pick("", "true"),
            lambda: "attr(%s)" % self.pick("'upper'", "'name'", "'real'", "'nope'"), lambda: "urlize(%s)" % self.pick("10", "target='_blank'"),
            lambda: "format(%s)" % ", ".join(self.atom() for _ in range(self.r.randint(0, 2))), lambda: "xmlattr(false)",
            lambda: "list|" + self.r.choice(FILTERS0)])()

    def filtered(self):
        return self.paren() + "".join("|" + self.filter_call() for _ in range(self.r.randint(1, 2)))

    def tested(self):
        test = self.r.choice(TESTS0) if self.chance(0.6) else "%s(%s)" % (self.r.choice(TESTS1[:12]), self.atom())
        return "%s is %s%s" % (self.paren(), self.pick("", "not "), test)

    def method(self):
        base = self.pick("s", "t", "xs", "ss", "d", self.text(), self.paren(), "nested", "(%s)" % self.literal(), "html|e")
        base = "(" + base + ")" if "|" in base else base
        name = self.r.choice([
            lambda: self.r.choice(METHODS0) + "()", lambda: self.r.choice(METHODS0) + "()",
            lambda: "%s(%s)" % (self.pick("startswith", "endswith", "find", "rfind", "index", "rindex", "count", "remove", "append", "extend",
                                          "get", "pop", "setdefault", "update", "split", "rsplit", "partition", "rpartition", "strip", "join",
                                          "removeprefix", "removesuffix", "insert"), self.pick(self.text(), self.atom())),
            lambda: "%s(%s, %s)" % (self.pick("find", "count", "startswith", "replace", "get", "pop", "split", "rsplit", "insert", "index", "setdefault"),
                                    self.pick(self.text(), self.small()), self.pick(self.small(), self.text())),
            lambda: "%s(%s%s)" % (self.pick("center", "ljust", "rjust", "zfill"), self.r.randint(0, 14), self.pick("", ", '*'")),
            lambda: "splitlines(%s)" % self.pick("true", "false"), lambda: "expandtabs(%s)" % self.small(),
            lambda: "split(none, %s)" % self.small(), lambda: "sort(%s)" % self.pick("reverse=true", ""),
            lambda: "format(%s)" % ", ".join(self.atom() for _ in range(self.r.randint(0, 3)))])()
        return base + "." + name

    def percent(self):
        flags = "".join(self.r.sample(["-", "+", " ", "0", "#"], self.r.randint(0, 2)))
        spec = "%" + flags + self.pick("", "5", "10", "2", "*") + self.pick("", "", ".2", ".0", ".5", ".1") + self.pick(*"sdrfegGxXoiuFEca%q")
        value = self.pick(self.atom(), "(%s,)" % self.atom(), "(%s, %s)" % (self.atom(), self.atom()), "{'k': %s}" % self.atom(), self.paren())
        if self.chance(0.15):
            spec = "%(k)" + spec[1:]
        return "'%s%s' %% %s" % (self.pick("", "a "), spec, value)

    def braces(self):
        fill = self.pick("", "", "*", "0") 
        align = self.pick("", "<", ">", "^", "=")
        spec = (fill + align if align else "") + self.pick("", "+", " ", "-") + self.pick("", "#") + self.pick("", "0") + self.pick("", "8", "3", "12") \
            + self.pick("", ",", "_") + self.pick("", ".2", ".0", ".4") + self.pick("", *"sdfegGxXobcn%")
        field = self.pick("", "0", "k", "1", "0[0]", "k.a", "0.real", "0[a]") + self.pick("", "", "!r", "!s", "!a") + (":" + spec if self.chance(0.7) else "")
        args = self.pick(self.atom(), "%s, k=%s" % (self.atom(), self.atom()), "%s, %s" % (self.atom(), self.atom()))
        return "'%s{%s}%s'.format(%s)" % (self.pick("", "x", "{{"), field, self.pick("", "}}", "{}"), args)

    def call(self):
        return self.r.choice([
            lambda: "range(%s)" % self.pick("3", "1, 5", "0, 10, 3", "5, 0, -2", self.atom(), "2, 2", "0, 3, 0") + self.pick("", "|list"),
            lambda: "dict(%s)" % self.pick("a=1", "pairs", "d", "d, z=3", "[['k', 1]]", "**d", "a=1, **d", "xs"),
            lambda: "namespace(%s).%s" % (self.pick("a=1", "d", "a=xs"), self.pick("a", "b")),
            lambda: "cycler(1, 2).next()", lambda: "joiner()()", lambda: "%s(%s)" % (self.r.choice(self.names), self.atom()),
            lambda: "ref(%s)" % self.text(), lambda: "var('x', %s)" % self.atom(), lambda: "dict(%s).items()|list" % self.pick("d", "a=s")])()

    # --- statements ---
    def data(self):
        return self.pick("", " ", "\n", "text", "  \n  ", "a\n\n", "x ", "\t", "<i>", "{ %", "\n\n")

    def open(self):
        return "{%" + self.pick("", "", "", "-", "+") + " "

    def close(self):
        return " " + self.pick("", "", "", "-", "+") + "%}"

    def tag(self, text):
        return self.open() + text + self.close()

    def output(self):
        return "{{" + self.pick("", "", "-", "+") + " " + self.expr() + " " + self.pick("", "", "-") + "}}"

    def body(self, size=2):
        self.depth += 2
        out = self.data() + "".join(self.statement() + self.data() for _ in range(self.r.randint(0, size)))
        self.depth -= 2
        return out

    def target(self):
        return self.pick("x", "y", "s", "n", "v", "i")

    def for_loop(self):
        self.loops += 1
        name = self.target()
        kept = list(self.names)
        iterable = self.pick("xs", "rows", "ss", "range(%d)" % self.r.randint(0, 5), self.expr(), "d", "d.items()", "empty", "pairs", "mixed")
        head = self.pick(name, name, name, "k, v", "(k, v)") + " in " + iterable
        if self.chance(0.25):
            head += " if " + self.paren()
        loop = lambda: "{{ loop.%s }}" % self.pick("index", "index0", "first", "last", "length", "revindex", "revindex0", "cycle(1, 2, 3)",
                                                  "previtem", "nextitem", "changed(%s)" % name, "depth", "depth0", "nope")
        self.names += [name, "k"]
        inner = self.body() + (loop() if self.chance(0.6) else "") + (self.tag("if " + self.paren()) + self.tag(self.pick("break", "continue")) +
                                                                     self.tag("endif") if self.chance(0.2) else "") + self.body(1)
        self.names = kept
        self.loops -= 1
        other = self.tag("else") + self.body(1) if self.chance(0.25) else ""
        return self.tag("for " + head) + inner + other + self.tag("endfor")

    def recursive(self):
        return self.tag("for x in nested.list recursive") + "{{ loop.depth }}" + self.tag("if x is sequence") + \
            "({{ loop(x) }})" + self.tag("else") + "{{ x }}" + self.body(1) + self.tag("endif") + self.tag("endfor")

    def branch(self):
        out = self.tag("if " + self.expr()) + self.body()
        for _ in range(self.r.randint(0, 2)):
            out += self.tag("elif " + self.expr()) + self.body(1)
        return out + (self.tag("else") + self.body(1) if self.chance(0.5) else "") + self.tag("endif")

    def assign(self):
        name = self.target()
        kind = self.r.random()
        if kind < 0.6:
            out = self.tag("set %s = %s" % (name, self.expr()))
        elif kind < 0.75:
            out = self.tag("set %s, %s = %s" % (name, "w", self.pick("(1, 2)", "pairs[0]", self.expr(), "xs[:2]", "s")))
        else:
            out = self.tag("set " + name + self.pick("", " | upper", " | replace('a', 'b')", " | trim | length")) + self.body(1) + self.tag("endset")
        if self.depth < 2:
            self.names.append(name)
        return out

    def namespace(self):
        return self.tag("set ns = namespace(c=0, l=[])") + self.tag("for i in xs") + self.tag("set ns.c = ns.c + i") + \
            self.tag("do ns.l.append(i)") + self.body(1) + self.tag("endfor") + "{{ ns.c }}{{ ns.l }}{{ ns }}"

    def macro(self):
        name = self.pick("m1", "m2", "helper")
        params = self.pick("", "p", "p, q=1", "p, q=s", "p=none, q=[]", "p, q=p")
        kept = list(self.names)
        self.names += [x.split("=")[0].strip() for x in params.split(",") if x]
        body = self.body() + self.pick("", "{{ varargs }}", "{{ kwargs }}", "{{ caller() if caller else '-' }}", "{{ caller(1) }}")
        self.names = kept
        out = self.tag("macro %s(%s)" % (name, params)) + body + self.tag("endmacro")
        args = lambda: self.pick("", self.atom(), "%s, %s" % (self.atom(), self.atom()), "p=%s" % self.atom(), "1, q=2", "*xs", "**d",
                                 "1, 2, 3", "q=1, p=2", "z=1", "*[1], **{'q': 2}")
        for _ in range(self.r.randint(0, 2)):
            out += "{{ %s(%s) }}" % (name, args()) if self.chance(0.7) else \
                self.tag("call%s %s(%s)" % (self.pick("", "(u)", "(u, w=1)"), name, args())) + self.body(1) + self.tag("endcall")
        return out + self.pick("", "{{ %s.name }}{{ %s.arguments }}" % (name, name))

    def raw(self):
        return self.tag("raw") + self.data() + "{{ x }} {% y %}" + self.data() + self.tag("endraw")

    def include(self):
        return self.r.choice([
            lambda: self.tag("include " + self.pick("'inc'", "'nope' ignore missing", "['nope', 'inc']", "'nope'",
                                                 # Within a captured block jinja2 sends its text past the capture.
                                                 "'inc' without context" if self.depth == 0 else "'inc'")),
            lambda: self.tag("import 'lib' as L" + self.pick("", " with context")) + "{{ L.hi(%s) }}{{ L.K }}{{ L.nope }}" % self.atom(),
            lambda: self.tag("from 'lib' import hi, K as kk" + self.pick("", " with context")) + "{{ hi(1, y=%s) }}{{ kk }}" % self.atom(),
            lambda: self.tag("from 'lib' import nope") + "{{ nope is defined }}"])()

    def broken(self):
        return self.pick("{{ }}", "{% if %}", "{{ a b }}", "{% endif %}", "{{ (1 }}", "{{ 'a }}", "{% for x %}", "{{ x| }}", "{{ x is }}", "{# open",
                         "{% set = 1 %}", "{{ x.}}", "{{ 1 + }}", "{% unknown %}", "{{ x|nofilter }}", "{{ x is notest }}", "{% raw %}", "{{ a..b }}",
                         "{{ [1, }}", "{{ {1 2} }}", "{% macro %}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ x[1:2:3:4] }}", "{{ not }}",
                         "{% else %}", "{{ f(a=1, 2) }}", "{{ f(*a, *b) }}", "{% block a %}", "{{ a is b is c }}", "{{ 1 if }}", "{% set 1 = 2 %}",
                         "{% set a.b.c = 2 %}", "{{ '\\x1' }}", "{{ a ? b }}", "{% for 1 in x %}{% endfor %}", "{% call x %}{% endcall %}", "}}", "%}",
                         "{% with a %}{% endwith %}", "{% if a %}{% endfor %}", "{% if true %}{{ x|nofilter }}{% endif %}")

    def statement(self):
        if self.depth > 6:
            return self.output()
        return self.r.choice([self.output] * 9 + [self.for_loop, self.for_loop, self.branch, self.branch, self.assign, self.assign, self.assign,
                             self.macro, self.raw, self.namespace, self.recursive, self.include,
                             lambda: self.tag("with %s = %s" % (self.target(), self.expr())) + self.body() + self.tag("endwith"),
                             lambda: self.tag("filter " + self.pick("upper", "trim", "indent(2)", "replace('a', s)", "e")) + self.body() + self.tag("endfilter"),
                             lambda: self.tag("do " + self.expr()), lambda: "{#" + self.pick("", "-") + " c " + self.pick("", "-") + "#}",
                             lambda: self.tag("autoescape " + self.pick("true", "false")) + self.body() + self.tag("endautoescape"),
                             lambda: self.tag("print " + self.expr())])()

    def case(self):
        env = {"trim_blocks": self.chance(0.25), "lstrip_blocks": self.chance(0.25), "keep_trailing_newline": self.chance(0.25),
               "undefined": self.pick("default", "default", "default", "strict", "chainable")}
        context = self.context()
        lib = "{% macro hi(x, y=" + self.atom() + ") %}hi {{ x }}{{ y }}{{ n is defined }}{% endmacro %}{% set K = " + self.atom() + " %}"
        inc = self.pick("inc {{ n }}{{ x|default('nox') }}{{ K|default('nok') }}", "{{ s }}{% set s = 1 %}", "{{ loop.index|default('nl') }}")
        main = self.data() + "".join(self.statement() + self.data() for _ in range(self.r.randint(1, 3)))
        if self.chance(0.06):
            at = self.r.randint(0, len(main))
            main = main[:at] + self.broken() + main[at:]
        templates = {"main": main, "lib": lib, "inc": inc}
        if self.chance(0.06):
            templates["base"] = "<{% block a %}A{{ n }}{% endblock %}|{% block b scoped %}{{ x|default('-') }}{% endblock %}>" + self.body(1)
            templates["main"] = self.pick("", main) + "{% extends 'base' %}" + self.body(1) + "{% block a %}" + \
                self.pick("", "{{ super() }}", "{{ self.b() }}") + self.body(1) + "{% endblock %}"
        return {"env": env, "templates": templates, "main": "main", "context": context}


class Adapter:
    def quote(self, s):
        return '"%s"' % s


def oracle(case):
    undefined = {"default": jinja2.Undefined, "strict": jinja2.StrictUndefined, "chainable": jinja2.ChainableUndefined}
    flags = {k: v for k, v in case["env"].items() if k != "undefined"}
    env = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=False,
                                              undefined=undefined[case["env"]["undefined"]],
                                              loader=jinja2.DictLoader(case["templates"]), **flags)
    env.globals.update(config=lambda *a, **k: "", ref=lambda *a, **k: '"db"."main"."%s"' % a[-1],
                       source=lambda a, b: '"db"."%s"."%s"' % (a, b), var=lambda n, d=None: d, is_incremental=lambda: True,
                       this='"db"."main"."m"', log=lambda *a, **k: "", execute=False, run_query=lambda *a: None,
                       target={"name": "dev", "type": "duckdb", "schema": "main"}, flags={"FULL_REFRESH": False}, adapter=Adapter())
    try:
        return {"text": env.get_template(case["main"]).render(**case["context"])}
    except jinja2.TemplateSyntaxError as e:
        return {"phase": "parse", "line": e.lineno, "message": "%s: %s" % (type(e).__name__, e.message)}
    except Exception as e:
        return {"phase": "render", "message": "%s: %s" % (type(e).__name__, e)}


# What is not compared: memory addresses, chance, complex numbers, and code that Python itself cannot compile.
UNSTABLE = ("object at 0x", "<function", "<bound method", "<built-in", "<generator", "|random", "<dict_", "<list_reverse", "<reversed",
            "<class ", "<jinja2.", "<Module", "<bytes")


def comparable(case, want):
    text = want.get("text", "") + want.get("message", "")
    if any(u in text for u in UNSTABLE) or "complex" in text:
        return False
    # Limits differ: ours are lower for sizes of integers and text, jinja2 has Python's recursion limit.
    if "RecursionError" in text or "MemoryError" in text or "4300 digits" in text or "NameError: name 'inf'" in text:
        return False
    return "SyntaxError" not in want.get("message", "").split(":")[0] or want["phase"] == "parse"


def agree(want, got):
    if "text" in want or "text" in got:
        return want.get("text") == got.get("text") and ("text" in want) == ("text" in got)
    return want["phase"] == got["phase"] and (want["phase"] == "render" or want["line"] == got["line"])


class Timeout(Exception):
    pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runner")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--stop", type=int, default=20, help="differences after which to stop")
    parser.add_argument("--save", help="append differing cases to this file, in the form of the conformance suite")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    runner = subprocess.Popen([options.runner, "--answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def on_alarm(*_):
        raise Timeout()

    signal.signal(signal.SIGALRM, on_alarm)
    same = different = unusable = 0
    for i in range(options.count):
        seed = options.seed * 1000003 + i
        case = Generator(seed).case()
        try:
            line = json.dumps(case)  # now: rendering may change the context
        except (ValueError, UnicodeError):
            unusable += 1
            continue
        signal.alarm(5)
        try:
            want = oracle(case)
        except Timeout:
            unusable += 1
            continue
        finally:
            signal.alarm(0)
        if not comparable(case, want):
            unusable += 1
            continue
        runner.stdin.write(line + "\n")
        runner.stdin.flush()
        answer = runner.stdout.readline()
        if not answer:
            print("the runner died on seed %d: %r" % (seed, case["templates"]["main"]))
            return 1
        got = json.loads(answer)
        if "has no real result" in got.get("message", ""):  # Python goes on with complex numbers there
            unusable += 1
            continue
        if agree(want, got):
            same += 1
            continue
        different += 1
        print("seed %d %s\n  template %r\n  jinja2   %r\n  weir     %r" % (seed, case["env"], case["templates"]["main"], want, got))
        if len(case["templates"]) > 3:
            print("  base     %r" % case["templates"]["base"])
        if options.save:
            with open(options.save, "a", encoding="utf-8") as out:
                out.write(json.dumps(dict(case, id="fuzz-%d" % seed, feature="fuzz",
                                          **({"expected": want["text"]} if "text" in want else {"error": dict(want, type="")}))) + "\n")
        if different >= options.stop:
            break
    print("%d equal, %d different, %d not comparable" % (same, different, unusable))
    return 1 if different else 0


sys.exit(main())
