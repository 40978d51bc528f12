"""Secrets in command lines: what follows ``--password``, and what short options of well-known tools take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .names import secret_kind, word_set


class _Tool(NamedTuple):
    """How a tool takes a secret.

    Attributes:
        names: The programs.
        option: The short option; empty when the secret is an argument without one.
        joined: It stands in the word of the option, as in ``-psecret``.
        after: Where in the argument the secret begins: behind this character, as in ``user:password``.
    """

    names: str
    option: str
    joined: bool = False
    after: str = ""


_TOOLS: Final = (
    _Tool(
        "mysql mysqldump mysqladmin mysqlimport mysqlcheck mariadb mariadb-dump mariadb-admin 7z 7za", "-p", joined=True
    ),
    _Tool("sshpass", "-p"),
    _Tool("sshpass", "-p", joined=True),
    _Tool("docker podman helm nerdctl skopeo oc az twine cqlsh mongo mongosh mongodump mongorestore ncftpput", "-p"),
    _Tool("influx clickhouse-client rpk vault snowsql", "-p"),
    _Tool("redis-cli", "-a"),
    _Tool("ldapsearch ldapadd ldapmodify ldapdelete ldappasswd ldapwhoami rabbitmqadmin", "-w"),
    _Tool("sqlcmd bcp osql unzip zip isql", "-P"),
    _Tool("unzip zip", "-P", joined=True),
    _Tool("curl wget http https xh", "-u", after=":"),
    _Tool("curl", "-u", joined=True, after=":"),
    _Tool("openssl", "-k"),
    _Tool("curl", "--user", after=":"),
    _Tool("curl", "--proxy-user", after=":"),
    _Tool("curl", "-U", after=":"),
    _Tool("curl", "-b"),
    _Tool("http https xh", "-a", after=":"),
    _Tool("http https xh", "--auth", after=":"),
    _Tool("lftp", "-u", after=","),
    _Tool("smbclient rpcclient net", "-U", after="%"),
    _Tool("snmpwalk snmpget snmpset", "-A"),
    _Tool("snmpwalk snmpget snmpset", "-X"),
    _Tool("snmpwalk snmpget snmpset", "-c"),
    _Tool("htpasswd", ""),
    _Tool("rabbitmqctl", ""),
    _Tool("wpa_passphrase", ""),
)
_BY_NAME: Final[dict[str, list[_Tool]]] = {}
for _tool in _TOOLS:
    for _name in _tool.names.split():
        _BY_NAME.setdefault(_name, []).append(_tool)
#: Tools that take a secret as an argument without an option.
_LAST: Final = ("htpasswd", "rabbitmqctl", "wpa_passphrase")
#: Tools whose short option is a password after ``login`` only; else it is a port.
_LOGIN_ONLY: Final = word_set("docker podman nerdctl")
#: Words of one command line; in a list that was printed they are quoted.
_ARGUMENT: Final = re.compile(
    r"\\{1,31}[\"']([^\"'\\\n]*)\\{1,31}[\"']|\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|([^\s'\",\[\]()|;]+)"
)
_END: Final = re.compile(r"[\n|;]|&&")
_ANY_QUOTE: Final = re.compile(r"(\\*)[\"']")
_LONGEST: Final = 600
_TOOL_NAMES: Final = sorted(_BY_NAME, key=len, reverse=True)
_TOOL: Final = re.compile(rf"(?:{'|'.join(map(re.escape, _TOOL_NAMES))})(?=(\\{{0,31}})[\s'\"])")
#: After an option in a sentence, not in a command line.
PROSE: Final = word_set(
    "to or and is was for if with from in of on option flag argument must cannot not when so a an the needs "
    "requires instead are has may can should will as by be takes asks reads then"
)


def secret_arguments(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where in a command line secrets stand: the index of the word, and the place in it where the secret begins.

    Args:
        words: Program and arguments; the program may be missing.
    """
    program = words[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe") if words else ""
    tools = _BY_NAME.get(program, ())
    if program in _LOGIN_ONLY and "login" not in words:
        tools = ()
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word.startswith("-") and "=" not in word and following and not following.startswith("-"):
            name = word.lstrip("-")
            if len(name) > 1 and following not in PROSE and secret_kind(name):
                yield index + 1, 0
        for tool in tools:
            if tool.joined:
                if index and word.startswith(tool.option) and len(word) > len(tool.option) and word[1] != "-":
                    start = word.find(tool.after) + 1 if tool.after else len(tool.option)
                    if start:
                        yield index, start
            elif tool.option and word == tool.option and following:
                start = following.find(tool.after) + 1 if tool.after else 0
                if start or not tool.after:
                    yield index + 1, start
    place = _place_of_password(program, words) if program in _LAST else 0
    if 0 < place < len(words):
        yield place, 0


def _place_of_password(program: str, words: Sequence[str]) -> int:
    """Return which word is the password of a tool that takes it as an argument of its own; 0: none."""
    plain = [index for index, word in enumerate(words) if index and not word.startswith("-")]
    options = [word for word in words[1:] if word.startswith("-")]
    if program == "wpa_passphrase":
        return plain[1] if len(plain) > 1 else 0
    if program == "rabbitmqctl":  # after the verb (``add_user``) and the name of the user
        return next((index + 2 for index in plain if "_" in words[index]), 0)
    if not any("b" in option for option in options):
        return 0
    count = 1 if any("n" in option for option in options) else 2  # after the file, which there may be, and the user
    return plain[count] if len(plain) > count else 0


def secret_spans(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and kind of the secrets in the command lines that a text shows."""
    spans: list[tuple[int, int, str]] = []
    at = 0
    for tool in _TOOL.finditer(text):
        before = text[tool.start() - 1 : tool.start()]
        if tool.start() < at or before.isalnum() or (before and before in "-_."):
            continue
        stop = _END.search(text, tool.end(), tool.start() + _LONGEST)
        at = stop.start() if stop else min(len(text), tool.start() + _LONGEST)
        if tool[0] in _LAST and before not in ("'", '"'):
            at = _end_of_quotes(text, tool.end(), at)
        # In a list that was printed the program stands in quotes of its own.
        quoted = before in ("'", '"') and text[tool.end(1)] == before
        spans += _spans(text, tool.start() - quoted * (1 + len(tool[1])), at)
    return spans


def _end_of_quotes(text: str, start: int, end: int) -> int:
    """Return where the text in quotes ends in which a command line stands; the end given when it stands in none."""
    opened = ""
    for quote in _ANY_QUOTE.finditer(text, start, end):
        if opened == quote[0]:
            opened = ""
        elif not opened:
            if not quote[1] and text[quote.start() - 1] in " \t=":
                opened = quote[0]
            else:
                return quote.start()
    return end


def _spans(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    matches = list(_ARGUMENT.finditer(text, start, end))
    words = [match[match.lastindex or 0] for match in matches]
    for index, place in secret_arguments(words):
        match = matches[index]
        group = match.lastindex or 0
        yield match.start(group) + place, match.end(group), "argument"
