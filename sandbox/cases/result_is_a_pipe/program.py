import os

os.mkfifo("/output/predictions.csv")
