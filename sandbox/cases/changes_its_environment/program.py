import os

with open("/proc/1/status") as file:  # the engine's own init, which loads the library too
    status = dict(line.rstrip().split(":\t", 1) for line in file if ":\t" in line)
print("folders:", os.environ["HOME"], os.environ["TMPDIR"])
print("threads:", os.environ["OMP_NUM_THREADS"])
print("capabilities:", status["CapEff"])
