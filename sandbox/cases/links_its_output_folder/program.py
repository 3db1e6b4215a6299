import os

print("passwords among the results:", "passwd" in os.listdir("/output"))
