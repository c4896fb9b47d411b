"""Bottle, with an application that normalises names before it looks for a file, as many do."""

import posixpath
import unicodedata

from bottle import Bottle, request

app = Bottle()
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "COPY", "MOVE"]


@app.route("/<path:path>", method=METHODS)
def echo(path):
    # Bottle decodes a path as Latin-1 first, and as UTF-8 for its patterns.
    name = unicodedata.normalize("NFKC", path)
    segments = [segment.strip(" ") for segment in name.replace("\\", "/").split("/")]
    path = posixpath.normpath("/" + "/".join(segments))
    return {"method": request.method, "path": path, "prefix": request.script_name.rstrip("/"), "host": request.get_header("host")}
