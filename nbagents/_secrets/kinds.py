"""What secrets look like: one line for each kind, with strings of which one is in every text that holds it.

The strings are looked for first; that is nearly all that text without secrets costs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbagents._secrets.values import BEARER, KEY

__all__ = ["KINDS", "NAMED", "Kind"]

# Not in the middle of a word; the letter of an escape (`\n` in JSON inside JSON) is not part of one.
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=%[0-9a-fA-F]{2}))"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret.

    Attributes:
        name: What takes its place, in a word or two.
        needles: Lower-case strings of which one is in any text that holds it.
        pattern: The secret is the group "secret", or all of the match where there is no such group.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it is in a text."""
        group = "secret" if "secret" in self.pattern.groupindex else 0
        return [match.span(group) for match in self.pattern.finditer(text)]


def _kind(name: str, needles: str, pattern: str) -> Kind:
    return Kind(name, tuple(needles.split()), re.compile(pattern))


# Names after which a value is secret, in text (`password=...`) and as keys of objects.
NAMED = re.compile(
    r"(?:[a-z0-9]{1,20}[_-]){0,3}(?:password|passwd|passphrase|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|"
    r"secret[_-]?access[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret)",
    re.IGNORECASE,
)

_NAMED_NEEDLES = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    *(f"{word}{join}key" for word in ("api", "access", "private") for join in ("", "_", "-")),
    *(f"{word}{join}token" for word in ("access", "auth", "refresh", "id") for join in ("", "_", "-")),
)

KINDS: tuple[Kind, ...] = (
    Kind("key", ("sk-",), KEY),
    Kind("bearer token", ("earer",), BEARER),
    _kind("organisation", "org-", rf"{_EDGE}org-[A-Za-z0-9]{{12,}}"),
    _kind("project", "proj_", rf"{_EDGE}proj_[A-Za-z0-9]{{12,}}"),
    _kind("GitHub token", "gh github_pat_", rf"{_EDGE}(?:gh[pousr]_[A-Za-z0-9]{{20,}}|github_pat_\w{{20,}})"),
    _kind("GitLab token", "glpat-", rf"{_EDGE}glpat-[\w-]{{16,}}"),
    _kind("AWS key", "akia asia", rf"{_EDGE}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9])"),
    _kind("Google key", "aiza ya29.", rf"{_EDGE}(?:AIza[\w-]{{30,}}|ya29\.[\w-]{{20,}})"),
    _kind("Slack token", "xox xapp-", rf"{_EDGE}(?:xox[a-z]|xapp)-[A-Za-z0-9-]{{10,}}"),
    _kind("Slack hook", "hooks.slack.com", r"hooks\.slack\.com/services/(?P<secret>[A-Za-z0-9/_]{16,})"),
    _kind("Stripe key", "_live_ _test_ whsec_", rf"{_EDGE}(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9]{{12,}}"),
    _kind("SendGrid key", "sg.", rf"{_EDGE}SG\.[\w-]{{12,}}\.[\w-]{{12,}}"),
    _kind("Hugging Face token", "hf_", rf"{_EDGE}hf_[A-Za-z0-9]{{20,}}"),
    _kind("package token", "npm_ pypi-", rf"{_EDGE}(?:npm_[A-Za-z0-9]{{30,}}|pypi-[\w-]{{30,}})"),
    _kind("DigitalOcean token", "_v1_", rf"{_EDGE}do[opr]_v1_[a-f0-9]{{40,}}"),
    _kind(
        "provider key",
        "gsk_ xai- r8_ pplx- nvapi- tvly- dapi lin_api_",
        rf"{_EDGE}(?:gsk_|xai-|r8_|pplx-|nvapi-|tvly-|dapi|lin_api_)[A-Za-z0-9_-]{{20,}}",
    ),
    _kind("Telegram token", ":aa", r"(?<!\d)\d{8,10}:AA[\w-]{32,}"),
    _kind("JSON web token", "eyj", rf"{_EDGE}eyJ[\w-]{{8,}}\.[\w-]{{8,}}\.[\w-]{{5,}}"),
    _kind(
        "private key",
        "key-----",
        r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
    ),
    _kind("login in an address", "://", r"://(?P<secret>[^\s/@:\"'<>\\]{1,200}:[^\s/@\"'<>\\]{1,200})@"),
    _kind(  # a word after "basic" has neither a capital nor a digit
        "basic login",
        "asic",
        r"(?i:basic)(?:\s|%20|\+)+(?P<secret>(?=[a-z+/_-]*[A-Z0-9])[A-Za-z0-9+/_-]{12,}={0,2})(?![a-z ])",
    ),
    _kind(
        "signed address",
        "sig= signature= token= key=",
        r"(?i)[?&](?:[\w-]{0,40}(?:signature|token|key)|sig)=(?P<secret>(?!\[redacted)[^\s&\"'<>\\#]{6,})",
    ),
    Kind(
        "named secret",
        _NAMED_NEEDLES,
        re.compile(
            rf"{_EDGE}{NAMED.pattern}\\*[\"']?\s?[:=]\s?(?P<quote>\\*[\"'])?"  # in quotes, a value may have spaces
            r"(?P<secret>(?!\[redacted)(?(quote)[^\"'\\]{6,}|[^\s\"'\\,;&{}\[\]()<>]{6,}))",
            re.IGNORECASE,
        ),
    ),
)
