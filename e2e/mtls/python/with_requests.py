"""requests: a token with the certificate of the connection. Prints the token."""
import os

import requests

env = os.environ
form = {
    "grant_type": "client_credentials",
    "client_id": env["CLIENT_ID"],
    "scope": env["SCOPE"],
    "resource": env["AUDIENCE"],
}
answer = requests.post(
    env["TOKEN_ENDPOINT"], data=form, cert=(env["CLIENT_CERT"], env["CLIENT_KEY"]), verify=env["SERVER_CA"], timeout=20
)
answer.raise_for_status()
print(answer.json()["access_token"])
