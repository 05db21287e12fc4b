#!/usr/bin/env python3
"""Prints, for each flexVolume of a YAML file, one line of what kubelet would hand to the driver.

Fails on YAML that is none, on a value that is no string, and on what kubelet would not take.
"""

import base64
import json
import sys

import yaml


def volumes(node):
    """Each value of a key flexVolume, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "flexVolume":
                yield value
            else:
                yield from volumes(value)
    elif isinstance(node, list):
        for value in node:
            yield from volumes(value)


def options(volume):
    unknown = set(volume) - {"driver", "fsType", "readOnly", "secretRef", "options"}
    if unknown:
        raise SystemExit(f"flexVolume has no fields {sorted(unknown)}")
    if volume["driver"] != "hyper/cephrbd":
        raise SystemExit(f"the driver is {volume['driver']}")
    for key, value in volume["options"].items():
        if not isinstance(value, str):
            raise SystemExit(f"option {key} is no string but {value!r}: quote it")
    given = dict(volume["options"])
    given["kubernetes.io/fsType"] = volume.get("fsType", "")
    given["kubernetes.io/readwrite"] = "ro" if volume.get("readOnly") else "rw"
    if "secretRef" in volume:
        key = base64.b64encode(bytes([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0]) + bytes(16))
        given["kubernetes.io/secret/key"] = base64.b64encode(key).decode()
    return given


for document in yaml.safe_load_all(open(sys.argv[1], encoding="utf-8")):
    if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
        raise SystemExit("a document without apiVersion and kind")
    for volume in volumes(document):
        print(json.dumps(options(volume)))
