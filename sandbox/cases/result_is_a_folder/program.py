import os

os.mkdir("/output/predictions.csv")
with open("/output/predictions.csv/predictions.csv", "w") as file:
    file.write("id,risk\n")
