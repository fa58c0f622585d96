"""A ConfigMap that changes while a pod shows it: its volume follows, its environment does not."""

from __future__ import annotations

import sys

import anyio
import attrs

import seedpod

READER = """
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  restartPolicy: Never
  volumes:
    - {name: settings, configMap: {name: settings}}
  containers:
    - name: reader
      image: busybox:1.28
      command: [sh, -c]
      args:
        - |
          cat /tmp/seedpod/reader/motd.txt
          until grep brave /tmp/seedpod/reader/motd.txt; do sleep 0.1; done
          echo $GREETING
      envFrom:
        - configMapRef: {name: settings}
      volumeMounts:
        - {name: settings, mountPath: /tmp/seedpod/reader}
"""


async def main():
    [pod] = seedpod.load(READER)
    [old] = seedpod.load("docs/examples/settings.yaml").config_maps
    new = attrs.evolve(old, data={"GREETING": "good night", "motd.txt": "be brave\n"})
    executor = seedpod.find_executor("subprocess", link_mounts_under=["/tmp"])
    async with seedpod.Engine(executor, objects=[old]) as engine:
        running = engine.start_soon(pod)
        async with running.logs() as lines:
            async for line in lines:
                print(line.text.decode())
                engine.apply(new)


anyio.run(main, backend=sys.argv[1])
