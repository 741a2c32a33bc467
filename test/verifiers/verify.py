# A stranger's verifier: PyJWT accepts our token against the served key set, and refuses the same token with one claim changed.
import base64
import json
import sys

import jwt

token, jwks_uri, issuer, audience = sys.argv[1:5]
keys = jwt.PyJWKClient(jwks_uri)


def accepts(candidate: str) -> bool:
    try:
        key = keys.get_signing_key_from_jwt(candidate).key
        claims = jwt.decode(candidate, key, algorithms=["ES256", "RS256"], issuer=issuer, audience=audience)
        return bool(claims["tenant_id"])
    except jwt.PyJWTError:
        return False


def altered(candidate: str) -> str:
    header, payload, signature = candidate.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "somebody-else"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


print(json.dumps({"accepted": accepts(token), "altered_accepted": accepts(altered(token))}))
