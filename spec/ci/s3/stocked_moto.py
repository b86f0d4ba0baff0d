"""moto with objects in it from the start: `stocked_moto.py BUCKET PREFIX COUNT [what moto_server takes]`.

100,000 requests to store them take minutes; the listing is what is looked at, and it comes over HTTP.
"""
import sys

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import main

bucket, prefix, count, *rest = sys.argv[1:]
store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
store.create_bucket(bucket, "us-east-1")
for number in range(int(count)):
    store.put_object(bucket, f"{prefix}{number:06d}.jpg", b"x")
main(rest)
