"""Bills of materials in SPDX 2.3 (JSON)."""

import datetime
import json


def identifier(text):
    """An SPDX identifier: letters, digits, dots and hyphens."""
    return "SPDXRef-" + "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in text)


def package(name, version, source, licence, purl=None, checksum=None, note=None):
    entry = {
        "name": name,
        "SPDXID": identifier(f"{name}-{version}"),
        "versionInfo": version,
        "downloadLocation": source,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }
    if purl:
        entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
    if checksum:
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": checksum}]
    if note:
        entry["comment"] = note
    return entry


def document(name, seconds, main, parts):
    """A document that describes `main`; `parts` are pairs of a relationship of `main` and a package."""
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": main["SPDXID"]}]
    for kind, part in parts:
        relationships.append({"spdxElementId": main["SPDXID"], "relationshipType": kind, "relatedSpdxElement": part["SPDXID"]})
    content = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}",
        "creationInfo": {"created": created, "creators": ["Tool: latchkey packaging"]},
        "packages": [main] + [part for _, part in parts],
        "relationships": relationships,
    }
    return json.dumps(content, indent=1) + "\n"
