"""Runs a program until it ends, or until standard input does: who started this is gone."""

import os
import subprocess
import sys
import threading

program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)


def leash():
    while os.read(0, 1024):
        pass
    program.kill()


threading.Thread(target=leash, daemon=True).start()
os._exit(program.wait())
