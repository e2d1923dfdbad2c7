# SPDX-License-Identifier: GPL-2.0-only
"""Reads the public headers: structures with the path of every field, and constants.

It understands the plain C that include-public/ is written in, not C at large: one declaration per
statement, no bit fields, no function pointers. The caller gets a ValueError for anything else.
"""
import re

IDENT = r"[A-Za-z_]\w*"
NUMBER = r"(?:0x[0-9A-Fa-f]+|[0-9]+)"


def strip(text):
    """Without comments and continued lines."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return text.replace("\\\n", " ")


def _body(text, start):
    """The text between the brace at start and its partner, and the position after it."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return text[start + 1:position], position + 1
    raise ValueError("unbalanced braces")


def _members(body):
    """[(name, has_size, inner members or None, type)] of a structure's body."""
    members, position = [], 0
    while True:
        while position < len(body) and body[position].isspace():
            position += 1
        if position >= len(body):
            return members
        head = re.compile(r"(struct|union)\s*(%s)?\s*\{" % IDENT).match(body, position)
        if head:
            inner, position = _body(body, head.end() - 1)
            end = body.index(";", position)
            names, kind, nested = body[position:end], None, _members(inner)
        else:
            end = body.index(";", position)
            decl = re.match(r"\s*((?:struct |union )?%s)\s+(.*)$" % IDENT, body[position:end], re.S)
            if not decl:
                raise ValueError("cannot read: " + body[position:end].strip())
            kind, names, nested = decl.group(1), decl.group(2), None
        for name in names.split(","):
            match = re.match(r"^\s*(%s)\s*((?:\[[^]]*\])*)\s*$" % IDENT, name)
            if not match:
                raise ValueError("cannot read: " + name.strip())
            members.append((match.group(1), "[]" not in match.group(2), nested, kind))
        position = end + 1


class Struct:
    """One structure or union: kind, tag, members as from _members."""

    def __init__(self, kind, tag, members):
        self.kind, self.tag, self.members = kind, tag, members

    @property
    def name(self):
        return "%s %s" % (self.kind, self.tag)

    def paths(self, inline=None, members=None, prefix=""):
        """(path, has_size) of every field; fields whose type is in inline are entered."""
        for name, sized, nested, kind in self.members if members is None else members:
            yield prefix + name, sized
            if nested is None and inline and kind in inline:
                nested = inline[kind].members
            if nested is not None:
                yield from self.paths(inline, nested, prefix + name + ".")


def structs(text):
    text = strip(text)
    found = []
    for match in re.finditer(r"^(struct|union) (%s) \{" % IDENT, text, flags=re.M):
        body, _ = _body(text, match.end() - 1)
        found.append(Struct(match.group(1), match.group(2), _members(body)))
    return found


def constants(text):
    """(name, number of parameters) of macros with a value, and of enumerators."""
    text = strip(text)
    found = []
    for match in re.finditer(r"^#define (%s)(\([^)]*\))?[ \t]+(\S.*)$" % IDENT, text, flags=re.M):
        name, parameters, value = match.groups()
        if '"' not in value and not value.startswith(".byte"):
            found.append((name, len(parameters.split(",")) if parameters else 0))
    for match in re.finditer(r"^enum %s \{(.*?)^\}" % IDENT, text, flags=re.M | re.S):
        found += [(n, 0) for n in re.findall(r"^\s*(%s)\s*[=,]" % IDENT, match.group(1), flags=re.M)]
    return found


def hypercalls(text):
    """The rows of hypercalls.def as dictionaries of strings; number is an int."""
    rows = re.findall(r"^HYPERCALL\((.*?)\)", strip(text), flags=re.M)
    keys = ("number", "name", "since", "nargs", "who", "preemptible")
    table = [dict(zip(keys, (cell.strip() for cell in row.split(",")))) for row in rows]
    for row in table:
        row["number"] = int(row["number"], 0)
    return table
