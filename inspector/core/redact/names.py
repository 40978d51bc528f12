"""Names that promise a secret: words of a field, a header, an option or a variable, and the kind of secret they tell.

Words count, not letters: ``reset_token``, ``apiKey`` and ``PGPASSWORD`` are secret, ``tokenizer``, ``page_token``,
``card_title`` and ``pinned`` are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


#: A word that makes the value secret wherever it stands, and the kind to show. Plurals count too.
_SECRET: Final = {
    **dict.fromkeys(word_set("password passwd pwd passphrase passcode passwort kennwort pw passkey senha"), "password"),
    **dict.fromkeys(word_set("token jwt jwe bearer"), "token"),
    **dict.fromkeys(word_set("secret mnemonic"), "secret"),
    **dict.fromkeys(word_set("authorization"), "authorization"),
    **dict.fromkeys(word_set("credential cred"), "credential"),
    **dict.fromkeys(word_set("jsessionid"), "cookie"),
    **dict.fromkeys(word_set("cvv cvc creditcard"), "card"),
    **dict.fromkeys(word_set("otp totp"), "otp"),
    "apikey": "api_key",
    **dict.fromkeys(word_set("csrf xsrf samlresponse samlart"), "token"),
    "puk": "pin",
    "iban": "iban",
    "ssn": "ssn",
}
#: Words of many meanings: secret as the last word, and before the words that follow here.
_NARROW: Final = {
    "card": ("card", word_set("number no nr num pan pin code data value token")),
    "pin": ("pin", word_set("code number no value hash block")),
    "auth": ("authorization", word_set("header headers key code data string value hash")),
    "cookie": ("cookie", word_set("value header headers jar data string")),
    "pass": ("password", word_set("hash phrase word code")),
}
#: What stands before a word of many meanings where no secret is meant: ``score_card``, ``boarding_pass``.
_OTHER_MEANING: Final = {
    "card": word_set(
        "birthday greeting business score report sim graphics sound video memory id flash trump post info summary "
        "product map kanban trello ui content profile user event task data twitter index cue place red yellow"
    ),
    "pin": word_set("map drop rolling location bowling push safety board"),
    "auth": word_set("use using needs need require requires skip no with without factor enable disable has"),
    "cookie": word_set("fortune consent recipe chocolate"),
}
#: ``pass`` is a password after these only.
_PASS_OF: Final = word_set(
    "db database user mysql postgres pg smtp imap mail email ftp sftp ssh redis mongo ldap proxy admin root login "
    "auth rabbitmq amqp broker wifi vpn api basic http keystore key store my require"
)
#: Two words that only together make a value secret.
_PAIRS: Final = {
    **{(word, "key"): "api_key" for word in ("api", "access", "app", "application", "consumer", "account", "service")},
    **{(word, "key"): "api_key" for word in ("storage", "subscription", "deploy", "webhook", "auth")},
    **{
        (word, "key"): "private_key" for word in ("private", "signing", "encryption", "master", "ssh", "hmac", "shared")
    },
    **{(word, "key"): "private_key" for word in ("decryption", "secret", "pgp", "gpg", "tls", "ssl", "cipher", "aes")},
    **{(word, "code"): "otp" for word in ("recovery", "verification", "backup", "reset", "mfa", "fa", "sms", "login")},
    **{(word, "code"): "otp" for word in ("totp", "auth", "access", "activation", "time", "unlock", "authentication")},
    **{(word, "phrase"): "secret" for word in ("seed", "recovery", "pass")},
    **{("pass", word): "password" for word in ("word", "code")},
    **{(word, "verifier"): "otp" for word in ("code", "oauth")},
    **{(word, "code"): "otp" for word in ("device", "user", "authorization", "sign")},
    **{("client", word): "token" for word in ("key", "assertion")},
    **{("saml", word): "token" for word in ("response", "assertion", "artifact")},
    ("session", "key"): "token",
    ("session", "cookie"): "cookie",
    ("social", "security"): "ssn",
    ("account", "number"): "account",
    ("security", "code"): "card",
    ("security", "answer"): "secret",
    ("card", "verification"): "card",
}
#: At the end of the name they tell that the value is about the secret: ``token_type``, ``password_hint``.
_ABOUT: Final = word_set(
    """
    type kind count version status state policy expiry expires expired expiration expire at on in until length brand
    limit format category reason id ids method required enabled present valid provider scheme size age ttl lifetime
    duration name names label hint title url uri path file filename folder dir field fields rule rules error errors
    message messages prompt placeholder min max minimum maximum strength score changed updated created issued rotated
    revoked verified sent received stored missing invalid accepted active exists needed allowed supported optional
    mandatory protected disabled used unused usage budget bucket index position price cost symbol endpoint issuer scope
    scopes location style class env manager service store storage backend handler factory generator validator parser
    checker check reset change attempts tries algorithm alg encoding prefix last holder country bank channel color
    colour layout view design question consent banner source origin audience subject domain owner less template
    settings config options mode level purpose description docs help page screen form input button icon image art
    set template network currency created_at
    """
)
#: Before ``token`` or ``tokens`` they tell of places in a list and of pieces of a text, not of secrets.
_ORDINARY_TOKEN: Final = word_set(
    "page next continuation pagination paging cursor sync resume change cancel cancellation special stop bos eos pad "
    "unk mask sep cls first last max min total num n prompt completion output input used cached reasoning context "
    "count per chunk generated new"
)
#: A name that begins with them asks a question, and its value answers it.
_ASKING: Final = word_set("is has needs requires require should can allow allows show hide no")
#: Secret words at the end of a word without a gap: ``authtoken``, ``dbpassword``, ``clientsecret``.
_ENDS: Final = (
    *(("password", "password"), ("passwd", "password"), ("passphrase", "password"), ("passcode", "password")),
    *(("passwort", "password"), ("pwd", "password"), ("token", "token"), ("secret", "secret"), ("apikey", "api_key")),
    *(("accesskey", "api_key"), ("accountkey", "api_key"), ("authkey", "api_key"), ("secretkey", "private_key")),
    *(
        ("storagekey", "api_key"),
        ("deploykey", "api_key"),
        ("privatekey", "private_key"),
        ("signingkey", "private_key"),
        ("encryptionkey", "private_key"),
    ),
    *(("masterkey", "private_key"), ("sessionkey", "token"), ("sessid", "cookie"), ("credential", "credential")),
    *(("setcookie", "cookie"), ("sessioncookie", "cookie"), ("cardnumber", "card"), ("creditcard", "card")),
    *(("accountnumber", "account"), ("securitycode", "card"), ("pincode", "pin"), ("otpcode", "otp")),
)
#: What follows a secret word without a gap and leaves it a secret: ``passwordhash``, ``tokenvalue``.
_JOINED: Final = re.compile(
    r"(?:(passwords?|passwd|pwd)|(tokens?)|(secrets?))(?:hash|value|text|string|confirm|confirmation|repeat|again|new|"
    r"old|current|salt|plain|data|bytes)"
)
_JOINED_KINDS: Final = ("password", "token", "secret")
_NO_SECRET: Final = word_set("betoken getpwd sshpass")
#: In other scripts.
_FOREIGN: Final = ("пароль", "contraseña", "contrasena", "mot_de_passe", "密码", "密碼", "パスワード", "비밀번호")
#: How a letter beyond ASCII is written by JSON at any depth, by the ``repr`` of bytes, and in URLs.
_ESCAPES: Final[tuple[Callable[[str], str], ...]] = (
    lambda char: rf"\\{{1,31}}u{ord(char):04x}",
    lambda char: "".join(rf"\\{{1,31}}x{byte:02x}" for byte in char.encode()),
    lambda char: "".join(f"%{byte:02x}" for byte in char.encode()),
)
#: Names in other scripts in any of these forms.
ESCAPED: Final = "|".join(
    "".join(char if char.isascii() else escape(char) for char in word)
    for word in _FOREIGN
    if not word.isascii()
    for escape in _ESCAPES
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

#: Every name that is secret has one of these in it, in small letters.
STEMS: Final = (
    *("pass", "token", "key", "secret", "auth", "cookie", "cred", "card", "pw", "pin", "otp", "code", "jw", "sess"),
    *(
        "ssn",
        "cvv",
        "cvc",
        "iban",
        "account",
        "csrf",
        "xsrf",
        "saml",
        "client",
        "licen",
        "verif",
        "puk",
        "bearer",
        "mnemonic",
        "phrase",
        "securi",
        "kennwort",
        "senha",
    ),
)
_STEMS_BY_LETTER: Final[dict[str, list[str]]] = {}
for _stem in STEMS:
    _STEMS_BY_LETTER.setdefault(_stem[0], []).append(_stem[1:])
#: Grouped by first letter: several times faster than one list of alternatives.
_STEM: Final = re.compile("|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in _STEMS_BY_LETTER.items()))
#: Names of numbers that are told to people, however much the number looks like that of a card.
_NUMBERED: Final = word_set(
    "order invoice ticket tracking parcel shipment reference ref booking batch sku serial imei isbn ean barcode "
    "timestamp transaction receipt item product customer id ids upc gtin delivery quote case contract"
)


def secret_kind(name: str) -> str:
    """Return which kind of secret a field of that name holds; empty when it holds none."""
    words = [word.lower() for word in _WORD.findall(name[:200])]
    if not name.isascii() and any(word in name.lower() for word in _FOREIGN):
        return "password"
    if words and words[0] in _ASKING:
        return ""
    while len(words) > 1 and words[-1].isdigit():  # ``password2``
        words.pop()
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        kind, used = _kind_of_word(word, before, words[index + 1 : index + 2])
        rest = words[index + 1 + used :]
        if kind and not (rest and rest[-1] in _ABOUT):
            return kind
    return ""


def _kind_of_word(word: str, before: str, following: list[str]) -> tuple[str, int]:
    """Return the kind of secret that a word of a name tells, and how many of the words after it belong to that."""
    single = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    if single == "token" and before in _ORDINARY_TOKEN:
        return "", 0
    kind = _SECRET.get(word) or _SECRET.get(single, "")
    if kind:
        return kind, 0
    after = following[0] if following else ""
    kind = _PAIRS.get((word, after)) or _PAIRS.get((word, after.removesuffix("s")), "")
    if kind:
        return kind, 1
    if single in _NARROW:
        kind, closer = _NARROW[single]
        if (after and after not in closer) or before in _OTHER_MEANING.get(single, ()):
            return "", 0
        return (kind if single != "pass" or before in _PASS_OF or not before else ""), bool(after)
    return _kind_of_joined(single), 0


def _kind_of_joined(word: str) -> str:
    if len(word) < 6 or word in _NO_SECRET:
        return ""
    for end, kind in _ENDS:
        if word.endswith(end) and not (end == "token" and word[: -len(end)] in _ORDINARY_TOKEN | {"nextpage"}):
            return kind
    joined = _JOINED.fullmatch(word)
    if joined:
        return _JOINED_KINDS[(joined.lastindex or 1) - 1]
    return "password" if word.endswith("pass") and word.removesuffix("pass") in _PASS_OF else ""


def may_name_a_secret(lowered: str) -> bool:
    """Return whether there may be a secret name in a text, given in small letters."""
    if _STEM.search(lowered):
        return True
    return not lowered.isascii() and any(word in lowered for word in _FOREIGN)


def may_tell_a_secret(lowered: str) -> bool:
    """Return whether a sentence, given in small letters, may say what a password or a key is."""
    return "pass" in lowered or "token" in lowered or "secret" in lowered or "key" in lowered or "pin" in lowered


def may_tell_a_code(lowered: str) -> bool:
    """Return whether a sentence, given in small letters, may have a code that is not called so: ``OTP 4711``."""
    return "otp" in lowered or "pin" in lowered or "2fa" in lowered or "mfa" in lowered or "tan" in lowered


def is_numbered(name: str) -> bool:
    """Return whether a field of that name holds a number by which people know something: of an order, a parcel."""
    return any(word.lower() in _NUMBERED for word in _WORD.findall(name[:200]))
