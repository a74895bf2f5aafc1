"""requests-oauthlib: a token with Basic, and one with the secret in the body. Prints one token to a line."""
import os

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

env = os.environ
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the test server is on loopback

for in_body in (False, True):
    session = OAuth2Session(client=BackendApplicationClient(client_id=env["CLIENT_ID"], scope=env["SCOPE"]))
    token = session.fetch_token(
        env["TOKEN_ENDPOINT"],
        client_id=env["CLIENT_ID"],
        client_secret=env["CLIENT_SECRET"],
        include_client_id=in_body,
        resource=env["AUDIENCE"],
        scope=env["SCOPE"],
    )
    print(token["access_token"])
