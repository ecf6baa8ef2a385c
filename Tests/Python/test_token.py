"""A token and a JWKS of Latchkey, seen by PyJWT. Argument: the directory that quickstart kept."""

import base64
import hashlib
import json
import pathlib
import sys
import unittest

import jwt

KEPT = pathlib.Path(sys.argv.pop(1))
JWKS_TEXT = (KEPT / "jwks.json").read_text()
TOKEN = (KEPT / "token").read_text().strip()
ISSUER = (KEPT / "issuer").read_text().strip()
AUDIENCE = "relayfile"


def signing_key():
    """The key that the token names, as PyJWT finds it."""
    return jwt.PyJWKSet.from_json(JWKS_TEXT)[jwt.get_unverified_header(TOKEN)["kid"]]


def decode(token=TOKEN, **changes):
    return jwt.decode(token, signing_key(), **({"algorithms": ["RS256"], "audience": AUDIENCE, "issuer": ISSUER} | changes))


class TokenTests(unittest.TestCase):
    def test_the_token_verifies_and_has_its_claims(self):
        claims = decode(options={"require": ["iss", "aud", "exp", "iat", "jti", "sub", "sid"]})
        self.assertEqual(claims["aud"], [AUDIENCE])
        self.assertEqual(claims["token_type"], "access")
        self.assertEqual(claims["scopes"], ["relayfile:fs:read:/docs/*"])
        self.assertTrue(claims["sub"].startswith("agent_"))
        self.assertEqual(claims["sponsorChain"], ["you@example.org", claims["sub"]])
        self.assertEqual(claims["exp"] - claims["iat"], 3600)

    def test_the_header_says_what_it_is(self):
        header = jwt.get_unverified_header(TOKEN)
        self.assertEqual({name: header[name] for name in ("alg", "typ")}, {"alg": "RS256", "typ": "JWT"})

    def test_another_audience_is_refused(self):
        with self.assertRaises(jwt.InvalidAudienceError):
            decode(audience="relaycast")

    def test_another_issuer_is_refused(self):
        with self.assertRaises(jwt.InvalidIssuerError):
            decode(issuer="http://127.0.0.1:1")

    def test_a_changed_payload_is_refused(self):
        header, payload, signature = TOKEN.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        claims["scopes"] = ["*:*:*:*"]
        changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        with self.assertRaises(jwt.InvalidSignatureError):
            decode(f"{header}.{changed}.{signature}")

    def test_the_standby_key_does_not_verify_it(self):
        kid = jwt.get_unverified_header(TOKEN)["kid"]
        others = [key for key in jwt.PyJWKSet.from_json(JWKS_TEXT).keys if key.key_id != kid]
        self.assertEqual(len(others), 1)
        with self.assertRaises(jwt.InvalidSignatureError):
            jwt.decode(TOKEN, others[0], algorithms=["RS256"], audience=AUDIENCE)


class KeySetTests(unittest.TestCase):
    def test_every_member_loads(self):
        members = json.loads(JWKS_TEXT)["keys"]
        self.assertEqual([key.key_id for key in jwt.PyJWKSet.from_json(JWKS_TEXT).keys], [member["kid"] for member in members])
        self.assertEqual(len(members), 2)

    def test_members_are_public_rsa_keys_for_signatures(self):
        for member in json.loads(JWKS_TEXT)["keys"]:
            self.assertLessEqual(set(member), {"kty", "n", "e", "alg", "use", "kid", "key_ops"})
            self.assertEqual((member["kty"], member["alg"], member["use"]), ("RSA", "RS256", "sig"))
            self.assertEqual(member.get("key_ops", ["verify"]), ["verify"])
            self.assertEqual(jwt.PyJWK(member).key.key_size, 3072)

    def test_a_kid_is_the_thumbprint_of_its_key(self):
        for member in json.loads(JWKS_TEXT)["keys"]:
            required = json.dumps({name: member[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
            digest = hashlib.sha256(required.encode()).digest()
            self.assertEqual(member["kid"], base64.urlsafe_b64encode(digest).decode().rstrip("="))


if __name__ == "__main__":
    unittest.main()
