"""Authlib: a token with Basic, and one with the secret in the body. Prints one token to a line."""
import os

from authlib.integrations.requests_client import OAuth2Session

env = os.environ

for method in ("client_secret_basic", "client_secret_post"):
    session = OAuth2Session(
        env["CLIENT_ID"], env["CLIENT_SECRET"], scope=env["SCOPE"], token_endpoint_auth_method=method
    )
    token = session.fetch_token(env["TOKEN_ENDPOINT"], grant_type="client_credentials", resource=env["AUDIENCE"])
    print(token["access_token"])
