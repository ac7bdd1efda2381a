"""The real gRPC health client, driven line by line: a command on stdin, what comes of it on stdout.

check NAME    -> check NAME STATUS, or the code of the error
watch NAME    -> watch NAME STATUS, for each that comes, and the code of the end
list          -> list NAME=STATUS ..., or the code of the error
channel NAME  -> channel STATE, for each state of a channel that balances by the health of this service
A name in a line is quoted.
"""

import json
import shlex
import sys
import threading

import grpc
from grpc_health.v1 import health_pb2 as messages
from grpc_health.v1 import health_pb2_grpc as service

WITHIN = 20
printing = threading.Lock()


def tell(*words):
    with printing:
        print(*words, flush=True)


def status(answer):
    return messages.HealthCheckResponse.ServingStatus.Name(answer.status)


def check(stub, name):
    try:
        answer = stub.Check(messages.HealthCheckRequest(service=name), timeout=WITHIN)
        tell("check", shlex.quote(name), status(answer))
    except grpc.RpcError as error:
        tell("check", shlex.quote(name), error.code().name)


def watch(stub, name):
    def read():
        try:
            for answer in stub.Watch(messages.HealthCheckRequest(service=name)):
                tell("watch", shlex.quote(name), status(answer))
            tell("watch", shlex.quote(name), "OK")
        except grpc.RpcError as error:
            tell("watch", shlex.quote(name), error.code().name)

    threading.Thread(target=read, daemon=True).start()


def list_all(stub):
    try:
        statuses = stub.List(messages.HealthListRequest(), timeout=WITHIN).statuses
        tell("list", *(f"{shlex.quote(name)}={status(statuses[name])}" for name in sorted(statuses)))
    except grpc.RpcError as error:
        tell("list", error.code().name)


def balance(address, name):
    """The client's own health checking: it sends calls only where this service is SERVING."""
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": name},
    }
    options = [("grpc.service_config", json.dumps(config))]
    channel = grpc.insecure_channel(address, options)
    channel.subscribe(lambda state: tell("channel", state.name), try_to_connect=True)
    return channel


def main():
    address = sys.argv[1]
    stub = service.HealthStub(grpc.insecure_channel(address))
    kept = []
    for line in sys.stdin:
        command, *names = shlex.split(line)
        if command == "check":
            check(stub, *names)
        elif command == "watch":
            watch(stub, *names)
        elif command == "list":
            list_all(stub)
        elif command == "channel":
            kept.append(balance(address, *names))


main()
