"""Writes an image of one layer, in the layout of the Open Container Initiative."""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

folder = sys.argv[1]
os.makedirs(folder + "/blobs/sha256")


def blob(kind: str, data: bytes) -> dict:
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": "sha256:" + digest, "size": len(data)}


content = os.urandom(300_000)
layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as archive:
    entry = tarfile.TarInfo("content")
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
config = {
    "architecture": "amd64",
    "os": "linux",
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()]},
}
manifest = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": blob("config.v1+json", json.dumps(config).encode()),
    "layers": [blob("layer.v1.tar+gzip", gzip.compress(layer.getvalue()))],
}
described = blob("manifest.v1+json", json.dumps(manifest).encode())
described["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
with open(folder + "/index.json", "w") as file:
    json.dump({"schemaVersion": 2, "manifests": [described]}, file)
with open(folder + "/oci-layout", "w") as file:
    json.dump({"imageLayoutVersion": "1.0.0"}, file)
