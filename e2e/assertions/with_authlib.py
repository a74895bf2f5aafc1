"""Authlib: a token with private_key_jwt, for the issuer as audience and for the token endpoint. Prints one token to a line."""
import os
import time

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

env = os.environ

for audience in (env["ISSUER"], env["TOKEN_ENDPOINT"]):
    # Authlib's assertions live an hour unless they are told otherwise; 300 s is the most that is taken
    method = PrivateKeyJWT(
        token_endpoint=env["TOKEN_ENDPOINT"],
        claims={"aud": audience, "exp": int(time.time()) + 60},
        headers={"kid": env["KID"]},
        alg="ES256",
    )
    session = OAuth2Session(
        env["CLIENT_ID"], env["PRIVATE_KEY"], scope=env["SCOPE"], token_endpoint_auth_method="private_key_jwt"
    )
    session.register_client_auth_method(method)
    token = session.fetch_token(env["TOKEN_ENDPOINT"], grant_type="client_credentials", resource=env["AUDIENCE"])
    print(token["access_token"])
