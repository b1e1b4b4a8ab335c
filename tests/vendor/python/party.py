"""The provider's own Python libraries: does the tasks that come in as JSON, tells what came of each.

Of the gateway it knows nothing; tests/it/vendor.rs asks.
"""

import json
import sys

import jwt
from requests.adapters import HTTPAdapter
from vonage import Auth, HttpClientOptions, Vonage
from vonage_jwt import JwtClient, verify_signature
from vonage_messages.models import WhatsappTemplate


class Plain(HTTPAdapter):
    """The client speaks https only; the simulated provider has no certificate. All else is the client's own."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def verify(token, secret):
    try:
        return verify_signature(token, secret)
    except Exception as error:  # the library's own kinds, told by name
        return type(error).__name__


def send(url, application, key, message):
    host = url.removeprefix("http://")
    client = Vonage(Auth(application_id=application, private_key=key), HttpClientOptions(api_host=host))
    client.http_client._session.mount("https://", Plain())
    fields = {("from_" if name == "from" else name): value for name, value in message.items()}
    fields.pop("channel"), fields.pop("message_type")
    return client.messages.send(WhatsappTemplate(**fields)).message_uuid


TASKS = {
    "make": lambda application, key: JwtClient(application, key).generate_application_jwt().decode(),
    "verify": verify,
    "sign": lambda claims, secret, algorithm: jwt.encode(claims, secret, algorithm=algorithm),
    "read": lambda token, key: jwt.decode(token, key, algorithms=["RS256"]),
    "send": send,
}

json.dump([TASKS[given.pop("task")](**given) for given in json.load(sys.stdin)], sys.stdout)
