"""Flask as its documents show it behind a proxy: with the method override of a middleware, and ProxyFix."""

from flask import Flask, jsonify, request
from werkzeug.middleware.proxy_fix import ProxyFix

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "COPY", "MOVE"]


class MethodOverride:
    """Takes the method from the usual field, or from the query."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        from urllib.parse import parse_qs

        named = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")
        named = named or parse_qs(environ.get("QUERY_STRING", "")).get("_method", [""])[0]
        if named.upper() in METHODS:
            environ["REQUEST_METHOD"] = named.upper()
        return self.application(environ, start_response)


app = Flask(__name__, static_folder=None)
app.wsgi_app = ProxyFix(MethodOverride(app.wsgi_app), x_for=1, x_proto=1, x_host=1, x_prefix=1)


@app.route("/", defaults={"path": ""}, methods=METHODS)
@app.route("/<path:path>", methods=METHODS)
def echo(path):
    return jsonify(method=request.method, path=request.path, prefix=request.script_root, host=request.host)
