import os
import sys

sys.stderr.write("the patient is 71 years old")
sys.stderr.flush()
os._exit(71)
