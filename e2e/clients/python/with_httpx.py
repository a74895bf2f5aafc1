"""httpx: a token with Basic, and one with the secret in the body. Prints one token to a line."""
import os
from urllib.parse import quote

import httpx

env = os.environ
form = {"grant_type": "client_credentials", "scope": env["SCOPE"], "resource": env["AUDIENCE"]}

encoded = (quote(env["CLIENT_ID"], safe=""), quote(env["CLIENT_SECRET"], safe=""))
with_basic = httpx.post(env["TOKEN_ENDPOINT"], data=form, auth=encoded, timeout=20)
with_basic.raise_for_status()
print(with_basic.json()["access_token"])

credentials = {"client_id": env["CLIENT_ID"], "client_secret": env["CLIENT_SECRET"]}
in_body = httpx.post(env["TOKEN_ENDPOINT"], data={**form, **credentials}, timeout=20)
in_body.raise_for_status()
print(in_body.json()["access_token"])
