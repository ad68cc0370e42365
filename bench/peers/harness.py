"""What the peers in Python share; as harness.mjs, which says what a peer gives."""
import json
import math
import os
import sys
import time

import numpy as np

SPAN = 0.1


def read_job():
    folder = sys.argv[1]

    def floats(name):
        return np.fromfile(os.path.join(folder, name), dtype=np.float32)

    with open(os.path.join(folder, "job.json")) as file:
        job = json.load(file)
    sizes, y = job["sizes"], floats("y.f32")
    job["x"] = floats("x.f32").reshape(job["rows"], sizes[0])
    job["y"] = y.reshape(job["rows"], sizes[-1]) if job["regression"] else y.astype(np.int64)
    flat, at, job["weights"] = floats("weights.f32"), 0, []
    for inputs, outputs in zip(sizes, sizes[1:]):
        w, at = flat[at : at + inputs * outputs].reshape(outputs, inputs), at + inputs * outputs
        b, at = flat[at : at + outputs], at + outputs
        job["weights"].append((w, b))
    return job


def run(job, losses, epoch):
    """losses(): as in harness.mjs; epoch(batches): trains on the first batches, in order."""

    def timed(batches):
        start = time.perf_counter()
        epoch(batches)
        return time.perf_counter() - start

    shown = losses()
    total, budget = job["rows"] // job["batch"], job["seconds"]
    end = time.perf_counter() + budget / 2
    batches = min(total, 2)
    while True:
        rate = batches / timed(batches)
        batches = min(total, batches * 4, max(2, math.ceil(rate * budget)))
        if time.perf_counter() >= end:
            break
    batches = min(total, max(2, math.ceil(rate * budget / 4)))
    figures, epochs, seconds = [], 0, 0.0
    for _ in range(max(2, math.ceil(rate * budget / batches))):
        epochs, seconds = epochs + 1, seconds + timed(batches)
        if seconds >= SPAN:
            figures.append(epochs * batches * job["batch"] / seconds)
            epochs, seconds = 0, 0.0
    if not figures:
        figures.append(epochs * batches * job["batch"] / seconds)
    print(json.dumps({"losses": shown, "rows": batches * job["batch"], "figures": figures}))
