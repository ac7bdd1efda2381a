"""The real gRPC client, driven line by line: a command on stdin, what comes of it on stdout as a line of JSON.

first SECONDS  -> one call with that deadline; {"code", "details", "took"}
calls          -> from now on 50 calls a second, each with a deadline of 1 s; none waits for the ones before
stop           -> no more calls; {"calls", "failed", "outage", "why"}: why are the codes and details, outage is the
                  longest from the first call that failed to the next that did not, in seconds
No call waits for ready: it waits for a first configuration, and fails where there is none any more. The process ends
with its standard input.
"""

import json
import sys
import threading
import time

import grpc
from grpc_health.v1 import health_pb2 as messages
from grpc_health.v1 import health_pb2_grpc as service

EVERY = 0.02
DEADLINE = 1


def tell(what):
    print(json.dumps(what), flush=True)


class Calls:
    def __init__(self, target, name):
        # Only the first hop: who has gone is looked for again soon.
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 100)]
        self.stub = service.HealthStub(grpc.insecure_channel(target, options))
        self.metadata = [("caller", name)]
        self.done = []
        self.over = threading.Event()

    def call(self, deadline):
        request = messages.HealthCheckRequest()
        return self.stub.Check.future(request, timeout=deadline, metadata=self.metadata)

    def first(self, deadline):
        sent = time.monotonic()
        call = self.call(deadline)
        code, details = call.code(), call.details()
        tell({"code": code.name, "details": details, "took": time.monotonic() - sent})

    def keep_calling(self):
        running = []
        due = time.monotonic()
        while not self.over.wait(max(0, due - time.monotonic())):
            sent = time.monotonic()
            # A machine that is late is not helped by more at once.
            due = max(due + EVERY, sent)
            running.append((sent, self.call(DEADLINE)))
        self.done = [(sent, call.code().name, call.details()) for sent, call in running]

    def summary(self):
        longest, since = 0, None
        for sent, code, _ in self.done:
            if since is not None:
                longest = max(longest, sent - since)
            since = None if code == "OK" else sent if since is None else since
        failed = [f"{code}: {details}" for _, code, details in self.done if code != "OK"]
        return {
            "calls": len(self.done),
            "failed": len(failed),
            "outage": longest,
            "why": sorted(set(failed)),
        }


def main():
    target, name = sys.argv[1:]
    calls = calling = None
    # Nothing is asked of anybody before the first command.
    tell("ready")
    for line in sys.stdin:
        command, *rest = line.split()
        calls = calls or Calls(target, name)
        if command == "first":
            calls.first(float(*rest))
        elif command == "calls":
            calling = threading.Thread(target=calls.keep_calling, daemon=True)
            calling.start()
        elif command == "stop":
            calls.over.set()
            calling.join()
            tell(calls.summary())


main()
