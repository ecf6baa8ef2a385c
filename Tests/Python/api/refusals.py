"""Verdicts of schemathesis that are wrong on purpose, each with its reason.

Schemathesis holds every request that fits the document's schemas for a good one, and every other for a bad one. Some rules of this API compare
a value with another one, with the clock, or with what the daemon gave out; no schema says that. Each function here knows one such rule, and holds
only for a request that broke it: a refusal of anything else stays a failure.
"""

import datetime
import json
import re
import unicodedata


def cursor_of_no_list(error, case):
    """A cursor is opaque: of the texts of its form, only those that a list gave out are one."""
    return error.get("field") == "cursor" and "cursor" in case.query


def nothing_to_change(error, case):
    """A change has to change something. A member that is null is as one that is absent, and one of several has to be there."""
    changeable = {
        "updateIdentity": ("name", "type", "scopes", "roles", "metadata"),
        "updateOrganisation": ("name", "maxTokenTTL", "defaultTokenTTL", "auditRetentionDays"),
    }.get(operation_id(case))
    return changeable is not None and error.get("field") == "name" and all(sent(case, name) is None for name in changeable)


def default_beyond_greatest(error, case):
    """The default life of a token is at most the greatest one, whichever of the two the request names."""
    named = sent(case, "defaultTokenTTL"), sent(case, "maxTokenTTL")
    return error.get("field") in ("defaultTokenTTL", "maxTokenTTL") and named != (None, None) and "more than maxTokenTTL" in error["message"]


def end_in_the_past(error, case):
    """A key's end lies in the future."""
    end = moment(sent(case, error["field"])) if error.get("field") in ("expiresAt", "expires_at") else None
    return end is not None and end <= datetime.datetime.now(datetime.timezone.utc)


def range_that_ends_before_it_begins(error, case):
    """`from` is not after `to`."""
    start, end = moment(sent(case, "from")), moment(sent(case, "to"))
    return error.get("field") == "to" and start is not None and end is not None and start > end


def operators_alone(error, case):
    """What belongs to no organisation is shown on the admin socket, never on TCP."""
    return error.get("field") == "unattributed" and sent(case, "unattributed") in (True, "true")


def scope_named_nowhere(error, case):
    """The scope stands in the query or in a header: one of the two, and neither is required by itself."""
    return operation_id(case) == "authorizeForProxy" and error.get("field") == "scope" and not named(case.query, "scope") and not named(
        case.headers, "x-latchkey-scope")


def scope_in_a_header(error, case):
    """The document takes any text in the header of a scope, because it is not read when the query names one; here it is."""
    return operation_id(case) == "authorizeForProxy" and error["code"] == "invalid_scope" and not named(case.query, "scope")


def workspace_of_another(error, case):
    """A workspace may be called as the caller's own organisation, not by another one's id."""
    return error.get("field") == "workspaceId" and re.fullmatch("org_[0-9A-Z]{26}", str(sent(case, "workspaceId")))


def unseen_beyond_the_basic_plane(error, case):
    """The patterns leave out invisible characters beyond U+FFFF: the dialects of patterns spell those differently."""
    if error.get("reason") == "forbidden_character":
        return has_unseen_beyond_the_basic_plane(sent_scopes(case))
    return error.get("field") is not None and has_unseen_beyond_the_basic_plane(sent(case, error["field"].split(".")[0]))


def more_bytes_than_characters(error, case):
    """A scope has at most 256 bytes with its path written out; a schema counts the characters that were sent."""
    return error.get("reason") == "too_long" and any(len(scope.encode()) > 256 for scope in sent_scopes(case))


def encoded_separator(error, case):
    """A file path holds no %2e, %2f or %5c: to leave three sequences out would make a pattern that nobody can read."""
    return error.get("reason") == "encoded_character" and re.search("%(2e|2f|5c)", all_texts(case), re.IGNORECASE)


def life_beyond_the_settings(error, case):
    """A bundle's life is at most what this install's `max-bundle-life` says (30 days, as it is started here); the document knows the setting's own limit."""
    return error.get("field") == "validFor" and str(sent(case, "validFor")).isdecimal() and int(sent(case, "validFor")) > 30 * 86_400


ON_PURPOSE = (
    cursor_of_no_list, nothing_to_change, default_beyond_greatest, end_in_the_past, range_that_ends_before_it_begins, operators_alone,
    scope_named_nowhere, unseen_beyond_the_basic_plane, more_bytes_than_characters,
    encoded_separator, scope_in_a_header, workspace_of_another, life_beyond_the_settings,
)


def is_refused_on_purpose(case, response):
    """Whether a good request was answered 400 for a reason that no schema can say."""
    if response.status_code != 400:
        return False
    error = response.json()
    return any(rule(error, case) for rule in ON_PURPOSE)


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def sent(case, name):
    """What a request says of a member of its body, or of a parameter of its query."""
    body = case.body if isinstance(case.body, dict) else {}
    return body.get(name, (case.query or {}).get(name))


def sent_scopes(case):
    """The scopes that a request names, with their paths written out."""
    texts = [*(sent(case, "scopes") or []), *(sent(case, "requiredScopes") or []), sent(case, "scope"), (case.headers or {}).get("x-latchkey-scope")]
    if sent(case, "path") is not None:
        texts.append(f"relayfile:fs:{sent(case, 'action')}:{sent(case, 'path')}")
    return [text if text.count(":") > 2 else text + ":*" for text in texts if isinstance(text, str)]


def all_texts(case):
    return json.dumps([case.body, case.query, dict(case.headers or {})], ensure_ascii=False, default=str)


def named(holder, name):
    return bool((holder or {}).get(name))


def moment(text):
    """The moment that a text says, or a number of seconds or milliseconds; none when it says none. What RFC 3339 has beyond Python's reading (leap
    seconds) is cut off."""
    try:
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            return datetime.datetime.fromtimestamp(text if text < 100_000_000_000 else text / 1000, datetime.timezone.utc)
        return datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00").replace(":60", ":59"))
    except (AttributeError, ValueError, OverflowError, OSError):
        return None


def has_unseen_beyond_the_basic_plane(value):
    """Controls, formatting, and what is ignored by default or no character at all (whatever is not assigned there may be one of them)."""
    texts = json.dumps(value, ensure_ascii=False)
    return any(ord(character) > 0xFFFF and unicodedata.category(character) in ("Cc", "Cf", "Cn", "Mn") for character in texts)
