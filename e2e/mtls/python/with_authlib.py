"""Authlib: a token with the certificate of the connection. Prints the token."""
import os

from authlib.integrations.requests_client import OAuth2Session

env = os.environ

# Authlib calls "none" what RFC 8705 §2 asks for: the client_id in the body, and nothing beside it
session = OAuth2Session(env["CLIENT_ID"], scope=env["SCOPE"], token_endpoint_auth_method="none")
token = session.fetch_token(
    env["TOKEN_ENDPOINT"],
    grant_type="client_credentials",
    resource=env["AUDIENCE"],
    cert=(env["CLIENT_CERT"], env["CLIENT_KEY"]),
    verify=env["SERVER_CA"],
)
print(token["access_token"])
